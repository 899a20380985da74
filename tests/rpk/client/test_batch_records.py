"""Record batches taken apart: known bytes, codecs, and hostile ones."""

import contextlib
import struct
import zlib

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpk.client.batch_records import batches, decompress, records
from rpk.client.wire import WireError


def varint(value):
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def sized(data):
    return varint(-1) if data is None else varint(len(data)) + data


def record(delta, key, value, headers=()):
    body = b"\0" + varint(delta) + varint(delta) + sized(key) + sized(value) + varint(len(headers))
    body += b"".join(sized(name) + sized(data) for name, data in headers)
    return varint(len(body)) + body


def batch(body, count, *, base=100, attributes=0):
    header = struct.pack(">ibIhiqqqhii", 5, 2, 0, attributes, count - 1, 1000, 2000, 77, 3, 0, count)
    return struct.pack(">qi", base, len(header) + len(body)) + header + body


BODY = record(0, b"k", b"v", [(b"h", None), (b"h", b"x")]) + record(1, None, None)
XERIAL = b"\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"


def framed(data):
    block = bytes(cramjam.snappy.compress_raw(data))
    return XERIAL + struct.pack(">i", len(block)) + block


@pytest.mark.parametrize(
    ("codec", "compress"),
    [
        (0, bytes),
        (1, lambda data: zlib.compress(data, wbits=31)),
        (2, lambda data: bytes(cramjam.snappy.compress_raw(data))),
        (2, framed),
        (3, lambda data: bytes(cramjam.lz4.compress(data))),
        (4, lambda data: bytes(cramjam.zstd.compress(data))),
    ],
)
def test_records_of_every_codec(codec, compress):
    ((header, body),) = batches(batch(compress(BODY), 2, attributes=codec))
    assert (header.base_offset, header.last_offset, header.leader_epoch) == (100, 101, 5)
    assert (header.producer_id, header.producer_epoch) == (77, 3)
    assert list(records(header, body)) == [
        (100, 1000, b"k", b"v", [("h", None), ("h", b"x")]),
        (101, 1001, None, None, []),
    ]


def test_append_time_is_the_batchs():
    ((header, body),) = batches(batch(BODY, 2, attributes=8))
    assert [fields[1] for fields in records(header, body)] == [2000, 2000]


def test_a_cut_last_batch_is_left_out():
    whole = batch(BODY, 2)
    assert len(list(batches(whole + whole[:-1]))) == 1


@given(st.binary(max_size=80), st.integers(0, 7), st.integers(-1, 9))
def test_any_body_gives_records_or_an_error(body, codec, count):
    ((header, data),) = batches(batch(body, count, attributes=codec))
    with contextlib.suppress(WireError):
        list(records(header, data))


@given(st.binary(max_size=200))
def test_any_bytes_give_batches_or_an_error(data):
    with contextlib.suppress(WireError):
        list(batches(data))


def test_unknown_codec():
    with pytest.raises(WireError):
        decompress(6, b"x")
