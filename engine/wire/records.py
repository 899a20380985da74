"""Records inside a batch: read them, check them, build batches of them.

    record   length varint | attributes i8 (0) | timestamp_delta varlong | offset_delta varint
             | key length varint (-1 null), key | value length varint (-1 null: tombstone), value
             | header count varint, headers
    header   key length varint, key (UTF-8) | value length varint (-1 null), value

Off the produce and fetch paths: internal topics, compaction, compacted topics' checks, transaction markers.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import engine.wire.varint as varint
from engine.wire.batch_header import (
    ATTRIBUTES_AT,
    CODEC_MASK,
    CONTROL,
    CRC_AT,
    HEADER_BYTES,
    LOG_APPEND_TIME,
    LOG_OVERHEAD_BYTES,
    MAGIC,
    TRANSACTIONAL,
    BatchHeader,
    Buffer,
    parse_header,
)
from engine.wire.checksum import crc32c
from engine.wire.compression import DECOMPRESSED_BYTES_MAX, compress, decompress
from engine.wire.error_codes import ErrorCode
from engine.wire.errors import DecodeError, RecordError

_HEADER = struct.Struct(">qiibIhiqqqhii")
_CRC = struct.Struct(">I")
_CONTROL_KEY = struct.Struct(">hh")
_CONTROL_VALUE = struct.Struct(">hi")

# length, attributes, two deltas, key, value and header count: one byte each at least.
_RECORD_BYTES_MIN = 7
_RECORD_HEADER_BYTES_MIN = 2

ABORT = 0
COMMIT = 1

RecordHeaders = Sequence[tuple[str, bytes | None]]


class Record(NamedTuple):
    """One stored record. `timestamp` is in ms; a value of None is a tombstone."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    attributes: int = 0


class NewRecord(NamedTuple):
    """One record to build; any tuple of the same first two to four members serves as well."""

    key: bytes | None
    value: bytes | None
    headers: RecordHeaders = ()
    timestamp_ms: int | None = None


def iter_records(batch: Buffer, at: int = 0, *, max_bytes: int = DECOMPRESSED_BYTES_MAX) -> Iterator[Record]:
    """Yield the records of the batch at `at`; they unfold to `max_bytes` at most.

    Raises `DecodeError` for anything that is not a well-formed batch; the CRC is the caller's to check.
    """
    header = parse_header(batch, at)
    body = _records_body(batch, at, header, max_bytes)
    count = header.record_count
    if not 0 <= count <= len(body) // _RECORD_BYTES_MIN:
        raise DecodeError(f"{count} records in {len(body)} bytes")
    append_time = header.max_timestamp if header.attributes & LOG_APPEND_TIME else None
    position = 0
    for _ in range(count):
        record, position = _read_record(body, position, header, append_time)
        yield record
    if position != len(body):
        raise DecodeError(f"{len(body) - position} bytes follow the last record")


def _records_body(batch: Buffer, at: int, header: BatchHeader, max_bytes: int) -> bytes:
    end = at + header.batch_length + LOG_OVERHEAD_BYTES
    if header.magic != MAGIC or header.batch_length < HEADER_BYTES - LOG_OVERHEAD_BYTES or end > len(batch):
        raise DecodeError(f"no whole record batch at byte {at}")
    body = memoryview(batch)[at + HEADER_BYTES : end]
    return decompress(header.attributes & CODEC_MASK, body, max_bytes=max_bytes)


