import contextlib
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.wire import cold
from engine.wire.errors import DecodeError
from engine.wire.fetch import (
    PARTITIONS_MAX,
    VERSION_MAX,
    VERSION_MIN,
    FetchedPartition,
    FetchResponse,
    decode_fetch,
    encode_fetch_response,
)

VERSIONS = pytest.mark.parametrize("version", range(VERSION_MIN, VERSION_MAX + 1))
MODEST = settings(max_examples=25, deadline=None)

i8 = st.integers(-128, 127)
i16 = st.integers(-(2**15), 2**15 - 1)
i32 = st.integers(-(2**31), 2**31 - 1)
i64 = st.integers(-(2**63), 2**63 - 1)
names = st.text(min_size=1, max_size=150)
ids = st.uuids(allow_nil=True)


def fields(**strategies):
    return st.fixed_dictionaries(strategies)


requests = fields(
    cluster_id=st.none() | names,
    replica_id=i32,
    replica_state=fields(replica_id=i32, replica_epoch=i64),
    max_wait_ms=i32,
    min_bytes=i32,
    max_bytes=i32,
    isolation_level=i8,
    session_id=i32,
    session_epoch=i32,
    topics=st.lists(
        fields(
            topic=names,
            topic_id=ids,
            partitions=st.lists(
                fields(
                    partition=i32,
                    current_leader_epoch=i32,
                    fetch_offset=i64,
                    last_fetched_epoch=i32,
                    log_start_offset=i64,
                    partition_max_bytes=i32,
                    replica_directory_id=st.none() | st.uuids(),
                    high_watermark=i64,
                ),
                max_size=3,
            ),
        ),
        max_size=3,
    ),
    forgotten_topics_data=st.lists(
        fields(topic=names, topic_id=ids, partitions=st.lists(i32, max_size=3)), max_size=2
    ),
    rack_id=names,
)


def topic_key(version, topic):
    return (None, topic["topic_id"]) if version >= 13 else (topic["topic"], None)


@VERSIONS
@MODEST
@given(body=requests, before=st.binary(max_size=3), after=st.binary(max_size=3))
def test_decodes_what_the_schema_encodes(version, body, before, after):
    frame = bytearray(before + cold.encode_request(1, version, body) + after)
    request = decode_fetch(version, frame, len(before))
    for name in ("max_wait_ms", "min_bytes", "max_bytes", "isolation_level"):
        assert getattr(request, name) == body[name]
    assert request.session_id == (body["session_id"] if version >= 7 else 0)
    assert request.session_epoch == (body["session_epoch"] if version >= 7 else -1)
    assert request.rack_id == (body["rack_id"] if version >= 11 else "")
    assert request.cluster_id == (body["cluster_id"] if version >= 12 else None)
    assert request.replica_id == (body["replica_state"] if version >= 15 else body)["replica_id"]
    assert request.replica_epoch == (body["replica_state"]["replica_epoch"] if version >= 15 else -1)
    for (name, topic_id, partitions), topic in zip(request.topics, body["topics"], strict=True):
        assert (name, topic_id) == topic_key(version, topic)
        for part, expected in zip(partitions, topic["partitions"], strict=True):
            assert part.partition == expected["partition"]
            assert part.fetch_offset == expected["fetch_offset"]
            assert part.max_bytes == expected["partition_max_bytes"]
            assert part.current_leader_epoch == (expected["current_leader_epoch"] if version >= 9 else -1)
            assert part.last_fetched_epoch == (expected["last_fetched_epoch"] if version >= 12 else -1)
            assert part.log_start_offset == (expected["log_start_offset"] if version >= 5 else -1)
            assert part.replica_directory_id == (expected["replica_directory_id"] if version >= 17 else None)
            assert part.high_watermark == (expected["high_watermark"] if version >= 18 else 2**63 - 1)
    expected = body["forgotten_topics_data"] if version >= 7 else []
    assert request.forgotten == [(*topic_key(version, topic), topic["partitions"]) for topic in expected]


@VERSIONS
@MODEST
@given(body=requests, data=st.data())
def test_damaged_bytes_give_a_request_or_decode_error(version, body, data):
    frame = bytearray(cold.encode_request(1, version, body))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(
            st.sampled_from([0, 1, 0x7F, 0x80, 0xFF])
        )
    del frame[data.draw(st.integers(0, len(frame))) :]
    with contextlib.suppress(DecodeError):
        decode_fetch(version, frame)


@settings(max_examples=300, deadline=None)
@given(version=st.integers(VERSION_MIN, VERSION_MAX), data=st.binary(max_size=80), at=st.integers(0, 90))
def test_any_bytes_give_a_request_or_decode_error(version, data, at):
    with contextlib.suppress(DecodeError):
        decode_fetch(version, data, at)


@VERSIONS
def test_every_prefix_is_cut_short(version):
    body = {
        "topics": [{"topic": "t", "topic_id": UUID(int=5), "partitions": [{"partition": 1}]}],
        "forgotten_topics_data": [{"topic": "u", "topic_id": UUID(int=6), "partitions": [1, 2]}],
        "rack_id": "r",
    }
    frame = cold.encode_request(1, version, body)
    for length in range(len(frame)):
        with pytest.raises(DecodeError):
            decode_fetch(version, frame[:length])


