"""The tunables and ports of a group."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.base.errors import invariant

RandomBelow = Callable[[int], int]
"""A port: `random_below(n)` is a random integer 0 … n-1."""


class TickClock:
    """The shard's count of ticks, one for all its groups: the driver raises `now`, the cores read it."""

    __slots__ = ("now",)

    def __init__(self) -> None:
        self.now = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RaftConfig:
    """Times in ticks, sizes in bytes. One object serves all groups of a shard."""

    election_ticks: int = 10
    """A follower that hears nothing stands for leader after this, plus a random part of as much again."""
    heartbeat_ticks: int = 1
    """How often a leader that is not quiet speaks to each follower; well below `election_ticks`."""
    quiet_ticks: int = 20
    """A group in which nothing happened for this long goes quiet."""
    append_bytes_max: int = 1024 * 1024
    """Data in one AppendRequest; a single batch may be larger."""
    inflight_messages_max: int = 64
    """AppendRequests with entries that a follower has not acknowledged."""
    inflight_bytes_max: int = 8 * 1024 * 1024
    """Their data."""
    uncommitted_bytes_max: int = 64 * 1024 * 1024
    """Proposed and not committed; beyond it proposals are refused."""
    tail_runs_max: int = 1024
    """Descriptors of proposed data kept for followers; who needs older ones is served by reads."""

    def __post_init__(self) -> None:
        invariant(0 < self.heartbeat_ticks < self.election_ticks, "heartbeats come more often than elections")
        invariant(self.quiet_ticks > 0, "quiet_ticks is positive")
        invariant(min(self.inflight_messages_max, self.tail_runs_max) > 0, "windows are positive")
