"""Fetches that wait for data: parked on their partitions, woken by the watermark, ended by their deadline.

Those woken in one turn of the loop are finished together at its end, so that a consumer of twelve partitions
gets all that one sync of the write-ahead log made readable.
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.partition.partition import Partition
    from engine.partition.timer_wheel import TimerWheel

PARKED_MAX = 100_000
"""Fetches waiting at once; one more is answered right away with what there is."""


class ParkedFetch:
    """One waiting fetch. Subclasses say when it has enough, and how it is answered."""

    __slots__ = ("_purgatory", "parked_on", "timer_bucket", "woken")

    def __init__(self) -> None:
        self.timer_bucket = -1
        self.woken = False
        self.parked_on: Sequence[Partition] = ()
        self._purgatory: FetchPurgatory | None = None

    def enough(self, partition: "Partition") -> bool:
        """`partition` has more to read, or an error: is there enough to answer?"""
        raise NotImplementedError

    def finish(self) -> None:
        """Answer now, with what there is. Called at most once, and not after `FetchPurgatory.cancel`."""
        raise NotImplementedError

    def partition_changed(self, partition: "Partition") -> None:
        """Called by a partition it is parked on."""
        if not self.woken and self.enough(partition):
            self.wake()

    def wake(self) -> None:
        """Finish it at the end of this turn of the loop."""
        if not self.woken and self._purgatory is not None:
            self.woken = True
            self._purgatory.finish_soon(self)

    def timed_out(self) -> None:
        """The longest wait is over."""
        if self._purgatory is not None:
            self._purgatory.finish_now(self)


class FetchPurgatory:
    """All waiting fetches of a shard; loop thread only."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, timers: "TimerWheel", parked_max: int = PARKED_MAX
    ) -> None:
        self._loop = loop
        self._timers = timers
        self._parked_max = parked_max
        self._parked: dict[ParkedFetch, object] = {}
        self._woken: list[ParkedFetch] = []

    def __len__(self) -> int:
        return len(self._parked)

    def park(self, fetch: ParkedFetch, partitions: "Sequence[Partition]", wait_ms: int) -> bool:
        """Let `fetch` wait for `partitions`, at most `wait_ms`; False when too many wait already."""
        if len(self._parked) >= self._parked_max:
            return False
        self._parked[fetch] = None
        fetch._purgatory = self
        fetch.parked_on = partitions
        for partition in partitions:
            partition.fetch_waiters[fetch] = None
        self._timers.add(fetch, wait_ms)
        return True

    def cancel(self, fetch: ParkedFetch) -> None:
        """Forget `fetch` without finishing it (its client is gone); fine if it does not wait."""
        if self._parked.pop(fetch, _ABSENT) is _ABSENT:
            return
        self._timers.remove(fetch)
        for partition in fetch.parked_on:
            partition.fetch_waiters.pop(fetch, None)
        fetch.parked_on = ()
        fetch._purgatory = None

    def finish_now(self, fetch: ParkedFetch) -> None:
        """Take `fetch` out and answer it, if it still waits."""
        if fetch in self._parked:
            self.cancel(fetch)
            fetch.finish()

    def finish_soon(self, fetch: ParkedFetch) -> None:
        """Answer `fetch` at the end of this turn of the loop."""
        if not self._woken:
            self._loop.call_soon(self._finish_woken)
        self._woken.append(fetch)

    def finish_all(self) -> None:
        """Answer everyone (the shard is stopping)."""
        for fetch in tuple(self._parked):
            self.finish_now(fetch)

    def _finish_woken(self) -> None:
        woken, self._woken = self._woken, []
        for fetch in woken:
            self.finish_now(fetch)


_ABSENT = object()
