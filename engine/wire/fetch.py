"""Fetch, versions 4 to 18, by hand: stored batches pass through the response untouched.

    4-11  legacy lengths     5  log_start_offset    7   sessions (KIP-227)       9   current_leader_epoch
    11    rack (KIP-392)     12 flexible            13  topic ids (KIP-516)      15  replica_state tag
    16    node endpoints     17 replica directory   18  follower's high watermark

A response is a list of chunks: bytes made here, and between them whatever the caller put into
`FetchedPartition.records` (memoryviews, file slices for sendfile), unseen. The sizes are known before
anything is read, so that the frame's length can go first.
"""

import struct
from collections.abc import Iterable, Sequence
from uuid import UUID

import engine.wire.primitives as primitives
import engine.wire.varint as varint
from engine.wire.errors import DecodeError
from engine.wire.primitives import ZERO_UUID, NodeEndpoint, legacy_string, node_endpoints
from engine.wire.varint import uvarint_bytes

VERSION_MIN = 4
VERSION_MAX = 18
SESSION_FROM = 7
LEADER_EPOCH_FROM = 9
RACK_FROM = 11
FLEXIBLE_FROM = 12
TOPIC_ID_FROM = 13
REPLICA_STATE_FROM = 15
NODE_ENDPOINTS_FROM = 16

PARTITIONS_MAX = 100_000
"""The most partitions one request may name: what bounds the memory a frame can unfold to."""

_I32 = struct.Struct(">i")
_II = struct.Struct(">ii")
_HEAD = struct.Struct(">iiib")
_HEAD_REPLICA = struct.Struct(">iiiib")
_REPLICA_STATE = struct.Struct(">iq")
_QI = struct.Struct(">iqi")
_QQI = struct.Struct(">iqqi")
_IQQI = struct.Struct(">iiqqi")
_FLEXIBLE_PARTITION = struct.Struct(">iiqiqi")
_HIGH_WATERMARK = struct.Struct(">q")
_RESULT_4 = struct.Struct(">ihqq")
_RESULT_5 = struct.Struct(">ihqqq")
_THROTTLE_SESSION = struct.Struct(">ihi")
_ABORTED = struct.Struct(">qq")
_EPOCH_END = struct.Struct(">iq")
_SNAPSHOT = struct.Struct(">qi")

NO_HIGH_WATERMARK = 2**63 - 1

ForgottenTopic = tuple[str | None, UUID | None, list[int]]


class FetchPartition:
    """What a client asks of one partition. Epochs and offsets are -1 where it does not say."""

    __slots__ = (
        "current_leader_epoch",
        "fetch_offset",
        "high_watermark",
        "last_fetched_epoch",
        "log_start_offset",
        "max_bytes",
        "partition",
        "replica_directory_id",
    )

    def __init__(
        self,
        partition: int,
        fetch_offset: int,
        max_bytes: int,
        current_leader_epoch: int = -1,
        last_fetched_epoch: int = -1,
        log_start_offset: int = -1,
    ) -> None:
        self.partition = partition
        self.fetch_offset = fetch_offset
        self.max_bytes = max_bytes
        self.current_leader_epoch = current_leader_epoch
        self.last_fetched_epoch = last_fetched_epoch
        self.log_start_offset = log_start_offset
        self.replica_directory_id: UUID | None = None
        self.high_watermark = NO_HIGH_WATERMARK


FetchTopic = tuple[str | None, UUID | None, list[FetchPartition]]


class FetchRequest:
    """A decoded request. `topics` holds (name, topic_id, partitions): a name or, from 13, an id."""

    __slots__ = (
        "cluster_id",
        "forgotten",
        "isolation_level",
        "max_bytes",
        "max_wait_ms",
        "min_bytes",
        "rack_id",
        "replica_epoch",
        "replica_id",
        "session_epoch",
        "session_id",
        "topics",
    )

    def __init__(
        self,
        max_wait_ms: int,
        min_bytes: int,
        max_bytes: int,
        isolation_level: int,
        replica_id: int = -1,
    ) -> None:
        self.max_wait_ms = max_wait_ms
        self.min_bytes = min_bytes
        self.max_bytes = max_bytes
        self.isolation_level = isolation_level
        self.replica_id = replica_id
        self.replica_epoch = -1
        self.session_id = 0
        self.session_epoch = -1
        self.topics: list[FetchTopic] = []
        self.forgotten: list[ForgottenTopic] = []
        self.rack_id = ""
        self.cluster_id: str | None = None


