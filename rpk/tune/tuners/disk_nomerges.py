"""Merging of I/O requests in the kernel."""

from __future__ import annotations

from rpk.tune.plan import Comparison, Proposal, Refusal, Setting
from rpk.tune.tuners.disk_targets import no_disks
from rpk.tune.tuners.record import Tuner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts
    from rpk.tune.parameters import Parameters

WANTED = "2"


def plan(facts: HostFacts, parameters: Parameters) -> Proposal:
    """2 for every disk."""
    del parameters
    reason = no_disks(facts)
    if reason is not None:
        return Proposal(unsupported=reason)
    settings, refused = [], []
    for name in facts.queue_disks:
        disk = facts.disks[name]
        path = disk.queue("nomerges")
        if disk.nomerges is None:
            refused.append(Refusal(target=path, now="", wanted=WANTED, reason=f"{name} has no nomerges"))
            continue
        settings.append(
            Setting(
                path=path,
                comparison=Comparison.NUMBER,
                current=disk.nomerges,
                wanted=WANTED,
                why="the broker's requests are large already",
                persist="queue",
            )
        )
    if not settings:
        return Proposal(unsupported="; ".join(each.reason for each in refused))
    return Proposal(settings=tuple(settings), refused=tuple(refused))


TUNER = Tuner(
    name="disk_nomerges",
    key="tune_disk_nomerges",
    summary="Switch off the search for requests to merge on the broker's disks.",
    what="Sets queue/nomerges of every disk under the data directory to 2.",
    why="The broker writes large aligned blocks; looking for neighbours to merge costs CPU and finds none.",
    risk="A program that writes many small neighbouring blocks to the same disk gets slower.",
    plan=plan,
)
