"""The CPUs of the host: which there are, how they nest, which NUMA node they are on, how their clock is governed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from rpk.tune.irq.masks import cpus, parse_list
from rpk.tune.irq.topology import CpuSet, build

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from rpk.system.host import HostReader

CPU = "/sys/devices/system/cpu"
NODE = "/sys/devices/system/node"


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuFacts:
    """CPU sets are masks by the operating system's numbers. Texts are None where the kernel has no such file."""

    architecture: str
    """x86, arm or other."""
    vendor: str
    """GenuineIntel, AuthenticAMD, … or empty."""
    online: int
    tree: CpuSet
    cores: tuple[int, ...]
    """One mask a core, ordered by lowest CPU."""
    nodes: Mapping[int, int] = field(default_factory=dict)
    """NUMA node number to its CPUs; at least one."""
    governors: Mapping[str, str] = field(default_factory=dict)
    """Path of each scaling_governor to its text."""
    governors_offered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    boost: str | None = None
    scaling_driver: str | None = None
    idle_driver: str | None = None
    intel_idle_max_cstate: int | None = None

    def core_of(self, cpu_mask: int) -> int:
        """The core that has the lowest of these CPUs."""
        first = cpu_mask & -cpu_mask
        return next((core for core in self.cores if core & first), first)


def probe_cpu(host: HostReader) -> CpuFacts:
    """Read all of it; a tree without topology files gives flat, separate cores."""
    online = _list(host, f"{CPU}/online")
    if not online:
        for name in host.names(CPU):
            if name.startswith("cpu") and name[3:].isdigit():
                online |= 1 << int(name[3:])
    online = online or 1
    sets: set[int] = {online}
    cores: set[int] = set()
    for cpu in cpus(online):
        base = f"{CPU}/cpu{cpu}"
        core = _first(host, f"{base}/topology/core_cpus_list", f"{base}/topology/thread_siblings_list")
        cores.add(core & online or 1 << cpu)
        for name in ("package_cpus_list", "core_siblings_list", "die_cpus_list"):
            sets.add(_list(host, f"{base}/topology/{name}") & online)
        for index in host.names(f"{base}/cache"):
            if index.startswith("index"):
                sets.add(_list(host, f"{base}/cache/{index}/shared_cpu_list") & online)
    nodes = {}
    for name in host.names(NODE):
        if name.startswith("node") and name[4:].isdigit():
            mask = _list(host, f"{NODE}/{name}/cpulist") & online
            if mask:
                nodes[int(name[4:])] = mask
    architecture, vendor = _identity(host)
    governors, offered = _governors(host)
    return CpuFacts(
        architecture=architecture,
        vendor=vendor,
        online=online,
        tree=build(sets | cores | set(nodes.values())),
        cores=tuple(sorted(cores, key=lambda core: core & -core)),
        nodes=nodes or {0: online},
        governors=governors,
        governors_offered=offered,
        boost=host.read(f"{CPU}/cpufreq/boost"),
        scaling_driver=host.read(f"{CPU}/cpu0/cpufreq/scaling_driver"),
        idle_driver=host.read(f"{CPU}/cpuidle/current_driver"),
        intel_idle_max_cstate=host.number("/sys/module/intel_idle/parameters/max_cstate"),
    )


def _governors(host: HostReader) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Every policy's governor: policies are found by listing, not by counting cores."""
    governors: dict[str, str] = {}
    offered: dict[str, tuple[str, ...]] = {}
    policies = [f"{CPU}/cpufreq/{name}" for name in host.names(f"{CPU}/cpufreq") if name.startswith("policy")]
    for base in sorted(policies, key=lambda path: int("0" + path.rpartition("policy")[2])):
        text = host.read(f"{base}/scaling_governor")
        if text is not None:
            governors[f"{base}/scaling_governor"] = text
            words = host.read(f"{base}/scaling_available_governors")
            offered[f"{base}/scaling_governor"] = tuple((words or "").split())
    return governors, offered


def _identity(host: HostReader) -> tuple[str, str]:
    text = host.read("/proc/cpuinfo") or ""
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "vendor_id":
            return "x86", value.strip()
        if name.strip() == "CPU implementer":
            return "arm", value.strip()
    return "other", ""


def _first(host: HostReader, *paths: str) -> int:
    for path in paths:
        mask = _list(host, path)
        if mask:
            return mask
    return 0


def _list(host: HostReader, path: str) -> int:
    with contextlib.suppress(ValueError):
        return parse_list(host.read(path) or "")
    return 0