class FetchedPartition:
    """One partition's answer.

    `records` are chunks sent as they are, `records_bytes` their size together. `aborted` lists
    (producer_id, first_offset) for read_committed, None for read_uncommitted.
    """

    __slots__ = (
        "aborted",
        "diverging_epoch",
        "error_code",
        "high_watermark",
        "last_stable_offset",
        "leader_epoch",
        "leader_id",
        "log_start_offset",
        "partition",
        "preferred_read_replica",
        "records",
        "records_bytes",
        "snapshot_id",
    )

    def __init__(
        self,
        partition: int,
        error_code: int = 0,
        high_watermark: int = -1,
        last_stable_offset: int = -1,
        log_start_offset: int = -1,
        records: Sequence[object] = (),
        records_bytes: int = 0,
        aborted: Sequence[tuple[int, int]] | None = None,
        preferred_read_replica: int = -1,
        leader_id: int = -1,
        leader_epoch: int = -1,
        diverging_epoch: tuple[int, int] | None = None,
        snapshot_id: tuple[int, int] | None = None,
    ) -> None:
        self.partition = partition
        self.error_code = error_code
        self.high_watermark = high_watermark
        self.last_stable_offset = last_stable_offset
        self.log_start_offset = log_start_offset
        self.records = records
        self.records_bytes = records_bytes
        self.aborted = aborted
        self.preferred_read_replica = preferred_read_replica
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch
        self.diverging_epoch = diverging_epoch
        self.snapshot_id = snapshot_id


FetchedTopic = tuple[str | None, UUID | None, Sequence[FetchedPartition]]


class FetchResponse:
    """A response to encode: topics as (name, topic_id, partitions)."""

    __slots__ = ("error_code", "nodes", "session_id", "throttle_ms", "topics")

    def __init__(
        self,
        topics: Sequence[FetchedTopic] = (),
        error_code: int = 0,
        session_id: int = 0,
        throttle_ms: int = 0,
        nodes: Iterable[NodeEndpoint] = (),
    ) -> None:
        self.topics = topics
        self.error_code = error_code
        self.session_id = session_id
        self.throttle_ms = throttle_ms
        self.nodes = nodes


def decode_fetch(version: int, buf: bytes | bytearray | memoryview, at: int = 0) -> FetchRequest:
    """Decode the request body at `at`; bytes behind it are ignored.

    Raises `DecodeError`, and nothing else, for bytes that are no such request.
    """
    if not VERSION_MIN <= version <= VERSION_MAX:
        raise DecodeError(f"a fetch request of version {version}")
    try:
        if version >= FLEXIBLE_FROM:
            return _decode_flexible(version, buf, at)
        return _decode_legacy(version, buf, at)
    except (struct.error, IndexError):
        raise DecodeError("a fetch request is cut short") from None
    except UnicodeDecodeError:
        raise DecodeError("a string is not UTF-8") from None


def _decode_flexible(version: int, buf: bytes | bytearray | memoryview, at: int) -> FetchRequest:
    view = memoryview(buf)
    raw = view  # typed in the .pxd: indexing it is C
    if version >= REPLICA_STATE_FROM:
        max_wait_ms, min_bytes, max_bytes, isolation_level = _HEAD.unpack_from(view, at)
        request = FetchRequest(max_wait_ms, min_bytes, max_bytes, isolation_level)
        at += 13
    else:
        replica_id, max_wait_ms, min_bytes, max_bytes, isolation_level = _HEAD_REPLICA.unpack_from(view, at)
        request = FetchRequest(max_wait_ms, min_bytes, max_bytes, isolation_level, replica_id)
        at += 17
    request.session_id, request.session_epoch = _II.unpack_from(view, at)
    at += 8
    room = PARTITIONS_MAX
    topic_count, at = primitives.read_count(raw, at)
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
        partitions: list[FetchPartition] = []
        for _ in range(count):
            index, epoch, offset, last_epoch, log_start, max_bytes = _FLEXIBLE_PARTITION.unpack_from(view, at)
            at += 32
            partition = FetchPartition(index, offset, max_bytes, epoch, last_epoch, log_start)
            if raw[at] == 0:
                at += 1
            else:
                at = _read_partition_tags(view, at, version, partition)
            partitions.append(partition)
        request.topics.append((name, topic_id, partitions))
        at = at + 1 if raw[at] == 0 else varint.skip_tagged_fields(raw, at)
    at = _read_forgotten(view, at, version, request, room)
    request.rack_id, at = primitives.read_compact_string(view, at)
    if raw[at] != 0:
        _read_request_tags(view, at, version, request)
    return request


