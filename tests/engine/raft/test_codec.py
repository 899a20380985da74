"""Messages and records of groups as bytes: round trips, cuts, hostile bytes."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.raft import durable_records
from engine.raft.codec import CodecError, Trim, decode, encode, frame
from engine.raft.durable_records import StoredGroup
from engine.raft.entries import Mark, Position, Run
from engine.raft.membership import Configuration
from engine.raft.messages import (
    AppendRequest,
    AppendResponse,
    Heartbeat,
    HeartbeatResponse,
    Rejection,
    ResetRequest,
    TimeoutNow,
    VoteRequest,
    VoteResponse,
)

SENDER, TO = 3, 8
COMMON = {"sender": st.just(SENDER), "to": st.just(TO), "term": st.integers(-1, 2**62)}
TERMS = st.integers(-1, 2**62)
POSITIONS = st.builds(Position, st.integers(0, 2**62), st.integers(0, 2**31 - 1))
NODES = st.lists(st.integers(0, 2**31 - 1), max_size=6, unique=True)


@st.composite
def configurations(draw):
    nodes = draw(NODES)
    cut = draw(st.integers(0, len(nodes)))
    return Configuration(voters=tuple(sorted(nodes[:cut])), learners=tuple(sorted(nodes[cut:])))


MARKS = st.builds(
    Mark,
    TERMS,
    st.integers(0, 2**31 - 1),
    st.integers(0, 2**62),
    st.one_of(st.none(), configurations()),
)
RUNS = st.builds(Run, st.integers(0, 2**62), st.integers(0, 2**62), TERMS, st.integers(0, 50))
REJECTIONS = st.builds(Rejection, POSITIONS, TERMS, POSITIONS)
FLAGS = st.booleans()
MESSAGES = st.one_of(
    st.builds(VoteRequest, **COMMON, last_term=TERMS, last=POSITIONS, prevote=FLAGS, transfer=FLAGS),
    st.builds(VoteResponse, **COMMON, granted=FLAGS, prevote=FLAGS),
    st.builds(
        AppendRequest,
        **COMMON,
        prev_term=TERMS,
        prev=POSITIONS,
        marks=st.lists(MARKS, max_size=3).map(tuple),
        run=st.one_of(st.none(), RUNS),
        commit=POSITIONS,
    ),
    st.builds(
        ResetRequest,
        **COMMON,
        start=POSITIONS,
        start_term=TERMS,
        configuration=configurations(),
        commit=POSITIONS,
    ),
    st.builds(
        AppendResponse,
        **COMMON,
        matched=POSITIONS,
        durable=POSITIONS,
        rejection=st.one_of(st.none(), REJECTIONS),
    ),
    st.builds(Heartbeat, **COMMON, commit=POSITIONS, round=st.integers(0, 2**62), quiet=FLAGS),
    st.builds(
        HeartbeatResponse,
        **COMMON,
        matched=POSITIONS,
        durable=POSITIONS,
        round=st.integers(0, 2**62),
        quiet=FLAGS,
    ),
    st.builds(TimeoutNow, **COMMON),
    st.builds(Trim, TERMS, st.integers(0, 2**62)),
)


def payload_of(message):
    run = getattr(message, "run", None)
    return b"" if run is None else bytes(range(run.bytes))


def as_bytes(incarnation, messages):
    return memoryview(
        b"".join(
            frame(incarnation, [(encode(group, message), payload_of(message)) for group, message in messages])
        )
    )


def read_all(data):
    incarnation, messages = decode(data, SENDER, TO)
    return incarnation, list(messages)


@given(st.integers(0, 2**64 - 1), st.lists(st.tuples(st.integers(0, 2**64 - 1), MESSAGES), max_size=4))
@settings(max_examples=150)
def test_frames_round_trip(incarnation, messages):
    found_incarnation, found = read_all(as_bytes(incarnation, messages))
    assert found_incarnation == incarnation
    assert [(one.group, one.message) for one in found] == messages
    assert [bytes(one.payload) for one in found] == [payload_of(message) for _, message in messages]


@given(st.lists(st.tuples(st.integers(0, 9), MESSAGES), min_size=1, max_size=3), st.data())
@settings(max_examples=100)
def test_every_cut_is_an_error(messages, data):
    whole = as_bytes(1, messages)
    with pytest.raises(CodecError):
        read_all(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(st.binary(max_size=120), st.booleans())
@settings(max_examples=200)
def test_any_bytes_are_messages_or_an_error(data, with_header):
    if with_header:
        data = b"\x01" + bytes(8) + b"\0\0\0\x05" + data
    with contextlib.suppress(CodecError):
        read_all(memoryview(data))


def test_the_log_start_travels_with_data():
    request = AppendRequest(
        sender=SENDER,
        to=TO,
        term=5,
        prev_term=5,
        prev=Position(9, 1),
        marks=(),
        run=None,
        commit=Position(9, 1),
    )
    _, found = read_all(memoryview(b"".join(frame(1, [(encode(7, request, 4),)]))))
    assert [one.message for one in found] == [request, Trim(5, 4)]


@given(
    configurations(),
    POSITIONS,
    TERMS,
    st.lists(MARKS, max_size=5, unique_by=lambda mark: mark.ordinal),
    TERMS,
    st.one_of(st.none(), st.integers(0, 2**31 - 1)),
)
@settings(max_examples=100)
def test_stored_groups_round_trip(configuration, start, start_term, marks, term, vote):
    stored = StoredGroup(
        configuration=configuration,
        start=start,
        start_term=start_term,
        marks=sorted(marks, key=lambda mark: mark.ordinal),
        term=term,
        vote=vote,
    )
    assert durable_records.load(stored.records()) == stored


@given(st.dictionaries(st.sampled_from([0, 1, 1 << 32, (1 << 32) + 1]), st.binary(max_size=40)))
@settings(max_examples=100)
def test_any_records_are_a_group_or_an_error(records):
    with contextlib.suppress(CodecError):
        durable_records.load(records)


def test_no_records_are_no_group():
    assert durable_records.load({}) is None
    assert durable_records.load({1: b"anything"}) is None
