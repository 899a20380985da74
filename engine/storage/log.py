"""One partition's log: the batches of one replica on this shard's disk.

`append` takes stamped batches and returns at once; `durable_offset` follows when the flusher is done, and `on_durable`
says so. Everything here runs on the shard's loop; the flusher only sees chunks.

Life cycle: made by `Storage.create_log` or found by `Storage.open`; `failed` after a disk error until the next start;
gone after `Storage.delete_log`.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from engine.base.errors import invariant
from engine.model.ids import TopicPartition
from engine.model.topic_config import TopicConfig
from engine.storage.chunk import Chunk
from engine.storage.epochs import EpochCache
from engine.storage.errors import OffsetOutOfRange, StorageError
from engine.storage.read_plan import FileSlice, LogRead, batch_at, locate
from engine.storage.scan import checked_batches, largest_timestamp
from engine.storage.segment import Segment
from engine.storage.segment_index import NO_TIMESTAMP, SegmentIndex
from engine.wire.batch_header import BatchHeader

if TYPE_CHECKING:
    from engine.storage.storage import Storage

_CURSORS_MAX = 64


class TimestampOffset(NamedTuple):
    """An answer to a look-up by time. Compares as `(offset, timestamp, leader_epoch)`."""

    offset: int
    timestamp: int
    leader_epoch: int


class Snapshot(NamedTuple):
    """Opaque state of the caller's as of `offset` (everything below it is in it)."""

    offset: int
    blob: bytes


