"""What replicas of one group say to each other. The driver adds the group's id, the bytes and the transport.

    candidate ── VoteRequest ──► voter            VoteResponse ──►
    leader ── AppendRequest | ResetRequest ──► follower         AppendResponse ──►   (when durable, or at once: rejected)
    leader ── Heartbeat ──► follower              HeartbeatResponse ──►
    leader ── TimeoutNow ──► the next leader

Any message may be lost, delayed, repeated or overtaken. `sender` and `to` are node ids, `term` is the sender's term when
it was made (of a pre-vote: the term it would stand for). The classes are plain slotted records, never changed once made.
"""

from dataclasses import dataclass
from typing import NamedTuple

from engine.model.ids import NodeId
from engine.raft.entries import Mark, Position, Run
from engine.raft.membership import Configuration


@dataclass(slots=True, kw_only=True)
class VoteRequest:
    """Asks for a vote (thesis 3.4), or whether one would be given (pre-vote, 9.6)."""

    sender: NodeId
    to: NodeId
    term: int
    last_term: int
    """Term of the candidate's last entry."""
    last: Position
    """End of the candidate's log."""
    prevote: bool
    """Only asks; nobody's term or vote changes."""
    transfer: bool
    """The leader asked the candidate to stand (3.10): a leader heard of late is no reason to refuse."""


@dataclass(slots=True, kw_only=True)
class VoteResponse:
    """Answers a VoteRequest. Of a granted pre-vote `term` is the request's, else the voter's own."""

    sender: NodeId
    to: NodeId
    term: int
    granted: bool
    prevote: bool


@dataclass(slots=True, kw_only=True)
class AppendRequest:
    """Entries that follow `prev` in the leader's log: first `marks`, all at `prev.offset`, then `run` (thesis 3.5).

    Without either it only asks whether the logs agree at `prev`. The bytes of `run` travel with it.
    """

    sender: NodeId
    to: NodeId
    term: int
    prev_term: int
    """Term of the entry before `prev`; -1 at the origin."""
    prev: Position
    marks: tuple[Mark, ...]
    run: Run | None
    """Starts at `prev.offset`; its term is that of the mark before it."""
    commit: Position

    @property
    def end(self) -> Position:
        """The position behind its last entry."""
        offset = self.prev.offset if self.run is None else self.run.next_offset
        return Position(offset, self.prev.marks + len(self.marks))


@dataclass(slots=True, kw_only=True)
class ResetRequest:
    """The follower's end lies before the leader's log start: drop the log and begin at `start`."""

    sender: NodeId
    to: NodeId
    term: int
    start: Position
    start_term: int
    """Term of the last entry before `start`; -1 at the origin."""
    configuration: Configuration
    """The members as of `start`."""
    commit: Position


class Rejection(NamedTuple):
    """Not the same log at `prev`: where the follower's log last holds a term that could be shared (KIP-101)."""

    prev: Position
    """The request's `prev`."""
    hint_term: int
    """The newest term in the follower's log that is not newer than the request's `prev_term`; -1: none."""
    hint: Position
    """Where that term ends in the follower's log."""


@dataclass(slots=True, kw_only=True)
class AppendResponse:
    """How far the follower's log is the leader's. A lower `term` at the leader means it is leader no more."""

    sender: NodeId
    to: NodeId
    term: int
    matched: Position
    """Received and equal to the leader's log, durable or not."""
    durable: Position
    """The part of it that a crash cannot take back; ≤ matched. Only this counts for commit."""
    rejection: Rejection | None = None


@dataclass(slots=True, kw_only=True)
class Heartbeat:
    """The leader is there. Made per group, but the driver sends one frame a peer node for all groups of a tick."""

    sender: NodeId
    to: NodeId
    term: int
    commit: Position
    round: int
    """Number of the leader's read round (thesis 6.4); the answer repeats it."""
    quiet: bool
    """Nothing is going on: at `commit` the follower's log is complete, and no more will come until something happens."""


@dataclass(slots=True, kw_only=True)
class HeartbeatResponse:
    """Answers a Heartbeat; batched by the driver likewise."""

    sender: NodeId
    to: NodeId
    term: int
    matched: Position
    durable: Position
    round: int
    quiet: bool
    """The follower has everything and now trusts the driver to say when the leader's node is gone."""


@dataclass(slots=True, kw_only=True)
class TimeoutNow:
    """You have the whole log: stand for leader at once (thesis 3.10)."""

    sender: NodeId
    to: NodeId
    term: int


Message = (
    VoteRequest
    | VoteResponse
    | AppendRequest
    | ResetRequest
    | AppendResponse
    | Heartbeat
    | HeartbeatResponse
    | TimeoutNow
)
