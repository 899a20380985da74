"""The data directory: writable, on a good file system, with room, its disks tuned."""

from __future__ import annotations

from dataclasses import dataclass

from rpk.system.mounts import mount_of
from rpk.tune.checks.row import FATAL, Row, at_least, boolean
from rpk.tune.plan import Comparison, canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.system.host import HostReader
    from rpk.tune.facts.host import HostFacts

FREE_GIB_MIN = 10
FILE_SYSTEM = "xfs"
GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDirectory:
    """Where the data is to be: whether this user may write or make it, and the space there."""

    path: str
    usable: bool
    problem: str
    free_bytes: int | None
    filesystem: str
    io_config: bool
    ballast: bool
    ballast_path: str


def probe_data_directory(
    host: HostReader, facts: HostFacts, path: str, io_config: str, ballast_path: str
) -> DataDirectory:
    """Look only: no file is written to find out."""
    at = host.resolve(path)
    while at != "/" and not host.exists(at):
        at = at.rpartition("/")[0] or "/"
    problem = ""
    if not host.is_directory(at):
        problem = f"{at} is not a directory"
    elif host.read_only(at):
        problem = f"{at} is mounted read-only"
    elif not host.permitted(at):
        problem = f"this user may not write to {at}"
    space = host.space(at)
    mount = mount_of(facts.mounts, at)
    return DataDirectory(
        path=path,
        usable=not problem,
        problem=problem,
        free_bytes=space.free_bytes if space else None,
        filesystem=mount.filesystem if mount else "unknown",
        io_config=_exists(host, io_config),
        ballast=host.exists(ballast_path),
        ballast_path=ballast_path,
    )


def _exists(host: HostReader, path: str) -> bool:
    # The path of redpanda.yaml is one of this machine, also when a captured tree is looked at.
    import os

    return os.path.exists(path) or host.exists(path)


def check_storage(facts: HostFacts, data: DataDirectory) -> list[Row]:
    """Rows of the directory and of every disk under it."""
    free = None if data.free_bytes is None else data.free_bytes / GIB
    rows = [
        boolean(
            "data_directory",
            "Data directory is writable",
            data.usable,
            f"{data.problem}: mend it, or set redpanda.data_directory",
            severity=FATAL,
            current="true" if data.usable else data.problem,
        ),
        at_least(
            "free_space",
            "Data partition free space [GiB]",
            free,
            FREE_GIB_MIN,
            f"free space on the disk of {data.path}, or move redpanda.data_directory",
        ),
        Row(
            name="filesystem",
            condition=f"Dir '{data.path}' file system",
            required=FILE_SYSTEM,
            current=data.filesystem,
            passed=data.filesystem == FILE_SYSTEM,
            fix=f"put {data.path} on an xfs file system; others work, their latency under load is worse",
        ),
        boolean(
            "io_config",
            "I/O config file present",
            data.io_config,
            "rpk iotune measures the disk and writes it",
        ),
        boolean(
            "ballast_file",
            "Ballast file present",
            data.ballast,
            "set rpk.tune_ballast_file: true, then rpk redpanda tune ballast_file",
        ),
    ]
    return rows + [row for target in facts.targets for row in _target(facts, target.source, target.problem)]


def _target(facts: HostFacts, source: str, problem: str | None) -> list[Row]:
    if problem:
        return [
            boolean("disk", f"Dir '{source}' disks known", False, f"{problem}", current=problem),
        ]
    disks = [
        facts.disks[name] for target in facts.targets if target.source == source for name in target.disks
    ]
    schedulers = {
        disk.name: canonical(Comparison.WORD, disk.scheduler) for disk in disks if disk.scheduler is not None
    }
    merges = {disk.name: disk.nomerges for disk in disks if disk.nomerges is not None}
    rows = [
        boolean(
            "scheduler",
            f"Dir '{source}' I/O scheduler tuned",
            all(text in ("none", "noop") for text in schedulers.values()) if schedulers else None,
            "rpk redpanda tune disk_scheduler",
            current=_several(schedulers, {"none", "noop"}),
        ),
        boolean(
            "nomerges",
            f"Dir '{source}' nomerges tuned",
            all(text == "2" for text in merges.values()) if merges else None,
            "rpk redpanda tune disk_nomerges",
            current=_several(merges, {"2"}),
        ),
    ]
    if facts.machine.cloud == "gcp":
        caches = {disk.name: disk.write_cache for disk in disks if disk.write_cache is not None}
        rows.append(
            boolean(
                "write_cache",
                f"Dir '{source}' write cache tuned",
                all(text == "write through" for text in caches.values()),
                "rpk redpanda tune disk_write_cache",
                current=_several(caches, {"write through"}),
            )
        )
    return rows


def _several(values: dict[str, str], good: set[str]) -> str:
    bad = {name: text for name, text in values.items() if text not in good}
    if not values:
        return "unknown"
    return ", ".join(f"{name}: {text}" for name, text in bad.items()) if bad else "true"
