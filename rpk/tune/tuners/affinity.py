"""What the interrupt tuners share: wanted masks as settings, and the CPU sets the broker is told."""

from __future__ import annotations

from rpk.tune.irq.masks import format_list, format_mask
from rpk.tune.plan import Comparison, Setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rpk.tune.facts.host import HostFacts
    from rpk.tune.irq.modes import Placement


def affinity_settings(facts: HostFacts, wanted: Sequence[tuple[int, int]], why: str) -> list[Setting]:
    """A setting an interrupt. One the kernel manages is not changeable; where it fires now is what counts."""
    settings = []
    for irq, mask in wanted:
        interrupt = facts.interrupts[irq]
        if interrupt.affinity is None:
            continue
        current = interrupt.affinity
        if not interrupt.changeable and interrupt.effective is not None:
            current = interrupt.effective
        settings.append(
            Setting(
                path=interrupt.path,
                comparison=Comparison.MASK,
                current=format_mask(current),
                wanted=format_mask(mask),
                why=f"{why}: {interrupt.label.rpartition(' ')[2] or interrupt.label}",
                changeable=interrupt.changeable,
            )
        )
    return settings


def hand_over(placement: Placement) -> Mapping[str, object]:
    """What the broker's start needs of a placement: it pins its shards to redpanda_cpuset. Empty in mq."""
    if placement.mode == "mq":
        return {"cpusets": {}}
    return {
        "cpusets": {
            "irq_mode": placement.mode,
            "redpanda_cpuset": format_list(placement.compute),
            "redpanda_cpuset_size": placement.compute.bit_count(),
            "interrupts_cpuset": format_list(placement.interrupts),
            "interrupts_cpuset_size": placement.interrupts.bit_count(),
        }
    }