def _read_record(body: bytes, at: int, header: BatchHeader, append_time: int | None) -> tuple[Record, int]:
    raw = body  # typed in the .pxd: indexing it is C
    length, at = varint.read_varint(raw, at)
    end = at + length
    if length < _RECORD_BYTES_MIN - 1 or end > len(body):
        raise DecodeError(f"a record of {length} bytes, {len(body) - at} are left")
    attributes = raw[at]
    timestamp_delta, at = varint.read_varlong(raw, at + 1)
    offset_delta, at = varint.read_varint(raw, at)
    if not 0 <= offset_delta <= header.last_offset_delta:
        raise DecodeError(f"offset delta {offset_delta} of at most {header.last_offset_delta}")
    key, at = _read_bytes(body, at, end)
    value, at = _read_bytes(body, at, end)
    count, at = varint.read_varint(raw, at)
    headers: tuple[tuple[str, bytes | None], ...] = ()
    if count:
        if not 0 <= count <= (end - at) // _RECORD_HEADER_BYTES_MIN:
            raise DecodeError(f"{count} record headers in {end - at} bytes")
        headers, at = _read_headers(body, at, end, count)
    if at != end:
        raise DecodeError("a record does not end where its length says")
    base_timestamp: int = header.base_timestamp
    timestamp = base_timestamp + timestamp_delta if append_time is None else append_time
    return Record(header.base_offset + offset_delta, timestamp, key, value, headers, attributes), end


def _read_bytes(body: bytes, at: int, end: int) -> tuple[bytes | None, int]:
    raw = body
    length, at = varint.read_varint(raw, at)
    if length < 0:
        if length != -1:
            raise DecodeError(f"a key or value of {length} bytes")
        return None, at
    stop = at + length
    if stop > end:
        raise DecodeError("a key or value runs past its record")
    return body[at:stop], stop


def _read_headers(
    body: bytes, at: int, end: int, count: int
) -> tuple[tuple[tuple[str, bytes | None], ...], int]:
    headers: list[tuple[str, bytes | None]] = []
    for _ in range(count):
        name, at = _read_bytes(body, at, end)
        if name is None:
            raise DecodeError("a record header without a key")
        value, at = _read_bytes(body, at, end)
        try:
            headers.append((name.decode(), value))
        except UnicodeDecodeError:
            raise DecodeError("a record header's key is not UTF-8") from None
    return tuple(headers), at


def check_records(
    batch: Buffer, *, key_required: str | None = None, max_bytes: int = DECOMPRESSED_BYTES_MAX
) -> None:
    """Check a producer's batch record by record; its header passed `check_produce_batch`.

    Raises `RecordError` INVALID_RECORD when the records are malformed or their offset deltas are not
    0, 1, 2 …; with `key_required` (the reason to give, for compacted topics) also for each null key,
    listed in `record_errors`.
    """
    errors: list[tuple[int, str | None]] = []
    base_offset = parse_header(batch).base_offset
    try:
        for index, record in enumerate(iter_records(batch, max_bytes=max_bytes)):
            if record.offset - base_offset != index:
                raise RecordError(
                    ErrorCode.INVALID_RECORD, f"record {index} has offset delta {record.offset - base_offset}"
                )
            if key_required is not None and record.key is None:
                errors.append((index, key_required))
    except DecodeError as error:
        raise RecordError(ErrorCode.INVALID_RECORD, str(error)) from None
    if errors:
        raise RecordError(ErrorCode.INVALID_RECORD, key_required or "", errors)


def build_batch(
    records: Iterable[Sequence[object]],
    *,
    base_offset: int = 0,
    leader_epoch: int = -1,
    codec: int = 0,
    timestamp_ms: int = 0,
    attributes: int = 0,
    producer_id: int = -1,
    producer_epoch: int = -1,
    base_sequence: int = -1,
) -> bytearray:
    """Build one batch of `NewRecord`s or (key, value[, headers[, timestamp_ms]]) tuples, in order.

    `timestamp_ms` is for records that bring none; `attributes` takes the flag bits (LOG_APPEND_TIME,
    TRANSACTIONAL, CONTROL) without the codec. At least one record.
    """
    stored: list[Record] = []
    for index, new in enumerate(records):
        record = NewRecord(*new)  # type: ignore[arg-type]  # members are checked by use
        stored.append(
            Record(
                base_offset + index,
                timestamp_ms if record.timestamp_ms is None else record.timestamp_ms,
                record.key,
                record.value,
                tuple(record.headers),
            )
        )
    if not stored:
        raise ValueError("a batch has at least one record")
    flags = attributes & ~CODEC_MASK | codec
    max_timestamp = max(record.timestamp for record in stored)
    if flags & LOG_APPEND_TIME:
        max_timestamp = timestamp_ms
    return _assemble(
        stored,
        base_offset=base_offset,
        leader_epoch=leader_epoch,
        attributes=flags,
        last_offset_delta=len(stored) - 1,
        base_timestamp=stored[0].timestamp,
        max_timestamp=max_timestamp,
        producer=(producer_id, producer_epoch, base_sequence),
    )


