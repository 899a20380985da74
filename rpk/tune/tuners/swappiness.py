"""How eagerly the kernel swaps."""

from __future__ import annotations

from rpk.tune.plan import Proposal
from rpk.tune.tuners.record import Tuner, number_setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts
    from rpk.tune.parameters import Parameters

PATH = "/proc/sys/vm/swappiness"
WANTED = 1


def plan(facts: HostFacts, parameters: Parameters) -> Proposal:
    """Exactly 1: 0 would let the kernel kill before it swaps."""
    del parameters
    setting = number_setting(facts, PATH, WANTED, "swap only to avoid running out of memory", at_least=False)
    return Proposal(settings=(setting,)) if setting else Proposal(unsupported=f"the kernel has no {PATH}")


TUNER = Tuner(
    name="swappiness",
    key="tune_swappiness",
    summary="Have the kernel swap only when it would run out of memory otherwise.",
    what="Sets vm.swappiness to 1.",
    why="A page of the broker that was swapped out costs milliseconds at the moment it is needed, which shows as latency "
    "of every request behind it.",
    risk="Idle memory of other programs stays in RAM longer; the page cache gets smaller before they give way.",
    plan=plan,
)
