"""Produce, versions 3 to 13, by hand: the request's records stay one memoryview a partition.

Deviations from Kafka: versions 0 to 2 are not here. Kafka advertises them for old clients' sake and
cannot read them either (KIP-896).

    3-8    legacy lengths            9-11  flexible             12  transactions v2 (KIP-890)
    5      log_start_offset          8     record_errors        10  current leader, node endpoints (KIP-951)
    13     topic ids (KIP-516)
"""

import struct
from collections.abc import Iterable, Sequence
from uuid import UUID

import engine.wire.fixed as fixed
import engine.wire.primitives as primitives
import engine.wire.varint as varint
from engine.wire.errors import DecodeError
from engine.wire.primitives import ZERO_UUID, NodeEndpoint, compact_string, legacy_string, node_endpoints

VERSION_MIN = 3
VERSION_MAX = 13
FLEXIBLE_FROM = 9
TOPIC_ID_FROM = 13

PARTITIONS_MAX = 100_000
"""The most partitions one request may name: what bounds the memory a frame can unfold to."""

_I32 = struct.Struct(">i")
_TOPIC_BYTES_MIN = 6
_PARTITION_BYTES_MIN = 8
_RESULT = struct.Struct(">ihqqq")
_RESULT_4 = struct.Struct(">ihqq")
_LEADER = struct.Struct(">ii")


PartitionRecords = tuple[int, memoryview | None]
TopicRecords = tuple[str | None, UUID | None, list[PartitionRecords]]


class ProduceRequest:
    """A decoded request. `topics` holds (name, topic_id, [(partition, records)]): a name or, from 13, an id."""

    __slots__ = ("acks", "timeout_ms", "topics", "transactional_id")

    def __init__(
        self, transactional_id: str | None, acks: int, timeout_ms: int, topics: list[TopicRecords]
    ) -> None:
        self.transactional_id = transactional_id
        self.acks = acks
        self.timeout_ms = timeout_ms
        self.topics = topics


class ProducedPartition:
    """One partition's answer. Offsets and times are -1 where there are none."""

    __slots__ = (
        "base_offset",
        "error_code",
        "error_message",
        "leader_epoch",
        "leader_id",
        "log_append_time_ms",
        "log_start_offset",
        "partition",
        "record_errors",
    )

    def __init__(
        self,
        partition: int,
        error_code: int = 0,
        base_offset: int = -1,
        log_append_time_ms: int = -1,
        log_start_offset: int = -1,
        record_errors: Sequence[tuple[int, str | None]] = (),
        error_message: str | None = None,
        leader_id: int = -1,
        leader_epoch: int = -1,
    ) -> None:
        self.partition = partition
        self.error_code = error_code
        self.base_offset = base_offset
        self.log_append_time_ms = log_append_time_ms
        self.log_start_offset = log_start_offset
        self.record_errors = record_errors
        self.error_message = error_message
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch


ProducedTopic = tuple[str | None, UUID | None, Sequence[ProducedPartition]]


def decode_produce(version: int, buf: bytes | bytearray | memoryview, at: int = 0) -> ProduceRequest:
    """Decode the request body at `at`; bytes behind it are ignored.

    Records are memoryviews of `buf` (None where the client sent null). Raises `DecodeError`, and
    nothing else, for bytes that are no such request.
    """
    if not VERSION_MIN <= version <= VERSION_MAX:
        raise DecodeError(f"a produce request of version {version}")
    try:
        if version >= FLEXIBLE_FROM:
            return _decode_flexible(version, buf, at)
        return _decode_legacy(buf, at)
    except (struct.error, IndexError):
        raise DecodeError("a produce request is cut short") from None
    except UnicodeDecodeError:
        raise DecodeError("a string is not UTF-8") from None


def _decode_flexible(version: int, buf: bytes | bytearray | memoryview, at: int) -> ProduceRequest:
    view = memoryview(buf)
    raw = view  # typed in the .pxd: indexing it is C
    transactional_id = None
    if raw[at] == 0:
        at += 1
    else:
        transactional_id, at = primitives.read_compact_string(view, at)
    acks = fixed.read_i16(raw, at)
    timeout_ms = fixed.read_i32(raw, at + 2)
    topics: list[TopicRecords] = []
    room = PARTITIONS_MAX
    topic_count, at = primitives.read_count(raw, at + 6)
    for _ in range(topic_count):
        name = None
        topic_id = None
        if version >= TOPIC_ID_FROM:
            topic_id, at = primitives.read_uuid(view, at)
        else:
            name, at = primitives.read_compact_string(view, at)
        count, at = primitives.read_count(raw, at)
        room -= count + 1
        if room < 0:
            raise DecodeError(f"more than {PARTITIONS_MAX} partitions")
        partitions, at = _read_partitions(view, at, count)
        topics.append((name, topic_id, partitions))
        at = at + 1 if raw[at] == 0 else varint.skip_tagged_fields(raw, at)
    varint.skip_tagged_fields(raw, at)
    return ProduceRequest(transactional_id, acks, timeout_ms, topics)


