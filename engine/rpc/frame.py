"""The frame of the broker-to-broker protocol, big-endian; pure.

    0   4  length of all that follows
    4   1  kind
    5   1  zero
    6   2  method; 0 where the kind has none
    8   8  correlation; 0 where nothing is answered
    16  4  CRC-32C of bytes 4 … 15 and the payload
    20     payload

A frame is cut by `engine.net.frames.FrameCutter`, which takes the length off. The payload stays a view of the frame's own
bytes: batches in it are handed to the log as they are.
"""

import struct
from collections.abc import Sequence
from enum import IntEnum

from engine.rpc.errors import ProtocolError
from engine.wire.checksum import crc32c

_HEAD = struct.Struct(">BBHQ")
_CRC = struct.Struct(">I")
_LENGTH = struct.Struct(">i")
BODY_HEADER_BYTES = _HEAD.size + _CRC.size
FRAME_HEADER_BYTES = _LENGTH.size + BODY_HEADER_BYTES
FRAME_BYTES_MAX = 128 << 20
"""Larger than the largest record batch a topic may allow (`max.message.bytes` is far below)."""

Payload = Sequence[bytes | bytearray | memoryview]
"""Parts that go out one behind the other; kept unchanged by the sender until they have left."""


class Kind(IntEnum):
    """What a frame is."""

    HELLO = 1
    WELCOME = 2
    REFUSED = 3
    MESSAGE = 4
    REQUEST = 5
    RESPONSE = 6
    ERROR = 7
    PING = 8
    PONG = 9


_KINDS = {int(kind): kind for kind in Kind}


def encode_frame(
    kind: Kind, method: int, correlation: int, payload: Payload
) -> list[bytes | bytearray | memoryview]:
    """The parts to send. Raises `ProtocolError` for a payload no peer would take."""
    head = _HEAD.pack(kind, 0, method, correlation)
    crc = crc32c(head)
    size = BODY_HEADER_BYTES
    for part in payload:
        crc = crc32c(part, crc)
        size += len(part)
    if size > FRAME_BYTES_MAX:
        raise ProtocolError(f"a frame of {size} bytes is larger than {FRAME_BYTES_MAX}")
    return [_LENGTH.pack(size) + head + _CRC.pack(crc), *payload]


def decode_frame(body: bytearray) -> tuple[Kind, int, int, memoryview]:
    """(kind, method, correlation, payload) of a frame without its length. Raises `ProtocolError`."""
    if len(body) < BODY_HEADER_BYTES:
        raise ProtocolError(f"a frame of {len(body)} bytes is too short")
    number, _, method, correlation = _HEAD.unpack_from(body)
    view = memoryview(body)
    payload = view[BODY_HEADER_BYTES:]
    if crc32c(payload, crc32c(view[: _HEAD.size])) != _CRC.unpack_from(body, _HEAD.size)[0]:
        raise ProtocolError("a frame's checksum does not match")
    kind = _KINDS.get(number)
    if kind is None:
        raise ProtocolError(f"frames of kind {number} are not known")
    return kind, method, correlation, payload
