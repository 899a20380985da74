"""Undo: the journal's inverse actions, newest first, each only where the value is still ours."""

from __future__ import annotations

import errno
from dataclasses import dataclass, replace

from rpk.tune.executors.perform import ReloadFailed, perform
from rpk.tune.plan import Action, Directory, WriteValue, canonical
from rpk.tune.verify import read_back

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from rpk.system.host_writer import HostWriter
    from rpk.tune.journal import Entry, Journal

REVERTED, ALREADY_BACK, LOST, REFUSED, FAILED = (
    "reverted",
    "already-back",
    "lost",
    "refused",
    "failed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """One target: what was there before tuning, what was found now, what is there after."""

    entry: Entry
    state: str
    now: str
    after: str
    reason: str = ""


def selected(entries: list[Entry], names: Collection[str] | None) -> list[Entry]:
    """Entries of these tuners (None: all), newest first.

    What several tuners need together goes when all of them that still have something go.
    """
    if names is None:
        return list(reversed(entries))
    remaining = {entry.tuner for entry in entries if len(entry.owners) <= 1} - set(names)
    return [
        entry
        for entry in reversed(entries)
        if any(owner in names for owner in entry.owners)
        and not any(owner in remaining for owner in entry.owners)
    ]


def revert(
    host: HostWriter,
    journal: Journal,
    boot_id: str,
    *,
    names: Collection[str] | None,
    forced: bool,
    timeout_s: float,
) -> list[Undone]:
    """Undo entries of these tuners. forced: also where somebody else has changed the value since."""
    found = []
    for entry in selected(journal.entries(), names):
        undone = _undo(host, entry, boot_id, forced=forced, timeout_s=timeout_s)
        if undone.state in (REVERTED, ALREADY_BACK, LOST):
            journal.dropped(entry.ids)
        found.append(undone)
    return found


def foreign(host: HostWriter, entry: Entry) -> str | None:
    """What somebody else has made of the target or its companions; None when it is ours, or as before."""
    reading = read_back(host, entry.action)
    if reading.is_old:
        return None
    if not any(read_back(host, action).is_new for action in entry.known):
        return reading.shown
    if isinstance(entry.action, WriteValue):
        for companion, after in zip(entry.action.companions, entry.companions_after, strict=False):
            now = canonical(companion.comparison, host.read(companion.path) or "")
            if now not in (after, canonical(companion.comparison, companion.old)):
                return f"{companion.path.rpartition('/')[2]} {now}"
    return None


def _undo(host: HostWriter, entry: Entry, boot_id: str, *, forced: bool, timeout_s: float) -> Undone:
    action = entry.action
    reading = read_back(host, action)
    now = reading.shown
    if entry.lost(boot_id):
        return Undone(
            entry=entry, state=LOST, now=now, after=now, reason="an earlier boot's; nothing to undo"
        )
    if isinstance(action, WriteValue) and not host.exists(action.path):
        return Undone(entry=entry, state=LOST, now=now, after=now, reason="it is gone; nothing to undo")
    other = foreign(host, entry)
    if other is not None and not forced:
        reason = f"somebody changed it to {other} since; --force writes {action.before} over it"
        return Undone(entry=entry, state=REFUSED, now=now, after=now, reason=reason)
    try:
        if not reading.is_old:
            perform(host, _inverse(action, now), timeout_s=timeout_s)
        _companions(host, action)
    except OSError as error:
        after = read_back(host, action).shown
        if isinstance(action, Directory) and error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return Undone(entry=entry, state=ALREADY_BACK, now=now, after=after, reason="kept: it is in use")
        return Undone(entry=entry, state=FAILED, now=now, after=after, reason=error.strerror or str(error))
    except ReloadFailed as error:
        return Undone(
            entry=entry, state=FAILED, now=now, after=read_back(host, action).shown, reason=str(error)
        )
    result = read_back(host, action)
    if not result.is_old:
        reason = f"the kernel was told {action.before} and kept {result.shown}"
        return Undone(entry=entry, state=FAILED, now=now, after=result.shown, reason=reason)
    state = ALREADY_BACK if reading.is_old else REVERTED
    return Undone(entry=entry, state=state, now=now, after=result.shown)


def _inverse(action: Action, now: str) -> Action:
    """The way back from what is there: a link somebody removed needs no removing."""
    inverse = action.inverse()
    if inverse.kind == "link" and now == "absent":
        return replace(inverse, old=None)  # type: ignore[arg-type]  # a Link
    return inverse


def _companions(host: HostWriter, action: Action) -> None:
    """Restore what the kernel had changed along with the value."""
    if not isinstance(action, WriteValue):
        return
    for companion in action.companions:
        old = canonical(companion.comparison, companion.old)
        if not host.exists(companion.path):
            continue
        if canonical(companion.comparison, host.read(companion.path) or "") != old:
            host.write_value(companion.path, old)