def _read_forgotten(view: memoryview, at: int, version: int, request: FetchRequest, room: int) -> int:
    raw = view
    topic_count, at = primitives.read_count(raw, at)
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
        if count * 4 > len(raw) - at:
            raise DecodeError(f"{count} partitions in {len(raw) - at} bytes")
        request.forgotten.append((name, topic_id, list(struct.unpack_from(f">{count}i", view, at))))
        at += 4 * count
        at = varint.skip_tagged_fields(raw, at)
    return at


def _read_partition_tags(view: memoryview, at: int, version: int, partition: FetchPartition) -> int:
    raw = view
    end = varint.skip_tagged_fields(raw, at)
    count, at = varint.read_uvarint(raw, at)
    for _ in range(count):
        tag, at = varint.read_uvarint(raw, at)
        size, at = varint.read_uvarint(raw, at)
        if tag == 0 and version >= 17 and size >= 16:
            partition.replica_directory_id = primitives.read_uuid(view, at)[0]
        elif tag == 1 and version >= 18 and size >= 8:
            partition.high_watermark = _HIGH_WATERMARK.unpack_from(view, at)[0]
        at += size
    return end


def _read_request_tags(view: memoryview, at: int, version: int, request: FetchRequest) -> None:
    raw = view
    varint.skip_tagged_fields(raw, at)
    count, at = varint.read_uvarint(raw, at)
    for _ in range(count):
        tag, at = varint.read_uvarint(raw, at)
        size, at = varint.read_uvarint(raw, at)
        if tag == 0 and size >= 1 and raw[at] != 0:
            request.cluster_id, _ = primitives.read_compact_string(view[: at + size], at)
        elif tag == 1 and version >= REPLICA_STATE_FROM and size >= 12:
            request.replica_id, request.replica_epoch = _REPLICA_STATE.unpack_from(view, at)
        at += size


def _decode_legacy(version: int, buf: bytes | bytearray | memoryview, at: int) -> FetchRequest:
    view = memoryview(buf)
    raw = view  # typed in the .pxd: indexing it is C
    replica_id, max_wait_ms, min_bytes, max_bytes, isolation_level = _HEAD_REPLICA.unpack_from(view, at)
    request = FetchRequest(max_wait_ms, min_bytes, max_bytes, isolation_level, replica_id)
    at += 17
    if version >= SESSION_FROM:
        request.session_id, request.session_epoch = _II.unpack_from(view, at)
        at += 8
    room = PARTITIONS_MAX
    topic_count, at = primitives.read_legacy_count(raw, at, 6)
    for _ in range(topic_count):
        name, at = primitives.read_legacy_string(view, at)
        count, at = primitives.read_legacy_count(raw, at, 16)
        room -= count + 1
        if room < 0:
            raise DecodeError(f"more than {PARTITIONS_MAX} partitions")
        partitions: list[FetchPartition] = []
        for _ in range(count):
            if version >= LEADER_EPOCH_FROM:
                index, epoch, offset, log_start, max_bytes = _IQQI.unpack_from(view, at)
                at += 28
                partition = FetchPartition(index, offset, max_bytes, epoch, -1, log_start)
            elif version >= 5:
                index, offset, log_start, max_bytes = _QQI.unpack_from(view, at)
                at += 24
                partition = FetchPartition(index, offset, max_bytes, -1, -1, log_start)
            else:
                index, offset, max_bytes = _QI.unpack_from(view, at)
                at += 16
                partition = FetchPartition(index, offset, max_bytes)
            partitions.append(partition)
        request.topics.append((name, None, partitions))
    if version >= SESSION_FROM:
        topic_count, at = primitives.read_legacy_count(raw, at, 6)
        for _ in range(topic_count):
            name, at = primitives.read_legacy_string(view, at)
            count, at = primitives.read_legacy_count(raw, at, 4)
            room -= count + 1
            if room < 0:
                raise DecodeError(f"more than {PARTITIONS_MAX} partitions")
            request.forgotten.append((name, None, list(struct.unpack_from(f">{count}i", view, at))))
            at += 4 * count
    if version >= RACK_FROM:
        request.rack_id, at = primitives.read_legacy_string(view, at)
    return request


