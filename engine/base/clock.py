"""Time as a port: the engine asks a `Clock`, so that a simulator can own time."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two readings of time. `monotonic` measures spans, `wall_ms` stamps records."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        ...

    def wall_ms(self) -> int:
        """Milliseconds since the Unix epoch; may jump when the host's clock is set."""
        ...


class SystemClock:
    """The host's clocks."""

    monotonic = staticmethod(time.monotonic)

    def wall_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        return time.time_ns() // 1_000_000


class ManualClock:
    """A clock that moves only when told to; tests and the simulator use it."""

    def __init__(self, wall_ms: int = 1_700_000_000_000) -> None:
        self._monotonic = 0.0
        self._wall_ms = wall_ms

    def monotonic(self) -> float:
        """Seconds advanced since construction."""
        return self._monotonic

    def wall_ms(self) -> int:
        """The start value plus what was advanced, in milliseconds."""
        return self._wall_ms + int(self._monotonic * 1000)

    def advance(self, seconds: float) -> None:
        """Move both readings forward by `seconds` (≥ 0)."""
        self._monotonic += seconds
