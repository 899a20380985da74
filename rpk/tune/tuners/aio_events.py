"""The kernel's limit of asynchronous I/O requests."""

from __future__ import annotations

from rpk.tune.plan import Proposal
from rpk.tune.tuners.record import Tuner, number_setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts
    from rpk.tune.parameters import Parameters

PATH = "/proc/sys/fs/aio-max-nr"
IN_USE = "/proc/sys/fs/aio-nr"
EVENTS = 1_048_576
EVENTS_PER_CPU = 11_026
"""What a shard of the engine reserves at most."""


def wanted_events(facts: HostFacts) -> int:
    """1048576, or more where other programs hold so many already that the broker would not get its share."""
    try:
        in_use = int(facts.sysctls.get(IN_USE) or 0)
    except ValueError:
        in_use = 0
    return max(EVENTS, in_use + EVENTS_PER_CPU * facts.cpu.online.bit_count())


def plan(facts: HostFacts, parameters: Parameters) -> Proposal:
    """Raise the limit; never lower it."""
    del parameters
    current = facts.sysctls.get(PATH)
    if current is None:
        return Proposal(unsupported=f"the kernel has no {PATH}")
    # A limit that is high enough beside what is in use now stays: usage by the broker itself is no reason to grow.
    floor = EVENTS if current.isdigit() and int(current) >= wanted_events(facts) else wanted_events(facts)
    setting = number_setting(facts, PATH, floor, "the broker reserves its I/O requests at start")
    return Proposal(settings=(setting,) if setting else ())


TUNER = Tuner(
    name="aio_events",
    key="tune_aio_events",
    summary="Raise the number of asynchronous I/O requests the kernel allows.",
    what="Raises fs.aio-max-nr to 1048576, or to what is in use already plus what the broker needs. Never lowers it.",
    why="Every shard reserves its requests when it starts; with the kernel's 65536 a machine of many CPUs, or one that "
    "runs a database beside the broker, refuses to start it.",
    risk="None known: the limit reserves no memory by itself.",
    plan=plan,
)
