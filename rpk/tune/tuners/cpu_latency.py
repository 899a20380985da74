"""Sleep states of the CPUs, held shallow while the broker runs."""

from __future__ import annotations

from rpk.tune.plan import Proposal
from rpk.tune.tuners.record import Tuner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts
    from rpk.tune.parameters import Parameters

DEVICE = "/dev/cpu_dma_latency"
LATENCY_US = 1


def plan(facts: HostFacts, parameters: Parameters) -> Proposal:
    """Tell the broker's start to hold the device: the wish lasts as long as the process that has it open."""
    del parameters
    if DEVICE not in facts.present:
        return Proposal(unsupported=f"the kernel has no {DEVICE}")
    return Proposal(hand_over={"cpu_dma_latency_us": LATENCY_US})


TUNER = Tuner(
    name="cpu_latency",
    key="tune_cpu_latency",
    summary="Keep the CPUs from deep sleep while the broker runs.",
    what="Has rpk redpanda start hold /dev/cpu_dma_latency at 1 microsecond. Nothing else is written: the kernel forgets "
    "the wish when the broker ends, however it ends.",
    why="Leaving a deep sleep state takes up to hundreds of microseconds. This needs no boot options and no reboot.",
    risk="More power and heat while the broker runs.",
    undo="Stop the broker; rpk redpanda tune revert makes the next start forget it.",
    prod="keep",
    plan=plan,
)
