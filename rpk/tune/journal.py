"""The journal: what there was before, on disk before anything is written; the only thing revert goes by.

One file of lines, each a checksum and a JSON object. `intend` lines (all of a run, synced together) come before
the first write, `done` and `undone` lines after each; those are not synced, for without them the value itself tells
what happened. A line that a crash cut off is the last one and is dropped: nothing was written for it yet. Values of the kernel are gone after a reboot; lines know the boot they belong to.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import zlib
from dataclasses import dataclass, replace
from typing import Any

from rpk.out.errors import OperationFailed
from rpk.system import files
from rpk.tune.plan import Action, Step, WriteValue
from rpk.tune.records import RecordError, from_record, to_record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from rpk.system.host import HostReader
    from rpk.system.host_writer import HostWriter

DIRECTORY = "/var/lib/rpk/tune"
FILE = f"{DIRECTORY}/journal"
LINES_MAX = 100_000
DEAD_LINES_MAX = 1000
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One target that was changed, or may have been: the first old value and the last new one.

    finished is False when a crash left open whether the last write happened. known: values of the target that are
    ours, the last one first. companions_after: of the action's companions, as they were after it.
    """

    ids: tuple[int, ...]
    run: int
    boot_id: str
    tuner: str
    owners: tuple[str, ...]
    action: Action
    finished: bool
    known: tuple[Action, ...] = ()
    companions_after: tuple[str, ...] = ()

    def lost(self, boot_id: str) -> bool:
        """Whether a reboot has already undone it."""
        return not self.action.survives_reboot and self.boot_id != boot_id


class Journal:
    """The journal of one tree. Use as a context manager: it is locked, so that two runs never mix."""

    def __init__(self, host: HostWriter) -> None:
        self._path = host.at(FILE)
        self._descriptor = -1
        self._next = 1
        self._runs = 0

    def __enter__(self) -> Journal:
        try:
            made = _make_directories(os.path.dirname(self._path))
            self._open()
            lines, whole = _parse(self._data())
            if whole < len(self._data()):
                os.ftruncate(self._descriptor, whole)  # the line a crash cut off
            live = _live(lines)
            if len(lines) - len(live) > DEAD_LINES_MAX:
                self._rewrite(live)
        except BlockingIOError as error:
            self._close()
            raise OperationFailed(
                "another rpk redpanda tune is at work", hint="wait for it to end", name="LOCKED"
            ) from error
        except OSError as error:
            self._close()
            raise OperationFailed(
                f"cannot keep a journal in {FILE}: nothing was changed",
                cause=error.strerror or str(error),
                hint="tuning writes only what it can undo; make the directory writable",
            ) from error
        except OperationFailed:
            self._close()
            raise
        self._next = 1 + max((line["id"] for line in lines if "id" in line), default=0)
        self._runs = max((line["run"] for line in lines if "run" in line), default=0)
        if not lines:
            self._append([{"what": "start", "version": VERSION, "made": made}])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            with contextlib.suppress(OSError):
                self._leave_no_trace()
        self._close()

    def _open(self) -> None:
        """Open and lock the file that is at the path now, not one that another run has just removed."""
        while True:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_APPEND, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(self._descriptor), os.stat(self._path)):
                    _sync_directory(os.path.dirname(self._path))
                    return
            self._close()

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _data(self) -> bytes:
        return os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)

    def _rewrite(self, lines: Sequence[dict[str, Any]]) -> None:
        """Leave out what is undone, whole or not at all."""
        files.write_bytes(self._path, b"".join(_line(each) for each in lines))
        self._close()
        self._open()

    def _leave_no_trace(self) -> None:
        """Remove the file, and the directories that were made for it, once nothing is left to undo."""
        lines = _parse(self._data())[0]
        if entries_of(lines):
            return
        os.unlink(self._path)
        made = [path for line in lines if line["what"] == "start" for path in line["made"]]
        for path in reversed(made):
            os.rmdir(path)

    def intend(self, boot_id: str, steps: Sequence[Step]) -> list[int]:
        """Write down all steps of a run and sync; only then may the first be taken. Their ids."""
        self._runs += 1
        ids = list(range(self._next, self._next + len(steps)))
        self._next += len(steps)
        self._append(
            [
                {
                    "what": "intend",
                    "version": VERSION,
                    "id": each,
                    "run": self._runs,
                    "boot": boot_id,
                    "tuner": step.tuner,
                    "owners": list(step.owners),
                    "action": to_record(step.action),
                }
                for each, step in zip(ids, steps, strict=True)
            ]
        )
        self._sync()
        return ids

    def done(self, step_id: int, now: str | None, companions_after: Sequence[str] = ()) -> None:
        """The step was taken. now: what its value reads, when that is neither the old nor the new one."""
        self._append([{"what": "done", "id": step_id, "now": now, "companions": list(companions_after)}])

    def dropped(self, ids: Sequence[int]) -> None:
        """These need not be undone any more: they were, or never happened."""
        self._append([{"what": "undone", "id": each} for each in ids])

    def _sync(self) -> None:
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise OperationFailed(f"cannot sync {FILE}", cause=error.strerror or str(error)) from error

    def entries(self) -> list[Entry]:
        """What could be undone, oldest first; several writes of one target in one boot are one entry."""
        return entries_of(_parse(self._data())[0])

    def _append(self, lines: Sequence[dict[str, Any]]) -> None:
        if not lines:
            return
        data = b"".join(_line(each) for each in lines)
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError as error:
            raise OperationFailed(f"cannot write {FILE}", cause=error.strerror or str(error)) from error


