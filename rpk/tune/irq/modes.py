"""Which CPUs serve interrupts and which the broker: the modes mq, sq, sq-split and dedicated."""

from __future__ import annotations

from dataclasses import dataclass

from rpk.tune.irq.masks import format_list, highest, lowest, union
from rpk.tune.irq.topology import distribute, restrict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpk.tune.facts.block_device import Disk
    from rpk.tune.facts.cpu import CpuFacts
    from rpk.tune.parameters import Parameters

MODES = ("mq", "sq", "sq-split", "dedicated")
_SPELLINGS = {"sq_split": "sq-split"}
CORES_FEW = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A mode worked out on a machine: CPUs of the broker and of interrupts. Equal in mq."""

    mode: str
    compute: int
    interrupts: int


class PlacementError(ValueError):
    """The mode leaves no CPU for one side."""


def parse_mode(text: str) -> str | None:
    """A mode as typed; None for automatic; ValueError when it is none."""
    if text in ("", "auto", "def", "default"):
        return None
    mode = _SPELLINGS.get(text, text)
    if mode not in MODES:
        raise ValueError(f"{text!r} is no mode; use one of {', '.join(MODES)}")
    return mode


def allowed_cpus(cpu: CpuFacts, parameters: Parameters) -> int:
    """The CPUs that may be used at all; PlacementError when none of those asked for is online."""
    if parameters.cpu_set is None:
        return cpu.online
    allowed = cpu.online & parameters.cpu_set
    if not allowed:
        raise PlacementError(
            f"none of the CPUs {format_list(parameters.cpu_set)} is online ({format_list(cpu.online)} are)"
        )
    return allowed


def place(mode: str, cpu: CpuFacts, parameters: Parameters) -> Placement:
    """Work a mode out; PlacementError when a side would be empty."""
    base = allowed_cpus(cpu, parameters)
    if mode == "mq":
        return Placement(mode=mode, compute=base, interrupts=base)
    if mode == "sq":
        interrupts = lowest(base)
    elif mode == "sq-split":
        interrupts = cpu.core_of(base) & base
    else:
        interrupts = dedicated_cpus(cpu, base, parameters.dedicated_ratio)
    compute = base & ~interrupts
    if not compute or not interrupts:
        raise PlacementError(
            f"mode {mode} leaves no CPU for {'interrupts' if not interrupts else 'the broker'} "
            f"of {format_list(base)}"
        )
    return Placement(mode=mode, compute=compute, interrupts=interrupts)


def dedicated_cpus(cpu: CpuFacts, base: int, ratio: int) -> int:
    """One CPU in `ratio`, spread over the machine, the same number on every NUMA node: the highest of each share."""
    count = -(-base.bit_count() // max(ratio, 1))
    nodes = sum(1 for mask in cpu.nodes.values() if mask & base)
    if nodes > 1:
        count = -(-count // nodes) * nodes
    return union(highest(share) for share in distribute(restrict(cpu.tree, base), count))


def nic_mode(cpu: CpuFacts, parameters: Parameters) -> str:
    """Mode of network interrupts: dedicated only where the broker gets the other CPUs, else mq."""
    if parameters.mode is not None:
        return parameters.mode
    if parameters.dedicated_allowed and parameters.cpu_set is None:
        count = cpu.online.bit_count()
        spared = dedicated_cpus(cpu, cpu.online, parameters.dedicated_ratio).bit_count()
        lowered = count - parameters.smp if parameters.smp is not None else 0
        if count >= parameters.dedicated_ratio and lowered <= spared and count > spared:
            return "dedicated"
    return "mq"


def disk_mode(cpu: CpuFacts, disks: Sequence[Disk], parameters: Parameters) -> str:
    """Mode of interrupts of disks other than NVMe, which always spread."""
    if parameters.mode is not None:
        return parameters.mode
    if all(disk.nvme for disk in disks) or cpu.online.bit_count() <= CORES_FEW:
        return "mq"
    return "sq" if len(cpu.cores) <= CORES_FEW else "sq-split"


def near_device(cpu: CpuFacts, mask: int, node: int | None, count: int) -> int:
    """The CPUs of `mask` on the device's own NUMA node when they are enough for `count` interrupts, else all."""
    local = mask & cpu.nodes.get(node, 0) if node is not None and len(cpu.nodes) > 1 else 0
    return local if local and count <= local.bit_count() else mask
