"""Fixed-width big-endian numbers, one at a time.

Interpreted modules call these; compiled ones get the inline C of `fixed.pxd` under the same names. Bytes
that end early raise `struct.error` here and `IndexError` there.
"""

import struct

from engine.wire.varint import Buffer

_I16 = struct.Struct(">h")
_I32 = struct.Struct(">i")
_I64 = struct.Struct(">q")


def read_i16(buf: Buffer, at: int) -> int:
    """Read two bytes."""
    value: int = _I16.unpack_from(buf, at)[0]
    return value


def read_i32(buf: Buffer, at: int) -> int:
    """Read four bytes."""
    value: int = _I32.unpack_from(buf, at)[0]
    return value


def read_i64(buf: Buffer, at: int) -> int:
    """Read eight bytes."""
    value: int = _I64.unpack_from(buf, at)[0]
    return value


def write_i32(buf: bytearray | memoryview, at: int, value: int) -> None:
    """Write four bytes in place."""
    _I32.pack_into(buf, at, value)


def write_i64(buf: bytearray | memoryview, at: int, value: int) -> None:
    """Write eight bytes in place."""
    _I64.pack_into(buf, at, value)
