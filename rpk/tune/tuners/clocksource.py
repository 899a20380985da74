"""The kernel's time source."""

from __future__ import annotations

from rpk.tune.facts.clock import SOURCE
from rpk.tune.plan import Comparison, Proposal, Setting
from rpk.tune.tuners.record import Tuner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts
    from rpk.tune.parameters import Parameters

PATH = f"{SOURCE}/current_clocksource"
WANTED = "tsc"
GOOD = (
    "tsc",
    "kvm-clock",
    "hyperv_clocksource_tsc_page",
    "hyperv_clocksource_vdso_clock",
    "arch_sys_counter",
)
"""Sources read without entering the kernel: slower than tsc by little."""
NOT_X86 = "Clocksource setting not available for this architecture"


def plan(facts: HostFacts, parameters: Parameters) -> Proposal:
    """`tsc` on x86, where the kernel trusts it enough to offer it."""
    del parameters
    if facts.cpu.architecture != "x86":
        return Proposal(unsupported=NOT_X86)
    clock = facts.clock
    if clock.current is None:
        return Proposal(unsupported=f"the kernel has no {PATH}")
    if WANTED not in clock.available:
        offers = ", ".join(clock.available) or "nothing"
        return Proposal(
            unsupported=f"preferred clocksource {WANTED} not available: the kernel offers {offers}"
        )
    setting = Setting(
        path=PATH,
        comparison=Comparison.TEXT,
        current=clock.current,
        wanted=WANTED,
        why="time is read from the CPU, without entering the kernel",
    )
    return Proposal(settings=(setting,))


TUNER = Tuner(
    name="clocksource",
    key="tune_clocksource",
    summary="Read time from the CPU's own counter.",
    what="Sets the kernel's clock source to tsc where it is offered (x86 only) and reads it back: the kernel accepts a "
    "source it does not have without a word and keeps the old one.",
    why="The broker asks for the time many times a request; some sources cost a system call each.",
    risk="On a virtual machine that moves between hosts without a scaled counter tsc may jump; the kernel then stops "
    "offering it.",
    unsupported_is_fine=True,
    plan=plan,
)
