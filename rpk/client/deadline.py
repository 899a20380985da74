"""The one budget of time a command has for the cluster (UX-38)."""

from __future__ import annotations

import time

from rpk.out.errors import TransientError


class Deadline:
    """A moment after which nothing is waited for any more."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end_s = time.monotonic() + seconds

    def left_s(self, at_most_s: float | None = None) -> float:
        """Seconds left (at least a millisecond, so that a socket timeout is never zero), capped."""
        left = max(self._end_s - time.monotonic(), 0.001)
        return left if at_most_s is None else min(left, at_most_s)

    @property
    def over(self) -> bool:
        """True when the time is up."""
        return time.monotonic() >= self._end_s

    def check(self, what: str) -> None:
        """Raise TransientError when the time is up."""
        if self.over:
            raise timed_out(what, self.seconds)


def timed_out(what: str, seconds: float) -> TransientError:
    """The error for a command that ran out of time."""
    return TransientError(
        f"timed out after {seconds:g}s: {what}",
        hint="raise --timeout if the cluster is slow; rpk cluster health shows its state",
        name="TIMED_OUT",
    )
