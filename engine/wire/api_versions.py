"""ApiVersions responses by hand: the first thing every connection asks, encoded once and kept.

Version 0 lists (api_key, min, max); 1 adds the throttle; 3 is flexible and carries features (KIP-584).
A client that asks with a version this broker lacks gets error 35 in a *version 0* body (KIP-511).
"""

import struct
from collections.abc import Mapping, Sequence

from engine.wire.varint import uvarint_bytes, write_uvarint

VERSION_MIN = 0
VERSION_MAX = 4
FLEXIBLE_FROM = 3

_RANGE = struct.Struct(">hhh")
_I16 = struct.Struct(">h")
_I32 = struct.Struct(">i")
_I64 = struct.Struct(">q")

Ranges = Sequence[tuple[int, int, int]]
"""(api_key, first version, last version) of each API served."""


def encode_api_versions_response(
    version: int,
    ranges: Ranges,
    *,
    error_code: int = 0,
    throttle_ms: int = 0,
    supported_features: Mapping[str, tuple[int, int]] | None = None,
    finalized_features: Mapping[str, int] | None = None,
    finalized_features_epoch: int = -1,
) -> bytes:
    """Encode the body.

    `supported_features` maps a feature to its (first, last) level, `finalized_features` to its level in
    force; both only from version 3. Version 3 leaves out features whose first level is 0, which its
    clients reject (KAFKA-17011).
    """
    if version < FLEXIBLE_FROM:
        out = bytearray(_I16.pack(error_code))
        out += _I32.pack(len(ranges))
        for api_range in ranges:
            out += _RANGE.pack(*api_range)
        if version >= 1:
            out += _I32.pack(throttle_ms)
        return bytes(out)
    out = bytearray(_I16.pack(error_code))
    write_uvarint(out, len(ranges) + 1)
    for api_range in ranges:
        out += _RANGE.pack(*api_range)
        out += b"\0"
    out += _I32.pack(throttle_ms)
    tags: list[tuple[int, bytes]] = []
    supported = [
        (name, first, last)
        for name, (first, last) in (supported_features or {}).items()
        if version >= 4 or first > 0
    ]
    if supported:
        tags.append((0, _features(supported)))
    if finalized_features_epoch != -1:
        tags.append((1, _I64.pack(finalized_features_epoch)))
    if finalized_features:
        # max_version_level, then min_version_level
        tags.append((2, _features([(name, level, level) for name, level in finalized_features.items()])))
    out += uvarint_bytes(len(tags))
    for tag, body in tags:
        out += uvarint_bytes(tag) + uvarint_bytes(len(body)) + body
    return bytes(out)


def _features(features: Sequence[tuple[str, int, int]]) -> bytes:
    out = bytearray()
    write_uvarint(out, len(features) + 1)
    for name, first, last in features:
        encoded = name.encode()
        write_uvarint(out, len(encoded) + 1)
        out += encoded + _I16.pack(first) + _I16.pack(last) + b"\0"
    return bytes(out)
