"""One group's way to disk: writes and cuts of its log and its records, in the order the core decided them.

Everything the core says to write goes through here. While the log is being cut, which takes several trips to the disk,
later writes wait in line. What is durable is reported with the generation it belongs to (see `RaftCore.advance`).
Loop thread only.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING

from engine.raft.durable_records import (
    HARD_STATE_KEY,
    START_KEY,
    StoredGroup,
    encode_hard_state,
    encode_marks,
    encode_start,
    mark_key,
)
from engine.raft.entries import Mark, Position
from engine.raft.ready import HardState, Reset, Truncation
from engine.storage.errors import StorageError, StorageFailed
from engine.wire.batch_header import BatchHeader

if TYPE_CHECKING:
    from engine.raft.log_view import LogView
    from engine.storage.log import Log
    from engine.storage.storage import Storage

logger = logging.getLogger("engine.raft")

Batch = bytes | bytearray | memoryview

RETRY_S = 0.5
"""Between two tries to write what the disk refused."""


class StorageEvents:
    """What the storage tells its group; the group overrides all of it."""

    def durable_rose(self) -> None:
        """Some of `generation`, `marks_durable`, `hard_state_durable` or the log's durable offset moved."""

    def batch_appended(self, header: BatchHeader) -> None:
        """A batch from the leader is in the log."""

    def log_cut(self, end_offset: int) -> None:
        """What lay at or above `end_offset` is about to go; before anything new is appended."""

    def log_reset(self, start_offset: int) -> None:
        """The log is empty and starts at `start_offset`."""

    def tail_lost(self, offset: int, marks: int) -> None:
        """The disk lost what was not durable; see `RaftCore.tail_lost`."""

    def failed(self, error: StorageError) -> None:
        """The log takes nothing more until a restart."""


