"""The I/O scheduler of the disks under the data directory."""

from __future__ import annotations

from rpk.tune.plan import Companion, Comparison, Proposal, Refusal, Setting, canonical, offered
from rpk.tune.tuners.disk_targets import no_disks
from rpk.tune.tuners.record import Tuner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts
    from rpk.tune.parameters import Parameters

WANTED = ("none", "noop")
"""In order of preference; noop is what kernels before 5.0 call it."""


def plan(facts: HostFacts, parameters: Parameters) -> Proposal:
    """The first of none and noop that each disk offers. A disk that offers neither is refused, the others go on."""
    del parameters
    reason = no_disks(facts)
    if reason is not None:
        return Proposal(unsupported=reason)
    settings, refused, notes = [], [], []
    for name in facts.queue_disks:
        disk = facts.disks[name]
        if disk.scheduler is None:
            refused.append(
                Refusal(
                    target=disk.queue("scheduler"),
                    now="",
                    wanted=WANTED[0],
                    reason=f"{name} has no scheduler",
                )
            )
            continue
        active = canonical(Comparison.WORD, disk.scheduler)
        wanted = (
            active
            if active in WANTED
            else next((each for each in WANTED if each in offered(disk.scheduler)), None)
        )
        if wanted is None:
            refused.append(
                Refusal(
                    target=disk.queue("scheduler"), now=active, wanted=WANTED[0],
                    reason=f"{name} offers neither none nor noop",
                )
            )  # fmt: skip
            continue
        companions: tuple[Companion, ...] = ()
        if disk.nr_requests is not None:
            companions = (
                Companion(path=disk.queue("nr_requests"), comparison=Comparison.NUMBER, old=disk.nr_requests),
            )
        settings.append(
            Setting(
                path=disk.queue("scheduler"),
                comparison=Comparison.WORD,
                current=disk.scheduler,
                wanted=wanted,
                why="the broker orders its own I/O",
                companions=companions,
                persist="queue",
            )
        )
        if active != wanted:
            notes.append(
                f"the kernel changes {disk.queue('nr_requests')} with the scheduler; revert restores it"
            )
    if not settings:
        return Proposal(unsupported="; ".join(each.reason for each in refused))
    return Proposal(settings=tuple(settings), refused=tuple(refused), notes=tuple(notes))


TUNER = Tuner(
    name="disk_scheduler",
    key="tune_disk_scheduler",
    summary="Switch off I/O scheduling in the kernel for the broker's disks.",
    what="Sets queue/scheduler of every disk under the data directory to none (noop on kernels before 5.0). md, dm and "
    "loop devices are followed to the disks that carry them. The kernel changes queue/nr_requests along with it.",
    why="The broker already orders its reads and writes; a second scheduler adds latency and a lock.",
    risk="Other programs on the same disk lose fairness between them; on rotating disks reordering is lost.",
    plan=plan,
)
