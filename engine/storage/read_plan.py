"""Which bytes of which segments answer a read: whole batches, by the sparse index and one small read."""

import builtins
import struct
from typing import NamedTuple

from engine.storage.errors import CorruptFile
from engine.storage.open_files import OpenFile
from engine.storage.segment_index import SegmentIndex
from engine.wire.batch_header import HEADER_BYTES, LOG_OVERHEAD_BYTES, crc_matches, parse_header

_OFFSET_LENGTH = struct.Struct(">qi")
_I32 = struct.Struct(">i")
_LAST_OFFSET_DELTA_AT = 23


class FileSlice:
    """`length` bytes of `file` from `position`. Holding it keeps the descriptor open, whatever happens to the path."""

    __slots__ = ("file", "length", "position")

    def __init__(self, file: OpenFile, position: int, length: int) -> None:
        self.file = file
        self.position = position
        self.length = length

    def fileno(self) -> int:
        """The descriptor to send from."""
        return self.file.fd

    def read(self) -> bytes:
        """The bytes themselves, where sendfile cannot be used."""
        return self.file.read(self.length, self.position)


class LogRead(NamedTuple):
    """Whole batches for a fetch. `bytes` is the slices' sum; `next_offset` is where the next read goes on.

    A client's fetch sends the slices verbatim, as Kafka does: the client checks each batch's CRC. Replication does not
    pass damage on: it takes `checked`.
    """

    slices: tuple[FileSlice, ...]
    bytes: int
    first_base_offset: int
    next_offset: int

    def read(self) -> builtins.bytes:
        """All bytes, copied into memory."""
        return b"".join(part.read() for part in self.slices)

    def checked(self) -> builtins.bytes:
        """`read`, every batch's checksum verified. Raises `CorruptFile`."""
        data = self.read()
        at = 0
        while at < self.bytes:
            header = parse_header(data, at) if len(data) - at >= HEADER_BYTES else None
            if header is None or not crc_matches(data, at, header):
                raise CorruptFile(
                    f"damaged on disk: byte {at} of {self.bytes} read from {self.first_base_offset}"
                )
            at += header.total_bytes
        return data


class Place(NamedTuple):
    """A batch boundary: the batch at `position` has `base_offset`; at the end of the range both are what follows."""

    position: int
    base_offset: int
    total_bytes: int


def locate(file: OpenFile, index: SegmentIndex, interval_bytes: int, end: int, offset: int) -> Place:
    """The first batch below the position `end` that holds `offset` or lies behind it.

    Without one, `Place(end, offset, 0)`. One read of at most an index interval and a header.
    """
    entry = index.entry_for_offset(offset)
    position = index.positions[entry] if len(index.positions) else 0
    # The next entry's batch starts above `offset`: what is not found before it is found there.
    following = entry + 1 if entry + 1 < len(index.positions) else -1
    if following >= 0 and index.positions[following] < end:
        fallback = Place(index.positions[following], index.offsets[following], 0)
    else:
        fallback = Place(end, offset, 0)
    while position < fallback.position:
        window = file.read(min(interval_bytes + HEADER_BYTES, end - position), position)
        at = 0
        size = len(window)
        while size - at >= HEADER_BYTES:
            base_offset, length = _OFFSET_LENGTH.unpack_from(window, at)
            total = length + LOG_OVERHEAD_BYTES
            if base_offset + _I32.unpack_from(window, at + _LAST_OFFSET_DELTA_AT)[0] >= offset:
                return Place(position + at, base_offset, total)
            if total < HEADER_BYTES:
                return Place(position + at, base_offset, 0)
            at += total
        if at == 0:
            break
        position += at
    return fallback


def batch_at(file: OpenFile, position: int) -> Place:
    """The batch that starts at `position`."""
    data = file.read(HEADER_BYTES, position)
    base_offset, length = _OFFSET_LENGTH.unpack_from(data)
    return Place(position, base_offset, length + LOG_OVERHEAD_BYTES)
