"""Where each partition is read from and where reading stops, resolved once against the cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rpk.client.model import EARLIEST, LATEST, TopicPartition
from rpk.topic.offsets import OffsetRange, Position

OffsetsAt = Callable[[Iterable[TopicPartition], int], dict[TopicPartition, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionBounds:
    """Read from `start`, skip records below `floor` (a start beyond the end of the log), stop before `end`."""

    start: int
    floor: int
    end: int | None

    @property
    def empty(self) -> bool:
        """True when nothing can lie in the range."""
        return self.end is not None and self.end <= max(self.start, self.floor)


class BoundsResolver:
    """Asks for offsets as needed; each question goes to all partitions at once and is asked once."""

    def __init__(self, partitions: Iterable[TopicPartition], offsets_at: OffsetsAt) -> None:
        self._partitions = list(partitions)
        self._offsets_at = offsets_at
        self._known: dict[int, dict[TopicPartition, int]] = {}

    def resolve(self, offsets: OffsetRange) -> dict[TopicPartition, PartitionBounds]:
        """The bounds of every partition."""
        found = {}
        for key in self._partitions:
            wanted = self._offset(key, offsets.start)
            earliest, latest = self._at(key, EARLIEST), self._at(key, LATEST)
            end = None if offsets.end is None else self._offset(key, offsets.end)
            found[key] = PartitionBounds(start=min(max(wanted, earliest), latest), floor=wanted, end=end)
        return found

    def _offset(self, key: TopicPartition, position: Position) -> int:
        if position.kind == "offset":
            return position.number
        if position.kind == "start":
            return min(self._at(key, EARLIEST) + position.number, self._at(key, LATEST))
        if position.kind == "end":
            return max(self._at(key, LATEST) + position.number, self._at(key, EARLIEST))
        found = self._at(key, position.number) if position.number >= 0 else self._at(key, EARLIEST)
        return found if found >= 0 else self._at(key, LATEST)

    def _at(self, key: TopicPartition, timestamp_ms: int) -> int:
        if timestamp_ms not in self._known:
            self._known[timestamp_ms] = self._offsets_at(self._partitions, timestamp_ms)
        return self._known[timestamp_ms][key]
