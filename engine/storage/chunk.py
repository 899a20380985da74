"""What one log has to flush into one segment: consecutive batches, and where they go."""

from typing import TYPE_CHECKING

from engine.storage.disk import Buffer
from engine.storage.segment import Segment

if TYPE_CHECKING:
    from engine.storage.log import Log


class Chunk:
    """Filled by the loop under the flusher's lock, then owned by the flusher, then read by the loop on completion."""

    __slots__ = ("base_offset", "buffers", "direct", "end_offset", "log", "position", "segment", "size")

    def __init__(self, log: "Log", segment: Segment, position: int, base_offset: int) -> None:
        self.log = log
        self.segment = segment
        self.position = position
        self.base_offset = base_offset
        self.buffers: list[Buffer] = []
        self.size = 0
        self.end_offset = base_offset
        self.direct = False
