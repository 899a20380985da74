"""Makes segments safe in the background, so that write-ahead files can be used again and a restart scans little.

One run: note on the loop how far each log is flushed; sync the segments and save the indexes of sealed ones on the
background thread; advance the recovery points; write the checkpoint file; recycle. Runs never overlap, and a request
during a run gets a run of its own that starts later.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from engine.storage.checked_file import replace_file
from engine.storage.checkpoint import LogState, SegmentState, write_checkpoint
from engine.storage.disk import Disk
from engine.storage.errors import StorageError, StorageFailed
from engine.storage.log import Log
from engine.storage.open_files import OpenFiles
from engine.storage.segment import Segment
from engine.storage.wal import Wal

if TYPE_CHECKING:
    from engine.storage.storage import Storage

T = TypeVar("T")


class _Target(NamedTuple):
    """What one log needs in this run, as of its start."""

    log: Log
    generation: int
    base: int
    position: int
    offset: int
    dirty: list[tuple[Segment, str, int]]
    indexes: list[tuple[Segment, str, bytes]]


def log_state(log: Log) -> LogState:
    """The log's line in the checkpoint, as of now."""
    segments = {}
    for segment in log.segments:
        if segment.on_disk and segment.base_offset <= log.recovery_base:
            sealed = segment.base_offset < log.recovery_base
            segments[segment.base_offset] = SegmentState(
                base_offset=segment.base_offset,
                size=segment.size if sealed else log.recovery_position,
                next_offset=segment.next_offset if sealed else log.recovery_offset,
                max_timestamp=segment.max_timestamp,
                max_timestamp_offset=segment.max_timestamp_offset,
                created_ms=segment.created_ms,
            )
    return LogState(
        log_id=log.log_id,
        partition=log.partition,
        start_offset=log.start_offset,
        recovery_base=log.recovery_base,
        recovery_position=log.recovery_position,
        recovery_offset=log.recovery_offset,
        floor_lsn=log.floor_lsn,
        pinned_lsn=log.pinned_lsn if log.failed is not None else -1,
        cleaned_offset=log.cleaned_offset,
        horizon_ms=log.horizon_ms,
        epochs=log.epochs.entries(),
        segments=segments,
    )


class Checkpointer:
    """Loop thread, with `executor` for everything that waits on the disk."""

    def __init__(
        self,
        storage: "Storage",
        disk: Disk,
        directory: str,
        files: OpenFiles,
        wal: Wal,
        executor: Executor,
        number: int,
    ) -> None:
        self._storage = storage
        self._disk = disk
        self._directory = directory
        self._files = files
        self._wal = wal
        self._executor = executor
        self._lock = asyncio.Lock()
        self._started = 0
        self._error: OSError | StorageError | None = None
        self._rows: dict[int, tuple[object, str]] = {}
        self.number = number
        self.wal_floor = wal.lsn
        self.parallel: Executor | None = None
        """Syncs run side by side on it, when nobody is kept waiting by that any more (closing)."""

    def request(self) -> None:
        """Start a run unless one is under way; nobody waits for it."""
        if not self._lock.locked():
            self._storage.spawn(self.run)

    async def run(self) -> None:
        """A run that starts after this call. Raises `OSError`, `StorageError`."""
        error = await asyncio.shield(asyncio.ensure_future(self._run_after(self._started)))
        if error is not None:
            raise error

    async def settle(self) -> None:
        """Wait until no run is under way."""
        async with self._lock:
            pass

    async def _run_after(self, started: int) -> OSError | StorageError | None:
        async with self._lock:
            if self._started == started:
                self._started += 1
                self._error = None
                try:
                    await self._run()
                except (OSError, StorageError) as error:
                    self._error = error
            return self._error

    async def _run(self) -> None:
        lsn = self._storage.flushed_lsn
        targets = [target for log in self._storage.logs.values() if (target := self._target(log)) is not None]
        failed = await self._in_background(lambda: self._sync(targets)) if targets else []
        for log, error in failed:
            self._storage.fail(log, StorageFailed(f"{log.partition}: {error}"))
        broken = {log for log, _ in failed}
        for target in targets:
            if target.log not in broken and not target.log.deleted:
                _advance(target)
        rows = [self._row(log) for log in self._storage.logs.values()]
        key_values = self._storage.key_value.rows()
        number = self.number + 1
        pinned = min((log.pinned_lsn for log in self._storage.logs.values() if log.failed), default=None)
        await self._in_background(
            lambda: write_checkpoint(self._disk, self._directory, number, lsn, rows, key_values)
        )
        self.number = number
        self.wal_floor = lsn
        await self._in_background(lambda: self._wal.recycle(lsn, pinned_from=pinned))

    def _in_background(self, work: Callable[[], T]) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._executor, work)

    def _target(self, log: Log) -> _Target | None:
        if log.failed is not None or log.deleted:
            return None
        durable = log.durable_segment
        dirty = []
        indexes = []
        for segment in reversed(log.segments):
            if segment.base_offset > durable.base_offset or not segment.on_disk:
                continue
            size = log.durable_position if segment is durable else segment.size
            if segment.synced_bytes < size:
                dirty.append((segment, segment.path, size))
            sealed = segment is not log.active and segment is not durable
            if sealed and segment.index is not None and not segment.index_saved:
                indexes.append((segment, segment.index_path, segment.index.encode(segment.size)))
            if sealed and segment.synced_bytes >= size and segment.index_saved:
                break
        if not dirty and not indexes and log.recovery_offset == log.durable_offset:
            return None
        return _Target(
            log, log.generation, durable.base_offset, log.durable_position, log.durable_offset, dirty, indexes
        )

    def _sync(self, targets: list[_Target]) -> list[tuple[Log, OSError]]:
        run = map if self.parallel is None else self.parallel.map
        return [failed for failed in run(self._sync_one, targets) if failed is not None]

    def _sync_one(self, target: _Target) -> tuple[Log, OSError] | None:
        try:
            for _, path, _ in target.dirty:
                self._sync_file(path)
            for _, path, data in target.indexes:
                replace_file(self._disk, path, data)
        except OSError as error:
            return target.log, error
        return None

    def _sync_file(self, path: str) -> None:
        try:
            handle = self._files.get(path).fd
        except FileNotFoundError:
            return  # retention or deletion was faster
        self._disk.sync(handle)

    def _row(self, log: Log) -> str:
        key = (
            log.start_offset,
            log.recovery_offset,
            log.floor_lsn,
            log.pinned_lsn,
            log.cleaned_offset,
            log.segments_version,
        )
        cached = self._rows.get(log.log_id)
        if cached is not None and cached[0] == key:
            return cached[1]
        row = log_state(log).encode()
        self._rows[log.log_id] = (key, row)
        return row

    def forget(self, log: Log) -> None:
        """The log is gone."""
        self._rows.pop(log.log_id, None)


def _advance(target: _Target) -> None:
    log = target.log
    if target.generation != log.generation:
        return
    for segment, _, size in target.dirty:
        segment.synced_bytes = max(segment.synced_bytes, size)
    for segment, _, _ in target.indexes:
        segment.index_saved = True
    log.recovery_base = target.base
    log.recovery_position = target.position
    log.recovery_offset = target.offset
