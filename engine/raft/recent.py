"""The latest batches of one group in memory, so that live followers are served without reading the log.

The buffers are those the log is flushed from: while a batch is not durable, keeping it here costs nothing.
"""

from bisect import bisect_left

Buffer = bytes | bytearray | memoryview

_COMPACT_AT = 256


class RecentBudget:
    """Bytes all groups of a shard may keep."""

    __slots__ = ("bytes_max", "used_bytes")

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self.used_bytes = 0


class RecentBatches:
    """Batches back to back (gaps allowed), oldest first."""

    __slots__ = ("_bases", "_batches", "_budget", "_group_bytes_max", "_head", "_nexts", "_size")

    def __init__(self, budget: RecentBudget, group_bytes_max: int) -> None:
        self._budget = budget
        self._group_bytes_max = group_bytes_max
        self._bases: list[int] = []
        self._nexts: list[int] = []
        self._batches: list[Buffer] = []
        self._head = 0
        self._size = 0

    @property
    def size_bytes(self) -> int:
        """Bytes kept."""
        return self._size

    def add(self, base_offset: int, next_offset: int, batch: Buffer, durable_offset: int) -> None:
        """Keep the newest batch; the oldest durable ones go if that is too much."""
        self._bases.append(base_offset)
        self._nexts.append(next_offset)
        self._batches.append(batch)
        self._size += len(batch)
        self._budget.used_bytes += len(batch)
        while (
            (self._size > self._group_bytes_max or self._budget.used_bytes > self._budget.bytes_max)
            and self._head < len(self._bases)
            and self._nexts[self._head] <= durable_offset
        ):
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        head = self._head
        size = len(self._batches[head])
        self._batches[head] = b""
        self._size -= size
        self._budget.used_bytes -= size
        self._head = head + 1
        if self._head >= _COMPACT_AT and self._head * 2 >= len(self._bases):
            del self._bases[: self._head], self._nexts[: self._head], self._batches[: self._head]
            self._head = 0

    def forget_below(self, offset: int) -> None:
        """Nobody needs what ends at or below `offset`."""
        nexts = self._nexts
        while self._head < len(nexts) and nexts[self._head] <= offset:
            self._drop_oldest()

    def cut(self, offset: int) -> None:
        """Forget what ends behind `offset`."""
        while len(self._bases) > self._head and self._nexts[-1] > offset:
            size = len(self._batches.pop())
            self._bases.pop()
            self._nexts.pop()
            self._size -= size
            self._budget.used_bytes -= size

    def clear(self) -> None:
        """Forget everything."""
        self._budget.used_bytes -= self._size
        self._size = 0
        self._bases.clear()
        self._nexts.clear()
        self._batches.clear()
        self._head = 0

    def gather(self, offset: int, next_offset: int) -> list[Buffer] | None:
        """The batches of exactly [offset, next_offset), the first of which starts at `offset`; None if not all are here."""
        at = bisect_left(self._bases, offset, self._head)
        if at == len(self._bases) or self._bases[at] != offset:
            return None
        stop = bisect_left(self._nexts, next_offset, at)
        if stop == len(self._nexts) or self._nexts[stop] != next_offset:
            return None
        return self._batches[at : stop + 1]

    def from_offset(self, offset: int, upto: int, bytes_max: int) -> tuple[int, list[Buffer]] | None:
        """(next offset, batches) from the one that starts at `offset`, below `upto`, at least one; or None."""
        at = bisect_left(self._bases, offset, self._head)
        if at == len(self._bases) or self._bases[at] != offset or self._nexts[at] > upto:
            return None
        stop = at + 1
        size = len(self._batches[at])
        while stop < len(self._bases) and self._nexts[stop] <= upto:
            size += len(self._batches[stop])
            if size > bytes_max:
                break
            stop += 1
        return self._nexts[stop - 1], self._batches[at:stop]