def rebuild_batch(header: BatchHeader, records: Iterable[Record]) -> bytearray:
    """Build the batch again with fewer records (compaction): offsets, producer and codec stay.

    An empty batch is valid: it keeps a producer's last sequence and the offset range.
    """
    kept = list(records)
    max_timestamp = header.max_timestamp
    if kept and not header.log_append_time:
        max_timestamp = max(record.timestamp for record in kept)
    return _assemble(
        kept,
        base_offset=header.base_offset,
        leader_epoch=header.leader_epoch,
        attributes=header.attributes,
        last_offset_delta=header.last_offset_delta,
        base_timestamp=header.base_timestamp,
        max_timestamp=max_timestamp,
        producer=(header.producer_id, header.producer_epoch, header.base_sequence),
    )


def _assemble(
    records: list[Record],
    *,
    base_offset: int,
    leader_epoch: int,
    attributes: int,
    last_offset_delta: int,
    base_timestamp: int,
    max_timestamp: int,
    producer: tuple[int, int, int],
) -> bytearray:
    body = bytearray()
    for record in records:
        _write_record(body, record, record.offset - base_offset, record.timestamp - base_timestamp)
    codec = attributes & CODEC_MASK
    packed = compress(codec, body) if codec else body
    length = HEADER_BYTES - LOG_OVERHEAD_BYTES + len(packed)
    batch = bytearray(
        _HEADER.pack(
            base_offset,
            length,
            leader_epoch,
            MAGIC,
            0,
            attributes,
            last_offset_delta,
            base_timestamp,
            max_timestamp,
            *producer,
            len(records),
        )
    )
    batch += packed
    _CRC.pack_into(batch, CRC_AT, crc32c(memoryview(batch)[ATTRIBUTES_AT:]))
    return batch


def _write_record(out: bytearray, record: Record, offset_delta: int, timestamp_delta: int) -> None:
    body = bytearray()
    body.append(record.attributes)
    varint.write_varint(body, timestamp_delta)
    varint.write_varint(body, offset_delta)
    _write_bytes(body, record.key)
    _write_bytes(body, record.value)
    varint.write_varint(body, len(record.headers))
    for name, value in record.headers:
        _write_bytes(body, name.encode())
        _write_bytes(body, value)
    varint.write_varint(out, len(body))
    out += body


def _write_bytes(out: bytearray, value: bytes | None) -> None:
    if value is None:
        varint.write_varint(out, -1)
        return
    varint.write_varint(out, len(value))
    out += value


def build_control_batch(
    control: int,
    *,
    producer_id: int,
    producer_epoch: int,
    coordinator_epoch: int,
    timestamp_ms: int,
    base_offset: int = 0,
    leader_epoch: int = -1,
) -> bytearray:
    """Build the marker that ends a transaction: `control` is ABORT or COMMIT."""
    record = (_CONTROL_KEY.pack(0, control), _CONTROL_VALUE.pack(0, coordinator_epoch))
    return build_batch(
        [record],
        base_offset=base_offset,
        leader_epoch=leader_epoch,
        timestamp_ms=timestamp_ms,
        attributes=TRANSACTIONAL | CONTROL,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
    )


def control_type(batch: Buffer, at: int = 0) -> int:
    """Return a control batch's type: ABORT, COMMIT or a higher number; `DecodeError` if it has none."""
    for record in iter_records(batch, at):
        if record.key is None or len(record.key) < _CONTROL_KEY.size:
            break
        _version, control = _CONTROL_KEY.unpack_from(record.key)
        return int(control)
    raise DecodeError("a control batch without a control record")
