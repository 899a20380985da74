"""The record batch, version 2: the unit that producers send, the log stores and consumers get.

     0 base_offset i64            outside the CRC: the broker stamps it
     8 batch_length i32           bytes behind this field, so a batch is 12 + batch_length long
    12 partition_leader_epoch i32 outside the CRC: the broker stamps it
    16 magic i8                   2
    17 crc u32                    CRC-32C of byte 21 to the end
    21 attributes i16             bits 0-2 codec, 3 log append time, 4 transactional, 5 control
    23 last_offset_delta i32
    27 base_timestamp i64         ms
    35 max_timestamp i64          ms
    43 producer_id i64            -1 none
    51 producer_epoch i16
    53 base_sequence i32
    57 record_count i32
    61 records                    one compressed blob if a codec is set

The produce and fetch paths look at these 61 bytes and at the CRC, never at a record: `records.py` reads
and builds those. Every call here is pure; positions and sizes are bytes.
"""

import struct
from collections.abc import Iterator

import engine.wire.fixed as fixed
from engine.wire.checksum import crc32c
from engine.wire.error_codes import ErrorCode
from engine.wire.errors import DecodeError, RecordError

Buffer = bytes | bytearray | memoryview

HEADER_BYTES = 61
LENGTH_AT = 8
LEADER_EPOCH_AT = 12
MAGIC_AT = 16
CRC_AT = 17
ATTRIBUTES_AT = 21
MAX_TIMESTAMP_AT = 35
LOG_OVERHEAD_BYTES = 12
"""base_offset and batch_length: what comes before the bytes that batch_length counts."""

MAGIC = 2
CODEC_MASK = 0x07
LOG_APPEND_TIME = 0x08
TRANSACTIONAL = 0x10
CONTROL = 0x20
DELETE_HORIZON = 0x40

CODEC_MAX = 4
ZSTD = 4
ZSTD_PRODUCE_VERSION = 7
"""The first Produce version that may carry zstd (KIP-110)."""

_HEADER = struct.Struct(">qiiBIhiqqqhii")
_OFFSET = struct.Struct(">q")
_I32 = struct.Struct(">i")
_CRC = struct.Struct(">I")
_ATTRIBUTES = struct.Struct(">h")
_OFFSET_MAX = 2**63 - 1

# Compiled, thirteen numbers are read one by one into C fields; interpreted, one call unpacks them all.
_COMPILED = not __file__.endswith(".py")


class BatchHeader:
    """A batch's 61 bytes as fields; treat as frozen."""

    __slots__ = (
        "attributes",
        "base_offset",
        "base_sequence",
        "base_timestamp",
        "batch_length",
        "crc",
        "last_offset_delta",
        "leader_epoch",
        "magic",
        "max_timestamp",
        "producer_epoch",
        "producer_id",
        "record_count",
    )

    def __init__(
        self,
        base_offset: int,
        batch_length: int,
        leader_epoch: int,
        magic: int,
        crc: int,
        attributes: int,
        last_offset_delta: int,
        base_timestamp: int,
        max_timestamp: int,
        producer_id: int,
        producer_epoch: int,
        base_sequence: int,
        record_count: int,
    ) -> None:
        self.base_offset = base_offset
        self.batch_length = batch_length
        self.leader_epoch = leader_epoch
        self.magic = magic
        self.crc = crc
        self.attributes = attributes
        self.last_offset_delta = last_offset_delta
        self.base_timestamp = base_timestamp
        self.max_timestamp = max_timestamp
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.base_sequence = base_sequence
        self.record_count = record_count

    @property
    def total_bytes(self) -> int:
        """The whole batch's size, header and length field included."""
        return self.batch_length + LOG_OVERHEAD_BYTES

    @property
    def last_offset(self) -> int:
        """The last record's offset, or the one it had before compaction dropped it."""
        return self.base_offset + self.last_offset_delta

    @property
    def next_offset(self) -> int:
        """The offset behind this batch."""
        return self.base_offset + self.last_offset_delta + 1

    @property
    def last_sequence(self) -> int:
        """The last record's sequence number, which wraps from 2^31-1 to 0; -1 without a producer."""
        if self.base_sequence < 0:
            return -1
        return (self.base_sequence + self.last_offset_delta) & 0x7FFFFFFF

    @property
    def codec(self) -> int:
        """0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd; 5 … 7 mean nothing."""
        return self.attributes & CODEC_MASK

    @property
    def log_append_time(self) -> bool:
        """Whether max_timestamp is every record's timestamp, given by the broker."""
        return self.attributes & LOG_APPEND_TIME != 0

    @property
    def is_transactional(self) -> bool:
        """Whether the batch belongs to a transaction."""
        return self.attributes & TRANSACTIONAL != 0

    @property
    def is_control(self) -> bool:
        """Whether the batch is a marker, which no application sees."""
        return self.attributes & CONTROL != 0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BatchHeader):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in BatchHeader.__slots__)

    def __hash__(self) -> int:
        return hash((self.base_offset, self.crc))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)}" for name in BatchHeader.__slots__)
        return f"BatchHeader({fields})"


