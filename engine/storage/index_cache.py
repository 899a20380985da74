"""Indexes of sealed segments: loaded when first needed, rebuilt when missing or bad, dropped when many."""

from engine.storage.checked_file import read_whole
from engine.storage.disk import Disk
from engine.storage.errors import CorruptFile, UnsupportedVersion
from engine.storage.open_files import OpenFiles
from engine.storage.scan import scan_headers
from engine.storage.segment import Segment
from engine.storage.segment_index import NO_TIMESTAMP, SegmentIndex

LOADED_MAX = 128
"""Sealed segments whose index stays in memory: 24 bytes for each 4 KiB of them."""
SAVED_FROM_BYTES = 64 * 1024
"""The index of a smaller segment is not worth a file and its sync: it is rebuilt with one read."""


class IndexCache:
    """Loop thread only."""

    def __init__(self, disk: Disk, files: OpenFiles, interval_bytes: int) -> None:
        self._disk = disk
        self._files = files
        self._interval_bytes = interval_bytes
        self._loaded: dict[str, Segment] = {}

    def index_of(self, segment: Segment) -> SegmentIndex:
        """The segment's index, from memory, its file, or a scan."""
        index = segment.index
        return self.load(segment) if index is None else index

    def load(self, segment: Segment) -> SegmentIndex:
        """Load or rebuild, and remember."""
        index = self._read(segment) or self._rebuild(segment)
        segment.index = index
        self.keep(segment)
        return index

    def keep(self, segment: Segment) -> None:
        """Count the segment's index as loaded; the least recently loaded one that is saved may go."""
        loaded = self._loaded
        loaded.pop(segment.path, None)
        loaded[segment.path] = segment
        while len(loaded) > LOADED_MAX:
            old = loaded.pop(next(iter(loaded)))
            if old.index_saved:
                old.index = None

    def forget(self, segment: Segment) -> None:
        """The segment is gone or changed."""
        self._loaded.pop(segment.path, None)

    def _read(self, segment: Segment) -> SegmentIndex | None:
        try:
            data = read_whole(self._disk, segment.index_path)
            if data is None:
                return None
            return SegmentIndex.decode(data, segment.size, self._interval_bytes, segment.index_path)
        except (CorruptFile, UnsupportedVersion):
            return None  # nothing is in it that the segment does not say too

    def _rebuild(self, segment: Segment) -> SegmentIndex:
        index = SegmentIndex(self._interval_bytes)
        if not segment.size:
            return index
        largest = NO_TIMESTAMP
        file = self._files.get(segment.path)
        for position, header in scan_headers(file, 0, segment.size, segment.base_offset, segment.size):
            index.add(header.base_offset, position, largest)
            largest = max(largest, header.max_timestamp)
        segment.index_saved = False
        return index
