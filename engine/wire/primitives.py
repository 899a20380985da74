"""The protocol's strings, ids and counts, legacy and compact: what the hot codecs are made of.

Readers take a memoryview and a position and return the value with the position behind it. They raise
`DecodeError`, `IndexError` or `struct.error` on bytes that end early and `UnicodeDecodeError` on bad
text; the codec that calls them makes one `DecodeError` of it all.
"""

import struct
from collections.abc import Sequence
from uuid import UUID

# Modules, not names: their .pxd files bind the same calls to C when compiled.
import engine.wire.fixed as fixed
import engine.wire.varint as varint
from engine.wire.errors import DecodeError
from engine.wire.varint import uvarint_bytes, write_uvarint

_I16 = struct.Struct(">h")
_I32 = struct.Struct(">i")

ZERO_UUID = UUID(int=0)

NodeEndpoint = tuple[int, str, int, str | None]
"""(node_id, host, port, rack)."""


def read_count(view: memoryview, at: int) -> tuple[int, int]:
    """Read a compact array count, 0 for null; never more elements than bytes are left."""
    count = view[at]
    at += 1
    if count > 0x7F:
        count, at = varint.read_uvarint(view, at - 1)
    if count > len(view) - at + 1:
        raise DecodeError(f"{count - 1} elements in {len(view) - at} bytes")
    return (count - 1 if count else 0), at


def read_uuid(view: memoryview, at: int) -> tuple[UUID, int]:
    """Read 16 bytes."""
    end = at + 16
    if end > len(view):
        raise DecodeError("a topic id runs past the end")
    return UUID(bytes=bytes(view[at:end])), end


def read_compact_string(view: memoryview, at: int) -> tuple[str, int]:
    """Read a compact string that may not be null."""
    raw = view  # typed in the .pxd: indexing it is C
    length = raw[at]
    at += 1
    if length > 0x7F:
        length, at = varint.read_uvarint(raw, at - 1)
    end = at + length - 1
    if length == 0 or end > len(raw):
        raise DecodeError("a string is null or runs past the end")
    return str(view[at:end], "utf-8"), end


def read_legacy_count(view: memoryview, at: int, element_bytes_min: int) -> tuple[int, int]:
    """Read an i32 array count, 0 for null; each element takes `element_bytes_min` at least."""
    count = fixed.read_i32(view, at)
    at += 4
    if count < -1 or count * element_bytes_min > len(view) - at:
        raise DecodeError(f"{count} elements in {len(view) - at} bytes")
    return (0 if count < 0 else count), at


def read_legacy_string(view: memoryview, at: int) -> tuple[str, int]:
    """Read a string with an i16 length that may not be null."""
    raw = view
    length = fixed.read_i16(raw, at)
    at += 2
    end = at + length
    if length < 0 or end > len(raw):
        raise DecodeError("a string is null or runs past the end")
    return str(view[at:end], "utf-8"), end


def compact_string(value: str | None) -> bytes:
    """Encode a nullable compact string."""
    if value is None:
        return b"\0"
    encoded = value.encode()
    return uvarint_bytes(len(encoded) + 1) + encoded


def legacy_string(value: str | None) -> bytes:
    """Encode a nullable string with an i16 length; what does not fit its 32767 bytes is cut."""
    if value is None:
        return b"\xff\xff"
    encoded = value.encode()
    if len(encoded) > 0x7FFF:
        encoded = encoded[:0x7FFF].decode(errors="ignore").encode()
    return _I16.pack(len(encoded)) + encoded


def node_endpoints(nodes: Sequence[NodeEndpoint]) -> bytes:
    """Encode the node_endpoints tag that Produce 10+ and Fetch 16+ share (KIP-951)."""
    out = bytearray()
    write_uvarint(out, len(nodes) + 1)
    for node_id, host, port, rack in nodes:
        out += _I32.pack(node_id) + compact_string(host) + _I32.pack(port) + compact_string(rack) + b"\0"
    return bytes(out)
