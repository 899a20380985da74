"""The four codecs of a record batch, bounded: a small blob never becomes a large surprise.

1 gzip    RFC 1952
2 snappy  a raw block (Go clients) or the xerial stream: magic, two i32 versions, then (i32 size, raw block)*
3 lz4     the frame format
4 zstd    RFC 8878
"""

import struct
from collections.abc import Callable

import cramjam

from engine.wire.errors import DecodeError
from engine.wire.varint import read_uvarint

Buffer = bytes | bytearray | memoryview

NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)
CODEC_NAMES = ("none", "gzip", "snappy", "lz4", "zstd")

DECOMPRESSED_BYTES_MAX = 128 * 1024 * 1024
"""The most one batch may unfold to, unless the caller says otherwise."""

_XERIAL_MAGIC = b"\x82SNAPPY\x00"
_XERIAL_HEADER_BYTES = 16
_XERIAL_BLOCK_BYTES = 32 * 1024
_FIRST_GUESS_BYTES = 64 * 1024
_FIRST_GUESS_RATIO = 8
# A copy of 64 bytes takes 3, so nothing grows more than this.
_SNAPPY_RATIO_MAX = 64
_OUT_OF_ROOM = "failed to write whole buffer"
_I32 = struct.Struct(">i")


def compress(codec: int, data: Buffer) -> bytes:
    """Compress `data` with codec 0 … 4; snappy in the xerial stream, which every client reads."""
    if codec == NONE:
        return bytes(data)
    if codec == GZIP:
        return bytes(cramjam.gzip.compress(data, level=6))
    if codec == SNAPPY:
        return _compress_xerial(data)
    if codec == LZ4:
        return bytes(cramjam.lz4.compress(data))
    if codec == ZSTD:
        return bytes(cramjam.zstd.compress(data, level=3))
    raise ValueError(f"no compression codec {codec}")


def decompress(codec: int, data: Buffer, *, max_bytes: int = DECOMPRESSED_BYTES_MAX) -> bytes:
    """Unfold `data`; `DecodeError` when it is damaged, of an unknown codec, or more than `max_bytes`."""
    if codec == NONE:
        return bytes(data)
    if codec == SNAPPY:
        return _decompress_snappy(bytes(data), max_bytes)
    if codec == GZIP:
        return _decompress(cramjam.gzip.decompress_into, "gzip", data, max_bytes)
    if codec == LZ4:
        return _decompress(cramjam.lz4.decompress_into, "lz4", data, max_bytes)
    if codec == ZSTD:
        return _decompress(cramjam.zstd.decompress_into, "zstd", data, max_bytes)
    raise DecodeError(f"no compression codec {codec}")


def _decompress(
    decompress_into: Callable[[Buffer, bytearray], int], name: str, data: Buffer, max_bytes: int
) -> bytes:
    # None of these formats promises its unfolded size, and a promise would be hostile input anyway:
    # the output buffer starts at a likely size and grows to the bound.
    room = min(max_bytes, max(_FIRST_GUESS_BYTES, _FIRST_GUESS_RATIO * len(data)))
    while True:
        out = bytearray(room)
        try:
            size = decompress_into(data, out)
        except cramjam.DecompressionError as error:
            if _OUT_OF_ROOM not in str(error):
                raise DecodeError(f"damaged {name} data: {error}") from None
            if room >= max_bytes:
                raise _too_large(max_bytes) from None
            room = min(max_bytes, room * 8)
        else:
            return bytes(memoryview(out)[:size])


def _too_large(max_bytes: int) -> DecodeError:
    return DecodeError(f"records unfold to more than {max_bytes} bytes")


def _compress_xerial(data: Buffer) -> bytes:
    view = memoryview(data)
    out = bytearray(_XERIAL_MAGIC + b"\0\0\0\1\0\0\0\1")
    for start in range(0, len(view), _XERIAL_BLOCK_BYTES):
        block = bytes(cramjam.snappy.compress_raw(view[start : start + _XERIAL_BLOCK_BYTES]))
        out += _I32.pack(len(block))
        out += block
    return bytes(out)


def _decompress_snappy(data: bytes, max_bytes: int) -> bytes:
    if not data.startswith(_XERIAL_MAGIC):
        return _decompress_block(data, 0, max_bytes)
    out = bytearray()
    at = _XERIAL_HEADER_BYTES
    while at < len(data):
        end = at + 4
        if end > len(data):
            raise DecodeError("damaged snappy data: a block's size is cut short")
        size = int.from_bytes(data[at:end], "big")
        at = end
        end = at + size
        if end > len(data):
            raise DecodeError("damaged snappy data: a block runs past the end")
        out += _decompress_block(data[at:end], len(out), max_bytes)
        at = end
    return bytes(out)


def _decompress_block(block: bytes, before_bytes: int, max_bytes: int) -> bytes:
    # The block begins with its unfolded size, which the decoder would allocate on trust.
    size, _ = read_uvarint(block, 0)
    if before_bytes + size > max_bytes:
        raise _too_large(max_bytes)
    if size > _SNAPPY_RATIO_MAX * len(block):
        raise DecodeError("damaged snappy data: impossible size")
    try:
        return bytes(cramjam.snappy.decompress_raw(block))
    except cramjam.DecompressionError as error:
        raise DecodeError(f"damaged snappy data: {error}") from None
