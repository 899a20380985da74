"""Takes record batches (magic 2) apart in Python, with what the C client does not tell: producer, codec, markers.

Slow next to it, and only used for layouts that ask for these. Layout: KIP-98.

    base offset 8 | length 4 | leader epoch 4 | magic 1 | crc 4 | attributes 2 | last offset delta 4
    base timestamp 8 | max timestamp 8 | producer id 8 | producer epoch 2 | base sequence 4 | count 4 | records
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from rpk.client.wire import WireError

_HEADER = struct.Struct(">qiibIhiqqqhii")
HEADER_BYTES = _HEADER.size
BATCH_BYTES_MAX = 256 << 20
"""Most bytes a batch may take uncompressed."""
_XERIAL = b"\x82SNAPPY\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchHeader:
    """What all records of a batch share."""

    base_offset: int
    leader_epoch: int
    attributes: int
    last_offset: int
    base_timestamp: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    count: int

    @property
    def is_transactional(self) -> bool:
        """Part of a transaction."""
        return bool(self.attributes & 16)

    @property
    def is_control(self) -> bool:
        """Holds a transaction marker."""
        return bool(self.attributes & 32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermarks:
    """Of a partition at the time of a fetch."""

    log_start: int
    last_stable: int
    high: int


class BatchRecord:
    """One record with its batch and watermarks; a `BatchView`."""

    __slots__ = (
        "_batch",
        "_headers",
        "_key",
        "_offset",
        "_partition",
        "_timestamp",
        "_topic",
        "_value",
        "_watermarks",
    )

    def __init__(
        self,
        topic: str,
        partition: int,
        batch: BatchHeader,
        watermarks: Watermarks,
        fields: tuple[int, int, bytes | None, bytes | None, list[tuple[str, bytes | None]]],
    ) -> None:
        self._topic = topic
        self._partition = partition
        self._batch = batch
        self._watermarks = watermarks
        self._offset, self._timestamp, self._key, self._value, self._headers = fields

    def topic(self) -> str:
        """Topic name."""
        return self._topic

    def partition(self) -> int:
        """Partition number."""
        return self._partition

    def offset(self) -> int:
        """Offset in the partition."""
        return self._offset

    def key(self) -> bytes | None:
        """Key, None when null."""
        return self._key

    def value(self) -> bytes | None:
        """Value, None when null."""
        return self._value

    def headers(self) -> list[tuple[str, bytes | None]]:
        """Headers in their order."""
        return self._headers

    def timestamp(self) -> tuple[int, int]:
        """Type (1 create time, 2 log append time) and milliseconds."""
        return (2 if self._batch.attributes & 8 else 1, self._timestamp)

    def leader_epoch(self) -> int:
        """Epoch of the leader that wrote the batch."""
        return self._batch.leader_epoch

    def attributes(self) -> int:
        """Attribute bits of the batch."""
        return self._batch.attributes

    def producer_id(self) -> int:
        """Producer id, -1 for none."""
        return self._batch.producer_id

    def producer_epoch(self) -> int:
        """Producer epoch, -1 for none."""
        return self._batch.producer_epoch

    def log_start(self) -> int:
        """First offset of the partition."""
        return self._watermarks.log_start

    def last_stable(self) -> int:
        """Last stable offset of the partition."""
        return self._watermarks.last_stable

    def high_watermark(self) -> int:
        """High watermark of the partition."""
        return self._watermarks.high


def batches(data: bytes) -> Iterator[tuple[BatchHeader, bytes]]:
    """Each whole batch: header and the bytes of its records, still compressed. A cut last batch is left out."""
    at = 0
    while at + HEADER_BYTES <= len(data):
        (
            base_offset, length, epoch, magic, _crc, attributes, delta, base_timestamp, max_timestamp,
            producer_id, producer_epoch, _sequence, count,
        ) = _HEADER.unpack_from(data, at)  # fmt: skip
        if magic != 2:
            raise WireError(f"a record batch of format {magic}; only 2 is known")
        if length < HEADER_BYTES - 12:
            raise WireError("a record batch shorter than its header")
        end = at + 12 + length
        if end > len(data):
            return
        header = BatchHeader(
            base_offset=base_offset,
            leader_epoch=epoch,
            attributes=attributes,
            last_offset=base_offset + delta,
            base_timestamp=base_timestamp,
            max_timestamp=max_timestamp,
            producer_id=producer_id,
            producer_epoch=producer_epoch,
            count=count,
        )
        yield header, data[at + HEADER_BYTES : end]
        at = end


def _bounded(data: bytes | bytearray) -> bytes | bytearray:
    if len(data) > BATCH_BYTES_MAX:
        raise WireError(f"a record batch of more than {BATCH_BYTES_MAX} bytes")
    return data


def decompress(codec: int, data: bytes) -> bytes:
    """The records of a batch; raises WireError."""
    if codec == 0:
        return data
    try:
        if codec == 1:
            return zlib.decompressobj(31).decompress(data, BATCH_BYTES_MAX)
        import cramjam

        if codec == 2:
            return bytes(_bounded(_snappy(data)))
        if codec == 3:
            return bytes(_bounded(bytes(cramjam.lz4.decompress(data))))
        if codec == 4:
            return bytes(_bounded(bytes(cramjam.zstd.decompress(data))))
    except WireError:
        raise
    except Exception as error:
        raise WireError(f"a record batch cannot be decompressed: {error}") from error
    raise WireError(f"compression codec {codec} is not known")


def _snappy(data: bytes) -> bytes:
    """Raw snappy, or the Java library's framing of it: magic, two versions, then length and block."""
    import cramjam

    if not data.startswith(_XERIAL):
        return bytes(cramjam.snappy.decompress_raw(data))
    out = bytearray()
    at = len(_XERIAL) + 8
    while at + 4 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        out += bytes(cramjam.snappy.decompress_raw(data[at + 4 : at + 4 + size]))
        _bounded(out)
        at += 4 + size
    return bytes(out)


class _Fields:
    """Reads varints (zigzag) and length-prefixed bytes of records."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def varint(self) -> int:
        value = shift = 0
        while True:
            if self.at >= len(self.data) or shift > 63:
                raise WireError("a record ends too early")
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)
            shift += 7

    def bytes(self) -> bytes | None:
        size = self.varint()
        if size < 0:
            return None
        end = self.at + size
        if end > len(self.data):
            raise WireError("a record ends too early")
        found = self.data[self.at : end]
        self.at = end
        return found


def records(
    header: BatchHeader, data: bytes
) -> Iterator[tuple[int, int, bytes | None, bytes | None, list[tuple[str, bytes | None]]]]:
    """Offset, timestamp, key, value and headers of each record; raises WireError."""
    fields = _Fields(decompress(header.attributes & 7, data))
    append_time = header.attributes & 8
    for _ in range(header.count):
        size = fields.varint()
        end = fields.at + size
        if size < 0 or end > len(fields.data):
            raise WireError("a record ends too early")
        fields.at += 1
        timestamp = header.base_timestamp + fields.varint()
        offset = header.base_offset + fields.varint()
        key, value = fields.bytes(), fields.bytes()
        headers: list[tuple[str, bytes | None]] = []
        for _ in range(fields.varint()):
            name = fields.bytes() or b""
            headers.append((name.decode("utf-8", "surrogateescape"), fields.bytes()))
        fields.at = end
        yield offset, header.max_timestamp if append_time else timestamp, key, value, headers
