"""Transparent hugepages."""

from __future__ import annotations

from rpk.tune.plan import Comparison, Proposal, Setting, offered
from rpk.tune.tuners.record import Tuner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts
    from rpk.tune.parameters import Parameters

WANTED = "always"


def plan(facts: HostFacts, parameters: Parameters) -> Proposal:
    """`always`, where the kernel has hugepages."""
    del parameters
    path, text = facts.memory.thp_path, facts.memory.thp
    if path is None or text is None:
        return Proposal(
            unsupported="the kernel has neither /sys/kernel/mm/transparent_hugepage nor "
            "/sys/kernel/mm/redhat_transparent_hugepage"
        )
    if WANTED not in offered(text) and "[" in text:
        return Proposal(unsupported=f"the kernel does not offer {WANTED} in {path}")
    return Proposal(
        settings=(
            Setting(
                path=path,
                comparison=Comparison.WORD,
                current=text,
                wanted=WANTED,
                why="large pages spare the CPU's address cache",
            ),
        )
    )


TUNER = Tuner(
    name="transparent_hugepages",
    key="tune_transparent_hugepages",
    summary="Let the kernel use large memory pages by itself.",
    what="Sets /sys/kernel/mm/transparent_hugepage/enabled to always.",
    why="The broker holds its memory in large blocks; with 2 MiB pages the CPU translates their addresses from its cache.",
    risk="Programs that touch memory sparsely grow; compaction of memory may pause a program now and then. A database on "
    "the same host may ask for the opposite.",
    prod="keep",
    plan=plan,
)
