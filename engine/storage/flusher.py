"""The flusher thread: takes all that arrived while the last sync ran, and makes it durable with one more.

A flush writes each chunk to its segment (page cache), then all chunks' frames to the write-ahead log with one durable
write. A log with much pending is synced in its segment instead and skips the write-ahead log. What is done goes back
to the loop with one `call_soon_threadsafe`.

The loop's side: `enqueue` (under `lock`, see `Log.append`), `wake_soon`, `run`. Everything else is the thread's.
"""

import asyncio
import errno
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import compress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from engine.storage.chunk import Chunk
from engine.storage.config import StorageConfig
from engine.storage.disk import Buffer, Disk
from engine.storage.errors import StorageError, StorageFailed, StorageFull
from engine.storage.key_value import Put
from engine.storage.open_files import OpenFiles
from engine.storage.segment import Segment
from engine.storage.wal import Entry, Wal

if TYPE_CHECKING:
    from engine.storage.log import Log

T = TypeVar("T")

_PARALLEL_FROM = 16
_SYNC_THREADS = 8
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Flushed(NamedTuple):
    """One flush's outcome, for the loop."""

    done: list[Chunk]
    failures: list[tuple["Log", StorageError]]
    lsn: int
    size: int
    puts: list[Put]
    put_error: StorageError | None


