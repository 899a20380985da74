import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.wire.errors import DecodeError
from engine.wire.varint import (
    read_uvarint,
    read_varint,
    read_varlong,
    skip_tagged_fields,
    uvarint_bytes,
    write_uvarint,
    write_varint,
)


@given(value=st.integers(0, 2**32 - 1), before=st.binary(max_size=3), after=st.binary(max_size=3))
def test_unsigned_round_trip(value, before, after):
    out = bytearray(before)
    write_uvarint(out, value)
    assert out == before + uvarint_bytes(value)
    assert read_uvarint(bytes(out) + after, len(before)) == (value, len(out))


@given(value=st.integers(-(2**63), 2**63 - 1))
def test_zig_zag_64_round_trip(value):
    out = bytearray()
    write_varint(out, value)
    assert len(out) <= 10
    assert read_varlong(out, 0) == (value, len(out))


@given(value=st.integers(-(2**31), 2**31 - 1))
def test_zig_zag_32_round_trip(value):
    out = bytearray()
    write_varint(out, value)
    assert read_varint(out, 0) == (value, len(out))


@pytest.mark.parametrize(
    ("value", "encoded"), [(0, "00"), (-1, "01"), (1, "02"), (63, "7e"), (-64, "7f"), (64, "8001"), (-(2**31), "ffffffff0f")]
)  # fmt: skip
def test_zig_zag_examples_of_the_protocol_guide(value, encoded):
    out = bytearray()
    write_varint(out, value)
    assert out.hex() == encoded


@pytest.mark.parametrize("data", ["", "80", "ffffffff", "ffffffffff01", "ffffffff1f", "808080808000"])
def test_bad_unsigned(data):
    with pytest.raises(DecodeError):
        read_uvarint(bytes.fromhex(data), 0)


@pytest.mark.parametrize("data", ["", "80", "ff" * 9, "ff" * 9 + "02", "ff" * 10 + "01"])
def test_bad_signed_64(data):
    with pytest.raises(DecodeError):
        read_varlong(bytes.fromhex(data), 0)


@pytest.mark.parametrize(
    ("data", "end"), [("00", 1), ("0100 00".replace(" ", ""), 3), ("02000161 0500".replace(" ", ""), 6)]
)
def test_tags_are_stepped_over(data, end):
    assert skip_tagged_fields(bytes.fromhex(data) + b"\xff", 0) == end


@pytest.mark.parametrize("data", ["", "01", "0100", "010002", "ffffffff0f", "0100ffffffff0f00"])
def test_bad_tags(data):
    with pytest.raises(DecodeError):
        skip_tagged_fields(bytes.fromhex(data), 0)


@given(data=st.binary(max_size=20), at=st.integers(0, 25))
def test_any_bytes(data, at):
    for read in (read_uvarint, read_varint, read_varlong):
        try:
            _, end = read(data, at)
        except DecodeError:
            continue
        assert at < end <= len(data)
