import contextlib
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.wire import cold
from engine.wire.errors import DecodeError
from engine.wire.produce import (
    PARTITIONS_MAX,
    VERSION_MAX,
    VERSION_MIN,
    ProducedPartition,
    decode_produce,
    encode_produce_response,
)

VERSIONS = pytest.mark.parametrize("version", range(VERSION_MIN, VERSION_MAX + 1))
MODEST = settings(max_examples=25, deadline=None)

i16 = st.integers(-(2**15), 2**15 - 1)
i32 = st.integers(-(2**31), 2**31 - 1)
i64 = st.integers(-(2**63), 2**63 - 1)
names = st.text(min_size=1, max_size=150)
ids = st.uuids(allow_nil=True)

requests = st.fixed_dictionaries(
    {
        "transactional_id": st.none() | names,
        "acks": i16,
        "timeout_ms": i32,
        "topic_data": st.lists(
            st.fixed_dictionaries(
                {
                    "name": names,
                    "topic_id": ids,
                    "partition_data": st.lists(
                        st.fixed_dictionaries({"index": i32, "records": st.none() | st.binary(max_size=200)}),
                        max_size=4,
                    ),
                }
            ),
            max_size=3,
        ),
    }
)


def topic_key(version, topic):
    return (None, topic["topic_id"]) if version >= 13 else (topic["name"], None)


@VERSIONS
@MODEST
@given(body=requests, before=st.binary(max_size=3), after=st.binary(max_size=3))
def test_decodes_what_the_schema_encodes(version, body, before, after):
    frame = bytearray(before + cold.encode_request(0, version, body) + after)
    request = decode_produce(version, frame, len(before))
    assert request.transactional_id == body["transactional_id"]
    assert request.acks == body["acks"]
    assert request.timeout_ms == body["timeout_ms"]
    assert [(name, topic_id) for name, topic_id, _ in request.topics] == [
        topic_key(version, topic) for topic in body["topic_data"]
    ]
    for (_, _, partitions), topic in zip(request.topics, body["topic_data"], strict=True):
        assert partitions == [(part["index"], part["records"]) for part in topic["partition_data"]]


def test_records_are_a_writable_view_of_the_frame():
    body = {"acks": 1, "topic_data": [{"name": "t", "partition_data": [{"index": 0, "records": b"abc"}]}]}
    frame = bytearray(cold.encode_request(0, 9, body))
    records = decode_produce(9, frame).topics[0][2][0][1]
    records[0] = ord("x")
    assert b"xbc" in frame


@VERSIONS
@MODEST
@given(body=requests, data=st.data())
def test_damaged_bytes_give_a_request_or_decode_error(version, body, data):
    frame = bytearray(cold.encode_request(0, version, body))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(
            st.sampled_from([0, 1, 0x7F, 0x80, 0xFF])
        )
    del frame[data.draw(st.integers(0, len(frame))) :]
    with contextlib.suppress(DecodeError):
        decode_produce(version, frame)


@settings(max_examples=300, deadline=None)
@given(version=st.integers(VERSION_MIN, VERSION_MAX), data=st.binary(max_size=80), at=st.integers(0, 90))
def test_any_bytes_give_a_request_or_decode_error(version, data, at):
    with contextlib.suppress(DecodeError):
        decode_produce(version, data, at)


@VERSIONS
def test_every_prefix_is_cut_short(version):
    body = {
        "transactional_id": "tx",
        "topic_data": [
            {"name": "t", "topic_id": UUID(int=5), "partition_data": [{"index": 1, "records": b"abc"}]}
        ],
    }
    frame = cold.encode_request(0, version, body)
    for length in range(len(frame)):
        with pytest.raises(DecodeError):
            decode_produce(version, frame[:length])


@pytest.mark.parametrize("version", [8, 12])
def test_partitions_are_bounded(version):
    part = {"index": 0, "records": None}
    topics = [{"name": "t", "partition_data": [part] * (PARTITIONS_MAX // 2)}] * 2
    with pytest.raises(DecodeError):
        decode_produce(version, cold.encode_request(0, version, {"topic_data": topics}))


def test_golden_request():
    # Produce 3, acks=-1, timeout 30 s, topic "t", partition 0, 3 bytes of records
    frame = bytes.fromhex(
        "ffff ffff 00007530 00000001 0001 74 00000001 00000000 00000003 616263".replace(" ", "")
    )
    request = decode_produce(3, frame)
    assert (request.transactional_id, request.acks, request.timeout_ms) == (None, -1, 30_000)
    assert request.topics == [("t", None, [(0, b"abc")])]
    # Produce 9: the same
    frame = bytes.fromhex("00 ffff 00007530 02 02 74 02 00000000 04 616263 00 00 00".replace(" ", ""))
    assert decode_produce(9, frame).topics == [("t", None, [(0, b"abc")])]


partitions = st.builds(
    ProducedPartition,
    partition=i32,
    error_code=st.sampled_from([0, 0, 6, 87]),
    base_offset=i64,
    log_append_time_ms=i64,
    log_start_offset=i64,
    record_errors=st.lists(st.tuples(i32, st.none() | names), max_size=2),
    error_message=st.none() | names,
    leader_id=i32,
    leader_epoch=i32,
)
nodes = st.lists(st.tuples(i32, names, i32, st.none() | names), max_size=2)


@VERSIONS
@MODEST
@given(
    topics=st.lists(st.tuples(names, ids, st.lists(partitions, max_size=3)), max_size=3),
    throttle=i32,
    nodes=nodes,
)
def test_encodes_what_the_schema_decodes(version, topics, throttle, nodes):
    encoded = encode_produce_response(version, topics, throttle, nodes)
    response = cold.decode_response(0, version, encoded)
    assert cold.encode_response(0, version, response) == encoded
    assert response.throttle_time_ms == throttle
    if version >= 10:
        assert [(n.node_id, n.host, n.port, n.rack) for n in response.node_endpoints] == nodes
    for (name, topic_id, expected), topic in zip(topics, response.responses, strict=True):
        assert topic.name == ("" if version >= 13 else name)
        assert topic.topic_id == (topic_id if version >= 13 and topic_id.int else None)
        for part, found in zip(expected, topic.partition_responses, strict=True):
            assert found.index == part.partition
            assert found.error_code == part.error_code
            assert found.base_offset == part.base_offset
            assert found.log_append_time_ms == part.log_append_time_ms
            assert found.log_start_offset == (part.log_start_offset if version >= 5 else -1)
            if version >= 8 and part.error_code:
                errors = [(e.batch_index, e.batch_index_error_message) for e in found.record_errors]
                assert errors == part.record_errors
                assert found.error_message == part.error_message
            if version >= 10 and part.error_code:
                assert found.current_leader.leader_id == part.leader_id
                assert found.current_leader.leader_epoch == part.leader_epoch


def test_golden_response():
    topics = [("t", None, [ProducedPartition(1, base_offset=5, log_start_offset=0)])]
    assert encode_produce_response(9, topics).hex() == (
        "02" "0274" "02" "00000001" "0000" "0000000000000005" "ffffffffffffffff" "0000000000000000" "01" "00" "00" "00"
        "00000000" "00"
    )  # fmt: skip


@pytest.mark.parametrize("version", [-1, VERSION_MIN - 1, VERSION_MAX + 1])
def test_other_versions_are_refused(version):
    with pytest.raises(DecodeError):
        decode_produce(version, bytes(100))
