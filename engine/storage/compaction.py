"""Compaction of one log: keep the last record of each key. Runs away from the loop, in a process or a thread.

Two passes. The first reads the dirty segments and maps each key to its last offset, leaving out what was aborted and
what is not decided. The second reads all segments that take part and writes each group of them to one `.cleaned` file,
synced. The owner of the log then swaps files (`compaction_swap`).

Kept as they are: batch boundaries and offsets, the last batch of each producer (empty if need be, for its sequence
number), transaction markers while data of their producer stays, tombstones until their horizon.
Dropped: records superseded at or below the map's end, records without a key, aborted records.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from engine.storage import layout
from engine.storage.disk import Disk
from engine.storage.open_files import OpenFile
from engine.storage.scan import checked_batches
from engine.wire.batch_header import DELETE_HORIZON, BatchHeader
from engine.wire.errors import DecodeError
from engine.wire.records import ABORT, Record, iter_records, rebuild_batch

_WRITE_BYTES = 1024 * 1024
_ENTRY_BYTES = 150
"""Roughly what one key costs in the map besides its own bytes."""
_PLAIN_KEY_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentInput:
    """One segment that takes part."""

    path: str
    base_offset: int
    next_offset: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactionJob:
    """Everything the worker needs to know. `groups` are runs [first, last) of `segments`."""

    log_id: int
    directory: str
    segments: list[SegmentInput]
    groups: list[tuple[int, int]]
    first_dirty_offset: int
    now_ms: int
    delete_retention_ms: int | None
    map_bytes_max: int

    def to_json(self) -> dict[str, object]:
        """Plain data for the worker's input."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, object]) -> "CompactionJob":
        """The inverse."""
        fields = dict(data)
        fields["segments"] = [SegmentInput(**segment) for segment in fields["segments"]]  # type: ignore[attr-defined]  # our own JSON
        fields["groups"] = [tuple(group) for group in fields["groups"]]  # type: ignore[attr-defined]  # our own JSON
        return cls(**fields)  # type: ignore[arg-type]  # our own JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOutput:
    """One written group; `path` is None when nothing in it changed."""

    base_offset: int
    next_base: int
    path: str | None
    size: int
    next_offset: int
    max_timestamp: int
    max_timestamp_offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactionResult:
    """What came of a job. Everything below `cleaned_offset` is clean now."""

    log_id: int
    cleaned_offset: int
    horizon_ms: int
    groups: list[GroupOutput]

    def to_json(self) -> dict[str, object]:
        """Plain data for the worker's output."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, object]) -> "CompactionResult":
        """The inverse."""
        fields = dict(data)
        fields["groups"] = [GroupOutput(**group) for group in fields["groups"]]  # type: ignore[attr-defined]  # our own JSON
        return cls(**fields)  # type: ignore[arg-type]  # our own JSON


@dataclass(slots=True)
class _KeyMap:
    """Key → last offset, for offsets up to `latest`."""

    offsets: dict[bytes, int] = field(default_factory=dict)
    aborted: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    latest: int = -1
    used_bytes: int = 0

    def put(self, key: bytes, offset: int) -> None:
        if key not in self.offsets:
            self.used_bytes += _ENTRY_BYTES + len(key)
            self.offsets[key] = offset
        elif offset > self.offsets[key]:
            self.offsets[key] = offset

    def is_aborted(self, producer_id: int, offset: int) -> bool:
        return any(first <= offset <= last for first, last in self.aborted.get(producer_id, ()))


def map_key(key: bytes) -> bytes:
    """A key as the map stores it: itself when short, else a marked digest."""
    if len(key) <= _PLAIN_KEY_BYTES:
        return key
    return b"#" + hashlib.blake2b(key, digest_size=_PLAIN_KEY_BYTES).digest()


def compact(job: CompactionJob, disk: Disk) -> CompactionResult:
    """Run the job; the outputs are durable on return. Raises `OSError`, `CorruptFile`."""
    keys = _build_map(job, disk)
    last_batches = _last_batches(job, disk)
    rewriter = _Rewriter(job, keys, last_batches)
    outputs = [_write_group(job, disk, rewriter, first, last) for first, last in job.groups]
    return CompactionResult(
        log_id=job.log_id,
        cleaned_offset=max(keys.latest + 1, job.first_dirty_offset),
        horizon_ms=rewriter.horizon_ms,
        groups=outputs,
    )


def _batches(segment: SegmentInput, disk: Disk) -> Iterator[tuple[int, BatchHeader, memoryview]]:
    """All of the segment, or `CorruptFile`: a rewritten batch gets a new checksum, which must not bless damage."""
    if segment.size:
        yield from checked_batches(
            OpenFile(disk, segment.path),
            0,
            segment.size,
            name=segment.path,
            offset_min=segment.base_offset,
            offset_end=segment.next_offset,
        )


def _records(batch: memoryview) -> list[Record] | None:
    """The batch's records; None when they do not decode, so that the batch is left as it is."""
    try:
        return list(iter_records(batch))
    except DecodeError:
        return None


