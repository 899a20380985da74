"""Variable-length integers (little-endian base 128) and the tagged fields built on them (KIP-482).

    unsigned   0 … 2^32-1, at most 5 bytes: compact lengths, counts, tags
    zig-zag    i32 in at most 5 bytes, i64 in at most 10: inside records

Readers take any buffer and a position and return the value with the position behind it; bytes that
end early or do not fit raise `DecodeError`.
"""

from engine.wire.errors import DecodeError

Buffer = bytes | bytearray | memoryview

_UVARINT_SHIFT_MAX = 28
_VARLONG_SHIFT_MAX = 63


def read_uvarint(buf: Buffer, at: int) -> tuple[int, int]:
    """Read an unsigned varint below 2^32."""
    value = 0
    shift = 0
    size = len(buf)
    while at < size:
        byte = buf[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value > 0xFFFFFFFF:
                raise DecodeError("varint beyond 32 bits")
            return value, at
        shift += 7
        if shift > _UVARINT_SHIFT_MAX:
            raise DecodeError("varint of more than 5 bytes")
    raise DecodeError("varint runs past the end")


def read_varlong(buf: Buffer, at: int) -> tuple[int, int]:
    """Read a zig-zag varint of up to 64 bits."""
    value = 0
    shift = 0
    size = len(buf)
    while at < size:
        byte = buf[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if shift == _VARLONG_SHIFT_MAX and byte > 1:
                raise DecodeError("varlong beyond 64 bits")
            # Written without a negated unsigned number, which C reads differently.
            half = value >> 1
            return (-half - 1 if value & 1 else half), at
        shift += 7
        if shift > _VARLONG_SHIFT_MAX:
            raise DecodeError("varlong of more than 10 bytes")
    raise DecodeError("varlong runs past the end")


def read_varint(buf: Buffer, at: int) -> tuple[int, int]:
    """Read a zig-zag varint of up to 32 bits."""
    value, at = read_uvarint(buf, at)
    return (value >> 1) ^ -(value & 1), at


def skip_tagged_fields(buf: Buffer, at: int) -> int:
    """Step over a tag section whatever it holds; return the position behind it."""
    if at < len(buf) and buf[at] == 0:
        return at + 1
    count, at = read_uvarint(buf, at)
    size = len(buf)
    if count > size - at:
        raise DecodeError(f"{count} tagged fields in {size - at} bytes")
    for _ in range(count):
        _tag, at = read_uvarint(buf, at)
        length, at = read_uvarint(buf, at)
        at += length
        if at > size:
            raise DecodeError("a tagged field runs past the end")
    return at


def write_uvarint(out: bytearray, value: int) -> None:
    """Append an unsigned varint."""
    while value > 0x7F:
        out.append((value & 0x7F) | 0x80)
        value >>= 7
    out.append(value)


def write_varint(out: bytearray, value: int) -> None:
    """Append a zig-zag varint of an i32 or i64."""
    write_uvarint(out, value * 2 if value >= 0 else value * -2 - 1)


def uvarint_bytes(value: int) -> bytes:
    """Return `value` as an unsigned varint."""
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    write_uvarint(out, value)
    return bytes(out)
