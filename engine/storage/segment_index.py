"""The sparse index of one segment: where a batch near an offset, a timestamp or a position starts.

One entry at most every `index_interval_bytes`. Entry i says: at `positions[i]` starts a batch whose base offset is
`offsets[i]`, and no batch before it has a timestamp above `timestamps[i]`. All three columns rise.

File (in the envelope of `checked_file`, magic RPIX): segment size u64, count u64, then the three columns, each
`count` × i64 little-endian.
"""

import struct
import sys
from array import array
from bisect import bisect_left, bisect_right

from engine.storage.checked_file import seal, unseal
from engine.storage.errors import CorruptFile

MAGIC = b"RPIX"
VERSION = 1
NO_TIMESTAMP = -1

_HEAD = struct.Struct("<QQ")
_FIRST = 0


class SegmentIndex:
    """Three columns; the owner calls `add` for each batch in order."""

    __slots__ = ("_entry_at", "_interval_bytes", "offsets", "positions", "timestamps")

    def __init__(self, interval_bytes: int) -> None:
        self.offsets = array("q")
        self.positions = array("q")
        self.timestamps = array("q")
        self._interval_bytes = interval_bytes
        self._entry_at = _FIRST

    def add(self, base_offset: int, position: int, timestamp_before: int) -> None:
        """Note a batch. `timestamp_before` is the largest timestamp of all batches before it (-1: none)."""
        if position >= self._entry_at:
            self.offsets.append(base_offset)
            self.positions.append(position)
            self.timestamps.append(timestamp_before)
            self._entry_at = position + self._interval_bytes

    def entry_for_offset(self, offset: int) -> int:
        """The last entry whose batch starts at or below `offset`; 0 when none does."""
        return max(bisect_right(self.offsets, offset) - 1, 0)

    def entry_for_timestamp(self, timestamp: int) -> int:
        """The last entry before which every timestamp is below `timestamp`."""
        return max(bisect_left(self.timestamps, timestamp) - 1, 0)

    def entry_at_or_below(self, position: int) -> int:
        """The last entry that starts at or below `position`; -1 when none does."""
        return bisect_right(self.positions, position) - 1

    def cut(self, position: int) -> None:
        """Forget the batches from `position` on."""
        count = bisect_left(self.positions, position)
        for column in (self.offsets, self.positions, self.timestamps):
            del column[count:]
        self._entry_at = self.positions[-1] + self._interval_bytes if count else _FIRST

    def encode(self, segment_bytes: int) -> bytes:
        """The index file's bytes for a segment of that size."""
        columns = [_little_endian(column) for column in (self.offsets, self.positions, self.timestamps)]
        return seal(MAGIC, VERSION, b"".join((_HEAD.pack(segment_bytes, len(self.offsets)), *columns)))

    @classmethod
    def decode(cls, data: bytes, segment_bytes: int, interval_bytes: int, name: str) -> "SegmentIndex":
        """The index of a segment that has exactly `segment_bytes`. Raises `CorruptFile`, `UnsupportedVersion`."""
        payload = unseal(MAGIC, VERSION, data, name)
        if len(payload) < _HEAD.size:
            raise CorruptFile(f"{name}: no header")
        size, count = _HEAD.unpack_from(payload)
        if size != segment_bytes:
            raise CorruptFile(f"{name}: made for a segment of {size} bytes, which now has {segment_bytes}")
        if len(payload) != _HEAD.size + 24 * count:
            raise CorruptFile(f"{name}: {count} entries do not fit")
        index = cls(interval_bytes)
        for number, column in enumerate((index.offsets, index.positions, index.timestamps)):
            start = _HEAD.size + number * 8 * count
            column.frombytes(payload[start : start + 8 * count])
            if sys.byteorder == "big":
                column.byteswap()
        if count:
            index._entry_at = index.positions[-1] + interval_bytes
        return index


def _little_endian(column: "array[int]") -> bytes:
    if sys.byteorder == "little":
        return column.tobytes()
    copy = array("q", column)
    copy.byteswap()
    return copy.tobytes()
