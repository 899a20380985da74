"""One segment file's facts in memory. The file itself is reached through `OpenFiles`, the index may be loaded late."""

from engine.storage import layout
from engine.storage.segment_index import NO_TIMESTAMP, SegmentIndex


class Segment:
    """Offsets [base_offset, next_offset) in `size` bytes of `path`.

    `size`, `next_offset` and `index` run ahead of the disk by what is appended but not flushed; `synced_bytes` is what
    a power cut cannot take. `loop` thread only, except `on_disk`, which the flusher sets.
    """

    __slots__ = (
        "base_offset",
        "created_ms",
        "directory",
        "index",
        "index_saved",
        "max_timestamp",
        "max_timestamp_offset",
        "next_offset",
        "on_disk",
        "path",
        "size",
        "synced_bytes",
    )

    def __init__(self, directory: str, base_offset: int, index: SegmentIndex | None, created_ms: int) -> None:
        self.directory = directory
        self.base_offset = base_offset
        self.path = f"{directory}/{layout.numbered(base_offset, 'log')}"
        self.size = 0
        self.synced_bytes = 0
        self.next_offset = base_offset
        self.max_timestamp = NO_TIMESTAMP
        self.max_timestamp_offset = base_offset
        self.created_ms = created_ms
        self.index = index
        self.index_saved = False
        self.on_disk = False

    @property
    def index_path(self) -> str:
        """Where the sealed segment's index lives."""
        return f"{self.directory}/{layout.numbered(self.base_offset, 'index')}"

    def note(
        self, index: SegmentIndex, base_offset: int, next_offset: int, size: int, max_timestamp: int
    ) -> None:
        """Account for a batch of `size` bytes at the end."""
        index.add(base_offset, self.size, self.max_timestamp)
        self.size += size
        self.next_offset = next_offset
        self.index_saved = False
        if max_timestamp > self.max_timestamp:
            self.max_timestamp = max_timestamp
            self.max_timestamp_offset = base_offset
