"""Every message that is not hot: decoded to plain values, encoded from a superset of all versions' fields.

Handlers speak one shape an API. `decode_request` gives a `Message` whose fields carry Kafka's names in
snake case, times as ints of ms (`timeout_ms`), the zero uuid as None; fields that the client's version
lacks read as their defaults. `encode_response` takes nested mappings (or objects) with every field the
newest version knows and leaves out what the asked version does not have; a null that a version cannot
carry becomes empty, and a name that no version knows is an error.
"""

from collections.abc import Iterable

from engine.wire.errors import DecodeError, EncodeError
from engine.wire.message_codec import Message, MessageCodec
from engine.wire.message_schema import MessageSchema, parse
from engine.wire.message_schemas import MESSAGES

__all__ = [
    "Message",
    "decode_request",
    "decode_response",
    "encode_request",
    "encode_response",
    "schema",
    "version_range",
    "warm",
]

REQUEST = 0
RESPONSE = 1

_schemas: dict[tuple[int, int], MessageSchema] = {}
_codecs: dict[tuple[int, int, int], MessageCodec] = {}


def schema(api_key: int, kind: int) -> MessageSchema:
    """Return a message's schema, `kind` being REQUEST or RESPONSE; `KeyError` for an unknown API."""
    found = _schemas.get((api_key, kind))
    if found is None:
        found = _schemas[api_key, kind] = parse(MESSAGES[api_key][kind])
    return found


def version_range(api_key: int) -> tuple[int, int]:
    """Return the first and last version there are schemas for; `KeyError` for an unknown API."""
    versions = schema(api_key, REQUEST).versions
    return versions.first, versions.last


def _codec(api_key: int, kind: int, version: int) -> MessageCodec | None:
    found = _codecs.get((api_key, kind, version))
    if found is None:
        if api_key not in MESSAGES or version not in schema(api_key, kind).versions:
            return None
        found = _codecs[api_key, kind, version] = MessageCodec(schema(api_key, kind), version)
    return found


def decode_request(api_key: int, version: int, buf: bytes | bytearray | memoryview, at: int = 0) -> Message:
    """Decode a request's body at `at`; bytes behind it are ignored, unknown tags skipped.

    Any bytes give a message or `DecodeError`, which also says that there is no such API or version.
    """
    codec = _codec(api_key, REQUEST, version)
    if codec is None:
        raise DecodeError(f"no request with API key {api_key}, version {version}")
    return codec.decode(buf, at)


def encode_response(api_key: int, version: int, body: object) -> bytes:
    """Encode a response's body (no header) from a mapping or an object with a superset of its fields.

    Raises `EncodeError` for fields that no version has and values that do not fit.
    """
    codec = _codec(api_key, RESPONSE, version)
    if codec is None:
        raise EncodeError(f"no response with API key {api_key}, version {version}")
    return codec.encode(body)


def encode_request(api_key: int, version: int, body: object) -> bytes:
    """Encode a request's body, as `encode_response` does for responses."""
    codec = _codec(api_key, REQUEST, version)
    if codec is None:
        raise EncodeError(f"no request with API key {api_key}, version {version}")
    return codec.encode(body)


def decode_response(api_key: int, version: int, buf: bytes | bytearray | memoryview, at: int = 0) -> Message:
    """Decode a response's body, as `decode_request` does for requests."""
    codec = _codec(api_key, RESPONSE, version)
    if codec is None:
        raise DecodeError(f"no response with API key {api_key}, version {version}")
    return codec.decode(buf, at)


def warm(api_keys: Iterable[int]) -> None:
    """Make the codecs of these APIs' newest versions now, rather than on the first request."""
    for api_key in api_keys:
        for kind in (REQUEST, RESPONSE):
            _codec(api_key, kind, schema(api_key, kind).versions.last)
