"""Memory, swap and the limits of the control group this runs in."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from rpk.tune.irq.masks import parse_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.system.host import HostReader

THP = ("/sys/kernel/mm/transparent_hugepage", "/sys/kernel/mm/redhat_transparent_hugepage")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryFacts:
    """Bytes; the limit is the tightest of the control group and its parents, None where there is none."""

    total_bytes: int
    swap_bytes: int
    limit_bytes: int | None
    allowed_cpus: int
    """CPUs the control group leaves, 0 where it says nothing."""
    thp_path: str | None
    thp: str | None

    @property
    def usable_bytes(self) -> int:
        """What this process may really use."""
        return min(self.total_bytes, self.limit_bytes) if self.limit_bytes else self.total_bytes


def probe_memory(host: HostReader) -> MemoryFacts:
    """Read /proc/meminfo, the cgroup files of version 1 or 2, and transparent hugepages."""
    info: dict[str, int] = {}
    for line in (host.read("/proc/meminfo") or "").splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if words and words[0].isdigit():
            info[name] = int(words[0]) * (1024 if words[1:] == ["kB"] else 1)
    limit, cpus = _cgroup(host)
    directory = next((path for path in THP if host.exists(f"{path}/enabled")), None)
    return MemoryFacts(
        total_bytes=info.get("MemTotal", 0),
        swap_bytes=info.get("SwapTotal", 0),
        limit_bytes=limit,
        allowed_cpus=cpus,
        thp_path=f"{directory}/enabled" if directory else None,
        thp=host.read(f"{directory}/enabled") if directory else None,
    )


def _cgroup(host: HostReader) -> tuple[int | None, int]:
    paths: dict[str, str] = {}
    for line in (host.read("/proc/self/cgroup") or "").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        for controller in controllers.split(",") if number != "0" else ("unified",):
            paths[controller] = path
    if "memory" in paths or "cpuset" in paths:
        limits = _upwards(host, "/sys/fs/cgroup/memory", paths.get("memory", "/"), "memory.limit_in_bytes")
        lists = _upwards(host, "/sys/fs/cgroup/cpuset", paths.get("cpuset", "/"), "cpuset.effective_cpus")
    else:
        limits = _upwards(host, "/sys/fs/cgroup", paths.get("unified", "/"), "memory.max")
        lists = _upwards(host, "/sys/fs/cgroup", paths.get("unified", "/"), "cpuset.cpus.effective")
    bounds = [int(text) for text in limits if text.isdigit()]
    allowed = 0
    for text in lists:
        with contextlib.suppress(ValueError):
            allowed = parse_list(text)
        if allowed:
            break
    # Version 1 writes "no limit" as a number near 2^63.
    tightest = min(bounds, default=None)
    return (None if tightest is None or tightest >= 1 << 60 else tightest), allowed


def _upwards(host: HostReader, base: str, path: str, name: str) -> list[str]:
    """The file's texts from the group itself up to the root; in a container only the root may be there."""
    found = []
    while True:
        text = host.read(f"{base}{path.rstrip('/')}/{name}")
        if text:
            found.append(text)
        if not path.strip("/"):
            return found
        path = path.rstrip("/").rpartition("/")[0]