class GroupStorage:
    """See the module."""

    def __init__(
        self,
        storage: "Storage",
        log: "Log",
        stored: StoredGroup,
        events: StorageEvents,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.log = log
        self.generation = 0
        """Of the last cut that is done."""
        self.marks_durable = stored.start.marks + len(stored.marks)
        """Marks that a crash cannot take back, counted from the group's beginning."""
        self.hard_state_durable = 0
        self._storage = storage
        self._stored = stored
        self._events = events
        self._loop = loop
        self._hard_number = 0
        self._records_lost = 0
        self._queue: deque[Callable[[], None]] = deque()
        self._cutting = False
        self._tail_lost = False
        self._task: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._closed = False
        log.on_durable = self._log_durable
        log.on_failure = self._log_failed

    @property
    def busy(self) -> bool:
        """Whether the log is being cut: nothing may be proposed meanwhile."""
        return self._cutting

    def found(self) -> None:
        """Write everything: the group is new on this broker."""
        self._rewrite()

    async def close(self) -> None:
        """Write nothing more; a cut under way is finished."""
        self._closed = True
        self._queue.clear()
        self.log.on_durable = None
        self.log.on_failure = None
        if self._retry is not None:
            self._retry.cancel()
        if self._task is not None:
            await asyncio.wait({self._task})

    # Writes.

    def write_hard_state(self, state: HardState) -> None:
        """Term and vote; may overtake writes that wait."""
        self._stored.term, self._stored.vote = state.term, state.vote
        self._hard_number = state.number
        self._storage.key_value.put(
            self.log.log_id,
            {HARD_STATE_KEY: encode_hard_state(state.term, state.vote)},
            partial(self._hard_state_done, self._records_lost, state.number),
        )

    def write_marks(self, marks: Sequence[Mark]) -> None:
        """Marks, behind what was written before."""
        if self._tail_lost:
            return
        if self._cutting:
            self._queue.append(partial(self.write_marks, marks))
            return
        self._stored.marks.extend(marks)
        self._storage.key_value.put(
            self.log.log_id,
            encode_marks(marks),
            partial(self._marks_done, self._records_lost, self.generation, marks[-1].ordinal + 1),
        )

    def write_batches(self, batches: Sequence[tuple[BatchHeader, Batch]]) -> None:
        """Data from the leader, behind what was written before."""
        if self._tail_lost:
            return
        if self._cutting:
            self._queue.append(partial(self.write_batches, batches))
            return
        try:
            for header, batch in batches:
                self.log.append(batch, header)
                self._events.batch_appended(header)
        except StorageError:
            self._lost()

    def cut(self, truncation: Truncation) -> None:
        """Drop what lies behind the truncation's end: the data first, then the marks."""
        self._queue_cut(partial(self._cut, truncation))

    def cut_to(self, end: Position, generation: int) -> None:
        """The same, after the log lost its tail by itself."""
        self._tail_lost = False
        self.cut(Truncation(end, generation))

    def reset(self, reset: Reset) -> None:
        """Drop everything and start at the reset's start."""
        self._queue_cut(partial(self._reset, reset))

    def start_moved(self, view: "LogView") -> None:
        """The log's start rose; marks below it are folded into the start's record."""
        if self._cutting:
            self._queue.append(partial(self.start_moved, view))
            return
        stored = self._stored
        folded = [mark for mark in stored.marks if mark.ordinal < view.start.marks]
        if not folded:
            return
        del stored.marks[: len(folded)]
        stored.start, stored.start_term = view.start, view.start_term
        stored.configuration = view.start_configuration
        changes: dict[int, bytes | None] = {mark_key(mark.ordinal): None for mark in folded}
        changes[START_KEY] = encode_start(stored.start, stored.start_term, stored.configuration)
        self._storage.key_value.put(self.log.log_id, changes, partial(self._start_done, self._records_lost))

    # Records coming back.

    def _hard_state_done(self, lost: int, number: int, error: StorageError | None) -> None:
        if self._failed_record(lost, error):
            return
        self.hard_state_durable = max(self.hard_state_durable, number)
        self._events.durable_rose()

    def _marks_done(self, lost: int, generation: int, count: int, error: StorageError | None) -> None:
        if self._failed_record(lost, error) or generation != self.generation:
            return
        self.marks_durable = max(self.marks_durable, count)
        self._events.durable_rose()

    def _start_done(self, lost: int, error: StorageError | None) -> None:
        self._failed_record(lost, error)

    def _failed_record(self, lost: int, error: StorageError | None) -> bool:
        """Whether a put's outcome counts for nothing: it failed, or one before it did."""
        if self._closed or lost != self._records_lost:
            return True
        if error is None:
            return False
        self._records_lost += 1
        logger.error("%s: %s", self.log.partition, error)
        if self._retry is None:
            self._retry = self._loop.call_later(RETRY_S, self._retry_records)
        return True

    def _retry_records(self) -> None:
        self._retry = None
        if self._cutting:  # a cut ends with writing all of them, but may have done so already
            self._retry = self._loop.call_later(RETRY_S, self._retry_records)
        elif not self._closed:
            self._rewrite()

    def _rewrite(self) -> None:
        marks = self._stored.start.marks + len(self._stored.marks)
        self._storage.key_value.replace(
            self.log.log_id,
            self._stored.records(),
            partial(self._rewritten, self._records_lost, self.generation, marks, self._hard_number),
        )

    def _rewritten(
        self, lost: int, generation: int, marks: int, number: int, error: StorageError | None
    ) -> None:
        if self._failed_record(lost, error):
            return
        self.hard_state_durable = max(self.hard_state_durable, number)
        if generation == self.generation:
            self.marks_durable = max(self.marks_durable, marks)
        self._events.durable_rose()

    # Cutting.

    def _queue_cut(self, cut: Callable[[], Coroutine[None, None, None]]) -> None:
        if self._cutting:
            self._queue.append(partial(self._queue_cut, cut))
            return
        self._cutting = True
        self._task = self._loop.create_task(self._run_cut(cut))
        self._task.add_done_callback(self._cut_ended)

    async def _run_cut(self, cut: Callable[[], Coroutine[None, None, None]]) -> None:
        try:
            while (  # noqa: ASYNC110  # it ends with space on the disk, which tells nobody
                self.log.suspended is not None and self.log.failed is None and not self._closed
            ):
                await asyncio.sleep(RETRY_S / 10)
            await cut()
        except (StorageError, OSError) as error:
            logger.error("%s cannot be cut: %s", self.log.partition, error)
            self._events.failed(StorageFailed(f"{self.log.partition} cannot be cut: {error}"))
            return
        finally:
            self._task = None
        self._cutting = False
        if self._closed:
            return
        while self._queue and not self._cutting:
            self._queue.popleft()()
        self._events.durable_rose()

    def _cut_ended(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._loop.call_exception_handler(
                {"message": f"{self.log.partition}: a cut failed", "exception": error}
            )

    async def _cut(self, truncation: Truncation) -> None:
        end = truncation.end
        self._events.log_cut(end.offset)
        await self.log.truncate(end.offset)
        self._stored.marks = [mark for mark in self._stored.marks if mark.ordinal < end.marks]
        await self._replace_records()
        self.generation = truncation.generation
        self.marks_durable = end.marks

    async def _reset(self, reset: Reset) -> None:
        """The order matters to a crash in between: empty, then the new start in the records, then in the log."""
        await self.log.truncate(self.log.start_offset)
        stored = self._stored
        stored.start, stored.start_term = reset.start, reset.start_term
        stored.configuration = reset.configuration
        stored.marks = []
        await self._replace_records()
        if reset.start.offset > self.log.start_offset:
            await self.log.restart_at(reset.start.offset)
        self._events.log_reset(reset.start.offset)
        self.generation = reset.generation
        self.marks_durable = reset.start.marks

    async def _replace_records(self) -> None:
        """Write all records anew, again and again until the disk takes them."""
        while not self._closed:
            self._records_lost += 1
            lost, number = self._records_lost, self._hard_number
            done: asyncio.Future[StorageError | None] = self._loop.create_future()
            self._storage.key_value.replace(self.log.log_id, self._stored.records(), done.set_result)
            error = await done
            if error is None:
                if lost == self._records_lost:
                    self.hard_state_durable = max(self.hard_state_durable, number)
                return
            await asyncio.sleep(RETRY_S)
        raise StorageFailed(f"{self.log.partition} was closed")

    # The log coming back.

    def _log_durable(self, log: "Log") -> None:
        self._events.durable_rose()

    def _log_failed(self, log: "Log", error: StorageError) -> None:
        if log.failed is not None:
            self._events.failed(error)
        else:
            self._lost()

    def _lost(self) -> None:
        """Appends were lost: what is written stands up to the log's end, as far as its marks are durable.

        What comes until the core knows stands behind what was lost, and is dropped.
        """
        self._tail_lost = True
        self._events.tail_lost(self.log.end_offset, self.marks_durable)
