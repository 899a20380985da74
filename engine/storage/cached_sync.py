"""Bounds what write caching may lose: unsynced bytes of a log are on disk `flush.ms` after they were written, or as soon
as they are `flush.bytes`.

Acknowledgements do not wait for it. One sync runs at a time, on a thread of its own (a checkpoint's long one must not
hold it up); what grows meanwhile is taken by the next, so under a load that the disk cannot follow both bounds stretch to
the length of one sync.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from engine.storage.disk import Disk
from engine.storage.errors import StorageFailed
from engine.storage.log import Log
from engine.storage.open_files import OpenFiles
from engine.storage.segment import Segment

if TYPE_CHECKING:
    from engine.storage.storage import Storage


class _Unsynced:
    """What one log has in the page cache only."""

    __slots__ = ("deadline", "size")

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.size = 0


class _Target(NamedTuple):
    """What one sync covers, as of its start: segments with their paths and how far they are written."""

    log: Log
    generation: int
    dirty: list[tuple[Segment, str, int]]


class CachedSync:
    """Loop thread; times are the loop's."""

    def __init__(
        self, storage: "Storage", disk: Disk, files: OpenFiles, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._storage = storage
        self._disk = disk
        self._files = files
        self._loop = loop
        self._unsynced: dict[Log, _Unsynced] = {}
        self._timer: asyncio.Handle | None = None
        self._timer_deadline = 0.0  # kept here: uvloop's handle does not know when, once it is due
        self._running = False
        self._executor = ThreadPoolExecutor(1, "storage-cached-sync")
        self.syncs = 0
        """Rounds since the start."""

    def wrote(self, log: Log, size: int) -> None:
        """`size` more bytes of the log are in the page cache and nowhere else."""
        entry = self._unsynced.get(log)
        if entry is None:
            entry = self._unsynced[log] = _Unsynced(self._loop.time() + log.config.flush_ms / 1000)
        entry.size += size
        if entry.size >= log.config.flush_bytes:
            entry.deadline = 0.0
        self._schedule(entry.deadline)

    def close(self) -> None:
        """Start no more; a sync under way ends by itself."""
        self._running = True
        if self._timer is not None:
            self._timer.cancel()
        self._unsynced.clear()
        self._executor.shutdown(wait=False)

    def _schedule(self, deadline: float) -> None:
        if self._running or (self._timer is not None and self._timer_deadline <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_deadline = deadline
        self._timer = self._loop.call_at(max(deadline, self._loop.time()), self._start)

    def _start(self) -> None:
        self._timer = None
        now = self._loop.time()
        due = [log for log, entry in self._unsynced.items() if entry.deadline <= now]
        for log in due:
            del self._unsynced[log]
        targets = [_target(log) for log in due if log.failed is None and not log.deleted]
        if targets:
            self._running = True
            self._storage.spawn(lambda: self._run(targets))
        else:
            self._schedule_next()

    def _schedule_next(self) -> None:
        if self._unsynced:
            self._schedule(min(entry.deadline for entry in self._unsynced.values()))

    async def _run(self, targets: list[_Target]) -> None:
        failed = await self._loop.run_in_executor(self._executor, lambda: self._sync(targets))
        self.syncs += 1
        broken = {log for log, _ in failed}
        for log, error in failed:
            self._storage.fail(log, StorageFailed(f"{log.partition}: {error}"))
        for log, generation, dirty in targets:
            if log in broken or log.generation != generation:
                continue
            for segment, _, size in dirty:
                segment.synced_bytes = max(segment.synced_bytes, size)
            if len(log.cached_paths) > 1:
                _forget_synced(log)
        self._running = self._storage.closed
        if not self._running:
            self._schedule_next()

    def _sync(self, targets: list[_Target]) -> list[tuple[Log, OSError]]:
        failed = []
        for log, _, dirty in targets:
            try:
                for _, path, _ in dirty:
                    self._sync_file(path)
            except OSError as error:
                failed.append((log, error))
        return failed

    def _sync_file(self, path: str) -> None:
        try:
            handle = self._files.get(path).fd
        except FileNotFoundError:
            return  # retention or deletion was faster
        self._disk.sync(handle)


def _target(log: Log) -> _Target:
    durable = log.durable_segment
    dirty = []
    for segment in reversed(log.segments):
        if segment.base_offset > durable.base_offset or not segment.on_disk:
            continue
        size = log.durable_position if segment is durable else segment.size
        if segment.synced_bytes < size:
            dirty.append((segment, segment.path, size))
        elif segment is not durable:
            break
    return _Target(log, log.generation, dirty)


def _forget_synced(log: Log) -> None:
    """Drop the paths of sealed segments that are safe or gone. The flusher only ever adds the active one's."""
    unsafe = {s.path for s in log.segments if s.synced_bytes < s.size or s is log.durable_segment}
    log.cached_paths.difference_update(log.cached_paths - unsafe)
