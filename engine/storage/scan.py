"""Walking over the batches of a segment file without trusting a byte of it."""

from bisect import bisect_left
from collections.abc import Iterator

from engine.storage.errors import CorruptFile
from engine.storage.open_files import OpenFile
from engine.storage.segment_index import NO_TIMESTAMP, SegmentIndex
from engine.wire.batch_header import (
    CODEC_MAX,
    HEADER_BYTES,
    LOG_OVERHEAD_BYTES,
    MAGIC,
    BatchHeader,
    crc_matches,
    parse_header,
)

WINDOW_BYTES = 1024 * 1024
OFFSET_MAX = 2**63 - 1


def plausible(header: BatchHeader, offset_min: int) -> bool:
    """Whether the fields could be a batch's that the log wrote at or after `offset_min`."""
    return (
        header.magic == MAGIC
        and header.batch_length >= HEADER_BYTES - LOG_OVERHEAD_BYTES
        and header.base_offset >= offset_min
        and 0 <= header.last_offset_delta < OFFSET_MAX - header.base_offset
        and header.record_count >= 0
        and header.attributes & 7 <= CODEC_MAX
    )


def scan_headers(
    file: OpenFile, position: int, end: int, offset_min: int, verify_from: int
) -> Iterator[tuple[int, BatchHeader]]:
    """Yield (position, header) of each whole batch in [position, end); stop at the first thing that is none.

    A batch must have a plausible header, offsets at or above `offset_min` and above its predecessor's, and, from the
    position `verify_from` on, bytes that match its CRC.
    """
    window = b""
    window_at = position
    while end - position >= HEADER_BYTES:
        at = position - window_at
        if len(window) - at < HEADER_BYTES:
            window = file.read(min(WINDOW_BYTES, end - position), position)
            window_at, at = position, 0
            if len(window) < HEADER_BYTES:
                return
        header = parse_header(window, at)
        total = header.batch_length + LOG_OVERHEAD_BYTES
        if not plausible(header, offset_min) or position + total > end:
            return
        if position >= verify_from:
            if len(window) - at < total:
                window = file.read(min(max(WINDOW_BYTES, total), end - position), position)
                window_at, at = position, 0
            if not crc_matches(window, at, header):
                return
        yield position, header
        offset_min = header.next_offset
        position += total


def largest_timestamp(file: OpenFile, index: SegmentIndex, end: int) -> tuple[int, int]:
    """(largest timestamp of the batches in [0, end), base offset of the first with it); (-1, -1) without any.

    `index` knows exactly these. Reads two index intervals at most.
    """
    if not len(index.positions):
        return NO_TIMESTAMP, -1
    before = index.timestamps[-1]
    last = _largest(file, index.positions[-1], end, index.offsets[-1])
    if last[0] > before:
        return last
    entry = bisect_left(index.timestamps, before)
    if before == NO_TIMESTAMP or entry == 0:
        return last
    start = index.positions[entry - 1]
    return _largest(file, start, index.positions[entry], index.offsets[entry - 1])


def _largest(file: OpenFile, start: int, end: int, offset_min: int) -> tuple[int, int]:
    found = (NO_TIMESTAMP, -1)
    for _, header in scan_headers(file, start, end, offset_min, end):
        if header.max_timestamp > found[0]:
            found = (header.max_timestamp, header.base_offset)
    return found


def scan_batches(file: OpenFile, position: int, end: int) -> Iterator[tuple[int, BatchHeader, memoryview]]:
    """Yield (position, header, bytes) of each whole batch in [position, end), reading ahead; no CRC check.

    For looking around only. What is copied, replayed or rewritten comes through `checked_batches`.

    Each memoryview keeps its own window alive. Stops at the first thing that is no batch.
    """
    window = memoryview(b"")
    window_at = position
    while end - position >= HEADER_BYTES:
        at = position - window_at
        if len(window) - at < HEADER_BYTES:
            window = memoryview(file.read(min(WINDOW_BYTES, end - position), position))
            window_at, at = position, 0
            if len(window) < HEADER_BYTES:
                return
        header = parse_header(window, at)
        total = header.batch_length + LOG_OVERHEAD_BYTES
        if not plausible(header, 0) or position + total > end:
            return
        if len(window) - at < total:
            window = memoryview(file.read(min(max(WINDOW_BYTES, total), end - position), position))
            window_at, at = position, 0
            if len(window) < total:
                return
        yield position, header, window[at : at + total]
        position += total


def checked_batches(
    file: OpenFile, position: int, end: int, *, name: str, offset_min: int, offset_end: int
) -> Iterator[tuple[int, BatchHeader, memoryview]]:
    """`scan_batches` of a range known to hold whole batches, trusting none: CRC, and offsets that rise in their bounds.

    Raises `CorruptFile` naming `name` and the place. What no CRC covers (offset, epoch) can only be found implausible.
    """
    for at, header, batch in scan_batches(file, position, end):
        if not offset_min <= header.base_offset <= header.last_offset < offset_end:
            raise CorruptFile(
                f"{name}: the batch at byte {at} has offsets {header.base_offset} to {header.last_offset}, "
                f"outside {offset_min} to {offset_end}"
            )
        if not crc_matches(batch, 0, header):
            raise CorruptFile(
                f"{name}: the batch of offset {header.base_offset} at byte {at} does not match its checksum"
            )
        yield at, header, batch
        offset_min = header.next_offset
        position = at + header.total_bytes
    if position != end:
        raise CorruptFile(f"{name}: no batch at byte {position} of {end}")