def encode_fetch_response(version: int, response: FetchResponse) -> tuple[list[object], int]:
    """Encode the body: its chunks in order, and their size together in bytes.

    Chunks are bytes, and the members of each partition's `records` as they came.
    """
    if version >= FLEXIBLE_FROM:
        return _encode_flexible(version, response)
    return _encode_legacy(version, response)


def _encode_flexible(version: int, response: FetchResponse) -> tuple[list[object], int]:
    chunks: list[object] = []
    passed_bytes = 0
    made_bytes = 0
    out = bytearray(_THROTTLE_SESSION.pack(response.throttle_ms, response.error_code, response.session_id))
    varint.write_uvarint(out, len(response.topics) + 1)
    for name, topic_id, partitions in response.topics:
        if version >= TOPIC_ID_FROM:
            out += (topic_id or ZERO_UUID).bytes
        else:
            encoded = (name or "").encode()
            varint.write_uvarint(out, len(encoded) + 1)
            out += encoded
        varint.write_uvarint(out, len(partitions) + 1)
        for part in partitions:
            out += _RESULT_5.pack(
                part.partition,
                part.error_code,
                part.high_watermark,
                part.last_stable_offset,
                part.log_start_offset,
            )
            aborted = part.aborted
            if aborted is None:
                out += b"\0"
            else:
                varint.write_uvarint(out, len(aborted) + 1)
                for producer_id, first_offset in aborted:
                    out += _ABORTED.pack(producer_id, first_offset)
                    out += b"\0"
            out += _I32.pack(part.preferred_read_replica)
            size = part.records_bytes
            varint.write_uvarint(out, size + 1)
            if size:
                chunks.append(bytes(out))
                made_bytes += len(out)
                chunks.extend(part.records)
                passed_bytes += size
                out = bytearray()
            if part.error_code == 0 and part.diverging_epoch is None:
                out += b"\0"
            else:
                _write_partition_tags(out, part)
        out += b"\0"
    nodes = list(response.nodes) if version >= NODE_ENDPOINTS_FROM else []
    if nodes:
        body = node_endpoints(nodes)
        out += b"\1\0"
        varint.write_uvarint(out, len(body))
        out += body
    else:
        out += b"\0"
    chunks.append(bytes(out))
    return chunks, passed_bytes + made_bytes + len(out)


def _write_partition_tags(out: bytearray, part: FetchedPartition) -> None:
    tags: list[bytes] = []
    if part.diverging_epoch is not None:
        tags.append(b"\0\x0d" + _EPOCH_END.pack(*part.diverging_epoch) + b"\0")
    if part.leader_id != -1 or part.leader_epoch != -1:
        tags.append(b"\1\x09" + _II.pack(part.leader_id, part.leader_epoch) + b"\0")
    if part.snapshot_id is not None:
        tags.append(b"\2\x0d" + _SNAPSHOT.pack(*part.snapshot_id) + b"\0")
    out += uvarint_bytes(len(tags))
    for tag in tags:
        out += tag


def _encode_legacy(version: int, response: FetchResponse) -> tuple[list[object], int]:
    chunks: list[object] = []
    total_bytes = 0
    out = bytearray()
    if version >= SESSION_FROM:
        out += _THROTTLE_SESSION.pack(response.throttle_ms, response.error_code, response.session_id)
    else:
        out += _I32.pack(response.throttle_ms)
    out += _I32.pack(len(response.topics))
    for name, _topic_id, partitions in response.topics:
        out += legacy_string(name or "")
        out += _I32.pack(len(partitions))
        for part in partitions:
            if version >= 5:
                out += _RESULT_5.pack(
                    part.partition,
                    part.error_code,
                    part.high_watermark,
                    part.last_stable_offset,
                    part.log_start_offset,
                )
            else:
                out += _RESULT_4.pack(
                    part.partition, part.error_code, part.high_watermark, part.last_stable_offset
                )
            if part.aborted is None:
                out += b"\xff\xff\xff\xff"
            else:
                out += _I32.pack(len(part.aborted))
                for producer_id, first_offset in part.aborted:
                    out += _ABORTED.pack(producer_id, first_offset)
            if version >= RACK_FROM:
                out += _I32.pack(part.preferred_read_replica)
            size = part.records_bytes
            out += _I32.pack(size)
            if size:
                chunks.append(bytes(out))
                total_bytes += len(out) + size
                chunks.extend(part.records)
                out = bytearray()
    chunks.append(bytes(out))
    return chunks, total_bytes + len(out)
