"""`rpk iotune`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from rpk.config.durations import parse_duration
from rpk.config.run import current
from rpk.iotune import properties_file
from rpk.out.errors import ConfigError, OperationFailed, UsageError
from rpk.out.tables import Column, Table, Text
from rpk.system import files, paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpk.config.run import Run
    from rpk.iotune.phases import Measured
    from rpk.iotune.places import Place

EXAMPLES = (
    ("rpk iotune", "measure the disk of the data directory for ten minutes"),
    (
        "rpk iotune --directories /mnt/a,/mnt/b --duration 2m --out ./io-config.yaml",
        "two mounts, a quick look",
    ),
)
OUTPUT = {
    "schema_version": "integer",
    "out": "string",
    "disks": "list of {mountpoint, device, read_iops, read_bandwidth, write_iops, write_bandwidth, deviation}",
    "kept": "list of strings: mounts that were measured before",
}
OUT = "/etc/redpanda/io-config.yaml"
DURATION_MIN_S = 1.0
COLUMNS = (
    Column("MOUNTPOINT", "mountpoint"),
    Column("READ-IOPS", "read_iops"),
    Column("READ-BANDWIDTH", "read_bandwidth"),
    Column("WRITE-IOPS", "write_iops"),
    Column("WRITE-BANDWIDTH", "write_bandwidth"),
    Column("DEVIATION", "worst"),
    Column("DEVICE", "device", wide=True),
)


def command(
    directories: Annotated[
        list[str] | None,
        typer.Option("--directories", metavar="LIST", help="Directories to measure; else data_directory."),
    ] = None,
    duration: Annotated[str, typer.Option(metavar="DURATION", help="Time for each mount.")] = "10m",
    timeout: Annotated[
        str, typer.Option(metavar="DURATION", help="Most time beyond the duration before giving up.")
    ] = "1h",
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="Where the result goes.")] = OUT,
    no_confirm: Annotated[
        bool, typer.Option("--no-confirm", help="Do not ask before measuring again.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Measure known mounts again; keep figures that look implausible.")
    ] = False,
    engine: Annotated[
        str, typer.Option(metavar="NAME", help="auto (fio if installed), fio or own.")
    ] = "auto",
    iotune_path: Annotated[str, typer.Option("--iotune-path", hidden=True)] = "",
) -> None:
    """Measure what the disks can do.

    Writes and reads a nameless file with direct I/O: sequentially, then at random with a full queue, each warmed up,
    three runs, the median of them, and how far the samples lie apart. Takes half of the free space at most and gives
    it back.

    Mounts the file already knows are measured again only after a question, or with --force; a new mount, or another
    disk at a known one, is measured and added. Figures no disk can have are refused.
    """
    del iotune_path  # no other program is needed
    run = current()
    seconds, limit_s = _positive("--duration", duration), _positive("--timeout", timeout)
    if engine not in ("auto", "fio", "own"):
        raise UsageError(f"--engine {engine} is not known", hint="use auto, fio or own")
    from rpk.iotune.places import places
    from rpk.system.host import HostReader

    named = [item for word in directories or () for item in word.split(",") if item]
    wanted = places(HostReader(), named or [data_directory(run)])
    path = os.path.abspath(out)
    try:
        old, devices = properties_file.read(path), properties_file.devices_in(path)
    except ConfigError:
        if not force:
            raise
        old, devices = [], {}
    going = wanted if force else properties_file.missing(old, devices, wanted)
    if not going:
        points = ", ".join(place.mountpoint for place in wanted)
        if not run.out.confirm(
            f"{path} has {points} already. Measure again?", flag="--no-confirm", assume_yes=no_confirm
        ):
            run.out.notice("nothing was measured")
            return
        going = wanted
    measured = [measure(run, place, seconds, limit_s, engine) for place in going]
    _believe(measured, forced=force)
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    files.write_text(path, properties_file.render(old, devices, measured), mode=properties_file.FILE_MODE)
    report(run, path, measured, [place.mountpoint for place in wanted if place not in going])


def _positive(flag: str, text: str) -> float:
    seconds = parse_duration(text)
    if seconds < DURATION_MIN_S:
        raise UsageError(
            f"{flag} {text} is too short", hint="measure for a second at least; ten minutes are usual"
        )
    return seconds


def data_directory(run: Run) -> str:
    """Of redpanda.yaml, else the usual one."""
    from rpk.config.rpk_yaml import read_mapping

    config = read_mapping(run.options.config or paths.redpanda_yaml(run.environment)) or {}
    node = config.get("redpanda")
    return (
        str((node or {}).get("data_directory") or "/var/lib/redpanda/data")
        if isinstance(node or {}, dict)
        else ""
    )


def measure(run: Run, place: Place, seconds: float, limit_s: float, engine: str) -> Measured:
    """One mount, with progress on stderr."""
    from rpk.iotune import aio
    from rpk.out.progress import Progress

    for warning in place.warnings:
        run.out.warning(warning)
    program = _fio() if engine in ("auto", "fio") else None
    if engine == "fio" and program is None:
        raise OperationFailed("fio is not installed", hint="install it, or use --engine own")
    if program is None and not aio.supported():
        raise OperationFailed("the own engine does not know this kind of machine", hint="install fio")
    with Progress(run.out, f"measuring {place.mountpoint}") as shown:

        def progress(phase: str, share: float) -> None:
            shown.update(note=f"{phase}, {share:.0%} of {seconds:g} s")

        return _by_engine(program, place, seconds, limit_s, progress)


def _by_engine(
    program: str | None, place: Place, seconds: float, limit_s: float, progress: Callable[[str, float], None]
) -> Measured:
    if program is not None:
        from rpk.iotune import fio

        return fio.measure(program, place, seconds, progress, timeout_s=seconds + limit_s)
    from rpk.iotune.engine import Load

    try:
        load = Load(place)
        try:
            return load.measure(seconds, progress)
        finally:
            load.close()
    except OSError as error:
        raise OperationFailed(
            f"{place.mountpoint} cannot be measured", cause=error.strerror or str(error),
            hint="the file system needs direct I/O (O_DIRECT) and this user the right to write there",
        ) from error  # fmt: skip


def _fio() -> str | None:
    import shutil

    return shutil.which("fio")


def _believe(measured: Sequence[Measured], *, forced: bool) -> None:
    """OperationFailed when figures cannot be true."""
    from rpk.iotune.phases import DEVIATION_MAX, implausible

    for each in measured:
        problems = implausible(each)
        worst = max(figure.deviation for figure in each.figures.values())
        if worst > DEVIATION_MAX:
            problems.append(f"the samples lie {worst:.0%} apart")
        if problems and not forced:
            raise OperationFailed(
                f"the figures of {each.mountpoint} are not plausible: nothing was written",
                cause="; ".join(problems),
                hint="let the disk be idle and measure longer, or keep them with --force",
                name="IMPLAUSIBLE",
            )


def report(run: Run, path: str, measured: Sequence[Measured], kept: list[str]) -> None:
    """The figures, and how steady they were."""
    from rpk.iotune.phases import DEVIATION_NOTED

    rows: list[dict[str, object]] = []
    for each in measured:
        deviations = {name: round(figure.deviation, 4) for name, figure in each.figures.items()}
        rows.append(
            {
                "mountpoint": each.mountpoint,
                "device": each.device,
                **{name: each.figures[name].value for name in properties_file.KEYS},
                "deviation": deviations,
                "worst": f"{max(deviations.values()):.1%}",
            }
        )
        for name, deviation in deviations.items():
            if deviation > DEVIATION_NOTED:
                run.out.notice(f"{each.mountpoint}: {name} varied by {deviation:.1%} between samples")
    data = [{name: value for name, value in row.items() if name != "worst"} for row in rows]
    run.out.document(
        {"out": path, "disks": data, "kept": kept},
        Table(COLUMNS, rows),
        Text(f"Wrote {path}.", *(f"{point} was measured before and stays." for point in kept)),
    )
