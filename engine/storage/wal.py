"""The write-ahead log of a shard: a few pre-zeroed files, written in turn and used again.

The flusher thread calls `write`; a background thread calls `prepare`; the loop calls `recycle` once a checkpoint has
made the segments safe. A file is used again only when no frame in it is needed any more.
"""

import threading
from dataclasses import dataclass

from engine.storage import layout
from engine.storage.config import MIB, StorageConfig
from engine.storage.disk import Buffer, Disk
from engine.storage.errors import StorageFull
from engine.storage.wal_frame import (
    FILE_HEADER_BYTES,
    FRAME_HEADER_BYTES,
    FileHeader,
    encode_file_header,
    encode_frame_header,
    lsn_of,
)

_ZEROS = bytes(MIB)

Entry = tuple[int, int, int, int, Buffer]
"""log id, segment base, position, base offset, payload"""


@dataclass(slots=True)
class WalFile:
    """One file; `end` is where its frames end (0: unused)."""

    path: str
    handle: int
    size: int
    sequence: int = 0
    end: int = 0


class Wal:
    """Appends frames durably. `lsn` is where the next frame goes."""

    def __init__(self, disk: Disk, directory: str, config: StorageConfig, next_sequence: int) -> None:
        self._disk = disk
        self._directory = directory
        self._config = config
        self._lock = threading.Condition()
        self._active: WalFile | None = None
        self._used: list[WalFile] = []
        self._spares: list[WalFile] = []
        self._retired = 0
        self._next_sequence = next_sequence
        self._next_file = next_sequence
        self._previous = (0, 0)
        self.lsn = lsn_of(next_sequence, 0)
        self.rotations = 0

    @property
    def wants_space(self) -> bool:
        """Whether the loop should checkpoint: there are full files, waiting to be used again."""
        return bool(self._used)

    @property
    def size_bytes(self) -> int:
        """Disk space of all files that are not set aside."""
        with self._lock:
            files = [*self._used, *self._spares, *([self._active] if self._active else [])]
            return sum(file.size for file in files)

    def create_first(self) -> None:
        """Make the first, small file, so that the first write finds it."""
        spare = self._create(self._config.wal_first_file_bytes)
        with self._lock:
            self._spares.append(spare)

    def wants_spare(self) -> bool:
        """Whether `prepare` has something to do."""
        with self._lock:
            return (
                self._active is not None and not self._spares and self._count() < self._config.wal_files_max
            )

    def prepare(self) -> None:
        """Zero a file ahead of need. Background thread; raises `OSError`."""
        if not self.wants_spare():
            return
        file = self._create(self._config.wal_file_bytes)
        with self._lock:
            self._spares.append(file)
            self._lock.notify_all()

    def _count(self) -> int:
        return len(self._used) + len(self._spares) + (self._active is not None)

    def _has_room(self) -> bool:
        return bool(self._spares) or self._count() < self._config.wal_files_max

    def _create(self, size: int) -> WalFile:
        with self._lock:
            number = self._next_file
            self._next_file += 1
        path = f"{self._directory}/{layout.numbered(number, 'wal')}"
        handle = self._disk.open(path, create=True)
        try:
            for position in range(0, size, len(_ZEROS)):
                self._disk.write(handle, [_ZEROS[: size - position]], position)
            self._disk.sync(handle)
            self._disk.sync_directory(self._directory)
        except OSError:
            self._disk.close(handle)
            self._disk.unlink(path)
            raise
        return WalFile(path, handle, size)

    def write(self, entries: list[Entry]) -> int:
        """Make the entries durable; return the LSN behind them. One system call. Flusher thread.

        A failed write is tried once more in a fresh file: after a failed sync nothing is assumed about the old one.
        Raises `OSError` when that fails too, `StorageFull` when no file comes free in time.
        """
        try:
            return self._write(entries)
        except OSError:
            self._rotate(self._bytes_of(entries))
            return self._write(entries)

    @staticmethod
    def _bytes_of(entries: list[Entry]) -> int:
        return sum(len(entry[4]) for entry in entries) + FRAME_HEADER_BYTES * len(entries)

    def _write(self, entries: list[Entry]) -> int:
        total = self._bytes_of(entries)
        file = self._active
        if file is None or max(file.end, FILE_HEADER_BYTES) + total > file.size:
            file = self._rotate(total)
        buffers: list[Buffer] = []
        position = file.end
        if position == 0:
            previous_end, previous_sequence = self._previous
            buffers.append(encode_file_header(FileHeader(file.sequence, previous_end, previous_sequence)))
            total += FILE_HEADER_BYTES
        for log_id, segment_base, segment_position, base_offset, payload in entries:
            buffers.append(
                encode_frame_header(
                    file.sequence, log_id, segment_base, segment_position, base_offset, payload
                )
            )
            buffers.append(payload)
        self._disk.write_durable(file.handle, buffers, position)
        file.end = position + total
        self.lsn = lsn_of(file.sequence, file.end)
        return self.lsn

    def _rotate(self, total: int) -> WalFile:
        wanted = total + FILE_HEADER_BYTES
        with self._lock:
            old = self._active
            if old is not None:
                self._previous = (old.end, old.sequence)
                self._used.append(old)
                self._active = None
                self.rotations += 1
        file = self._take_spare(wanted)
        with self._lock:
            file.sequence = self._next_sequence
            file.end = 0
            self._next_sequence += 1
            self._active = file
        return file

    def _take_spare(self, wanted: int) -> WalFile:
        with self._lock:
            for _ in range(2):
                for at, spare in enumerate(self._spares):
                    if spare.size >= wanted:
                        return self._spares.pop(at)
                if self._count() < self._config.wal_files_max:
                    break
                timeout_ms = self._config.wal_space_timeout_ms
                if not self._lock.wait_for(self._has_room, timeout_ms / 1000):
                    raise StorageFull(f"no write-ahead file came free in {timeout_ms} ms")
        return self._create(max(wanted, self._config.wal_file_bytes))

    def recycle(self, lsn: int, *, pinned_from: int | None = None) -> None:
        """Frames below `lsn` are not needed any more; full files made of them become spares.

        Files with frames at or above the LSN `pinned_from` (a failed log may need them at the next start) are set
        aside for good instead.
        """
        with self._lock:
            keep = []
            for file in self._used:
                if lsn_of(file.sequence, file.end) > lsn:
                    keep.append(file)
                elif pinned_from is not None and lsn_of(file.sequence, file.end) > pinned_from:
                    self._disk.close(file.handle)
                    self._retired += 1
                elif (
                    file.size < self._config.wal_file_bytes or len(self._spares) >= self._config.wal_files_max
                ):
                    self._disk.close(file.handle)
                    self._disk.unlink(file.path)
                else:
                    self._spares.append(file)
            self._used = keep
            self._lock.notify_all()

    def close(self) -> None:
        """Close the files; they stay on disk."""
        with self._lock:
            for file in [*self._used, *self._spares, *([self._active] if self._active else [])]:
                self._disk.close(file.handle)
            self._used, self._spares, self._active = [], [], None