class Log:
    """See the module. Offsets: start ≤ durable ≤ end."""

    __slots__ = (
        "_cursors",
        "_interval_bytes",
        "_storage",
        "active",
        "bases",
        "cached_paths",
        "cleaned_offset",
        "compaction_limit",
        "config",
        "delete_limit",
        "deleted",
        "directory",
        "directory_synced",
        "durable_offset",
        "durable_position",
        "durable_segment",
        "end_offset",
        "epochs",
        "failed",
        "floor_lsn",
        "generation",
        "horizon_ms",
        "log_id",
        "on_durable",
        "on_failure",
        "on_start_moved",
        "open_chunk",
        "partition",
        "pinned_lsn",
        "recovery_base",
        "recovery_offset",
        "recovery_position",
        "segments",
        "segments_version",
        "snapshot",
        "start_offset",
        "suspended",
        "take_snapshot",
    )

    def __init__(
        self,
        storage: "Storage",
        log_id: int,
        partition: TopicPartition,
        directory: str,
        config: TopicConfig,
        segments: list[Segment],
        *,
        start_offset: int,
        end_offset: int,
        epochs: EpochCache,
    ) -> None:
        invariant(segments, "a log has at least its active segment")
        self._storage = storage
        self._interval_bytes = storage.config.index_interval_bytes
        self._cursors: dict[int, int] = {}
        self.log_id = log_id
        self.partition = partition
        self.directory = directory
        self.directory_synced = False
        self.config = config
        self.segments = segments
        self.bases = [segment.base_offset for segment in segments]
        self.active = segments[-1]
        self.start_offset = start_offset
        """The first offset a reader may ask for."""
        self.end_offset = end_offset
        """The next offset to assign."""
        self.durable_offset = end_offset
        """All below is as safe as the log's policy says."""
        self.durable_segment = self.active
        self.durable_position = self.active.size
        self.recovery_base = self.active.base_offset
        self.recovery_position = self.active.size
        self.recovery_offset = end_offset
        self.floor_lsn = 0
        """Frames before this one are void for this log (truncation)."""
        self.pinned_lsn = 0
        """Of a failed log: frames from here on may be needed at the next start."""
        self.generation = 0
        """Counts what takes bytes back: truncation and lost appends."""
        self.segments_version = 0
        self.epochs = epochs
        self.failed: StorageError | None = None
        """Set once the disk failed under this log; appends raise it."""
        self.suspended: StorageError | None = None
        """Set while appends are refused for a time: no space, or a truncation at work."""
        self.deleted = False
        self.cleaned_offset = start_offset
        """Compaction has been through everything below."""
        self.horizon_ms = 0
        """When the first tombstone that compaction kept may go (wall ms); 0: none waits."""
        self.on_durable: Callable[[Log], None] | None = None
        """Called on the loop when durable_offset rose."""
        self.on_failure: Callable[[Log, StorageError], None] | None = None
        """Called on the loop when appends were lost: end_offset is back at durable_offset."""
        self.on_start_moved: Callable[[Log], None] | None = None
        """Called on the loop when start_offset rose (retention, trimming)."""
        self.delete_limit: int | None = None
        """Retention stays below this offset (the high watermark); None: durable_offset."""
        self.compaction_limit: int | None = None
        """Compaction stays below this offset (the last stable offset); None: durable_offset."""
        self.take_snapshot: Callable[[], bytes] | None = None
        """Asked at each roll and at a clean close for state as of end_offset."""
        self.snapshot: Snapshot | None = None
        """The newest state found at open."""
        self.open_chunk: Chunk | None = None
        self.cached_paths: set[str] = set()
        """Files with bytes that were written under write caching and may not be synced. The flusher adds."""

    def __repr__(self) -> str:
        return f"Log({self.partition}, id={self.log_id}, {self.start_offset}..{self.end_offset})"

    # --- writing ---

    def append(self, batch: bytearray | memoryview | bytes, header: BatchHeader) -> None:
        """Append one stamped batch; `header` is what its bytes say. Keep `batch` unchanged until it is durable.

        Offsets may skip ahead, never back. Raises `StorageFull` or `StorageFailed`; then nothing was appended.
        """
        storage = self._storage
        if storage.refusing or self.suspended is not None or self.failed is not None:
            raise self._refusal()
        base_offset = header.base_offset
        if base_offset < self.end_offset:
            invariant(False, f"{self.partition}: append at {base_offset}, the log ends at {self.end_offset}")  # noqa: FBT003  # the condition was tested above, off the hot path
        size = header.batch_length + 12
        if size != len(batch):
            invariant(False, "header and batch differ in size")  # noqa: FBT003  # as above
        segment = self.active
        if segment.size and (
            segment.size + size > self.config.segment_bytes or base_offset - segment.base_offset >= 2**31
        ):
            segment = self.roll()
        index = segment.index
        if index is None:
            index = storage.indexes.load(segment)
        next_offset = base_offset + header.last_offset_delta + 1
        flusher = storage.flusher
        with flusher.lock:
            chunk = self.open_chunk
            if chunk is None or chunk.segment is not segment:
                chunk = Chunk(self, segment, segment.size, base_offset)
                self.open_chunk = chunk
                flusher.queue.append(chunk)
            chunk.buffers.append(batch)
            chunk.size += size
            chunk.end_offset = next_offset
        segment.note(index, base_offset, next_offset, size, header.max_timestamp)
        self.end_offset = next_offset
        if header.leader_epoch > self.epochs.latest:
            self.epochs.note(header.leader_epoch, base_offset)
        storage.pending_bytes += size
        if storage.pending_bytes >= storage.pending_bytes_hard_max:
            storage.refusing = True
        if flusher.idle:
            flusher.wake_soon()

    def _refusal(self) -> StorageError:
        error = self.failed or self.suspended or self._storage.refusal()
        return type(error)(*error.args)

    def roll(self) -> Segment:
        """Seal the active segment and start one at end_offset; the caller's state is saved as of now.

        A segment's base is where its predecessor ends, even if the first batch skips ahead: so recovery can tell a lost
        tail from a gap that was meant.
        """
        base_offset = self.end_offset
        storage = self._storage
        if self.take_snapshot is not None:
            storage.save_snapshot(self, base_offset, self.take_snapshot())
        segment = Segment(
            self.directory, base_offset, SegmentIndex(self._interval_bytes), storage.clock.wall_ms()
        )
        self.segments.append(segment)
        self.bases.append(base_offset)
        if self.durable_offset == base_offset:
            # Nothing is in flight: the old segment is done with, even if nothing is ever appended again.
            self.durable_segment, self.durable_position = segment, 0
        self.segments_version += 1
        self.active = segment
        return segment

    def flushed(self, chunk: Chunk) -> None:
        """The flusher is done with `chunk` (called in order)."""
        segment = chunk.segment
        position = chunk.position + chunk.size
        self.durable_offset = chunk.end_offset
        self.durable_segment = segment
        self.durable_position = position
        if chunk.direct:
            segment.synced_bytes = position

    def reload_snapshot(self) -> None:
        """Let `snapshot` be the newest state on disk."""
        self.snapshot = self._storage.newest_snapshot(self)

    def segment_at(self, base_offset: int) -> Segment | None:
        """The segment with exactly this base offset."""
        number = self._segment_number(base_offset)
        segment = self.segments[number]
        return segment if segment.base_offset == base_offset else None

    def replace_segments(self, old: list[Segment], new: Segment) -> None:
        """Put `new` where the run `old` was (compaction)."""
        first = self.segments.index(old[0])
        self.segments[first : first + len(old)] = [new]
        self.bases = [segment.base_offset for segment in self.segments]
        self.forget_cursors()
        self.segments_version += 1

    def roll_back(self) -> None:
        """Forget all appends that are not durable."""
        self._cut_to(self.durable_segment, self.durable_position, self.durable_offset)

    def cut(self, offset: int) -> None:
        """Forget every batch that ends behind `offset`; nothing may be in flight."""
        number = self._segment_number(offset)
        segment = self.segments[number]
        position, _ = self._start(segment, offset, segment.size)
        if offset <= segment.base_offset and number > 0:
            segment = self.segments[number - 1]
            position = segment.size
        end_offset = offset
        if position < segment.size:
            end_offset = min(offset, batch_at(self._storage.files.get(segment.path), position).base_offset)
        end_offset = max(end_offset, self.start_offset)  # the start may lie within the first batch
        self._cut_to(segment, position, end_offset)
        self.durable_segment, self.durable_position, self.durable_offset = segment, position, end_offset
        if (segment.base_offset, position) < (self.recovery_base, self.recovery_position):
            self.recovery_base, self.recovery_position = segment.base_offset, position
        self.recovery_offset = min(self.recovery_offset, end_offset)
        self.cleaned_offset = min(self.cleaned_offset, end_offset)
        if self.snapshot is not None and self.snapshot.offset > end_offset:
            self.snapshot = None

    def begin_at(self, offset: int) -> None:
        """Be empty and start at `offset`, on a new segment; the log is empty already and nothing is in flight."""
        segment = Segment(
            self.directory,
            offset,
            SegmentIndex(self._interval_bytes),
            self._storage.clock.wall_ms(),
        )
        for dropped in self.segments:
            self._storage.indexes.forget(dropped)
            segment.on_disk |= dropped.base_offset == offset and dropped.on_disk
        self.segments, self.bases = [segment], [offset]
        self.active = self.durable_segment = segment
        self.start_offset = self.end_offset = self.durable_offset = self.recovery_offset = offset
        self.recovery_base, self.durable_position, self.recovery_position = offset, 0, 0
        self.cleaned_offset = offset
        self.epochs = EpochCache()
        self.snapshot = None
        self.forget_cursors()
        self.generation += 1
        self.segments_version += 1

    def start_moved(self) -> None:
        """Tell the owner that start_offset rose."""
        if self.on_start_moved is not None:
            self.on_start_moved(self)

    def _cut_to(self, segment: Segment, position: int, end_offset: int) -> None:
        index = self._storage.indexes.index_of(segment)
        while self.segments[-1] is not segment:
            dropped = self.segments.pop()
            self.bases.pop()
            self._storage.indexes.forget(dropped)
        index.cut(position)
        segment.size = position
        segment.synced_bytes = min(segment.synced_bytes, position)
        segment.next_offset = max(end_offset, segment.base_offset)
        if segment.max_timestamp_offset >= end_offset or not position:
            segment.max_timestamp, segment.max_timestamp_offset = NO_TIMESTAMP, segment.base_offset
            if position:
                file = self._storage.files.get(segment.path)
                segment.max_timestamp, segment.max_timestamp_offset = largest_timestamp(file, index, position)
        segment.index_saved = False
        self.active = segment
        self.end_offset = end_offset
        self.epochs.cut_after(end_offset)
        self.forget_cursors()
        self.generation += 1
        self.segments_version += 1

    # --- reading ---

    def read(self, offset: int, max_bytes: int, upto: int) -> LogRead:
        """Whole batches from the one that holds `offset`, of at most `max_bytes`, none beyond `upto`.

        The first batch comes whole even when it is larger. Empty at the end. `first_base_offset` is the offset asked
        for where that is known to lie at a batch boundary. `upto` is expected to. Raises `OffsetOutOfRange`, `OSError`.
        """
        if offset < self.start_offset or offset > self.end_offset:
            raise OffsetOutOfRange(offset, self.start_offset, self.end_offset)
        limit = min(upto, self.durable_offset)
        if offset >= limit:
            return LogRead((), 0, -1, offset)
        slices: list[FileSlice] = []
        total = 0
        first_base_offset = -1
        number = self._segment_number(offset)
        while True:
            segment = self.segments[number]
            end = self._end_position(segment, limit)
            start, base_offset = self._start(segment, offset, end)
            if start < end:
                stop, offset = self._stop(segment, start, end, max_bytes - total, limit, first=not slices)
                if stop > start:
                    if not slices:
                        first_base_offset = base_offset
                    slices.append(FileSlice(self._storage.files.get(segment.path), start, stop - start))
                    total += stop - start
                    self._remember(offset, segment, stop)
                if stop < end or total >= max_bytes:
                    break
            number += 1
            if number == len(self.segments) or self.bases[number] >= limit:
                offset = limit
                break
            offset = max(offset, self.bases[number])
        return LogRead(tuple(slices), total, first_base_offset, offset)

    def batches(self, offset: int, upto: int) -> Iterator[tuple[BatchHeader, memoryview]]:
        """Each batch (markers too) from the one that holds `offset`, below `upto`, its checksum verified.

        Raises `OffsetOutOfRange`; `CorruptFile` at a batch that is damaged on disk.
        """
        limit = min(upto, self.durable_offset)
        if offset < self.start_offset or offset > self.end_offset:
            raise OffsetOutOfRange(offset, self.start_offset, self.end_offset)
        segments = self.segments[self._segment_number(offset) :]
        for segment in segments:
            if segment.base_offset >= limit or not segment.size:
                continue
            file = self._storage.files.get(segment.path)
            end = self.written_bytes(segment)
            start, _ = self._start(segment, max(offset, segment.base_offset), end)
            found = checked_batches(
                file,
                start,
                end,
                name=segment.path,
                offset_min=segment.base_offset,
                offset_end=segment.next_offset,
            )
            for _, header, batch in found:
                if header.next_offset > limit:
                    return
                yield header, batch

    def _segment_number(self, offset: int) -> int:
        return max(bisect_right(self.bases, offset) - 1, 0)

    def written_bytes(self, segment: Segment) -> int:
        """How far the segment's bytes are durable."""
        if segment is self.durable_segment:
            return self.durable_position
        return segment.size if segment.base_offset < self.durable_segment.base_offset else 0

    def _end_position(self, segment: Segment, limit: int) -> int:
        written = self.written_bytes(segment)
        if limit >= self.durable_offset or limit >= segment.next_offset:
            return written
        cursor = self._cursors.get(limit)
        if cursor is not None:
            return cursor
        return locate(
            self._storage.files.get(segment.path),
            self._storage.indexes.index_of(segment),
            self._interval_bytes,
            written,
            limit,
        ).position

    def _start(self, segment: Segment, offset: int, end: int) -> tuple[int, int]:
        """(position, base offset) of the batch below `end` that holds `offset`, or of what follows it."""
        if offset <= segment.base_offset:
            return 0, segment.base_offset
        cursor = self._cursors.get(offset)
        if cursor is not None and cursor <= end:
            return cursor, offset
        if end == 0:
            return 0, offset
        file = self._storage.files.get(segment.path)
        place = locate(file, self._storage.indexes.index_of(segment), self._interval_bytes, end, offset)
        return place.position, place.base_offset

    def _stop(
        self, segment: Segment, start: int, end: int, room: int, limit: int, *, first: bool
    ) -> tuple[int, int]:
        """(position, offset) behind the last batch that fits in `room`."""
        if end - start <= room:
            return end, min(limit, segment.next_offset)
        index = self._storage.indexes.index_of(segment)
        entry = index.entry_at_or_below(start + room)
        if entry >= 0 and index.positions[entry] > start:
            return index.positions[entry], index.offsets[entry]
        file = self._storage.files.get(segment.path)
        position = start
        while position < end:
            place = batch_at(file, position)
            if position + place.total_bytes > start + room and (position > start or not first):
                return position, place.base_offset
            position += place.total_bytes
            if position - start >= room:
                break
        if position >= end:
            return end, min(limit, segment.next_offset)
        return position, batch_at(file, position).base_offset

    def _remember(self, offset: int, segment: Segment, position: int) -> None:
        """A reader will probably go on at `offset`; spare it the look-up."""
        if offset <= segment.base_offset or offset > segment.next_offset:
            return
        cursors = self._cursors
        cursors.pop(offset, None)
        if len(cursors) >= _CURSORS_MAX:
            del cursors[next(iter(cursors))]
        cursors[offset] = position

    def forget_cursors(self) -> None:
        """Positions have changed (truncation, compaction)."""
        self._cursors.clear()

    # --- looking up ---

    def epoch_end_offset(self, epoch: int) -> tuple[int, int]:
        """(largest known epoch ≤ `epoch`, its end offset); (-1, -1) when it is newer than all known."""
        return self.epochs.end_offset(epoch, self.end_offset)

    def offset_for_timestamp(self, timestamp: int, upto: int) -> TimestampOffset | None:
        """The first record at or after `timestamp` ms and below `upto`; None without one."""
        return self._storage.find_timestamp(self, timestamp, upto)

    def max_timestamp(self, upto: int | None = None) -> TimestampOffset | None:
        """The record with the largest timestamp below `upto` (default: what is durable); None in an empty log."""
        return self._storage.find_max_timestamp(self, self.durable_offset if upto is None else upto)

    @property
    def size_bytes(self) -> int:
        """Bytes in all segments."""
        return sum(segment.size for segment in self.segments)

    # --- changing ---

    def set_config(self, config: TopicConfig) -> None:
        """Obey `config` from now on."""
        self.config = config

    async def trim_prefix(self, offset: int) -> None:
        """Raise start_offset to `offset` (≤ end_offset), durable on return; space goes back in the background.

        Raises `OffsetOutOfRange`, `StorageError`.
        """
        await self._storage.trim_prefix(self, offset)

    async def truncate(self, offset: int) -> None:
        """Drop every batch that ends behind `offset`, durable on return. No append may run meanwhile."""
        await self._storage.truncate(self, offset)

    async def restart_at(self, offset: int) -> None:
        """Let an empty log start at `offset`, above where it is; durable on return. No append may run meanwhile."""
        await self._storage.restart_at(self, offset)
