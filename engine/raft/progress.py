"""What a leader knows of one follower, and how it sends to it.

    PROBE      one request at a time, without data, until the logs are known to agree at `next`
    REPLICATE  pipelined: `next` runs ahead of what is acknowledged, within a window of messages and bytes
    RESET      the follower was told to begin at the leader's log start, and has not answered yet

What counts for commit is `durable` alone; it survives every change of state.
"""

from collections import deque
from enum import Enum

from engine.model.ids import NodeId
from engine.raft.entries import ORIGIN, Position, Run


class ProgressState(Enum):
    """See the module."""

    PROBE = "probe"
    REPLICATE = "replicate"
    RESET = "reset"


class Progress:
    """One follower. Invariant: durable ≤ next, and both are places in the leader's log (or before its start)."""

    __slots__ = (
        "durable",
        "heard_at",
        "inflight",
        "inflight_bytes",
        "is_down",
        "is_quiet",
        "is_waiting",
        "loaded",
        "matched",
        "next",
        "node",
        "read_offset",
        "round",
        "state",
    )

    def __init__(self, node: NodeId, following: Position, now: int) -> None:
        self.node = node
        self.state = ProgressState.PROBE
        self.next = following
        """Where the next request starts (its `prev`)."""
        self.durable = ORIGIN
        """The follower cannot lose what is before it. Never goes back."""
        self.matched = ORIGIN
        """The follower had received everything before it, when it last spoke."""
        self.inflight: deque[tuple[Position, int]] = deque()
        """(end, bytes) of requests with entries that are not acknowledged as durable."""
        self.inflight_bytes = 0
        self.is_waiting = False
        """A probe or reset is on its way; the next heartbeat's answer allows another."""
        self.read_offset: int | None = None
        """The driver is looking for batches from here on."""
        self.loaded: Run | None = None
        """What it found."""
        self.heard_at = now
        """Tick of its last answer."""
        self.is_down = False
        """The driver says that its node is gone."""
        self.is_quiet = False
        self.round = 0
        """The newest read round it answered."""

    def to_probe(self, following: Position) -> None:
        """Find out whether the logs agree at `following`."""
        self.state = ProgressState.PROBE
        self.next = max(following, self.durable)
        self._forget_sent()

    def to_replicate(self, following: Position) -> None:
        """They agree at `following`: send on from there."""
        self.state = ProgressState.REPLICATE
        self.next = max(following, self.durable)
        self._forget_sent()

    def to_reset(self, start: Position) -> None:
        """It is to begin at `start`."""
        self.state = ProgressState.RESET
        self.next = start
        self._forget_sent()
        self.is_waiting = True

    def _forget_sent(self) -> None:
        self.is_waiting = False
        self.inflight.clear()
        self.inflight_bytes = 0
        self.read_offset = None
        self.loaded = None

    def sent(self, end: Position, size: int) -> None:
        """A request with entries up to `end` left while replicating."""
        self.next = end
        self.inflight.append((end, size))
        self.inflight_bytes += size

    def acknowledge(self, matched: Position, durable: Position) -> None:
        """The follower answered; both are places in the leader's log."""
        self.matched = matched
        self.durable = max(self.durable, durable)
        while self.inflight and self.inflight[0][0] <= self.durable:
            self.inflight_bytes -= self.inflight.popleft()[1]