@pytest.mark.parametrize("version", [11, 12])
def test_partitions_are_bounded(version):
    topics = [{"topic": "t", "partitions": [{"partition": 0}] * (PARTITIONS_MAX // 2)}] * 2
    with pytest.raises(DecodeError):
        decode_fetch(version, cold.encode_request(1, version, {"topics": topics}))


def test_golden_request():
    # Fetch 4: consumer, 500 ms, 1 byte … 50 MiB, read_committed, topic "t", partition 0 from offset 9, 1 MiB
    frame = bytes.fromhex(
        "ffffffff 000001f4 00000001 03200000 01 00000001 0001 74 00000001 00000000 0000000000000009 00100000".replace(
            " ", ""
        )
    )
    request = decode_fetch(4, frame)
    assert (request.replica_id, request.max_wait_ms, request.isolation_level) == (-1, 500, 1)
    [(name, topic_id, [partition])] = request.topics
    assert (name, topic_id, partition.fetch_offset, partition.max_bytes) == ("t", None, 9, 1 << 20)


@st.composite
def fetched_partitions(draw):
    chunks = draw(st.lists(st.binary(min_size=1, max_size=40), max_size=3))
    return FetchedPartition(
        draw(i32),
        draw(st.sampled_from([0, 0, 1, 6])),
        draw(i64),
        draw(i64),
        draw(i64),
        records=[memoryview(chunk) for chunk in chunks],
        records_bytes=sum(map(len, chunks)),
        aborted=draw(st.none() | st.lists(st.tuples(i64, i64), max_size=2)),
        preferred_read_replica=draw(i32),
        leader_id=draw(i32),
        leader_epoch=draw(i32),
        diverging_epoch=draw(st.none() | st.tuples(i32, i64)),
        snapshot_id=draw(st.none() | st.tuples(i64, i32)),
    )


@VERSIONS
@MODEST
@given(
    topics=st.lists(st.tuples(names, ids, st.lists(fetched_partitions(), max_size=3)), max_size=3),
    error_code=i16,
    session_id=i32,
    throttle_ms=i32,
    nodes=st.lists(st.tuples(i32, names, i32, st.none() | names), max_size=2),
)
def test_encodes_what_the_schema_decodes(version, topics, error_code, session_id, throttle_ms, nodes):
    response = FetchResponse(topics, error_code, session_id, throttle_ms, nodes)
    chunks, size = encode_fetch_response(version, response)
    encoded = b"".join(chunks)
    assert size == len(encoded)
    decoded = cold.decode_response(1, version, encoded)
    assert cold.encode_response(1, version, decoded) == encoded
    assert decoded.throttle_time_ms == throttle_ms
    assert decoded.session_id == (session_id if version >= 7 else 0)
    assert decoded.error_code == (error_code if version >= 7 else 0)
    if version >= 16:
        assert [(n.node_id, n.host, n.port, n.rack) for n in decoded.node_endpoints] == nodes
    for (name, topic_id, expected), topic in zip(topics, decoded.responses, strict=True):
        assert topic.topic == ("" if version >= 13 else name)
        assert topic.topic_id == (topic_id if version >= 13 and topic_id.int else None)
        for part, found in zip(expected, topic.partitions, strict=True):
            check_partition(version, part, found)


def check_partition(version, part, found):
    assert found.partition_index == part.partition
    assert found.error_code == part.error_code
    assert found.high_watermark == part.high_watermark
    assert found.last_stable_offset == part.last_stable_offset
    assert found.log_start_offset == (part.log_start_offset if version >= 5 else -1)
    assert found.preferred_read_replica == (part.preferred_read_replica if version >= 11 else -1)
    assert found.records == b"".join(part.records)
    aborted = found.aborted_transactions
    assert (aborted and [(a.producer_id, a.first_offset) for a in aborted]) == (part.aborted or aborted)
    if version >= 12 and part.error_code:
        assert found.current_leader.leader_id == part.leader_id
        assert found.current_leader.leader_epoch == part.leader_epoch
        diverging = (found.diverging_epoch.epoch, found.diverging_epoch.end_offset)
        assert diverging == (part.diverging_epoch or (-1, -1))
        assert (found.snapshot_id.end_offset, found.snapshot_id.epoch) == (part.snapshot_id or (-1, -1))


def test_records_pass_through_unseen():
    marker = object()
    part = FetchedPartition(0, records=(marker,), records_bytes=1000)
    for version in (4, 11, 12, 18):
        chunks, size = encode_fetch_response(version, FetchResponse([("t", None, [part])]))
        assert marker in chunks
        assert size == 1000 + sum(len(chunk) for chunk in chunks if isinstance(chunk, bytes))


@pytest.mark.parametrize("version", [-1, VERSION_MIN - 1, VERSION_MAX + 1])
def test_other_versions_are_refused(version):
    with pytest.raises(DecodeError):
        decode_fetch(version, bytes(100))