def parse_header(buf: Buffer, at: int = 0) -> BatchHeader:
    """Read the 61 bytes at `at`; only their presence is checked, `DecodeError` when they are not all there."""
    if at < 0 or len(buf) - at < HEADER_BYTES:
        raise DecodeError(f"a batch header needs 61 bytes, {max(0, len(buf) - at)} are there")
    if not _COMPILED:
        return BatchHeader(*_HEADER.unpack_from(buf, at))
    raw = buf
    header = BatchHeader.__new__(BatchHeader)
    header.base_offset = fixed.read_i64(raw, at)
    header.batch_length = fixed.read_i32(raw, at + LENGTH_AT)
    header.leader_epoch = fixed.read_i32(raw, at + LEADER_EPOCH_AT)
    header.magic = raw[at + MAGIC_AT]
    header.crc = fixed.read_i32(raw, at + CRC_AT) & 0xFFFFFFFF
    header.attributes = fixed.read_i16(raw, at + ATTRIBUTES_AT)
    header.last_offset_delta = fixed.read_i32(raw, at + 23)
    header.base_timestamp = fixed.read_i64(raw, at + 27)
    header.max_timestamp = fixed.read_i64(raw, at + MAX_TIMESTAMP_AT)
    header.producer_id = fixed.read_i64(raw, at + 43)
    header.producer_epoch = fixed.read_i16(raw, at + 51)
    header.base_sequence = fixed.read_i32(raw, at + 53)
    header.record_count = fixed.read_i32(raw, at + 57)
    return header


def crc_matches(buf: Buffer, at: int, header: BatchHeader) -> bool:
    """Whether the batch at `at` has the bytes its CRC was made of; a batch cut short does not."""
    end = at + header.batch_length + LOG_OVERHEAD_BYTES
    if header.batch_length < HEADER_BYTES - LOG_OVERHEAD_BYTES or end > len(buf):
        return False
    return crc32c(memoryview(buf)[at + ATTRIBUTES_AT : end]) == header.crc


def check_produce_batch(records: Buffer | None, max_bytes: int, produce_version: int = 13) -> BatchHeader:
    """Accept what a producer sent for one partition: exactly one whole, intact, plain batch.

    `max_bytes` is the topic's max.message.bytes. Raises `RecordError` with the code that Kafka answers:
    MESSAGE_TOO_LARGE, CORRUPT_MESSAGE, UNSUPPORTED_COMPRESSION_TYPE, INVALID_TIMESTAMP or INVALID_RECORD.
    Records are not looked at; see `records.check_records` for the topics that need it.
    """
    if records is None or len(records) == 0:
        raise RecordError(
            ErrorCode.INVALID_RECORD, "a produce request needs exactly one record batch, none came"
        )
    size = len(records)
    if size < HEADER_BYTES:
        if size > MAGIC_AT and records[MAGIC_AT] != MAGIC:
            raise _bad_magic(records[MAGIC_AT])
        raise RecordError(ErrorCode.CORRUPT_MESSAGE, f"{size} bytes are too few for a record batch")
    header = parse_header(records)
    if header.magic != MAGIC:
        raise _bad_magic(header.magic)
    total = header.batch_length + LOG_OVERHEAD_BYTES
    if total < HEADER_BYTES or total > size:
        raise RecordError(
            ErrorCode.CORRUPT_MESSAGE,
            f"batch length {header.batch_length} does not fit the {size} bytes sent",
        )
    if total > max_bytes:
        raise RecordError(
            ErrorCode.MESSAGE_TOO_LARGE, f"batch of {total} bytes, max.message.bytes is {max_bytes}"
        )
    if total < size:
        raise RecordError(
            ErrorCode.INVALID_RECORD, f"exactly one record batch is allowed, {size - total} bytes follow it"
        )
    if crc32c(memoryview(records)[ATTRIBUTES_AT:]) != header.crc:
        raise RecordError(ErrorCode.CORRUPT_MESSAGE, "the record batch does not match its CRC")
    _check_fields(header, produce_version)
    return header


