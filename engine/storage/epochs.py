"""Which leader epoch starts at which offset in one log (KIP-101, KIP-320)."""

from bisect import bisect_left, bisect_right


class EpochCache:
    """Pairs (epoch, start offset), both rising."""

    __slots__ = ("_epochs", "_starts", "latest")

    def __init__(self, entries: list[tuple[int, int]] | None = None) -> None:
        self._epochs: list[int] = []
        self._starts: list[int] = []
        self.latest = -1
        """The last epoch seen, -1 before the first."""
        for epoch, start in entries or []:
            self.note(epoch, start)

    def entries(self) -> list[tuple[int, int]]:
        """All pairs, oldest first."""
        return list(zip(self._epochs, self._starts, strict=True))

    def note(self, epoch: int, start_offset: int) -> None:
        """A batch of `epoch` starts at `start_offset`; only the first of a newer epoch is kept."""
        if epoch <= self.latest or epoch < 0:
            return
        while self._starts and self._starts[-1] >= start_offset:
            self._starts.pop()
            self._epochs.pop()
        self._epochs.append(epoch)
        self._starts.append(start_offset)
        self.latest = epoch

    def epoch_at(self, offset: int) -> int:
        """The epoch of the batch at `offset`, -1 when unknown."""
        at = bisect_right(self._starts, offset) - 1
        return self._epochs[at] if at >= 0 else -1

    def end_offset(self, epoch: int, log_end_offset: int) -> tuple[int, int]:
        """(the largest known epoch ≤ `epoch`, the offset where the next one starts), as OffsetForLeaderEpoch answers.

        (-1, -1) for an epoch that is negative or newer than all known. An epoch older than all known answers itself and
        the start of the oldest.
        """
        if epoch < 0 or epoch > self.latest:
            return -1, -1
        following = bisect_right(self._epochs, epoch)
        end = self._starts[following] if following < len(self._starts) else log_end_offset
        return (self._epochs[following - 1] if following else epoch), end

    def cut_after(self, end_offset: int) -> None:
        """Forget epochs that start at or after `end_offset` (truncation)."""
        keep = bisect_left(self._starts, end_offset)
        del self._starts[keep:]
        del self._epochs[keep:]
        self.latest = self._epochs[-1] if self._epochs else -1

    def cut_before(self, start_offset: int) -> None:
        """Forget epochs that end at or before `start_offset`; the one in force there now starts there."""
        drop = bisect_right(self._starts, start_offset) - 1
        if drop >= 0:
            del self._starts[:drop]
            del self._epochs[:drop]
            self._starts[0] = max(self._starts[0], start_offset)
