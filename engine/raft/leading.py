"""What a leader does: take proposals, send, count, commit (thesis 3.5, 3.6.2), and hand over (3.10).

One `Leading` lives as long as one leadership. It never ends itself: where it must, it makes the replica a follower, and
the core drops it.
"""

from collections import deque

from engine.base.errors import invariant
from engine.model.ids import NodeId
from engine.raft.entries import Mark, Position, Run
from engine.raft.errors import ChangeRefused, RaftRefusal, TooMuchInFlight, TransferInProgress
from engine.raft.membership import Configuration, check_change
from engine.raft.messages import (
    AppendRequest,
    AppendResponse,
    Heartbeat,
    HeartbeatResponse,
    Rejection,
    ResetRequest,
    TimeoutNow,
)
from engine.raft.progress import Progress, ProgressState
from engine.raft.quorum import is_quorum, reached
from engine.raft.reads import Reads
from engine.raft.ready import ReadRequest
from engine.raft.replica import Replica
from engine.raft.tail import Tail


class Leading:
    """One replica's time as leader of one term."""

    __slots__ = (
        "_heartbeat_deadline",
        "_quorum_deadline",
        "_quorum_since",
        "_tail",
        "_transfer_deadline",
        "_uncommitted",
        "_uncommitted_bytes",
        "active_at",
        "is_heartbeat_due",
        "progress",
        "read_requests",
        "reads",
        "replica",
        "term_start",
        "transfer_target",
    )

    def __init__(self, replica: Replica) -> None:
        self.replica = replica
        config, now = replica.config, replica.clock.now
        log = replica.log
        self.progress: dict[NodeId, Progress] = {}
        """Every other member."""
        self._tail = Tail(config.tail_runs_max)
        self._uncommitted: deque[tuple[int, int]] = deque()
        self._uncommitted_bytes = 0
        self.reads = Reads()
        self.read_requests: list[ReadRequest] = []
        self.is_heartbeat_due = False
        self.transfer_target: NodeId | None = None
        self._transfer_deadline = 0
        self._heartbeat_deadline = now + config.heartbeat_ticks
        self._quorum_since = now
        self._quorum_deadline = now + config.election_ticks
        self.active_at = now
        """Tick at which something last happened."""
        before = log.end
        mark = Mark(replica.term, before.marks, before.offset)
        replica.append_mark(mark)
        self.term_start = mark.after
        """Nothing is committed by this leader before a majority has its term mark."""
        self._follow_configuration(before)

    # --- proposals ---

    def refusal(self, size: int) -> RaftRefusal | None:
        """Why `size` more bytes cannot be proposed now."""
        if self.transfer_target is not None:
            return TransferInProgress(self.transfer_target)
        if self.replica.log.has_unsynced_change:
            return TooMuchInFlight("a change of the members is not durable yet")
        limit = self.replica.config.uncommitted_bytes_max
        if self._uncommitted_bytes and self._uncommitted_bytes + size > limit:
            return TooMuchInFlight(f"{self._uncommitted_bytes} bytes wait for commit; the bound is {limit}")
        return None

    def propose(self, base_offset: int, next_offset: int, size: int) -> None:
        """Data that the caller has appended to its storage."""
        replica = self.replica
        invariant(not replica.marks, "marks were not taken before data was proposed")
        run = Run(base_offset, next_offset, replica.term, size)
        replica.log.append_run(run)
        self._uncommitted.append((next_offset, size))
        self._uncommitted_bytes += size
        if replica.is_quiet:
            self.wake()
        self.active_at = replica.clock.now
        if self.progress:
            self._tail.append(run)
            replica.has_ready = True

    def propose_configuration(self, new: Configuration) -> None:
        """Change the members; in force at once. Raises `ChangeRefused`, `TransferInProgress`."""
        replica = self.replica
        refused = self.refusal(0)
        if refused is not None:
            raise refused
        if replica.commit < self.term_start:
            raise ChangeRefused("this term has committed nothing yet")
        if self._change_in_flight():
            raise ChangeRefused("another change is not committed yet")
        check_change(replica.configuration, new)
        before = replica.log.end
        replica.append_mark(Mark(replica.term, before.marks, before.offset, new))
        self._follow_configuration(before)
        self.wake()
        self.count()

    def _change_in_flight(self) -> bool:
        log = self.replica.log
        pending = log.marks[max(self.replica.commit.marks - log.start.marks, 0) :]
        return any(mark.configuration is not None for mark in pending)

    def _follow_configuration(self, following: Position) -> None:
        members = self.replica.configuration.members
        now = self.replica.clock.now
        self.progress = {
            node: self.progress.get(node) or Progress(node, following, now)
            for node in members
            if node != self.replica.node
        }
        if self.transfer_target not in self.replica.configuration.voters:
            self.transfer_target = None

    # --- what comes back ---

    def receive_append_response(self, response: AppendResponse) -> None:
        """A follower has more, or another log than we thought; or something woke it."""
        progress = self._heard(response)
        if progress is None:
            return
        if self.replica.is_quiet:
            self.wake()
        if response.rejection is None:
            self._acknowledged(progress, response.matched, response.durable)
        else:
            progress.acknowledge(response.matched, response.durable)
            self._rejected(progress, response.rejection)
            self.count()

    def _heard(self, response: AppendResponse | HeartbeatResponse) -> Progress | None:
        progress = self.progress.get(response.sender)
        if progress is not None:
            progress.heard_at = self.replica.clock.now
            self.replica.has_ready = True
            if progress.is_down:
                self.peer_up(response.sender)
        return progress

    def _acknowledged(self, progress: Progress, matched: Position, durable: Position) -> None:
        progress.acknowledge(matched, durable)
        if progress.state is not ProgressState.REPLICATE and matched >= progress.next:
            progress.to_replicate(matched)
        self.count()
        self._hand_over_if_ready()

    def _rejected(self, progress: Progress, rejection: Rejection) -> None:
        log = self.replica.log
        if progress.state is ProgressState.RESET or rejection.prev <= progress.durable:
            return
        if progress.state is ProgressState.PROBE and rejection.prev != progress.next:
            return
        term, end = log.end_of_term(rejection.hint_term)
        following = min(end, rejection.hint) if term == rejection.hint_term else end
        if term > rejection.hint_term:
            self._reset(progress)
        else:
            progress.to_probe(following if following < rejection.prev else progress.durable)

    def receive_heartbeat_response(self, response: HeartbeatResponse) -> None:
        """A follower is there; it may have missed something, proves a read round, or goes quiet."""
        progress = self._heard(response)
        if progress is None:
            return
        progress.is_waiting = False
        progress.round = max(progress.round, response.round)
        end = self.replica.log.end
        progress.is_quiet = response.quiet and response.durable == end
        self._acknowledged(progress, response.matched, response.durable)
        if progress.state is ProgressState.REPLICATE and response.matched < progress.next:
            self._ask_agreement(progress)
        self._confirm_reads()
        if progress.is_quiet:
            self._go_quiet_if_all_are()

    def read_done(self, peer: NodeId, offset: int, run: Run | None) -> None:
        """The driver found `run` for a `ReadRequest`; None: not now."""
        progress = self.progress.get(peer)
        if progress is None or progress.read_offset != offset:
            return
        progress.read_offset = None
        if run is None:
            progress.is_waiting = True  # until it answers the next heartbeat
        else:
            invariant(run.base_offset == offset, f"a read at {offset} found {run}")
            progress.loaded = run
        self.replica.has_ready = True

    # --- sending ---

    def fill(self) -> None:
        """Make the requests that the windows have room for, and heartbeats that are due."""
        for progress in self.progress.values():
            while self._send_next(progress):
                pass
        if self.is_heartbeat_due or self.reads.is_round_due:
            self._send_heartbeats()

    def _send_next(self, progress: Progress) -> bool:
        """One request; whether another may follow."""
        log = self.replica.log
        following = progress.next
        if progress.is_waiting or progress.is_down:
            return False
        if following < log.start:
            self._reset(progress)
        if progress.state is ProgressState.RESET:
            self._send_reset(progress)
            return False
        marks = log.marks_from(following)
        if progress.state is ProgressState.PROBE:
            self._send_append(progress, marks, None)
            progress.is_waiting = True
            return False
        config = self.replica.config
        if (
            len(progress.inflight) >= config.inflight_messages_max
            or progress.inflight_bytes >= config.inflight_bytes_max
        ):
            return False
        run = self._next_run(progress, following, following.marks + len(marks))
        if run is None and not marks:
            return False
        self._send_append(progress, marks, run)
        end = Position(following.offset if run is None else run.next_offset, following.marks + len(marks))
        progress.sent(end, 0 if run is None else run.bytes)
        return True

    def _next_run(self, progress: Progress, following: Position, marks: int) -> Run | None:
        """The data at `following`, behind the first `marks` marks; None: there is none, or not now.

        Data waits until a configuration mark before it is durable over there: a restart can tell from the data's epoch
        that a term mark is lost, but not that a configuration mark is.
        """
        log = self.replica.log
        offset, limit = following.offset, log.data_limit(marks)
        if limit <= offset or log.changes_members(progress.durable.marks, marks):
            return None
        loaded, progress.loaded = progress.loaded, None
        if loaded is not None and loaded.base_offset == offset and loaded.next_offset <= limit:
            return loaded
        bytes_max = self.replica.config.append_bytes_max
        run = self._tail.gather(offset, limit, bytes_max)
        if run is None and progress.read_offset != offset:
            progress.read_offset = offset
            self.read_requests.append(ReadRequest(progress.node, offset, limit, bytes_max))
        return run

    def _ask_agreement(self, progress: Progress) -> None:
        """It has less than was sent: if that got lost, its refusal of this makes us probe."""
        if progress.next >= self.replica.log.start:
            self._send_append(progress, (), None)

    def _send_append(self, progress: Progress, marks: tuple[Mark, ...], run: Run | None) -> None:
        replica = self.replica
        replica.send(
            AppendRequest(
                sender=replica.node,
                to=progress.node,
                term=replica.term,
                prev_term=replica.log.term_at(progress.next),
                prev=progress.next,
                marks=marks,
                run=run,
                commit=replica.commit,
            )
        )

    def _reset(self, progress: Progress) -> None:
        progress.to_reset(self.replica.log.start)
        progress.is_waiting = False
        self.replica.has_ready = True

    def _send_reset(self, progress: Progress) -> None:
        replica = self.replica
        log = replica.log
        progress.to_reset(log.start)
        replica.send(
            ResetRequest(
                sender=replica.node,
                to=progress.node,
                term=replica.term,
                start=log.start,
                start_term=log.start_term,
                configuration=log.start_configuration,
                commit=replica.commit,
            )
        )

    def _send_heartbeats(self) -> None:
        replica = self.replica
        quiet = self._may_go_quiet()
        for node, progress in self.progress.items():
            progress.is_quiet &= quiet
            replica.heartbeats.append(
                Heartbeat(
                    sender=replica.node,
                    to=node,
                    term=replica.term,
                    commit=replica.commit,
                    round=self.reads.round,
                    quiet=quiet,
                )
            )
        self.is_heartbeat_due = self.reads.is_round_due = False
        self._heartbeat_deadline = replica.clock.now + replica.config.heartbeat_ticks

    # --- counting ---

    def count(self) -> None:
        """Commit what a majority has durably, if a majority has this term's mark (thesis 3.6.2)."""
        replica = self.replica
        committed = self._durable_on_majority()
        if committed <= replica.commit or committed < self.term_start:
            return
        is_first = replica.commit < self.term_start
        replica.advance_commit(committed)
        self.active_at = replica.clock.now
        while self._uncommitted and self._uncommitted[0][0] <= committed.offset:
            self._uncommitted_bytes -= self._uncommitted.popleft()[1]
        if is_first:
            self.reads.first_commit(committed)
            self._confirm_reads()
        self._trim_tail()
        if not replica.is_voter and not self._change_in_flight():
            self._leave()

    def _durable_on_majority(self) -> Position:
        replica = self.replica
        own = replica.log.durable
        if not self.progress and replica.is_voter:
            return own
        return reached(
            own if voter == replica.node else self.progress[voter].durable
            for voter in replica.configuration.voters
        )

    def _confirm_reads(self) -> None:
        if not self.reads:
            return
        replica = self.replica
        newest = self.reads.round
        confirmed = self.reads.confirm(
            reached(
                newest if voter == replica.node else self.progress[voter].round
                for voter in replica.configuration.voters
            )
        )
        if confirmed:
            replica.read_indexes += confirmed
            replica.has_ready = True

    def _trim_tail(self) -> None:
        if len(self._tail):
            self._tail.forget_below(
                min(
                    (
                        progress.durable.offset
                        for progress in self.progress.values()
                        if progress.state is ProgressState.REPLICATE
                    ),
                    default=self.replica.log.end_offset,
                )
            )

    def _leave(self) -> None:
        """The change that removed us is committed (thesis 4.2.2): the one who has most goes on."""
        replica = self.replica
        best = max(replica.configuration.voters, key=lambda voter: self.progress[voter].matched)
        self._send_timeout_now(best)
        replica.become_follower(replica.term, None)

    # --- reads, transfer ---

    def read_index(self, token: object) -> None:
        """See `RaftCore.read_index`."""
        commit = self.replica.commit
        self.reads.ask(token, commit if commit >= self.term_start else None)
        self.wake()
        self._confirm_reads()
        self.replica.has_ready = True

    def transfer(self, target: NodeId) -> None:
        """Hand the leadership to `target` once it has everything. Raises `ChangeRefused`, `TransferInProgress`."""
        replica = self.replica
        if self.transfer_target is not None and self.transfer_target != target:
            raise TransferInProgress(self.transfer_target)
        if target == replica.node:
            return
        if target not in replica.configuration.voters:
            raise ChangeRefused(f"node {target} is not a voter")
        if self.progress[target].is_down:
            raise ChangeRefused(f"node {target} is down")
        if self.transfer_target is None:
            self.transfer_target = target
            self._transfer_deadline = replica.clock.now + replica.config.election_ticks
            self.wake()
            self._hand_over_if_ready()

    def _hand_over_if_ready(self) -> None:
        target = self.transfer_target
        if target is not None and self.progress[target].matched == self.replica.log.end:
            self._send_timeout_now(target)

    def _send_timeout_now(self, target: NodeId) -> None:
        replica = self.replica
        replica.send(TimeoutNow(sender=replica.node, to=target, term=replica.term))

    # --- time ---

    @property
    def next_deadline_tick(self) -> int | None:
        """When `tick` has something to do."""
        if self.replica.is_quiet or not self.progress:
            return None
        deadline = min(self._heartbeat_deadline, self._quorum_deadline)
        return deadline if self.transfer_target is None else min(deadline, self._transfer_deadline)

    def tick(self, now: int) -> None:
        """Speak to the followers, give up a leadership nobody answers, or a transfer that does not happen."""
        if self.replica.is_quiet or not self.progress:
            return
        if now >= self._heartbeat_deadline:
            self.is_heartbeat_due = True
            self.replica.has_ready = True
        if self.transfer_target is not None and now >= self._transfer_deadline:
            self.transfer_target = None
        if now >= self._quorum_deadline:
            self._check_quorum(now)

    def _check_quorum(self, now: int) -> None:
        """Nobody is served by a leader that a majority does not hear (thesis 6.2)."""
        replica = self.replica
        heard = {node for node, progress in self.progress.items() if progress.heard_at >= self._quorum_since}
        if not is_quorum(replica.configuration.voters, heard | {replica.node}):
            replica.become_follower(replica.term, None)
        self._quorum_since = now
        self._quorum_deadline = now + replica.config.election_ticks

    # --- quiet ---

    def wake(self) -> None:
        """Something happened: deadlines run."""
        replica = self.replica
        now = replica.clock.now
        self.active_at = now
        for progress in self.progress.values():
            progress.is_quiet = False
        if replica.is_quiet:
            replica.is_quiet = False
            self._heartbeat_deadline = now
            self._quorum_since = now
            self._quorum_deadline = now + replica.config.election_ticks
            replica.has_ready = True

    def _may_go_quiet(self) -> bool:
        """Nothing is left to say for a while now, and to nobody."""
        replica = self.replica
        return (
            replica.clock.now - self.active_at >= replica.config.quiet_ticks
            and replica.commit == replica.log.end == replica.log.durable
            and self.transfer_target is None
            and not self.reads
            and all(one.is_down or one.durable == replica.commit for one in self.progress.values())
        )

    def _go_quiet_if_all_are(self) -> None:
        replica = self.replica
        quiet = {node for node, one in self.progress.items() if one.is_quiet}
        if (
            self._may_go_quiet()
            and all(one.is_down or one.is_quiet for one in self.progress.values())
            and is_quorum(replica.configuration.voters, quiet | {replica.node})
        ):
            replica.is_quiet = True

    def peer_down(self, node: NodeId) -> None:
        """Send it nothing but heartbeats until it is heard again."""
        progress = self.progress.get(node)
        if progress is not None:
            progress.is_down = True
            self.wake()

    def peer_up(self, node: NodeId) -> None:
        """Find out what it has."""
        progress = self.progress.get(node)
        if progress is not None and progress.is_down:
            progress.is_down = False
            if progress.state is ProgressState.REPLICATE:
                progress.to_probe(progress.durable)
            progress.is_waiting = False
            self.wake()