def _bad_magic(magic: int) -> RecordError:
    return RecordError(ErrorCode.INVALID_RECORD, f"record format {magic} is not supported, only {MAGIC}")


def _check_fields(header: BatchHeader, produce_version: int) -> None:
    attributes = header.attributes
    codec = attributes & CODEC_MASK
    if codec:
        if codec > CODEC_MAX:
            raise RecordError(ErrorCode.INVALID_RECORD, f"no compression codec {codec}")
        if codec == ZSTD and produce_version < ZSTD_PRODUCE_VERSION:
            raise RecordError(
                ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, f"zstd needs Produce version {ZSTD_PRODUCE_VERSION}"
            )
    if header.record_count <= 0 or header.last_offset_delta != header.record_count - 1:
        raise RecordError(
            ErrorCode.INVALID_RECORD,
            f"{header.record_count} records with last offset delta {header.last_offset_delta}",
        )
    if attributes & CONTROL:
        raise RecordError(ErrorCode.INVALID_RECORD, "clients may not write control records")
    if attributes & LOG_APPEND_TIME:
        raise RecordError(ErrorCode.INVALID_TIMESTAMP, "clients may not set log append time")
    if header.producer_id >= 0:
        if header.producer_epoch < 0 or header.base_sequence < 0:
            raise RecordError(
                ErrorCode.INVALID_RECORD,
                f"producer epoch {header.producer_epoch}, sequence {header.base_sequence}",
            )
    elif attributes & TRANSACTIONAL:
        raise RecordError(ErrorCode.INVALID_RECORD, "a transactional batch without a producer id")


def stamp(buf: bytearray | memoryview, at: int, base_offset: int, leader_epoch: int) -> None:
    """Write the broker's offset and epoch into the batch at `at`; its CRC does not cover them."""
    raw = buf
    fixed.write_i64(raw, at, base_offset)
    fixed.write_i32(raw, at + LEADER_EPOCH_AT, leader_epoch)


def stamp_append_time(buf: bytearray | memoryview, at: int, timestamp_ms: int) -> None:
    """Make `timestamp_ms` every record's timestamp (message.timestamp.type=LogAppendTime); new CRC."""
    view = memoryview(buf)
    total = _I32.unpack_from(view, at + LENGTH_AT)[0] + LOG_OVERHEAD_BYTES
    attributes = _ATTRIBUTES.unpack_from(view, at + ATTRIBUTES_AT)[0] | LOG_APPEND_TIME
    _ATTRIBUTES.pack_into(view, at + ATTRIBUTES_AT, attributes)
    _OFFSET.pack_into(view, at + MAX_TIMESTAMP_AT, timestamp_ms)
    _CRC.pack_into(view, at + CRC_AT, crc32c(view[at + ATTRIBUTES_AT : at + total]))


def iter_headers(buf: Buffer, at: int = 0) -> Iterator[tuple[int, BatchHeader]]:
    """Yield (position, header) of each whole batch; a batch cut short at the end is left out (KIP-74).

    Raises `DecodeError` where what follows is no batch: wrong magic, impossible length or offset.
    CRCs are not checked.
    """
    size = len(buf)
    while size - at >= HEADER_BYTES:
        header = parse_header(buf, at)
        total = header.batch_length + LOG_OVERHEAD_BYTES
        if header.magic != MAGIC or total < HEADER_BYTES:
            raise DecodeError(f"no record batch at byte {at}")
        if (
            header.base_offset < 0
            or not 0 <= header.last_offset_delta <= _OFFSET_MAX - header.base_offset - 1
        ):
            raise DecodeError(f"impossible offsets in the record batch at byte {at}")
        if at + total > size:
            return
        yield at, header
        at += total