def read_entries(host: HostReader) -> list[Entry]:
    """The entries without opening anything for writing; none where there is no journal."""
    data = host.read_bytes(FILE)
    return entries_of(_parse(data)[0]) if data else []


def _line(data: dict[str, Any]) -> bytes:
    text = json.dumps(data, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _parse(data: bytes) -> tuple[list[dict[str, Any]], int]:
    """The lines, and how many bytes of the file they are. A bad last line is left out, another is an error."""
    lines: list[dict[str, Any]] = []
    whole = 0
    while whole < len(data):
        if len(lines) == LINES_MAX:
            raise OperationFailed(f"{FILE} has more than {LINES_MAX} lines", name="JOURNAL_DAMAGED")
        end = data.find(b"\n", whole)
        text = data[whole + 9 : end] if end >= 0 else b""
        try:
            if end < 0 or data[whole : whole + 9] != b"%08x " % zlib.crc32(text):
                raise ValueError
            line = json.loads(text)
            lines.append(line)
        except ValueError as error:
            if end >= 0 and end + 1 < len(data):
                raise OperationFailed(
                    f"{FILE} is damaged at byte {whole}",
                    hint=f"undo by hand what it lists, then remove it: less {FILE}",
                    name="JOURNAL_DAMAGED",
                ) from error
            break
        whole = end + 1
    return lines, whole


def _live(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines that still say something."""
    undone = {line["id"] for line in lines if line["what"] == "undone"}
    return [line for line in lines if line["what"] != "undone" and line.get("id") not in undone]


def entries_of(lines: Sequence[dict[str, Any]]) -> list[Entry]:
    """Fold lines into entries. OperationFailed when one is of a kind this version does not know."""
    live = _live(lines)
    after = {line["id"]: line for line in live if line["what"] == "done"}
    folded: dict[tuple[str, str, str], Entry] = {}
    for line in live:
        if line["what"] != "intend":
            continue
        try:
            action = from_record(line["action"])
        except RecordError as error:
            raise OperationFailed(f"{FILE} holds something unknown", cause=str(error)) from error
        end = after.get(line["id"])
        known: tuple[Action, ...] = (action,)
        if end is not None and end.get("now") is not None and isinstance(action, WriteValue):
            known = (action, replace(action, new=end["now"]))
        entry = Entry(
            ids=(line["id"],),
            run=line["run"],
            boot_id=line["boot"],
            tuner=line["tuner"],
            owners=tuple(line["owners"]),
            action=action,
            finished=end is not None,
            known=known,
            companions_after=tuple(end.get("companions", ())) if end is not None else (),
        )
        key = (action.kind, action.target, "" if action.survives_reboot else entry.boot_id)
        folded[key] = _fold(folded[key], entry) if key in folded else entry
    return list(folded.values())


def _fold(first: Entry, last: Entry) -> Entry:
    """Two writes of one target: the way back goes to before the first, from wherever a crash left it."""
    action = replace(last.action, old=first.action.old)  # type: ignore[arg-type]  # same kind: the key holds it
    if isinstance(action, WriteValue) and isinstance(first.action, WriteValue):
        action = replace(action, companions=first.action.companions or action.companions)
    return replace(
        last,
        ids=(*first.ids, *last.ids),
        action=action,
        known=(*last.known, *first.known),
        owners=tuple(dict.fromkeys((*first.owners, *last.owners))),
        companions_after=last.companions_after or first.companions_after,
    )


def _sync_directory(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_directories(path: str) -> list[str]:
    """Make what is missing, every new entry on disk: else the journal in it would not survive. What was made."""
    missing: list[str] = []
    while not os.path.isdir(path):
        missing.insert(0, path)
        path = os.path.dirname(path)
    for each in missing:
        os.mkdir(each, 0o755)
        _sync_directory(os.path.dirname(each))
    return missing