def _build_map(job: CompactionJob, disk: Disk) -> _KeyMap:
    keys = _KeyMap()
    undecided: dict[int, list[tuple[bytes, int]]] = {}
    first_offsets: dict[int, int] = {}
    for segment in job.segments:
        if segment.next_offset <= job.first_dirty_offset:
            keys.latest = max(keys.latest, segment.next_offset - 1)
            continue
        for _, header, batch in _batches(segment, disk):
            if header.next_offset <= job.first_dirty_offset:
                continue
            if keys.used_bytes >= job.map_bytes_max:
                return keys
            records = _records(batch) or []
            if header.is_control:
                _decide(keys, header, records, undecided, first_offsets)
            elif header.is_transactional:
                first_offsets.setdefault(header.producer_id, header.base_offset)
                waiting = undecided.setdefault(header.producer_id, [])
                waiting.extend((map_key(r.key), r.offset) for r in records if r.key is not None)
            else:
                for record in records:
                    if record.key is not None:
                        keys.put(map_key(record.key), record.offset)
            keys.latest = header.last_offset
        keys.latest = max(keys.latest, segment.next_offset - 1)
    return keys


def _decide(
    keys: _KeyMap,
    header: BatchHeader,
    records: list[Record],
    undecided: dict[int, list[tuple[bytes, int]]],
    first_offsets: dict[int, int],
) -> None:
    """A marker ends its producer's transaction (KIP-98: key is version i16, type i16; 0 aborts)."""
    producer = header.producer_id
    waiting = undecided.pop(producer, [])
    first = first_offsets.pop(producer, None)
    key = records[0].key if records else None
    if key is None or len(key) < 4:
        return
    if int.from_bytes(key[2:4], "big") == ABORT:
        if first is not None:
            keys.aborted.setdefault(producer, []).append((first, header.last_offset))
        return
    for name, offset in waiting:
        keys.put(name, offset)


def _last_batches(job: CompactionJob, disk: Disk) -> dict[int, int]:
    """Producer id → base offset of its last batch among the segments."""
    last: dict[int, int] = {}
    for segment in job.segments:
        for _, header, _ in _batches(segment, disk):
            if header.producer_id >= 0 and not header.is_control:
                last[header.producer_id] = header.base_offset
    return last


