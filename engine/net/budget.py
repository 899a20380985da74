"""One memory budget over all connections of a shard: whoever finds it spent waits in line, unread."""

from collections import deque
from typing import Protocol

WOKEN_AT_ONCE = 16
SMALL_BYTES = 64 * 1024
"""Frames up to this size have a reserve: a client that only announces large frames cannot stop everyone else's
heartbeats, fetches and metadata."""
RESERVE_SHARE = 8
"""The reserve is this fraction of the limit, on top of it."""


class Waiter(Protocol):
    """Someone who was refused and wants to be told when to try again."""

    def budget_freed(self) -> None:
        """Try again; called once for each time it was put in line."""
        ...


class MemoryBudget:
    """Counts bytes; wakes waiters in the order they came. Loop thread only."""

    __slots__ = ("_waiters", "limit_bytes", "used_bytes")

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.used_bytes = 0
        self._waiters: deque[Waiter] = deque()

    def try_take(self, size: int) -> bool:
        """Take `size` bytes if they fit, or if nothing else is taken (so any legal frame passes some day).

        Small frames fit into the reserve too.
        """
        used = self.used_bytes
        limit = self.limit_bytes
        if size <= SMALL_BYTES:
            limit += limit // RESERVE_SHARE
        if used + size > limit and used:
            return False
        self.used_bytes = used + size
        return True

    def take(self, size: int) -> None:
        """Take `size` bytes even beyond the limit: memory that is spent already, such as an answer."""
        self.used_bytes += size

    def give(self, size: int) -> None:
        """Return `size` bytes (0 is fine); when a quarter is free again, wake some who wait.

        Those woken either take memory, and so give later, or wait again: the line never stands still.
        """
        self.used_bytes -= size
        if self._waiters and self.used_bytes * 4 <= self.limit_bytes * 3:
            for _ in range(min(len(self._waiters), WOKEN_AT_ONCE)):
                self._waiters.popleft().budget_freed()

    def wait(self, waiter: Waiter) -> None:
        """Put `waiter` in line; at most once a connection, so the line is bounded by their number."""
        self._waiters.append(waiter)

    def forget(self, waiter: Waiter) -> None:
        """Take `waiter` out of the line, if it is there."""
        if waiter in self._waiters:
            self._waiters.remove(waiter)

    @property
    def pressed(self) -> bool:
        """Whether someone waits for memory."""
        return bool(self._waiters)
