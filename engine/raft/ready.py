"""The core's one exit: what the driver is to do now. README.md is the manual of the driver's duties."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from engine.model.ids import NodeId
from engine.raft.entries import Mark, Position, Run
from engine.raft.membership import Configuration
from engine.raft.messages import Heartbeat, Message


class Role(Enum):
    """What a replica is at the moment (thesis 3.3, and 9.6 for the pre-candidate)."""

    FOLLOWER = "follower"
    PRECANDIDATE = "pre-candidate"
    CANDIDATE = "candidate"
    LEADER = "leader"


class HardState(NamedTuple):
    """What a replica must never forget."""

    term: int
    vote: NodeId | None
    number: int = 0
    """Counts changes within a process; `advance(hard_state=number)` says that this one is durable. Not stored."""


class Truncation(NamedTuple):
    """Cut the log back to `end`: data first and durably, then marks."""

    end: Position
    generation: int
    """What `advance` must name from when the cut is done on."""


class Reset(NamedTuple):
    """Forget the whole log; it is empty now and starts at `start`. All of this durable before the new generation is named."""

    start: Position
    start_term: int
    configuration: Configuration
    """The members as of `start`."""
    generation: int


class Leadership(NamedTuple):
    """Who leads, as far as this replica knows."""

    role: Role
    term: int
    leader: NodeId | None


class ReadRequest(NamedTuple):
    """Find whole batches for a follower that is behind what the core remembers; `read_done` answers, when it may."""

    peer: NodeId
    offset: int
    upto: int
    """No batch at or beyond this offset (another term starts there, or the log ends)."""
    bytes_max: int
    """The first batch comes whole even when it is larger."""


class ReadIndex(NamedTuple):
    """The answer to `read_index(token)`: everything committed when it was asked lies below `offset`."""

    token: object
    offset: int | None
    """Serve the read once this much is committed here; None: this replica could not prove that it leads."""


@dataclass(slots=True, kw_only=True)
class Ready:
    """Work for the driver, in the order of its fields. Each appears once. Made often, never changed once made."""

    hard_state: HardState | None = None
    reset: Reset | None = None
    truncation: Truncation | None = None
    marks: tuple[Mark, ...] = ()
    """To write, in order, before `run` and before anything proposed later."""
    run: Run | None = None
    """To append: the batches at or above `run.base_offset` of the AppendRequest stepped last."""
    messages: tuple[Message, ...] = ()
    """To send now: none of them waits for anything else in here."""
    heartbeats: tuple[Heartbeat, ...] = ()
    """As `messages`, but one frame a peer node takes those of all groups."""
    reads: tuple[ReadRequest, ...] = ()
    commit: Position | None = None
    """Committed up to here now; may be ahead of what is durable on this replica."""
    configuration: Configuration | None = None
    """The members changed (in force though maybe not committed)."""
    leadership: Leadership | None = None
    read_indexes: tuple[ReadIndex, ...] = ()
