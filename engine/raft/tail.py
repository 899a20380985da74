"""What a leader remembers of its latest data: descriptors, so that live followers are served without looking at the log."""

from bisect import bisect_left

from engine.raft.entries import Run

_COMPACT_AT = 512


class Tail:
    """Runs back to back, a bounded number; the oldest are forgotten first."""

    __slots__ = ("_bases", "_head", "_runs", "_runs_max")

    def __init__(self, runs_max: int) -> None:
        self._runs: list[Run] = []
        self._bases: list[int] = []
        self._head = 0
        self._runs_max = runs_max

    def __len__(self) -> int:
        return len(self._runs) - self._head

    def append(self, run: Run) -> None:
        """Remember `run`, which follows the last one."""
        self._runs.append(run)
        self._bases.append(run.base_offset)
        if len(self) > self._runs_max:
            self._head += 1
            self._shrink()

    def forget_below(self, offset: int) -> None:
        """Nobody needs what ends at or below `offset`."""
        while self._head < len(self._runs) and self._runs[self._head].next_offset <= offset:
            self._head += 1
        self._shrink()

    def gather(self, offset: int, upto: int, bytes_max: int) -> Run | None:
        """One run of what starts exactly at `offset`, below `upto`, of at most `bytes_max` or one run's size; or None."""
        at = bisect_left(self._bases, offset, self._head)
        if at == len(self._runs) or self._bases[at] != offset or self._runs[at].next_offset > upto:
            return None
        _, next_offset, term, size = self._runs[at]
        for following in range(at + 1, len(self._runs)):
            run = self._runs[following]
            if run.base_offset != next_offset or run.next_offset > upto or size + run.bytes > bytes_max:
                break
            next_offset, size = run.next_offset, size + run.bytes
        return Run(offset, next_offset, term, size)

    def _shrink(self) -> None:
        if self._head >= _COMPACT_AT or self._head == len(self._runs):
            del self._runs[: self._head], self._bases[: self._head]
            self._head = 0
