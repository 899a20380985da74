from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.coordinator.errors import GroupRecordError
from engine.coordinator.messages import CommittedOffset
from engine.coordinator.records import (
    GroupKey,
    OffsetKey,
    StoredGroup,
    StoredMember,
    group_key,
    group_value,
    offset_key,
    offset_value,
    parse_group,
    parse_key,
    parse_offset,
)
from engine.coordinator.table import GroupTable
from engine.model.ids import TopicPartition

text = st.text(max_size=20)
i32 = st.integers(-(2**31), 2**31 - 1)
i64 = st.integers(-(2**63), 2**63 - 1)
offsets = st.builds(CommittedOffset, offset=i64, leader_epoch=i32, metadata=text, commit_timestamp_ms=i64)
members = st.builds(
    StoredMember,
    member_id=text,
    group_instance_id=st.none() | text,
    client_id=text,
    client_host=text,
    rebalance_timeout_ms=i32,
    session_timeout_ms=i32,
    subscription=st.binary(max_size=30),
    assignment=st.binary(max_size=30),
)
groups = st.builds(
    StoredGroup,
    protocol_type=text,
    generation=i32,
    protocol_name=st.none() | text,
    leader=st.none() | text,
    state_timestamp_ms=i64,
    members=st.lists(members, max_size=4).map(tuple),
)


@given(text, text, i32)
def test_offset_keys_round_trip(group_id, topic, partition):
    key = OffsetKey(group_id, TopicPartition(topic, partition))
    assert parse_key(offset_key(*key)) == key


@given(text)
def test_group_keys_round_trip(group_id):
    assert parse_key(group_key(group_id)) == GroupKey(group_id)


@given(offsets)
def test_offsets_round_trip(offset):
    assert parse_offset(offset_value(offset)) == offset


@given(groups)
def test_groups_round_trip(group):
    assert parse_group(group_value(group)) == group


def test_bytes_are_the_published_ones():
    assert offset_key("g", TopicPartition("t", 3)) == bytes.fromhex("0001 0001 67 0001 74 00000003")
    assert group_key("g") == bytes.fromhex("0002 0001 67")
    offset = CommittedOffset(offset=5, leader_epoch=2, metadata="m", commit_timestamp_ms=9)
    assert offset_value(offset) == bytes.fromhex("0003 0000000000000005 00000002 0001 6d 0000000000000009")
    empty = StoredGroup(
        protocol_type="c", generation=1, protocol_name=None, leader=None, state_timestamp_ms=7, members=()
    )
    assert group_value(empty) == bytes.fromhex("0003 0001 63 00000001 ffff ffff 0000000000000007 00000000")


@pytest.mark.parametrize(
    ("raw", "offset"),
    [
        (
            "0000 0000000000000005 0001 6d 0000000000000009",
            CommittedOffset(offset=5, metadata="m", commit_timestamp_ms=9),
        ),
        (
            "0001 0000000000000005 0001 6d 0000000000000009 000000000000000a",
            CommittedOffset(offset=5, metadata="m", commit_timestamp_ms=9, expire_timestamp_ms=10),
        ),
        (
            "0002 0000000000000005 0000 0000000000000009",
            CommittedOffset(offset=5, commit_timestamp_ms=9),
        ),
        (
            "0004 0000000000000005 00000002 02 6d 0000000000000009 01 00 02 abcd",
            CommittedOffset(offset=5, leader_epoch=2, metadata="m", commit_timestamp_ms=9),
        ),
    ],
)
def test_every_published_offset_version_is_read(raw, offset):
    assert parse_offset(bytes.fromhex(raw)) == offset


@pytest.mark.parametrize("version", [0, 1, 2, 3, 4])
def test_every_published_group_version_is_read(version):
    def string(value: str) -> str:
        return (
            f"{len(value) + 1:02x}{value.encode().hex()}"
            if version == 4
            else f"{len(value):04x}{value.encode().hex()}"
        )

    def blob(value: str) -> str:
        return f"{len(value) // 2 + 1:02x}{value}" if version == 4 else f"{len(value) // 2:08x}{value}"

    raw = f"{version:04x}" + string("consumer") + "00000007" + string("range") + string("m")
    raw += "0000000000000009" if version >= 2 else ""
    raw += "02" if version == 4 else "00000001"
    raw += string("m")
    raw += {3: "ffff", 4: "00"}.get(version, "")
    raw += string("c") + string("h")
    raw += "00000064" if version >= 1 else ""
    raw += "0000000a" + blob("0102") + blob("03")
    raw += "0000" if version == 4 else ""
    group = parse_group(bytes.fromhex(raw))
    assert group.generation == 7
    assert group.state_timestamp_ms == (9 if version >= 2 else -1)
    (member,) = group.members
    assert (member.subscription, member.assignment) == (b"\1\2", b"\3")
    assert member.rebalance_timeout_ms == (100 if version >= 1 else 10)
    assert member.session_timeout_ms == 10


@given(st.sampled_from([parse_key, parse_offset, parse_group]), st.integers(-2, 5), st.binary(max_size=80))
def test_any_bytes_decode_or_say_why_not(parse, version, raw):
    with suppress(GroupRecordError):
        parse(version.to_bytes(2, "big", signed=True) + raw)


@given(groups, st.data())
def test_a_cut_group_is_refused(group, data):
    raw = group_value(group)
    with pytest.raises(GroupRecordError):
        parse_group(raw[: data.draw(st.integers(0, len(raw) - 1))])


def test_keys_of_newer_protocols_are_passed_over():
    assert parse_key(b"\0\3\0\1g") is None
    table = GroupTable()
    for key, value in [
        (b"\0\3\0\1g", b""),
        (None, b"x"),
        (b"\xff\xff", b"x"),
        (offset_key("g", TopicPartition("t", 0)), b"\0\t"),
    ]:
        table.replay(key, value)
    assert table.skipped_records == 4
    assert table == GroupTable()


def test_a_tombstone_takes_away_what_was_there():
    table = GroupTable()
    partition = TopicPartition("t", 0)
    table.replay(offset_key("g", partition), offset_value(CommittedOffset(offset=1, commit_timestamp_ms=2)))
    table.replay(offset_key("g", partition), None)
    table.replay(offset_key("h", partition), None)
    table.replay(group_key("g"), None)
    assert table == GroupTable()
