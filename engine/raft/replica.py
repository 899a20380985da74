"""The state every role shares, and what waits for the next Ready."""

from engine.base.errors import invariant
from engine.model.ids import NodeId
from engine.raft.config import RaftConfig, RandomBelow, TickClock
from engine.raft.entries import Mark, Position, Run
from engine.raft.log_view import LogView
from engine.raft.membership import Configuration
from engine.raft.messages import Heartbeat, Message
from engine.raft.ready import HardState, ReadIndex, Reset, Role, Truncation

HELD_MAX = 256
"""Messages kept back until the hard state is durable; the oldest go first, as a network would lose them."""


class Replica:
    """One replica of one group. Rules live in the modules above; here are facts and the outbox."""

    __slots__ = (
        "_held",
        "_timeout",
        "clock",
        "commit",
        "config",
        "configuration_changed",
        "election_deadline",
        "hard_number",
        "hard_state_changed",
        "hard_state_durable",
        "has_ready",
        "heard_at",
        "heartbeats",
        "is_quiet",
        "leader",
        "log",
        "marks",
        "matched",
        "messages",
        "node",
        "random_below",
        "read_indexes",
        "reset",
        "role",
        "run",
        "term",
        "truncation",
        "vote",
    )

    def __init__(
        self,
        node: NodeId,
        *,
        config: RaftConfig,
        clock: TickClock,
        random_below: RandomBelow,
        log: LogView,
        term: int = -1,
        vote: NodeId | None = None,
        commit: Position | None = None,
    ) -> None:
        self.node = node
        self.config = config
        self.clock = clock
        self.random_below = random_below
        self.log = log
        self.term = max(term, log.last_term)
        self.vote = vote if self.term == term else None
        self.role = Role.FOLLOWER
        self.leader: NodeId | None = None
        self.commit = log.start if commit is None else log.prefix(*max(commit, log.start))
        """Never goes back while the process lives."""
        self.matched = self.commit
        """Of a follower: known to equal the log of this term's leader up to here. Committed entries always do."""
        self.heard_at: int | None = None
        """Tick at which this term's leader was last heard; None: not at all."""
        self.is_quiet = False
        """No deadline runs: the driver says when the leader's node is gone."""
        self.election_deadline: int | None = None
        self._timeout = 0
        self.hard_state_durable = 0
        self.hard_number = int(self.term != term)
        # For the next Ready:
        self.hard_state_changed = self.has_ready = self.term != term
        self.configuration_changed = False
        self.reset: Reset | None = None
        self.truncation: Truncation | None = None
        self.marks: list[Mark] = []
        self.run: Run | None = None
        self.messages: list[Message] = []
        self.heartbeats: list[Heartbeat] = []
        self.read_indexes: list[ReadIndex] = []
        self._held: list[Message] = []
        self.new_timeout()
        if log.configuration.voters == (node,):
            self.election_deadline = clock.now

    # --- who we are ---

    @property
    def configuration(self) -> Configuration:
        """The members in force."""
        return self.log.configuration

    @property
    def is_voter(self) -> bool:
        """Whether this replica is counted."""
        return self.node in self.log.configuration.voters

    @property
    def may_stand(self) -> bool:
        """Whether this replica may stand for leader: a voter, or one until the newest change is committed.

        Only the latter may have that change, and then nobody else can be elected (thesis 4.2.2).
        """
        return self.is_voter or self.node in self.log.configuration_before(self.commit).voters

    def become_follower(self, term: int, leader: NodeId | None) -> None:
        """Follow `leader` (None: not known yet) in `term`, which is not lower than ours."""
        if term > self.term:
            self.set_hard_state(term, None)
        self.role = Role.FOLLOWER
        self.leader = leader
        self.heard_at = None
        self.is_quiet = False
        self.new_timeout()
        self.has_ready = True

    def set_hard_state(self, term: int, vote: NodeId | None) -> None:
        """Enter a term or give a vote: durable before anything is said that depends on it."""
        invariant(term >= self.term, f"term goes back from {self.term} to {term}")
        if term > self.term:
            self.matched = self.commit
            self._held.clear()
        else:
            invariant(self.vote is None or self.vote == vote, f"a second vote in term {term}")
        self.term = term
        self.vote = vote
        self.hard_number += 1
        self.hard_state_changed = True
        self.has_ready = True

    @property
    def hard_state(self) -> HardState:
        """Term and vote as they are now."""
        return HardState(self.term, self.vote, self.hard_number)

    # --- time ---

    def new_timeout(self) -> None:
        """Draw how long this replica waits before it stands, and start waiting."""
        election_ticks = self.config.election_ticks
        self._timeout = election_ticks + self.random_below(election_ticks)
        self.election_deadline = self.clock.now + self._timeout

    def hear_leader(self) -> None:
        """The leader spoke: wait anew."""
        now = self.clock.now
        self.heard_at = now
        self.is_quiet = False
        self.election_deadline = now + self._timeout

    def trusts_leader(self) -> bool:
        """Whether a leader was heard so lately that no other is wanted (thesis 4.2.3)."""
        if self.role is Role.LEADER:
            return True
        if self.leader is None:
            return False
        if self.is_quiet:
            return True
        return self.heard_at is not None and self.clock.now - self.heard_at < self.config.election_ticks

    # --- what to do ---

    def send(self, message: Message) -> None:
        """Say `message` as soon as term and vote are durable: whatever is said was said in this term."""
        if self.hard_state_durable == self.hard_number:
            self.messages.append(message)
            self.has_ready = True
            return
        self._held.append(message)
        if len(self._held) > HELD_MAX:
            del self._held[0]

    def note_hard_state_durable(self, number: int) -> None:
        """Hard state `number` is on disk: what waited for it may go."""
        invariant(number <= self.hard_number, "a hard state that was never written is durable")
        self.hard_state_durable = max(self.hard_state_durable, number)
        if self.hard_state_durable == self.hard_number and self._held:
            self.messages += self._held
            self._held.clear()
            self.has_ready = True

    def advance_commit(self, commit: Position) -> None:
        """Everything before `commit` is committed; lower values are stale."""
        if commit > self.commit:
            if commit > self.log.end:
                invariant(False, f"commit {commit} beyond the log's end {self.log.end}")  # noqa: FBT003  # the condition was tested above, off the hot path
            self.commit = commit
            self.has_ready = True

    def append_mark(self, mark: Mark) -> None:
        """Add `mark` to the log and have it written."""
        self.log.append_mark(mark)
        self.marks.append(mark)
        if mark.configuration is not None:
            self.configuration_changed = True
        self.has_ready = True

    def cut(self, end: Position) -> None:
        """Drop what lies behind `end`, which never was committed."""
        invariant(end >= self.commit, f"cut at {end} below the commit {self.commit}")
        before = self.log.configuration
        self.log.cut(end)
        self.matched = min(self.matched, end)
        self.marks = [mark for mark in self.marks if mark.ordinal < end.marks]
        self.configuration_changed |= self.log.configuration != before
        self.has_ready = True
