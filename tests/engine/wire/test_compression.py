import contextlib

import cramjam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.wire.compression import compress, decompress
from engine.wire.errors import DecodeError

CODECS = pytest.mark.parametrize("codec", range(5))
MODEST = settings(max_examples=30, deadline=None)


@CODECS
@MODEST
@given(data=st.binary(max_size=5000), times=st.integers(1, 30))
def test_round_trip(codec, data, times):
    data = data * times
    assert decompress(codec, compress(codec, data)) == data
    assert decompress(codec, memoryview(compress(codec, memoryview(data)))) == data


@pytest.mark.parametrize("codec", [1, 2, 3, 4])
def test_bombs_are_refused(codec):
    bomb = compress(codec, bytes(3_000_000))
    assert len(bomb) < 300_000
    with pytest.raises(DecodeError, match="more than 1000000 bytes"):
        decompress(codec, bomb, max_bytes=1_000_000)
    assert len(decompress(codec, bomb, max_bytes=3_000_000)) == 3_000_000


def test_snappy_reads_a_raw_block_too():
    data = b"hello " * 100
    assert decompress(2, bytes(cramjam.snappy.compress_raw(data))) == data


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"\xff\xff\xff\xff\x0f",
        b"\x80\x80\x80\x30",
        b"\x05abc",
        b"\x82SNAPPY\0" + bytes(8) + b"\0\0\0\x09a",
    ],
)
def test_damaged_snappy(block):
    with pytest.raises(DecodeError):
        decompress(2, block)


@pytest.mark.parametrize("codec", [5, 6, 7])
def test_unknown_codecs(codec):
    with pytest.raises(DecodeError):
        decompress(codec, b"abc")
    with pytest.raises(ValueError, match="no compression codec"):
        compress(codec, b"abc")


@pytest.mark.parametrize("codec", [1, 2, 3, 4])
@MODEST
@given(data=st.binary(max_size=300), junk=st.data())
def test_damaged_data_gives_bytes_or_decode_error(codec, data, junk):
    packed = bytearray(compress(codec, data))
    for _ in range(junk.draw(st.integers(1, 4))):
        packed[junk.draw(st.integers(0, len(packed) - 1))] = junk.draw(st.integers(0, 255))
    with contextlib.suppress(DecodeError):
        assert len(decompress(codec, packed, max_bytes=100_000)) <= 100_000
