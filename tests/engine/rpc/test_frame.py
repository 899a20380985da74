"""Frames and hellos: round trips, hostile bytes, refusals."""

import contextlib
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.rpc.errors import HelloRefused, ProtocolError, Refusal
from engine.rpc.frame import FRAME_HEADER_BYTES, Kind, decode_frame, encode_frame
from engine.rpc.hello import (
    Hello,
    Identity,
    decode_hello,
    decode_refusal,
    decode_welcome,
    encode_hello,
    encode_refusal,
    encode_welcome,
    judge,
)

A, B = UUID(int=1), UUID(int=2)


@given(
    st.sampled_from(Kind),
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**64 - 1),
    st.lists(st.binary(max_size=30), max_size=4),
)
@settings(max_examples=60)
def test_round_trip(kind, method, correlation, payload):
    data = b"".join(encode_frame(kind, method, correlation, payload))
    assert int.from_bytes(data[:4], "big") == len(data) - 4
    assert decode_frame(bytearray(data[4:])) == (kind, method, correlation, b"".join(payload))


@given(st.binary(max_size=60))
@settings(max_examples=100)
def test_any_bytes_are_a_frame_or_an_error(data):
    with contextlib.suppress(ProtocolError):
        decode_frame(bytearray(data))


@given(st.data())
@settings(max_examples=60)
def test_a_flipped_bit_is_noticed(data):
    body = bytearray(b"".join(encode_frame(Kind.MESSAGE, 7, 9, (b"payload",)))[4:])
    bit = data.draw(st.integers(0, len(body) * 8 - 1))
    body[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ProtocolError):
        decode_frame(body)


def test_header_size():
    assert len(encode_frame(Kind.PING, 0, 0, ())[0]) == FRAME_HEADER_BYTES


def test_hello_round_trip():
    hello = Hello(identity=Identity(node_id=3, cluster_uuid=A, host_uuid=B), wanted_node_id=1)
    assert decode_hello(memoryview(encode_hello(hello) + b"later")) == hello
    assert decode_welcome(memoryview(encode_welcome(1, hello.identity))) == (1, A, 3)
    found = decode_refusal(memoryview(encode_refusal(HelloRefused(2, "why"))))
    assert (found.code, str(found)) == (2, "why")


@pytest.mark.parametrize("decode", [decode_hello, decode_welcome, decode_refusal])
def test_short_greetings_are_errors(decode):
    with pytest.raises(ProtocolError):
        decode(memoryview(b""))


@pytest.mark.parametrize(
    ("hello", "code", "words"),
    [
        (Hello(identity=Identity(), version_min=9, version_max=9), Refusal.VERSION, "versions 9 to 9"),
        (Hello(identity=Identity(cluster_uuid=B)), Refusal.CLUSTER, str(B)),
        (
            Hello(identity=Identity(node_id=2), wanted_node_id=5),
            Refusal.WRONG_NODE,
            "wants node 5, this is node 1",
        ),
        (Hello(identity=Identity(node_id=1)), Refusal.NODE_ID_TAKEN, "node 1"),
    ],
)
def test_refusals_say_why(hello, code, words):
    with pytest.raises(HelloRefused, match=words) as found:
        judge(hello, Identity(node_id=1, cluster_uuid=A))
    assert found.value.code == code


@pytest.mark.parametrize(
    ("hello", "own"),
    [
        (
            Hello(identity=Identity(node_id=2, cluster_uuid=A), wanted_node_id=1),
            Identity(node_id=1, cluster_uuid=A),
        ),
        (Hello(identity=Identity()), Identity(node_id=1, cluster_uuid=A)),
        (Hello(identity=Identity(node_id=2, cluster_uuid=A), wanted_node_id=1), Identity()),
        (Hello(identity=Identity(), version_max=99), Identity()),
    ],
)
def test_accepted(hello, own):
    assert judge(hello, own) == 1
