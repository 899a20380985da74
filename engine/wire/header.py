"""Request and response headers, and which versions are flexible (KIP-482).

    request v1   api_key i16 | api_version i16 | correlation_id i32 | client_id nullable string (i16 length)
    request v2   the same, then tagged fields           (flexible versions)
    response v0  correlation_id i32
    response v1  correlation_id i32, then tagged fields (flexible versions, except ApiVersions)

A frame is an i32 length, a header and a body; `frame_prefix` makes the first two.
"""

import struct

from engine.wire.api_keys import ApiKey
from engine.wire.errors import DecodeError
from engine.wire.varint import skip_tagged_fields

_NEVER = 0x7FFF
_ALWAYS = -0x8000

# The first flexible version of each API, by key; a test holds this against the message schemas.
_FIRST_FLEXIBLE: dict[int, int] = {
    0: 9, 1: 12, 2: 6, 3: 9, 8: 8, 9: 6, 10: 3, 11: 6, 12: 4, 13: 4, 14: 4, 15: 5, 16: 3, 17: _NEVER, 18: 3,
    19: 5, 20: 4, 21: 2, 22: 2, 23: 4, 24: 3, 25: 3, 26: 3, 27: 1, 28: 3, 29: 2, 30: 2, 31: 2, 32: 4, 33: 2,
    34: 2, 35: 2, 36: 2, 37: 2, 38: 2, 39: 2, 40: 2, 41: 2, 42: 2, 43: 2, 44: 1, 45: 0, 46: 0, 47: _NEVER,
    48: 1, 49: 1, 53: 1, 54: 1,
}  # fmt: skip
# Every API younger than these was flexible from its first version.
_FIRST_ALWAYS_FLEXIBLE_KEY = 50

_KEYS = 128
_FLEXIBLE_FROM = [
    _FIRST_FLEXIBLE.get(key, _ALWAYS if key >= _FIRST_ALWAYS_FLEXIBLE_KEY else _NEVER) for key in range(_KEYS)
]

_REQUEST = struct.Struct(">hhih")
_RESPONSE_PREFIX = struct.Struct(">ii")
_I32 = struct.Struct(">i")


class RequestHeader:
    """One request's header. `body_at` is where the body begins in the frame it was parsed from."""

    __slots__ = ("api_key", "api_version", "body_at", "client_id", "correlation_id")

    def __init__(
        self, api_key: int, api_version: int, correlation_id: int, client_id: str | None, body_at: int
    ) -> None:
        self.api_key = api_key
        self.api_version = api_version
        self.correlation_id = correlation_id
        self.client_id = client_id
        self.body_at = body_at

    def __repr__(self) -> str:
        return (
            f"RequestHeader(api_key={self.api_key}, api_version={self.api_version}, "
            f"correlation_id={self.correlation_id}, client_id={self.client_id!r}, body_at={self.body_at})"
        )


def is_flexible(api_key: int, api_version: int) -> bool:
    """Whether this version uses compact lengths and tagged fields."""
    if 0 <= api_key < _KEYS:
        return api_version >= _FLEXIBLE_FROM[api_key]
    return api_key >= _FIRST_ALWAYS_FLEXIBLE_KEY


def parse_request_header(buf: bytes | bytearray | memoryview, at: int = 0) -> RequestHeader:
    """Read the header at `at` (behind the frame's length); `DecodeError` when the bytes are no header."""
    try:
        api_key, api_version, correlation_id, length = _REQUEST.unpack_from(buf, at)
    except struct.error:
        raise DecodeError(f"a request header needs 10 bytes, {max(0, len(buf) - at)} are there") from None
    at += 10
    client_id = None
    if length >= 0:
        end = at + length
        if end > len(buf):
            raise DecodeError(f"client_id of {length} bytes runs past the frame's end")
        try:
            client_id = str(buf[at:end], "utf-8")
        except UnicodeDecodeError:
            raise DecodeError("client_id is not UTF-8") from None
        at = end
    elif length != -1:
        raise DecodeError(f"client_id with length {length}")
    if is_flexible(api_key, api_version):
        at = at + 1 if at < len(buf) and buf[at] == 0 else skip_tagged_fields(buf, at)
    return RequestHeader(api_key, api_version, correlation_id, client_id, at)


def response_header(api_key: int, api_version: int, correlation_id: int) -> bytes:
    """Return the response's header: 4 bytes, and an empty tag section where the version has one."""
    header = _I32.pack(correlation_id)
    if api_key != ApiKey.API_VERSIONS and is_flexible(api_key, api_version):
        return header + b"\0"
    return header


def frame_prefix(api_key: int, api_version: int, correlation_id: int, body_bytes: int) -> bytes:
    """Return the frame's length and the response header, for a body of `body_bytes` that follows."""
    if api_key != ApiKey.API_VERSIONS and is_flexible(api_key, api_version):
        return _RESPONSE_PREFIX.pack(body_bytes + 5, correlation_id) + b"\0"
    return _RESPONSE_PREFIX.pack(body_bytes + 4, correlation_id)


def request_header(api_key: int, api_version: int, correlation_id: int, client_id: str | None) -> bytes:
    """Return a request's header, as a client sends it (tests and broker-to-broker calls)."""
    encoded = b"" if client_id is None else client_id.encode()
    length = -1 if client_id is None else len(encoded)
    header = _REQUEST.pack(api_key, api_version, correlation_id, length) + encoded
    return header + b"\0" if is_flexible(api_key, api_version) else header
