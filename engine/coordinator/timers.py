"""Deadlines as data: set, cancelled and collected by the caller, who owns the clock."""

import heapq
from enum import IntEnum
from typing import NamedTuple


class TimerKind(IntEnum):
    """What runs out."""

    SESSION = 0
    """A member's session, or a pending member's chance to come back."""
    JOIN = 1
    """A group's wait for its members to join."""
    SYNC = 2
    """A group's wait for its members to sync."""
    WRITE = 3
    """A request's wait for its records to commit."""
    EXPIRY = 4
    """The pause between two rounds of offset retention."""


class TimerKey(NamedTuple):
    """Names one timer; setting it again moves its deadline."""

    kind: TimerKind
    group_id: str = ""
    member_id: str = ""
    number: int = 0


class Timers:
    """A set of deadlines in seconds of the caller's monotonic clock.

    Heartbeats move a deadline back far more often than one runs out, so moving it back costs a dict store: the heap
    keeps the old, earlier entry, which is looked at again when it comes up.
    """

    def __init__(self) -> None:
        self._deadlines: dict[TimerKey, float] = {}
        self._queued: dict[TimerKey, float] = {}
        self._heap: list[tuple[float, TimerKey]] = []

    def __len__(self) -> int:
        return len(self._deadlines)

    def __contains__(self, key: TimerKey) -> bool:
        return key in self._deadlines

    def set(self, key: TimerKey, deadline: float) -> None:
        """Make `key` run out at `deadline`, in place of any deadline it had."""
        self._deadlines[key] = deadline
        queued = self._queued.get(key)
        if queued is None or deadline < queued:
            self._queued[key] = deadline
            heapq.heappush(self._heap, (deadline, key))

    def cancel(self, key: TimerKey) -> None:
        """Forget `key`; nothing happens if it is not set."""
        self._deadlines.pop(key, None)

    def next_deadline(self) -> float | None:
        """No timer runs out before this moment; it may be earlier than the first that does."""
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: float) -> TimerKey | None:
        """Take one timer whose deadline is not after `now`, earliest first; None when there is none."""
        while self._heap and self._heap[0][0] <= now:
            queued, key = heapq.heappop(self._heap)
            if self._queued.get(key) != queued:
                continue  # an earlier entry of this key has taken over, and has been seen
            del self._queued[key]
            deadline = self._deadlines.get(key)
            if deadline is None:
                continue
            if deadline > now:
                self._queued[key] = deadline
                heapq.heappush(self._heap, (deadline, key))
                continue
            del self._deadlines[key]
            return key
        return None
