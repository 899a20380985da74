"""Finding records by time (ListOffsets)."""

from collections.abc import Callable

from engine.storage.log import Log, TimestampOffset
from engine.storage.open_files import OpenFiles
from engine.storage.scan import scan_batches
from engine.storage.segment import Segment
from engine.storage.segment_index import SegmentIndex
from engine.wire.batch_header import BatchHeader
from engine.wire.errors import DecodeError
from engine.wire.records import iter_records

IndexOf = Callable[[Segment], SegmentIndex]


def find_timestamp(
    log: Log, files: OpenFiles, index_of: IndexOf, timestamp: int, upto: int
) -> TimestampOffset | None:
    """The first record in [start_offset, upto) whose timestamp is at least `timestamp` ms."""
    limit = min(upto, log.durable_offset)
    for segment in list(log.segments):
        if segment.base_offset >= limit:
            return None
        if segment.max_timestamp < timestamp or segment.next_offset <= log.start_offset or not segment.size:
            continue
        index = index_of(segment)
        entry = index.entry_for_timestamp(timestamp)
        start = index.positions[entry] if len(index.positions) else 0
        for _, header, batch in scan_batches(files.get(segment.path), start, log.written_bytes(segment)):
            if header.next_offset > limit:
                return None
            if header.max_timestamp < timestamp or header.next_offset <= log.start_offset:
                continue
            found = _first_at_or_after(header, batch, timestamp, log.start_offset)
            if found is not None:
                return found
    return None


def find_max_timestamp(log: Log, files: OpenFiles, index_of: IndexOf, upto: int) -> TimestampOffset | None:
    """The first record in [start_offset, upto) with the largest timestamp (KIP-734)."""
    limit = min(upto, log.durable_offset)
    best: tuple[int, Segment, int] | None = None
    for segment in log.segments:
        if segment.base_offset >= limit or segment.next_offset <= log.start_offset or not segment.size:
            continue
        whole = segment.next_offset <= limit and segment.max_timestamp_offset >= log.start_offset
        if whole and (best is None or segment.max_timestamp > best[0]):
            best = (segment.max_timestamp, segment, segment.max_timestamp_offset)
        elif not whole:
            for _, header, _ in scan_batches(files.get(segment.path), 0, log.written_bytes(segment)):
                if header.next_offset > limit:
                    break
                if header.next_offset > log.start_offset and (best is None or header.max_timestamp > best[0]):
                    best = (header.max_timestamp, segment, header.base_offset)
    if best is None:
        return None
    timestamp, segment, base_offset = best
    index = index_of(segment)
    entry = index.entry_for_offset(base_offset)
    start = index.positions[entry] if len(index.positions) else 0
    for _, header, batch in scan_batches(files.get(segment.path), start, log.written_bytes(segment)):
        if header.base_offset >= base_offset:
            return _first_at_or_after(header, batch, timestamp, log.start_offset)
    return None


def _first_at_or_after(
    header: BatchHeader, batch: memoryview, timestamp: int, start_offset: int
) -> TimestampOffset | None:
    if header.is_control or header.record_count == 0:
        return None
    if header.log_append_time:
        return TimestampOffset(
            max(header.base_offset, start_offset), header.max_timestamp, header.leader_epoch
        )
    try:
        for record in iter_records(batch):
            if record.timestamp >= timestamp and record.offset >= start_offset:
                return TimestampOffset(record.offset, record.timestamp, header.leader_epoch)
    except DecodeError:
        return TimestampOffset(header.base_offset, header.max_timestamp, header.leader_epoch)
    return None
