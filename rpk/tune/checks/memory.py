"""Memory and swap."""

from __future__ import annotations

from rpk.tune.checks.row import Row, at_least, boolean
from rpk.tune.plan import Comparison, canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts

MIB = 1 << 20
MIB_PER_CPU_MIN = 2048


def check_memory(facts: HostFacts) -> list[Row]:
    """Memory a CPU within the control group's limits, swap, hugepages."""
    memory = facts.memory
    cpus = (memory.allowed_cpus & facts.cpu.online or facts.cpu.online).bit_count()
    thp = canonical(Comparison.WORD, memory.thp) if memory.thp is not None else None
    return [
        at_least(
            "memory",
            "Free memory per CPU [MB]",
            memory.usable_bytes / cpus / MIB if memory.usable_bytes else None,
            MIB_PER_CPU_MIN,
            "give the machine or container 2 GiB a CPU, or run the broker with fewer shards (--smp)",
            required=f"{MIB_PER_CPU_MIN} per CPU",
        ),
        boolean(
            "swap",
            "Swap enabled",
            memory.swap_bytes > 0,
            "add a swap file: with swappiness 1 it is used only instead of killing a program",
        ),
        boolean(
            "transparent_hugepages",
            "Transparent huge pages active",
            None if thp is None else thp != "never",
            "rpk redpanda tune transparent_hugepages",
            current=None if thp is None else f"{'true' if thp != 'never' else 'false'} ({thp})",
        ),
    ]
