"""Record attributes of `%a{name}` and `%a{name;number-modifier}`."""

from __future__ import annotations

from collections.abc import Callable

from rpk.out.records.errors import LayoutError
from rpk.out.records.numbers import WRITERS, writer

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


def _codec(attributes: int) -> int:
    return attributes & 7 if attributes >= 0 else 0


def _codec_name(attributes: int) -> bytes:
    codec = _codec(attributes)
    return CODECS[codec].encode() if codec < len(CODECS) else b"unknown"


def _timestamp_type(attributes: int) -> int:
    return -1 if attributes < 0 else attributes >> 3 & 1


def _transactional(attributes: int) -> int:
    return 0 if attributes < 0 else attributes >> 4 & 1


def _control(attributes: int) -> int:
    return 0 if attributes < 0 else attributes >> 5 & 1


NUMBERS: dict[str, Callable[[int], int]] = {
    "compression": _codec,
    "timestamp-type": _timestamp_type,
    "transactional-bit": _transactional,
    "control-bit": _control,
}


def compile_attribute(text: str) -> Callable[[int], bytes]:
    """A function from attribute bits (-1: no attributes) to the printed attribute; raises LayoutError."""
    name, semicolon, modifier = text.partition(";")
    if name not in NUMBERS:
        raise LayoutError(f"unknown attribute {name!r} of %a; known are {' '.join(NUMBERS)}")
    number = NUMBERS[name]
    if name == "compression" and not semicolon:
        return _codec_name
    write = writer(modifier, "a") if semicolon else WRITERS["ascii"]
    return lambda attributes: write(number(attributes))
