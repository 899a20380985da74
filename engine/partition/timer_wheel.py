"""Many deadlines, one timer: waiting fetches and produce requests, tens of thousands at a time.

Deadlines are rounded up to a bucket (8 ms for near ones, 256 ms for far ones); adding and removing are a
dict operation each, and the event loop sees one timer, for the earliest bucket.
"""

import asyncio
import heapq
from typing import Protocol

BUCKET_MS = 8
FAR_BUCKETS = 32
"""Far deadlines share buckets of this many."""
FAR_MS = 2_000
DELAY_MS_MAX = 900_000
"""Longer delays are cut: what bounds the number of buckets, whatever clients ask for."""


class Timed(Protocol):
    """Something with a deadline. `timer_bucket` belongs to the wheel; it starts as -1."""

    timer_bucket: int

    def timed_out(self) -> None:
        """The deadline has passed; it is out of the wheel already."""
        ...


class TimerWheel:
    """Deadlines of one shard; loop thread only."""

    __slots__ = ("_buckets", "_due", "_handle", "_loop", "_next")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._buckets: dict[int, dict[Timed, None]] = {}
        self._due: list[int] = []
        self._handle: asyncio.TimerHandle | None = None
        self._next = 0

    def add(self, timed: Timed, delay_ms: int) -> None:
        """Call `timed.timed_out()` after `delay_ms` (0 … `DELAY_MS_MAX`, cut to that), not before."""
        delay_ms = min(max(delay_ms, 0), DELAY_MS_MAX)
        bucket = int(self._loop.time() * 1000 + delay_ms) // BUCKET_MS + 1
        if delay_ms > FAR_MS:
            bucket += -bucket % FAR_BUCKETS
        members = self._buckets.get(bucket)
        if members is None:
            members = self._buckets[bucket] = {}
            heapq.heappush(self._due, bucket)
            if self._handle is None or bucket < self._next:
                self._arm()
        members[timed] = None
        timed.timer_bucket = bucket

    def remove(self, timed: Timed) -> None:
        """Forget `timed`; fine if it is not in the wheel."""
        members = self._buckets.get(timed.timer_bucket)
        if members is not None:
            members.pop(timed, None)
        timed.timer_bucket = -1

    def __len__(self) -> int:
        return sum(len(members) for members in self._buckets.values())

    def _arm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if self._due:
            self._next = self._due[0]
            self._handle = self._loop.call_at(self._next * BUCKET_MS / 1000, self._fire)

    def _fire(self) -> None:
        self._handle = None
        now = int(self._loop.time() * 1000) // BUCKET_MS
        try:
            while self._due and self._due[0] <= now:
                members = self._buckets[self._due[0]]
                while members:
                    timed = next(iter(members))
                    del members[timed]
                    timed.timer_bucket = -1
                    timed.timed_out()
                del self._buckets[heapq.heappop(self._due)]
        finally:
            self._arm()