class _Rewriter:
    """Decides on each batch in order: as it is, smaller, or gone."""

    def __init__(self, job: CompactionJob, keys: _KeyMap, last_batches: dict[int, int]) -> None:
        self._now_ms = job.now_ms
        self._delete_retention_ms = job.delete_retention_ms
        self._keys = keys
        self._last_batches = last_batches
        self._with_data: set[int] = set()
        self.horizon_ms = 0

    def rewrite(self, header: BatchHeader, batch: memoryview) -> memoryview | bytearray | None:
        """The batch to write in its place, or None."""
        if header.base_offset > self._keys.latest:
            return batch
        if header.record_count == 0:
            return batch if self._is_last(header) else None
        records = _records(batch)
        if records is None:
            return batch
        if header.is_control:
            if header.producer_id in self._with_data:
                return batch
            return self._age(header, batch, records, records, waiting=True)
        kept = [record for record in records if self._keeps(header, record)]
        if not kept:
            return rebuild_batch(header, []) if self._is_last(header) else None
        if header.is_transactional:
            self._with_data.add(header.producer_id)
        tombstones = any(r.value is None and r.offset <= self._keys.latest for r in kept)
        return self._age(header, batch, records, kept, waiting=tombstones)

    def _age(
        self,
        header: BatchHeader,
        batch: memoryview,
        records: list[Record],
        kept: list[Record],
        *,
        waiting: bool,
    ) -> memoryview | bytearray | None:
        """Start or end the last respite of a marker or a batch with tombstones."""
        horizon: int | None = header.base_timestamp if header.attributes & DELETE_HORIZON else None
        started = False
        if waiting and horizon is None and self._delete_retention_ms is not None:
            horizon = self._now_ms + self._delete_retention_ms
            started = True
        if waiting and horizon is not None:
            if header.is_control and not started and horizon <= self._now_ms:
                return None
            self.horizon_ms = min(self.horizon_ms or horizon, horizon)
        if len(kept) == len(records) and not started:
            return batch
        if started and horizon is not None:
            header.attributes |= DELETE_HORIZON
            header.base_timestamp = horizon
        return rebuild_batch(header, kept)

    def _is_last(self, header: BatchHeader) -> bool:
        return self._last_batches.get(header.producer_id) == header.base_offset

    def _keeps(self, header: BatchHeader, record: Record) -> bool:
        keys = self._keys
        if record.offset > keys.latest:
            return True
        if record.key is None:
            return False
        if header.is_transactional and keys.is_aborted(header.producer_id, record.offset):
            return False
        if keys.offsets.get(map_key(record.key), -1) > record.offset:
            return False
        expired = header.attributes & DELETE_HORIZON and header.base_timestamp <= self._now_ms
        return not (record.value is None and expired)


def _write_group(job: CompactionJob, disk: Disk, rewriter: _Rewriter, first: int, last: int) -> GroupOutput:
    segments = job.segments[first:last]
    base = segments[0].base_offset
    next_base = job.segments[last].base_offset if last < len(job.segments) else segments[-1].next_offset
    path = f"{job.directory}/{layout.ranged(base, next_base, 'cleaned')}"
    disk.unlink(path)
    file = OpenFile(disk, path, create=True)
    changed = len(segments) > 1
    pending: list[memoryview | bytearray] = []
    pending_bytes = written = size = 0
    max_timestamp, max_timestamp_offset = -1, base
    for segment in segments:
        for _, header, batch in _batches(segment, disk):
            output = rewriter.rewrite(header, batch)
            changed = changed or output is not batch
            if output is None:
                continue
            if header.max_timestamp > max_timestamp:
                max_timestamp, max_timestamp_offset = header.max_timestamp, header.base_offset
            pending.append(output)
            pending_bytes += len(output)
            size += len(output)
            if pending_bytes >= _WRITE_BYTES:
                disk.write(file.fd, pending, written)
                written += pending_bytes
                pending, pending_bytes = [], 0
    if pending:
        disk.write(file.fd, pending, written)
    if changed:
        disk.sync(file.fd)
        disk.sync_directory(job.directory)
    else:
        disk.unlink(path)
    return GroupOutput(
        base_offset=base,
        next_base=next_base,
        path=path if changed else None,
        size=size,
        next_offset=segments[-1].next_offset,
        max_timestamp=max_timestamp,
        max_timestamp_offset=max_timestamp_offset,
    )
