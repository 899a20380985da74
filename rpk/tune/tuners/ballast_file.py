"""A file that can be deleted when the disk is full."""

from __future__ import annotations

from rpk.tune.plan import Allocate, Directory, Proposal, Refusal
from rpk.tune.tuners.record import Tuner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts
    from rpk.tune.parameters import Parameters

FREE_SHARE_MAX = 0.5
"""A ballast must leave at least half of what is free to the broker."""


def plan(facts: HostFacts, parameters: Parameters) -> Proposal:
    """Have the file with exactly the size asked for; never cut off data, never fill the disk."""
    file = facts.ballast
    wanted = parameters.ballast_bytes
    if file is None:
        return Proposal(unsupported="no path is given for the ballast file")
    if file.size_bytes == wanted:
        return Proposal()
    size = file.size_bytes or 0
    now = "absent" if file.size_bytes is None else f"{size} bytes"
    if size > wanted and file.data_beyond:
        reason = f"{file.path} is larger and holds data; move it away or set rpk.ballast_file_size"
        return Proposal(
            refused=(Refusal(target=file.path, now=now, wanted=f"{wanted} bytes", reason=reason),)
        )
    if wanted - size > file.free_bytes * FREE_SHARE_MAX:
        reason = f"only {file.free_bytes} bytes are free; a ballast may take half of them"
        return Proposal(
            refused=(Refusal(target=file.path, now=now, wanted=f"{wanted} bytes", reason=reason),)
        )
    return Proposal(
        actions=(
            *(Directory(path=path, why="the ballast file lives there") for path in file.missing),
            Allocate(
                path=file.path, old=file.size_bytes, new=wanted, why="deleting it frees a full disk at once"
            ),
        )
    )


TUNER = Tuner(
    name="ballast_file",
    key="tune_ballast_file",
    summary="Set space aside that can be freed at once when the disk is full.",
    what="Allocates the file rpk.ballast_file_path (default /var/lib/redpanda/data/ballast) with rpk.ballast_file_size "
    "(default 1GiB; KB, MB, GB are decimal, KiB, MiB, GiB binary). An existing file is grown, or shortened when it "
    "holds nothing behind the new end.",
    why="A disk filled to the last byte cannot even delete; removing this file gives the broker room to recover.",
    risk="The space is not available to the broker until the file is deleted.",
    undo="rpk redpanda tune revert removes the file, or gives it the size it had.",
    plan=plan,
)
