"""All logs of one shard: opens (and recovers) them, owns the write-ahead log, the flusher and the background thread.

Used on the shard's loop only. One process owns a data directory; see `directory_lock`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from engine.base.clock import Clock
from engine.base.errors import invariant
from engine.model.ids import TopicPartition
from engine.model.topic_config import TopicConfig
from engine.storage import layout, lookup
from engine.storage.cached_sync import CachedSync
from engine.storage.checked_file import replace_file
from engine.storage.checkpoint import write_clean
from engine.storage.checkpointer import Checkpointer
from engine.storage.chunk import Chunk
from engine.storage.config import MIB, StorageConfig
from engine.storage.directory_lock import DirectoryLock
from engine.storage.disk import Disk, HostDisk
from engine.storage.epochs import EpochCache
from engine.storage.errors import OffsetOutOfRange, StorageError, StorageFailed, StorageFull
from engine.storage.flusher import Flushed, Flusher
from engine.storage.housekeeping import Housekeeper, HousekeepingReport
from engine.storage.index_cache import SAVED_FROM_BYTES, IndexCache
from engine.storage.key_value import KeyValueStore
from engine.storage.log import Log, Snapshot, TimestampOffset
from engine.storage.open_files import OpenFiles
from engine.storage.recovery import Recovered, RecoveredLog, Recovery, RecoveryReport
from engine.storage.segment import Segment
from engine.storage.segment_index import SegmentIndex
from engine.storage.snapshots import drop_above, read_newest, write_snapshot
from engine.storage.wal import Wal

_CLOSE_THREADS = 16

T = TypeVar("T")
logger = logging.getLogger(__name__)

_ROOM_AFTER_NO_SPACE_BYTES = 4 * MIB
"""After ENOSPC appends go on once so much is free (or the configured minimum, if that is more)."""


class Storage:
    """See the module. Make one with `open`."""

    def __init__(
        self,
        directory: str,
        config: StorageConfig,
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        disk: Disk,
        lock: DirectoryLock,
    ) -> None:
        self.directory = directory
        self.config = config
        self.clock = clock
        self.logs: dict[int, Log] = {}
        """Every log by its id."""
        self.pending_bytes = 0
        """Appended but not yet flushed."""
        self.pending_bytes_hard_max = 2 * config.pending_bytes_max
        self.refusing = False
        """Whether appends are refused right now; see `refusal`."""
        self.report = RecoveryReport()
        self.files = OpenFiles(disk, config.open_files_max)
        self.indexes = IndexCache(disk, self.files, config.index_interval_bytes)
        self.flushed_lsn = 0
        self.flushes = 0
        """Group commits since the start, for metrics."""
        self.flushed_bytes = 0
        """Bytes they made durable."""
        self.disk = disk
        self.cached_sync = CachedSync(self, disk, self.files, loop)
        self._loop = loop
        self._lock = lock
        self._executor = ThreadPoolExecutor(1, "storage-background")
        self._no_space = False
        self._free_bytes = 0
        self._poll: asyncio.TimerHandle | None = None
        self._closed = False
        self._housekeeping = asyncio.Lock()
        self.files_lock = asyncio.Lock()
        """Held while a log's set of segment files changes in more than one step."""
        self._housekeeper: Housekeeper
        self._preparing = False
        self._trash_number = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_checkpoint = clock.monotonic()
        self.wal: Wal
        self.flusher: Flusher
        self.checkpointer: Checkpointer
        self.key_value: KeyValueStore
        """Small durable records by log id."""

    # --- life ---

    @classmethod
    async def open(
        cls,
        directory: Path,
        *,
        config: StorageConfig,
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        disk: Disk | None = None,
        topic_config: Callable[[TopicPartition], TopicConfig] | None = None,
        flusher: type[Flusher] = Flusher,
    ) -> "Storage":
        """Lock the directory, recover every log, and be ready to append. What was found is in `report`.

        `topic_config` gives the configs of logs found (default: all defaults, until `Log.set_config`). `flusher`: a
        simulator's does on the loop what the real one's thread does.
        Raises `DirectoryLocked`, `UnsupportedVersion`, `OSError`.
        """
        disk = disk or HostDisk()
        path = str(directory)
        disk.make_directory(f"{path}/{layout.WAL_DIRECTORY}")
        disk.make_directory(f"{path}/{layout.TRASH_DIRECTORY}")
        storage = cls(path, config, clock, loop, disk, DirectoryLock(disk, path))
        try:
            recovered = await storage.in_background(storage._recover)
            for found in recovered.logs:
                storage._adopt(found, topic_config(found.partition) if topic_config else TopicConfig())
            await storage._start(recovered, flusher)
        except BaseException:
            storage._executor.shutdown(wait=True)
            storage.files.clear()
            storage._lock.release()
            raise
        return storage

    def _recover(self) -> Recovered:
        return Recovery(self.disk, self.directory, self.config, self.files, self.clock.wall_ms()).recover()

    def _adopt(self, found: RecoveredLog, config: TopicConfig) -> None:
        log = Log(
            self,
            found.log_id,
            found.partition,
            found.directory,
            config,
            found.segments,
            start_offset=found.start_offset,
            end_offset=found.end_offset,
            epochs=found.epochs,
        )
        log.cleaned_offset = max(found.cleaned_offset, found.start_offset)
        log.horizon_ms = found.horizon_ms
        log.snapshot = found.snapshot
        for segment in found.segments:
            if segment.index is not None:
                self.indexes.keep(segment)
        self.logs[log.log_id] = log

    async def _start(self, recovered: Recovered, flusher: type[Flusher]) -> None:
        self.report = recovered.report
        for warning in recovered.report.warnings:
            logger.warning("recovery: %s", warning)
        wal_directory = f"{self.directory}/{layout.WAL_DIRECTORY}"
        old_files = [
            name
            for name, _, _ in self.disk.list_directory(wal_directory)
            if layout.parse_numbered(name, "wal") is not None
        ]
        self.wal = Wal(self.disk, wal_directory, self.config, recovered.next_sequence)
        self.flushed_lsn = self.wal.lsn
        self.checkpointer = Checkpointer(
            self, self.disk, self.directory, self.files, self.wal, self._executor, recovered.checkpoint_number
        )
        for log in self.logs.values():
            log.floor_lsn = 0
        self._housekeeper = Housekeeper(self)
        self.flusher = flusher(
            self.disk, self.wal, self.files, self.config, self._loop, self._flushed, self._crashed
        )
        self.key_value = KeyValueStore(recovered.key_values, self.flusher)
        await self.checkpointer.run()
        await self.in_background(lambda: self._prepare_directory(wal_directory, old_files))
        self.flusher.start()
        self._poll_free_bytes()

    def _prepare_directory(self, wal_directory: str, old_files: list[str]) -> None:
        for name in old_files:
            self.disk.unlink(f"{wal_directory}/{name}")
        self.wal.create_first()
        for name, is_directory, _ in self.disk.list_directory(f"{self.directory}/{layout.TRASH_DIRECTORY}"):
            if is_directory:
                self.disk.remove_tree(f"{self.directory}/{layout.TRASH_DIRECTORY}/{name}")

    async def close(self) -> None:
        """Flush all, sync all, save indexes and snapshots, and leave the mark of a clean shutdown."""
        if self._closed:
            return
        self._closed = self.refusing = True
        # A put behind the last checkpoint would be lost: after a clean stop no frame is read.
        self.key_value.refuse(StorageFailed("the storage is closed"))
        if self._poll is not None:
            self._poll.cancel()
        self.cached_sync.close()
        clean = True
        try:
            await asyncio.wait_for(self.flusher.run(lambda: None), self.config.close_timeout_ms / 1000)
        except TimeoutError:
            clean = False
        await self._housekeeper.compactor.stop()
        async with self._housekeeping:
            pass
        await self.checkpointer.settle()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=self.config.close_timeout_ms / 1000)
        if clean:
            clean = await self._close_clean()
        stopped = await self.in_background(lambda: self.flusher.stop(self.config.close_timeout_ms / 1000))
        await asyncio.sleep(0)
        self.key_value.abandon(StorageFailed("the storage is closed"))
        self._executor.shutdown(wait=stopped)
        self.files.clear()
        self.wal.close()
        self._lock.release()

    async def _close_clean(self) -> bool:
        if any(log.failed is not None for log in self.logs.values()):
            return False
        saves = []
        for log in self.logs.values():
            known = log.snapshot is not None and log.snapshot.offset == log.end_offset
            if log.take_snapshot is not None and not known:
                saves.append((log.directory, Snapshot(log.end_offset, log.take_snapshot())))
        try:
            # The file system makes syncs that meet each other into one commit.
            with ThreadPoolExecutor(_CLOSE_THREADS, "storage-close") as pool:
                self.checkpointer.parallel = pool
                await self.checkpointer.run()
                indexes = [
                    (segment.index_path, segment.index.encode(segment.size))
                    for log in self.logs.values()
                    for segment in log.segments
                    if segment.size >= SAVED_FROM_BYTES
                    and segment.index is not None
                    and not segment.index_saved
                ]
                await self.in_background(lambda: self._save_all(pool, saves, indexes))
        except (OSError, StorageError) as error:
            logger.warning("no clean shutdown: %s", error)
            return False
        return True

    def _save_all(
        self, pool: Executor, saves: list[tuple[str, Snapshot]], indexes: list[tuple[str, bytes]]
    ) -> None:
        work = [partial(write_snapshot, self.disk, directory, snapshot) for directory, snapshot in saves]
        work += [partial(replace_file, self.disk, path, data) for path, data in indexes]
        for done in [pool.submit(job) for job in work]:
            done.result()
        write_clean(self.disk, self.directory, self.checkpointer.number)

    def in_background(self, work: Callable[[], T]) -> Awaitable[T]:
        """Run `work` on the background thread, after what is queued there."""
        return self._loop.run_in_executor(self._executor, work)

    def spawn(self, work: Callable[[], Awaitable[None]]) -> None:
        """Let `work()` go on by itself; close waits for it."""
        task = asyncio.ensure_future(self._guard(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _guard(work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except (OSError, StorageError) as error:
            logger.warning("background work failed: %s", error)

    # --- logs ---

    def create_log(self, log_id: int, partition: TopicPartition, config: TopicConfig) -> Log:
        """An empty log. Raises `ValueError` for names that cannot be directories, `StorageFull`, `OSError`.

        Its directory is durable before its first append is.
        """
        invariant(log_id not in self.logs, f"log id {log_id} is taken")
        directory = f"{self.directory}/{layout.log_directory(partition, log_id)}"
        if self.full:
            raise self.refusal()
        self.disk.make_directory(directory)
        segment = Segment(directory, 0, SegmentIndex(self.config.index_interval_bytes), self.clock.wall_ms())
        log = Log(
            self,
            log_id,
            partition,
            directory,
            config,
            [segment],
            start_offset=0,
            end_offset=0,
            epochs=EpochCache(),
        )
        self.logs[log_id] = log
        return log

    async def delete_log(self, log: Log) -> None:
        """Remove the log. On return it is gone for good; its space comes back in the background."""
        if log.deleted:
            return
        log.deleted = True
        log.suspended = StorageFailed(f"{log.partition} is deleted")
        self.drop_queued(log)
        self.key_value.delete(log.log_id)
        await self.flusher.run(lambda: None)
        async with self.files_lock:
            await self._remove_log(log)

    async def _remove_log(self, log: Log) -> None:
        self.logs.pop(log.log_id, None)
        self.checkpointer.forget(log)
        for segment in log.segments:
            self.indexes.forget(segment)
        self._trash_number += 1
        trash = f"{self.directory}/{layout.TRASH_DIRECTORY}/{log.log_id}_{self._trash_number}"
        self.files.forget_under(log.directory)

        def move() -> None:
            self.disk.rename(log.directory, trash)
            self.disk.sync_directory(log.directory.rpartition("/")[0])
            self.disk.sync_directory(trash.rpartition("/")[0])

        await self.in_background(move)
        self.spawn(lambda: self.in_background(lambda: self.disk.remove_tree(trash)))

    # --- space and back-pressure ---

    @property
    def full(self) -> bool:
        """Whether appends are refused for want of space."""
        return self._no_space or self._free_bytes < self.config.min_free_bytes

    @property
    def congested(self) -> bool:
        """Whether callers should stop taking in more until `pending_bytes` falls."""
        return self.pending_bytes >= self.config.pending_bytes_max

    def free_bytes(self) -> int:
        """Bytes free on the data directory's file system, as of the last poll."""
        return self._free_bytes

    def refusal(self) -> StorageError:
        """Why appends are refused."""
        if self._closed:
            return StorageFailed("the storage is closed")
        if self.full:
            return StorageFull(
                f"{self._free_bytes} bytes free in {self.directory}, "
                f"at least {self.config.min_free_bytes} must stay free"
            )
        return StorageFull(f"{self.pending_bytes} bytes wait for the disk, more than it can take")

    @property
    def closed(self) -> bool:
        """Whether `close` has begun."""
        return self._closed

    def _poll_free_bytes(self) -> None:
        try:
            self._free_bytes = self.disk.free_bytes(self.directory)
        except OSError as error:
            logger.warning("cannot read the free space of %s: %s", self.directory, error)
        if self._no_space and self._free_bytes >= max(self.config.min_free_bytes, _ROOM_AFTER_NO_SPACE_BYTES):
            self._no_space = False
        self._update_refusing()
        now = self.clock.monotonic()
        if self.wal.wants_space or now - self._last_checkpoint >= self.config.checkpoint_interval_ms / 1000:
            self._last_checkpoint = now
            if self.wal.wants_space or self._has_dirty():
                self.checkpointer.request()
        self._poll = self._loop.call_later(self.config.free_bytes_poll_ms / 1000, self._poll_free_bytes)

    def _has_dirty(self) -> bool:
        return any(log.durable_offset != log.recovery_offset for log in self.logs.values())

    def _update_refusing(self) -> None:
        self.refusing = self._closed or self.full or self.pending_bytes >= self.pending_bytes_hard_max

    # --- flushing ---

    def _flushed(self, flushed: Flushed) -> None:
        self.pending_bytes -= flushed.size
        self.flushed_lsn = flushed.lsn
        self.flushes += 1
        self.flushed_bytes += flushed.size
        if self.refusing:
            self._update_refusing()
        if flushed.puts:
            self.key_value.flushed(flushed.puts, flushed.put_error)
        risen: dict[Log, None] = {}
        for chunk in flushed.done:
            log = chunk.log
            if not log.deleted:
                log.flushed(chunk)
                risen[log] = None
                if log.cached_paths:
                    self.cached_sync.wrote(log, chunk.size)
        for log in risen:
            if log.on_durable is not None:
                log.on_durable(log)
        for log, error in flushed.failures:
            self.fail(log, error)
        if self.wal.wants_space:
            self.checkpointer.request()
        if self.wal.wants_spare() and not self._closed:
            self._prepare_wal()

    def _crashed(self, error: Exception) -> None:
        """The flusher died of a bug: every log fails, and the loop's exception handler hears why."""
        for log in list(self.logs.values()):
            self.fail(log, StorageFailed(f"{log.partition}: the flusher stopped: {error!r}"))
        self.key_value.abandon(StorageFailed(f"the flusher stopped: {error!r}"))
        raise error

    def _prepare_wal(self) -> None:
        if self._preparing:
            return
        self._preparing = True

        async def prepare() -> None:
            try:
                await self.in_background(self.wal.prepare)
            finally:
                self._preparing = False

        self.spawn(prepare)

    def drop_queued(self, log: Log) -> None:
        """Forget what the log has enqueued but the flusher has not taken."""
        with self.flusher.lock:
            kept: list[Chunk] = []
            for chunk in self.flusher.queue:
                if chunk.log is log:
                    self.pending_bytes -= chunk.size
                else:
                    kept.append(chunk)
            self.flusher.queue = kept
            log.open_chunk = None

    def fail(self, log: Log, error: StorageError) -> None:
        """Appends of `log` were lost: its end is back at what is durable, its owner is told."""
        if log.deleted or log.failed is not None:
            return
        self.drop_queued(log)
        log.roll_back()
        if isinstance(error, StorageFull):
            self._no_space = True
            self.refusing = True
            log.suspended = error
            self.spawn(lambda: self._resume(log))
        else:
            log.failed = error
            log.pinned_lsn = self.checkpointer.wal_floor
        logger.error("%s", error)
        if log.on_failure is not None:
            log.on_failure(log, error)

    async def _resume(self, log: Log) -> None:
        """Take the failed bytes off the disk, then accept appends again."""
        await self._cut_files(log)
        log.suspended = None

    async def _cut_files(self, log: Log) -> None:
        """Make the files end where memory says they do. A failure fails the log."""
        keep = {segment.path for segment in log.segments}
        active = log.active

        def cut() -> None:
            for name, _, _ in self.disk.list_directory(log.directory):
                path = f"{log.directory}/{name}"
                base = layout.parse_numbered(name, "log")
                if base is not None and path not in keep:
                    self.files.forget(path)
                    self.disk.unlink(path)
                    self.disk.unlink(f"{log.directory}/{layout.numbered(base, 'index')}")
            if active.on_disk:
                self.disk.unlink(active.index_path)
                handle = self.files.get(active.path).fd
                self.disk.truncate(handle, active.size)
                self.disk.sync(handle)
            else:
                # Its first write may have failed half-way.
                self.files.forget(active.path)
                self.disk.unlink(active.path)
            self.disk.sync_directory(log.directory)
            self.flusher.unblock(log)

        try:
            await self.flusher.run(cut)
        except OSError as error:
            log.failed = StorageFailed(f"{log.partition}: {error}")
            log.pinned_lsn = self.checkpointer.wal_floor
            raise log.failed from error

    async def housekeep(self) -> HousekeepingReport:
        """One round of rolling by age, retention and compaction; to be called every `log_compaction_interval_ms`.

        A call during a round returns at once. Raises `OSError`, `StorageError`.
        """
        if self._closed or self._housekeeping.locked():
            return HousekeepingReport(0, 0, 0)
        async with self._housekeeping:
            return await self._housekeeper.run()

    # --- what Log delegates ---

    def save_snapshot(self, log: Log, offset: int, blob: bytes) -> None:
        """Write producer state as of `offset`, in the background."""
        snapshot = Snapshot(offset, blob)
        self.spawn(lambda: self.in_background(lambda: write_snapshot(self.disk, log.directory, snapshot)))

    def newest_snapshot(self, log: Log) -> Snapshot | None:
        """The newest producer state on disk."""
        return read_newest(self.disk, log.directory, log.end_offset)

    def find_timestamp(self, log: Log, timestamp: int, upto: int) -> TimestampOffset | None:
        """See `Log.offset_for_timestamp`."""
        return lookup.find_timestamp(log, self.files, self.indexes.index_of, timestamp, upto)

    def find_max_timestamp(self, log: Log, upto: int) -> TimestampOffset | None:
        """See `Log.max_timestamp`."""
        return lookup.find_max_timestamp(log, self.files, self.indexes.index_of, upto)

    async def trim_prefix(self, log: Log, offset: int) -> None:
        """See `Log.trim_prefix`. The checkpoint is what makes it durable; only then files go."""
        if offset > log.end_offset:
            raise OffsetOutOfRange(offset, log.start_offset, log.end_offset)
        if offset <= log.start_offset:
            return
        if log.durable_offset < offset:
            await self.flusher.run(lambda: None)
            await asyncio.sleep(0)
            if log.durable_offset < offset:
                raise OffsetOutOfRange(offset, log.start_offset, log.durable_offset)
        log.start_offset = offset
        log.epochs.cut_before(offset)
        log.start_moved()
        if offset == log.end_offset and log.active.size:
            log.roll()
        await self.checkpointer.run()
        await self.drop_trimmed(log)

    async def drop_trimmed(self, log: Log) -> None:
        """Remove segments that lie wholly below the start and below what the checkpoint calls safe."""
        async with self.files_lock:
            if not log.deleted:
                await self._drop_trimmed(log)

    async def _drop_trimmed(self, log: Log) -> None:
        limit = min(log.start_offset, log.recovery_base)
        gone = []
        while len(log.segments) > 1 and log.bases[1] <= limit and log.segments[0] is not log.durable_segment:
            gone.append(log.segments.pop(0))
            log.bases.pop(0)
        if not gone:
            return
        log.segments_version += 1
        for segment in gone:
            self.files.forget(segment.path)
            self.indexes.forget(segment)

        def remove() -> None:
            for segment in gone:
                self.disk.unlink(segment.path)
                self.disk.unlink(segment.index_path)

        await self.in_background(remove)

    async def truncate(self, log: Log, offset: int) -> None:
        """See `Log.truncate`.

        First everything is synced, for the frames of what stays are about to be void too; then a checkpoint voids them
        and takes the recovery point back; then the files are cut. A crash in between leaves more of the log's old
        end, never a hole.
        """
        if log.failed is not None:
            raise type(log.failed)(*log.failed.args)
        if offset >= log.end_offset:
            return
        if offset < log.start_offset:
            raise OffsetOutOfRange(offset, log.start_offset, log.end_offset)
        if log.suspended is not None:
            raise type(log.suspended)(*log.suspended.args)
        log.suspended = StorageFailed(f"{log.partition} is being truncated")
        try:
            await self.flusher.run(lambda: None)
            await asyncio.sleep(0)
            async with self.files_lock:
                await self.checkpointer.run()
                if log.failed is not None:
                    raise type(log.failed)(*log.failed.args)
                log.cut(offset)
                log.floor_lsn = self.flushed_lsn
                await self.checkpointer.run()
                await self._cut_files(log)
            end_offset = log.end_offset
            await self.in_background(lambda: drop_above(self.disk, log.directory, end_offset))
        finally:
            log.suspended = None

    async def restart_at(self, log: Log, offset: int) -> None:
        """See `Log.restart_at`."""
        invariant(log.start_offset == log.end_offset, f"{log.partition} is not empty")
        if log.failed is not None:
            raise type(log.failed)(*log.failed.args)
        log.suspended = StorageFailed(f"{log.partition} is being reset")
        try:
            await self.flusher.run(lambda: None)
            await asyncio.sleep(0)
            async with self.files_lock:
                log.begin_at(offset)
                log.floor_lsn = self.flushed_lsn
                await self.checkpointer.run()
                await self._cut_files(log)
            await self.in_background(lambda: drop_above(self.disk, log.directory, -1))
        finally:
            log.suspended = None
