"""Batches for followers far behind: read from the log off the loop, fairly over groups, no faster than allowed.

What live followers need is in memory and does not come through here, so a follower that catches up slows nobody down.
"""

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

from engine.raft.batches import Buffer, filler, split
from engine.raft.entries import Run
from engine.raft.ready import ReadRequest
from engine.storage.errors import OffsetOutOfRange, StorageError
from engine.storage.read_plan import LogRead

if TYPE_CHECKING:
    from engine.raft.group import Group
    from engine.storage.storage import Storage

logger = logging.getLogger("engine.raft")


class Recovery:
    """One a shard; loop thread, the reading itself on the storage's background thread."""

    def __init__(
        self,
        storage: "Storage",
        loop: asyncio.AbstractEventLoop,
        *,
        bytes_per_second: int,
        reads_max: int,
    ) -> None:
        self.bytes_per_second = bytes_per_second
        """May be changed at any time."""
        self.read_bytes = 0
        """Read for followers since the start."""
        self._storage = storage
        self._loop = loop
        self._reads_max = reads_max
        self._waiting: deque[tuple[Group, ReadRequest]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._free_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def __len__(self) -> int:
        """Requests waiting: at most one a group and follower."""
        return len(self._waiting)

    def request(self, group: "Group", request: ReadRequest) -> None:
        """Find batches for `request` and tell the group, soon or when it is its turn."""
        self._waiting.append((group, request))
        self._pump_soon()

    async def close(self) -> None:
        """Drop what waits, finish what is under way."""
        self._closed = True
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _pump_soon(self) -> None:
        if self._timer is None and not self._closed and len(self._tasks) < self._reads_max and self._waiting:
            delay = max(self._free_at - self._loop.time(), 0.0)
            self._timer = self._loop.call_later(delay, self._pump)

    def _pump(self) -> None:
        self._timer = None
        if self._waiting and len(self._tasks) < self._reads_max:
            group, request = self._waiting.popleft()
            found = group.recent.from_offset(request.offset, request.upto, request.bytes_max)
            if found is not None:
                next_offset, batches = found
                self._answer(group, request, next_offset, list(batches))
            else:
                task = self._loop.create_task(self._read(group, request))
                self._tasks.add(task)
                task.add_done_callback(self._read_ended)
        self._pump_soon()

    def _read_ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._loop.call_exception_handler({"message": "a read for a follower failed", "exception": error})
        self._pump_soon()

    async def _read(self, group: "Group", request: ReadRequest) -> None:
        log = group.log
        generation = log.generation
        limit = min(request.upto, log.durable_offset)
        try:
            read = log.read(request.offset, request.bytes_max, limit)
            data = await self._storage.in_background(read.read) if read.bytes else b""
        except (OffsetOutOfRange, StorageError, OSError) as error:
            logger.debug("%s: nothing to read at %d: %s", log.partition, request.offset, error)
            group.read_done(request.peer, request.offset, None, [])
            return
        self._spend(len(data))
        if log.generation != generation:
            group.read_done(request.peer, request.offset, None, [])
            return
        self._found(group, request, read, limit, data)

    def _found(self, group: "Group", request: ReadRequest, read: LogRead, limit: int, data: bytes) -> None:
        batches = split(memoryview(data), request.offset)
        if batches is None:
            logger.error("%s: the log is damaged behind offset %d", group.log.partition, request.offset)
            group.read_done(request.peer, request.offset, None, [])
            return
        end = batches[-1][0].next_offset if batches else request.offset
        parts: list[Buffer] = [data] if data else []
        if read.next_offset >= limit and end < limit:
            # Compaction removed what followed; the follower's log must end where ours does all the same.
            term = batches[-1][0].leader_epoch if batches else group.term_at(request.offset)
            parts.extend(filler(end, limit, term))
            end = limit
        if end == request.offset:
            group.read_done(request.peer, request.offset, None, [])
        else:
            self._answer(group, request, end, parts)

    def _answer(self, group: "Group", request: ReadRequest, end: int, parts: list[Buffer]) -> None:
        run = Run(request.offset, end, group.term_at(request.offset), sum(map(len, parts)))
        group.read_done(request.peer, request.offset, run, parts)

    def _spend(self, size: int) -> None:
        self.read_bytes += size
        self._free_at = max(self._free_at, self._loop.time()) + size / max(self.bytes_per_second, 1)