class Flusher:
    """One thread a shard. `start` it, `stop` it; it ends with its queue empty."""

    def __init__(
        self,
        disk: Disk,
        wal: Wal,
        files: OpenFiles,
        config: StorageConfig,
        loop: asyncio.AbstractEventLoop,
        on_flushed: Callable[[Flushed], None],
        on_crash: Callable[[Exception], None],
    ) -> None:
        self.lock = threading.Lock()
        self.queue: list[Chunk] = []
        self.puts: list[Put] = []
        self.idle = True
        self._disk = disk
        self._wal = wal
        self._files = files
        self._config = config
        self._loop = loop
        self._on_flushed = on_flushed
        self._on_crash = on_crash
        self._jobs: list[Callable[[], None]] = []
        self._blocked: set[Log] = set()
        self._wake = threading.Semaphore(0)
        self._wake_scheduled = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="storage-flusher", daemon=True)

    # --- the loop's side ---

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout_seconds: float) -> bool:
        """Flush what is queued and end the thread; whether it ended in time."""
        self._stopping = True
        self._wake.release()
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def wake_soon(self) -> None:
        """Wake the thread at the end of this turn of the loop, so that one flush takes the whole turn."""
        if self.idle and not self._wake_scheduled:
            self._wake_scheduled = True
            self._loop.call_soon(self._wake_now)

    def _wake_now(self) -> None:
        self._wake_scheduled = False
        if self.idle:
            self.idle = False
            self.wake()

    def wake(self) -> None:
        """Let the thread work; it is idle."""
        self._wake.release()

    async def run(self, job: Callable[[], T]) -> T:
        """Run `job` on the thread after everything enqueued before; its result or exception comes back."""
        future: asyncio.Future[T] = self._loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            if future.cancelled():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]  # None only when T is None

        def work() -> None:
            result: T | None = None
            error: BaseException | None = None
            try:
                result = job()
            except (OSError, StorageError) as found:
                error = found
            self._loop.call_soon_threadsafe(settle, result, error)

        with self.lock:
            self._jobs.append(work)
        self._wake_now()
        return await future

    def unblock(self, log: "Log") -> None:
        """Accept the log's chunks again after a failure. To be called through `run`."""
        self._blocked.discard(log)

    # --- the thread ---

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001  # whatever it is, the loop must hear of it: nothing is flushed any more
            self._loop.call_soon_threadsafe(self._on_crash, error)

    def _work(self) -> None:
        while True:
            self._wake.acquire()
            while self.flush_once():
                pass
            if self._stopping:
                return

    def flush_once(self) -> bool:
        """Flush what is queued now, then run the jobs; False, and idle from then on, when there is nothing."""
        with self.lock:
            chunks, jobs, puts = self._take(), self._jobs, self.puts
            if not (chunks or jobs or puts):
                self.idle = True
                return False
            self._jobs = []
            self.puts = []
        if chunks or puts:
            self._flush(chunks, puts)
        for job in jobs:
            job()
        return True

    def _take(self) -> list[Chunk]:
        """What to flush now, at most `flush_bytes_max` unless a job waits behind it. Under the lock."""
        queue = self.queue
        if not queue:
            return []
        count = len(queue)
        if not self._jobs:
            total = 0
            for count, chunk in enumerate(queue, 1):  # noqa: B007  # count is used below
                total += chunk.size
                if total >= self._config.flush_bytes_max:
                    break
        taken, self.queue = queue[:count], queue[count:]
        for chunk in taken:
            if chunk.log.open_chunk is chunk:
                chunk.log.open_chunk = None
        return taken

    def _flush(self, chunks: list[Chunk], puts: list[Put]) -> None:
        done: list[Chunk] = []
        failures: list[tuple[Log, StorageError]] = []
        entries: list[Entry] = []
        logged: list[Chunk] = []
        created: dict[Log, Segment] = {}
        lost: set[Log] = set()
        directs = 0
        size = 0
        for chunk in chunks:
            size += chunk.size
            log = chunk.log
            if log in self._blocked:
                continue
            buffers = chunk.buffers
            cached = log.config.write_caching
            direct = not cached and (
                (chunk.size >= self._config.direct_write_bytes and directs < self._config.direct_logs_max)
                or chunk.size >= self._config.direct_always_bytes
                or bool(log.cached_paths)
            )
            earlier = created.get(log)
            if earlier is not None and earlier is not chunk.segment:
                # A segment must not survive a power cut without the one before it.
                del created[log]
                lost |= self._sync_created({log: earlier}, failures)
                if log in lost:
                    continue
            if not direct and not cached and len(buffers) > 1:
                buffers = [b"".join(buffers)]
            try:
                self._write_segment(chunk, buffers, direct=direct)
            except OSError as error:
                self._fail(log, error, failures)
                continue
            if not chunk.segment.on_disk:
                created[log] = chunk.segment
            if direct:
                directs += 1
                done.append(chunk)
            elif cached:
                done.append(chunk)
            else:
                segment = chunk.segment
                entries.append(
                    (log.log_id, segment.base_offset, chunk.position, chunk.base_offset, buffers[0])
                )
                logged.append(chunk)
        if created:
            lost |= self._sync_created(created, failures)
        if lost:
            # Their new files might not be found after a power cut.
            done = [chunk for chunk in done if chunk.log not in lost]
            kept = [chunk.log not in lost for chunk in logged]
            logged, entries = list(compress(logged, kept)), list(compress(entries, kept))
        entries.extend(put.entry for put in puts)
        put_error: StorageError | None = None
        if entries:
            try:
                self._wal.write(entries)
                done.extend(logged)
            except (OSError, StorageFull) as error:
                for chunk in logged:
                    self._fail(chunk.log, error, failures)
                put_error = StorageFailed(f"key-value records were not written: {error}")
        flushed = Flushed(_in_order(chunks, done), failures, self._wal.lsn, size, puts, put_error)
        self._loop.call_soon_threadsafe(self._on_flushed, flushed)

    def _write_segment(self, chunk: Chunk, buffers: list[Buffer], *, direct: bool) -> None:
        segment = chunk.segment
        file = self._files.get(segment.path, create=not segment.on_disk)
        self._disk.write(file.fd, buffers, chunk.position)
        if chunk.log.config.write_caching:
            chunk.log.cached_paths.add(segment.path)
        elif direct:
            self._sync_cached(chunk.log, segment.path)
            self._disk.sync(file.fd)
            chunk.direct = True

    def _sync_cached(self, log: "Log", path: str) -> None:
        """What was written while write caching was on has no frames: it must be safe before what follows it is."""
        for cached in log.cached_paths - {path}:
            try:
                handle = self._files.get(cached).fd
            except FileNotFoundError:
                continue  # retention was faster
            self._disk.sync(handle)
        log.cached_paths.clear()

    def _sync_created(
        self, created: dict["Log", Segment], failures: list[tuple["Log", StorageError]]
    ) -> set["Log"]:
        """Make new segments' names durable, each directory once; the logs for which that failed.

        Under write caching too: later syncs of the file must find it by name after a power cut.
        """
        needed = {log: _directories(log) for log in created}
        paths = list(dict.fromkeys(path for found in needed.values() for path in found))
        if len(paths) < _PARALLEL_FROM:
            errors = dict(zip(paths, map(self._sync_directory, paths), strict=True))
        else:
            # Thousands of partitions made at once: the file system joins syncs that meet.
            with ThreadPoolExecutor(_SYNC_THREADS, "storage-directories") as pool:
                errors = dict(zip(paths, pool.map(self._sync_directory, paths), strict=True))
        failed = set()
        for log, found in needed.items():
            error = next((errors[path] for path in found if errors[path] is not None), None)
            if error is None:
                log.directory_synced = True
            else:
                failed.add(log)
                self._fail(log, error, failures)
        for log, segment in created.items():
            segment.on_disk = log not in failed
        return failed

    def _sync_directory(self, path: str) -> OSError | None:
        try:
            self._disk.sync_directory(path)
        except OSError as error:
            return error
        return None

    def _fail(self, log: "Log", error: Exception, failures: list[tuple["Log", StorageError]]) -> None:
        if log in self._blocked:
            return
        self._blocked.add(log)
        if isinstance(error, StorageFull) or (isinstance(error, OSError) and error.errno in _NO_SPACE):
            failures.append((log, StorageFull(f"{log.partition}: {error}")))
        else:
            failures.append((log, StorageFailed(f"{log.partition}: {error}")))


def _directories(log: "Log") -> list[str]:
    """The directories whose entries lead to the log's files; only its own once the others are safe."""
    if log.directory_synced:
        return [log.directory]
    partition = PurePosixPath(log.directory)
    return [log.directory, *map(str, list(partition.parents)[:3])]


def _in_order(chunks: list[Chunk], done: list[Chunk]) -> list[Chunk]:
    """`done` in the order of appending; of a log only the chunks before its first that did not make it."""
    if len(chunks) == 1 or (len(done) == len(chunks) and not any(chunk.direct for chunk in done)):
        return done
    succeeded = set(map(id, done))
    broken: set[Log] = set()
    kept = []
    for chunk in chunks:
        if id(chunk) not in succeeded:
            broken.add(chunk.log)
        elif chunk.log not in broken:
            kept.append(chunk)
    return kept