def _read_partitions(view: memoryview, at: int, count: int) -> tuple[list[PartitionRecords], int]:
    raw = view
    size = len(raw)
    partitions: list[PartitionRecords] = []
    for _ in range(count):
        index = fixed.read_i32(raw, at)
        at += 4
        length = raw[at]
        at += 1
        if length > 0x7F:
            length, at = varint.read_uvarint(raw, at - 1)
        if length:
            end = at + length - 1
            if end > size:
                raise DecodeError("records run past the end")
            partitions.append((index, view[at:end]))
            at = end
        else:
            partitions.append((index, None))
        at = at + 1 if raw[at] == 0 else varint.skip_tagged_fields(raw, at)
    return partitions, at


def _decode_legacy(buf: bytes | bytearray | memoryview, at: int) -> ProduceRequest:
    view = memoryview(buf)
    raw = view  # typed in the .pxd: indexing it is C
    transactional_id = None
    if fixed.read_i16(raw, at) == -1:
        at += 2
    else:
        transactional_id, at = primitives.read_legacy_string(view, at)
    acks = fixed.read_i16(raw, at)
    timeout_ms = fixed.read_i32(raw, at + 2)
    topics: list[TopicRecords] = []
    room = PARTITIONS_MAX
    topic_count, at = primitives.read_legacy_count(raw, at + 6, _TOPIC_BYTES_MIN)
    for _ in range(topic_count):
        name, at = primitives.read_legacy_string(view, at)
        count, at = primitives.read_legacy_count(raw, at, _PARTITION_BYTES_MIN)
        room -= count + 1
        if room < 0:
            raise DecodeError(f"more than {PARTITIONS_MAX} partitions")
        partitions, at = _read_legacy_partitions(view, at, count)
        topics.append((name, None, partitions))
    return ProduceRequest(transactional_id, acks, timeout_ms, topics)


def _read_legacy_partitions(view: memoryview, at: int, count: int) -> tuple[list[PartitionRecords], int]:
    raw = view
    size = len(raw)
    partitions: list[PartitionRecords] = []
    for _ in range(count):
        index = fixed.read_i32(raw, at)
        length = fixed.read_i32(raw, at + 4)
        at += 8
        if length >= 0:
            end = at + length
            if end > size:
                raise DecodeError("records run past the end")
            partitions.append((index, view[at:end]))
            at = end
        elif length == -1:
            partitions.append((index, None))
        else:
            raise DecodeError(f"records of length {length}")
    return partitions, at


def encode_produce_response(
    version: int,
    topics: Sequence[ProducedTopic],
    throttle_ms: int = 0,
    nodes: Iterable[NodeEndpoint] = (),
) -> bytes:
    """Encode the body: `topics` as (name, topic_id, partitions); `nodes` are the leaders named (10+)."""
    if version >= FLEXIBLE_FROM:
        return _encode_flexible(version, topics, throttle_ms, nodes)
    return _encode_legacy(version, topics, throttle_ms)


def _encode_flexible(
    version: int, topics: Sequence[ProducedTopic], throttle_ms: int, nodes: Iterable[NodeEndpoint]
) -> bytes:
    out = bytearray()
    varint.write_uvarint(out, len(topics) + 1)
    for name, topic_id, partitions in topics:
        if version >= TOPIC_ID_FROM:
            out += (topic_id or ZERO_UUID).bytes
        else:
            encoded = (name or "").encode()
            varint.write_uvarint(out, len(encoded) + 1)
            out += encoded
        varint.write_uvarint(out, len(partitions) + 1)
        for part in partitions:
            out += _RESULT.pack(
                part.partition,
                part.error_code,
                part.base_offset,
                part.log_append_time_ms,
                part.log_start_offset,
            )
            if part.error_code == 0:
                # no record errors, no message, no tags
                out += b"\1\0\0"
            else:
                _write_errors(out, version, part)
        out += b"\0"
    out += _I32.pack(throttle_ms)
    endpoints = list(nodes) if version >= 10 else []
    if endpoints:
        out += b"\1\0"
        _write_tag_body(out, node_endpoints(endpoints))
    else:
        out += b"\0"
    return bytes(out)


def _write_errors(out: bytearray, version: int, part: ProducedPartition) -> None:
    varint.write_uvarint(out, len(part.record_errors) + 1)
    for index, message in part.record_errors:
        out += _I32.pack(index)
        out += compact_string(message)
        out += b"\0"
    out += compact_string(part.error_message)
    if version >= 10 and (part.leader_id != -1 or part.leader_epoch != -1):
        out += b"\1\0"
        _write_tag_body(out, _LEADER.pack(part.leader_id, part.leader_epoch) + b"\0")
    else:
        out += b"\0"


def _write_tag_body(out: bytearray, body: bytes) -> None:
    varint.write_uvarint(out, len(body))
    out += body


def _encode_legacy(version: int, topics: Sequence[ProducedTopic], throttle_ms: int) -> bytes:
    out = bytearray(_I32.pack(len(topics)))
    for name, _topic_id, partitions in topics:
        out += legacy_string(name or "")
        out += _I32.pack(len(partitions))
        for part in partitions:
            out += _RESULT_4.pack(part.partition, part.error_code, part.base_offset, part.log_append_time_ms)
            if version >= 5:
                out += part.log_start_offset.to_bytes(8, "big", signed=True)
            if version >= 8:
                out += _I32.pack(len(part.record_errors))
                for index, message in part.record_errors:
                    out += _I32.pack(index)
                    out += legacy_string(message)
                out += legacy_string(part.error_message)
    out += _I32.pack(throttle_ms)
    return bytes(out)
