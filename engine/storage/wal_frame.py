"""Layout of the write-ahead log: one header a file, then frames.

File header                                 Frame header
    0   4  magic RPWL                           0   4  magic RPWF
    4   2  version                              4   2  version
    6   2  zero                                 6   2  zero
    8   8  sequence of the file                 8   8  sequence of the file (stale frames of a recycled file differ)
    16  8  end of the previous file's frames    16  8  log id
    24  8  sequence of the previous file        24  8  base offset of the segment
    32  4  CRC-32C of bytes 0 … 31              32  8  position in the segment
                                                40  8  offset of the first batch
                                                48  4  payload length
                                                52  4  CRC-32C of bytes 0 … 51 and the payload
                                                56     payload: whole batches, verbatim

A frame redoes a write: "these bytes belong at that position of that segment", so replaying one twice changes nothing.
A segment base of -1 marks key-value records of the log instead (`key_value.py`).
A log sequence number (LSN) is `sequence << 40 | position in the file`.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from engine.storage.disk import Buffer
from engine.storage.errors import UnsupportedVersion
from engine.wire.checksum import crc32c

FILE_MAGIC = b"RPWL"
FRAME_MAGIC = b"RPWF"
VERSION = 1
POSITION_BITS = 40
KEY_VALUE_BASE = -1
"""Segment base of a frame that holds no batches but key-value records."""

_FILE = struct.Struct(">4sHHQQQ")
_FRAME = struct.Struct(">4sHHQQqQqI")
_CRC = struct.Struct(">I")
FILE_HEADER_BYTES = _FILE.size + _CRC.size
FRAME_HEADER_BYTES = _FRAME.size + _CRC.size


class FileHeader(NamedTuple):
    """The start of one write-ahead file."""

    sequence: int
    previous_end: int
    previous_sequence: int


class Frame(NamedTuple):
    """One redo record; `payload` is whole batches."""

    lsn: int
    log_id: int
    segment_base: int
    position: int
    base_offset: int
    payload: memoryview


def lsn_of(sequence: int, position: int) -> int:
    """The log sequence number of a place in the write-ahead log."""
    return sequence << POSITION_BITS | position


def encode_file_header(header: FileHeader) -> bytes:
    """The first bytes of a file."""
    head = _FILE.pack(FILE_MAGIC, VERSION, 0, header.sequence, header.previous_end, header.previous_sequence)
    return head + _CRC.pack(crc32c(head))


def decode_file_header(data: Buffer, name: str) -> FileHeader | None:
    """The header, or None when there is none intact. Raises `UnsupportedVersion`."""
    if len(data) < FILE_HEADER_BYTES:
        return None
    magic, version, _, sequence, previous_end, previous_sequence = _FILE.unpack_from(data)
    if magic != FILE_MAGIC or crc32c(bytes(data[: _FILE.size])) != _CRC.unpack_from(data, _FILE.size)[0]:
        return None
    if version > VERSION:
        raise UnsupportedVersion(f"{name}: write-ahead log format {version}, this release reads {VERSION}")
    return FileHeader(sequence, previous_end, previous_sequence)


def encode_frame_header(
    sequence: int, log_id: int, segment_base: int, position: int, base_offset: int, payload: Buffer
) -> bytes:
    """What precedes `payload` in the file."""
    head = _FRAME.pack(
        FRAME_MAGIC, VERSION, 0, sequence, log_id, segment_base, position, base_offset, len(payload)
    )
    return head + _CRC.pack(crc32c(payload, crc32c(head)))


def iter_frames(data: bytes, sequence: int) -> Iterator[Frame]:
    """Yield the intact frames of a whole file's bytes, up to the first that is torn, stale or absent."""
    view = memoryview(data)
    at = FILE_HEADER_BYTES
    while len(data) - at >= FRAME_HEADER_BYTES:
        magic, version, _, frame_sequence, log_id, base, position, offset, length = _FRAME.unpack_from(
            data, at
        )
        if magic != FRAME_MAGIC or version != VERSION or frame_sequence != sequence:
            return
        payload = view[at + FRAME_HEADER_BYTES : at + FRAME_HEADER_BYTES + length]
        crc = _CRC.unpack_from(data, at + _FRAME.size)[0]
        if len(payload) != length or crc32c(payload, crc32c(view[at : at + _FRAME.size])) != crc:
            return
        yield Frame(lsn_of(sequence, at), log_id, base, position, offset, payload)
        at += FRAME_HEADER_BYTES + length
