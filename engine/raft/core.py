"""The state machine of one replica. README.md is the manual for who calls it.

In: `step`, `tick`, `propose…`, `advance` and the other events. Out: `ready`. It reads no clock, touches no file or socket
and never calls back. One object a group on the shard's loop; its view is this replica's alone.
"""

from engine.base.errors import invariant
from engine.model.ids import NodeId
from engine.raft import election, following
from engine.raft.config import RaftConfig, RandomBelow, TickClock
from engine.raft.entries import Position, Run
from engine.raft.errors import NotLeader, RaftRefusal
from engine.raft.leading import Leading
from engine.raft.log_view import LogView
from engine.raft.membership import Configuration
from engine.raft.messages import (
    AppendRequest,
    AppendResponse,
    Heartbeat,
    HeartbeatResponse,
    Message,
    ResetRequest,
    TimeoutNow,
    VoteRequest,
    VoteResponse,
)
from engine.raft.ready import Leadership, ReadRequest, Ready, Role
from engine.raft.replica import Replica


class RaftCore(Replica):
    """One replica of one group."""

    __slots__ = ("_ballot", "_commit_told", "_leadership_told", "leading")

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
        """Start from what is on disk. `commit`, if known, is a lower bound; what lies before it was committed."""
        super().__init__(
            node,
            config=config,
            clock=clock,
            random_below=random_below,
            log=log,
            term=term,
            vote=vote,
            commit=commit,
        )
        self.leading: Leading | None = None
        """There while this replica leads."""
        self._ballot: election.Ballot | None = None
        self._commit_told = self.commit
        self._leadership_told = Leadership(self.role, self.term, self.leader)

    # --- what others read ---

    @property
    def end_offset(self) -> int:
        """Where the next proposal starts."""
        return self.log.end_offset

    @property
    def generation(self) -> int:
        """Of the log; see `advance`."""
        return self.log.generation

    @property
    def next_deadline_tick(self) -> int | None:
        """The tick at which `tick` has something to do; None: none will come by itself."""
        if self.leading is not None:
            return self.leading.next_deadline_tick
        return self.election_deadline

    def refusal(self, size: int) -> RaftRefusal | None:
        """Why `size` bytes cannot be proposed now; None: they can."""
        if self.leading is None:
            return NotLeader(self.leader)
        return self.leading.refusal(size)

    # --- events ---

    def tick(self) -> None:
        """Do what is due at `clock.now`."""
        now = self.clock.now
        if self.leading is not None:
            self.leading.tick(now)
            self._settle()
        elif self.election_deadline is not None and now >= self.election_deadline:
            self.campaign()

    def campaign(self) -> None:
        """Try to be elected, as if the timeout had passed. Of a leader or a non-voter it asks nothing."""
        if self.role is Role.LEADER:
            return
        if not self.may_stand:
            self.leader = None
            self.is_quiet = False
            self.new_timeout()
            self.has_ready = True
            return
        self._ballot = election.ask_first(self)
        self._count_votes()

    def step(self, message: Message) -> None:
        """A message from a peer. Stale, repeated or senseless ones change nothing."""
        if message.to != self.node or message.sender == self.node:
            return
        is_prevote = isinstance(message, VoteRequest | VoteResponse) and message.prevote
        if isinstance(message, VoteRequest):
            self._step_vote_request(message)
        elif message.term < self.term:
            self._step_stale(message)
        elif isinstance(message, VoteResponse):
            if message.term > self.term and not (is_prevote and message.granted):
                self._enter(message.term)
            self._step_vote_response(message)
        else:
            if message.term > self.term:
                self._enter(message.term)
            self._step_current(message)
        self._settle()

    def propose(self, base_offset: int, next_offset: int, size: int) -> None:
        """Data of [base_offset, next_offset), `size` bytes, stamped with `term` and already appended to the storage.

        `refusal` was asked just before and said None.
        """
        invariant(self.leading is not None, "only a leader takes proposals")
        self.leading.propose(base_offset, next_offset, size)  # type: ignore[union-attr]  # the line above

    def propose_configuration(self, new: Configuration) -> None:
        """Change the members: one voter more or less, any learners. Raises a `RaftRefusal`."""
        self._leader().propose_configuration(new)
        self._settle()

    def transfer_leadership(self, target: NodeId) -> None:
        """Hand over to `target`; proposals are refused until it leads or an election timeout passed. Raises a `RaftRefusal`."""
        self._leader().transfer(target)

    def read_index(self, token: object) -> None:
        """Ask what is committed by now; a later Ready has a `ReadIndex` with `token`. Raises a `RaftRefusal`."""
        self._leader().read_index(token)

    def advance(
        self,
        *,
        generation: int = 0,
        offset: int | None = None,
        marks: int | None = None,
        hard_state: int | None = None,
    ) -> None:
        """Something is durable: data below `offset`, the first `marks` marks, hard state number `hard_state`."""
        if hard_state is not None:
            self.note_hard_state_durable(hard_state)
            if self.role is Role.CANDIDATE and self._ballot is not None:
                self._count_votes()
        if (offset is not None or marks is not None) and generation == self.log.generation:
            self._advance_log(offset, marks)
        self._settle()

    def read_done(self, peer: NodeId, offset: int, run: Run | None) -> None:
        """Answers a `ReadRequest` with whole batches from exactly `offset` on; None: cannot be had now."""
        if self.leading is not None:
            self.leading.read_done(peer, offset, run)

    def tail_lost(self, offset: int, marks: int) -> None:
        """The storage lost everything but data below `offset` and the first `marks` marks; they are durable.

        A leader steps down: its followers may have what it lost, and whether that counts is for the next one to find. This
        is the one way `commit` can go back, never below what was durable here.
        """
        end = self.log.prefix(offset, marks)
        self.run = None
        if end < self.log.end:
            self.commit = min(self.commit, end)
            self.cut(end)
            self.log.note_durable(end.offset, end.marks)
            if self.leading is not None:
                self.become_follower(self.term, None)
        self._settle()

    def start_moved(self, offset: int) -> None:
        """Data below `offset` (≤ the commit's) is gone."""
        invariant(offset <= self.commit.offset, f"start {offset} beyond the commit {self.commit}")
        self.log.move_start(offset)
        self.advance_commit(self.log.start)
        self.matched = max(self.matched, self.log.start)

    def peer_down(self, node: NodeId) -> None:
        """Node `node` is not heard, or started anew: whoever relied on it looks for itself."""
        if self.leading is not None:
            self.leading.peer_down(node)
        elif node == self.leader:
            self.is_quiet = False
            self.heard_at = None
            self.election_deadline = self.clock.now + self.random_below(self.config.election_ticks)
            self.has_ready = True

    def peer_up(self, node: NodeId) -> None:
        """Node `node` is heard again."""
        if self.leading is not None:
            self.leading.peer_up(node)

    # --- the exit ---

    def ready(self) -> Ready:
        """What the driver is to do now; each piece once."""
        self.has_ready = False
        leading = self.leading
        if leading is not None:
            leading.fill()
        reads: list[ReadRequest] = []
        if leading is not None and leading.read_requests:
            reads, leading.read_requests = leading.read_requests, []
        leadership = Leadership(self.role, self.term, self.leader)
        ready = Ready(
            hard_state=self.hard_state if self.hard_state_changed else None,
            reset=self.reset,
            truncation=self.truncation,
            marks=tuple(self.marks),
            run=self.run,
            messages=tuple(self.messages),
            heartbeats=tuple(self.heartbeats),
            reads=tuple(reads),
            commit=self.commit if self.commit != self._commit_told else None,
            configuration=self.configuration if self.configuration_changed else None,
            leadership=leadership if leadership != self._leadership_told else None,
            read_indexes=tuple(self.read_indexes),
        )
        self._commit_told = self.commit
        self._leadership_told = leadership
        self.hard_state_changed = self.configuration_changed = self.has_ready = False
        self.reset = self.truncation = self.run = None
        self.marks.clear()
        self.messages.clear()
        self.heartbeats.clear()
        self.read_indexes.clear()
        return ready

    # --- inside ---

    def _leader(self) -> Leading:
        if self.leading is None:
            raise NotLeader(self.leader)
        return self.leading

    def _enter(self, term: int) -> None:
        """Somebody is in a newer term: whatever we were, we are its follower."""
        self.become_follower(term, None)
        self._settle()

    def _settle(self) -> None:
        """A leadership that ended answers its reads and is dropped."""
        if self.leading is not None and self.role is not Role.LEADER:
            self.read_indexes += self.leading.reads.give_up()
            self.leading = None
            self.has_ready = True
        if self._ballot is not None and self.role in (Role.FOLLOWER, Role.LEADER):
            self._ballot = None

    def _advance_log(self, offset: int | None, marks: int | None) -> None:
        if self.leading is not None:
            self.log.note_durable(offset, marks)
            self.leading.count()
            return
        before = self.log.durable
        self.log.note_durable(offset, marks)
        if self.role is Role.FOLLOWER and self.log.durable != before:
            following.answer(self, None)

    def _step_vote_request(self, request: VoteRequest) -> None:
        self._wake()
        if request.prevote:
            election.answer_prevote(self, request)
        elif request.term < self.term:
            election.refuse(self, request)
        elif request.term == self.term:
            election.answer_vote(self, request)
        elif not election.refuses_any(self, request):
            self._enter(request.term)
            election.answer_vote(self, request)

    def _step_vote_response(self, response: VoteResponse) -> None:
        ballot = self._ballot
        if ballot is None or ballot.prevote != response.prevote:
            return
        expected = self.term + 1 if response.prevote and response.granted else self.term
        if response.term == expected and self.role in (Role.PRECANDIDATE, Role.CANDIDATE):
            ballot.count(response.sender, granted=response.granted)
            self._count_votes()

    def _count_votes(self) -> None:
        """Win, lose or wait. A candidate's own vote counts once it is durable."""
        ballot = self._ballot
        if ballot is None:
            return
        if self.role is Role.CANDIDATE and self.hard_state_durable == self.hard_number:
            ballot.count(self.node, granted=True)
        if ballot.lost:
            self.become_follower(self.term, None)
        elif ballot.won and ballot.prevote:
            self._ballot = election.stand(self, transfer=False)
        elif ballot.won:
            self._lead()

    def _lead(self) -> None:
        self.role = Role.LEADER
        self.leader = self.node
        self.election_deadline = None
        self.is_quiet = False
        self._ballot = None
        self.leading = Leading(self)

    def _step_stale(self, message: Message) -> None:
        """A leader of a term that is over learns that it is."""
        if isinstance(message, AppendRequest | Heartbeat | ResetRequest):
            self.send(
                AppendResponse(
                    sender=self.node,
                    to=message.sender,
                    term=self.term,
                    matched=self.matched,
                    durable=min(self.matched, self.log.durable),
                )
            )

    def _step_current(self, message: Message) -> None:
        match message:
            case AppendRequest():
                self._hear(message.sender)
                following.receive(self, message)
            case Heartbeat():
                self._hear(message.sender)
                following.receive_heartbeat(self, message)
            case ResetRequest():
                self._hear(message.sender)
                following.receive_reset(self, message)
            case AppendResponse() if self.leading is not None:
                self.leading.receive_append_response(message)
            case HeartbeatResponse() if self.leading is not None:
                self.leading.receive_heartbeat_response(message)
            case TimeoutNow() if self.may_stand and self.role is Role.FOLLOWER:
                self._ballot = election.stand(self, transfer=True)
            case _:
                pass

    def _hear(self, leader: NodeId) -> None:
        invariant(self.role is not Role.LEADER, f"nodes {self.node} and {leader} both lead term {self.term}")
        if self.role is not Role.FOLLOWER or self.leader != leader:
            invariant(self.leader in (None, leader), f"two leaders in term {self.term}")
            self.become_follower(self.term, leader)
        self.hear_leader()

    def _wake(self) -> None:
        if self.leading is not None:
            self.leading.wake()
        elif self.is_quiet:
            # The leader may not have heard what woke us: it has to speak again, or it is replaced.
            self.hear_leader()
            following.answer(self, None)
            self.has_ready = True
