"""What the kernel believes about the write cache of the disks."""

from __future__ import annotations

from rpk.tune.plan import Comparison, Proposal, Setting
from rpk.tune.tuners.disk_targets import no_disks
from rpk.tune.tuners.record import Tuner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts
    from rpk.tune.parameters import Parameters

THROUGH, BACK = "write through", "write back"
NOT_GCP = "Disk write cache tuner is only supported in GCP"


def plan(facts: HostFacts, parameters: Parameters) -> Proposal:
    """Write through on Google's disks, or what --write-back-cache says anywhere."""
    chosen = parameters.write_back_cache
    if chosen is None and facts.machine.cloud != "gcp":
        return Proposal(unsupported=NOT_GCP)
    reason = no_disks(facts)
    if reason is not None:
        return Proposal(unsupported=reason)
    wanted = BACK if chosen else THROUGH
    settings = [
        Setting(
            path=disk.queue("write_cache"),
            comparison=Comparison.TEXT,
            current=disk.write_cache,
            wanted=wanted,
            why="a flush to this disk costs time and saves nothing"
            if wanted == THROUGH
            else "flushes reach the disk",
            persist="queue",
        )
        for name in facts.queue_disks
        if (disk := facts.disks[name]).write_cache is not None
    ]
    if not settings:
        return Proposal(unsupported="no disk has queue/write_cache")
    return Proposal(settings=tuple(settings))


TUNER = Tuner(
    name="disk_write_cache",
    key="tune_disk_write_cache",
    summary="Stop sending flushes to disks that lose nothing without them (Google Cloud).",
    what="Sets queue/write_cache of every disk under the data directory to write through on Google Cloud, known by the "
    "firmware's tables; elsewhere only when --write-back-cache on or off asks for it.",
    why="On Google's local and persistent disks a flush is slow and adds no safety.",
    risk="The setting changes what the kernel believes, not the disk: with write through it stops sending flushes. On a "
    "disk whose cache is volatile, acknowledged records are lost when power fails. Never force it there.",
    unsupported_is_fine=True,
    plan=plan,
)
