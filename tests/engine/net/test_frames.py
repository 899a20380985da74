"""The frame cutter: the same frames whatever the chunks, and nothing but `FrameError` for a bad length."""

import struct
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.net import frames
from engine.net.frames import FRAME_BYTES_MIN, FrameCutter, FrameError

LIMIT = 1 << 16


def framed(bodies):
    return b"".join(struct.pack(">i", len(body)) + body for body in bodies)


def receive(cutter, stream, chunks, direct_from):
    """Feed `stream` as a connection does: left-over bytes go in front, long rests straight into the frame."""
    out, rest, at = [], b"", 0
    sizes = iter(chunks)
    while at < len(stream):
        size = next(sizes, len(stream))
        if cutter.missing >= direct_from:
            tail = cutter.tail()
            size = min(size, len(tail), len(stream) - at)
            tail[:size] = stream[at : at + size]
            at += size
            cutter.tail_filled(size, out)
            continue
        data = rest + stream[at : at + size]
        at += size
        used = cutter.cut(memoryview(data), len(data), out)
        rest = data[used:]
    return out, rest


bodies = st.lists(st.binary(min_size=FRAME_BYTES_MIN, max_size=300), max_size=12)
chunks = st.lists(st.integers(1, 200), max_size=60)


@given(bodies, chunks, st.integers(1, 400))
def test_any_chunking_gives_the_same_frames(bodies, chunks, direct_from):
    cutter = FrameCutter(lambda size: True, LIMIT)
    out, rest = receive(cutter, framed(bodies), chunks, direct_from)
    assert [bytes(frame) for frame in out] == bodies
    assert all(type(frame) is bytearray for frame in out)
    assert rest == b""
    assert cutter.missing == 0


@given(bodies, chunks, st.integers(1, 400))
def test_memory_comes_with_the_bytes(bodies, chunks, direct_from):
    with patch.object(frames, "ALLOCATED_AT_ONCE_BYTES", 16):
        test_any_chunking_gives_the_same_frames.hypothesis.inner_test(bodies, chunks, direct_from)


def test_announcing_a_large_frame_takes_little_memory():
    limit = 100 << 20
    cutter = FrameCutter(lambda size: True, limit)
    out = []
    cutter.cut(memoryview(struct.pack(">i", limit) + b"head"), 8, out)
    assert cutter.missing == limit - 4
    assert len(cutter.frame) == frames.ALLOCATED_AT_ONCE_BYTES
    while cutter.missing:
        tail = cutter.tail()
        assert len(cutter.frame) <= max(2 * cutter.filled, frames.ALLOCATED_AT_ONCE_BYTES)
        size = len(tail)
        del tail
        cutter.tail_filled(size, out)
    assert [len(frame) for frame in out] == [limit]


@given(st.binary(max_size=600), chunks)
def test_any_bytes_give_frames_or_a_frame_error(stream, chunks):
    cutter = FrameCutter(lambda size: True, 128)
    try:
        out, rest = receive(cutter, stream, chunks, 32)
    except FrameError:
        return
    unfinished = b"" if cutter.frame is None else struct.pack(">i", len(cutter.frame))
    whole = framed(bytes(frame) for frame in out) + unfinished
    if cutter.frame is not None:
        whole += bytes(cutter.frame[: cutter.filled])
    assert whole + rest == stream


def test_a_frame_that_is_not_admitted_stays_with_the_caller():
    admitted = [True, False]
    cutter = FrameCutter(lambda size: admitted.pop(0), LIMIT)
    data = memoryview(framed([b"a" * 10, b"b" * 10]))
    out = []
    assert cutter.cut(data, len(data), out) == 14
    assert out == [b"a" * 10]
    admitted[:] = [True]
    assert cutter.cut(data[14:], 14, out) == 14
    assert out == [b"a" * 10, b"b" * 10]


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (b"GET / HTTP/1.1\r\n", "HTTP"),
        (b"\x16\x03\x01\x02\x00\x01", "TLS"),
        (b"\xff\xff\xff\xff", "-1 bytes"),
        (b"\x00\x00\x00\x03abc", "3 bytes"),
        (struct.pack(">i", LIMIT + 1), f"{LIMIT + 1} bytes"),
    ],
)
def test_the_error_says_what_came(first, said):
    cutter = FrameCutter(lambda size: True, LIMIT)
    with pytest.raises(FrameError, match=said):
        cutter.cut(memoryview(first), len(first), [])
