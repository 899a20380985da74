"""What a follower does with its leader's entries (thesis 3.5) and heartbeats.

`Replica.matched` is how far the log is known to be the leader's; only that much may be acknowledged and committed.
"""

from engine.base.errors import invariant
from engine.raft.entries import Position, Run
from engine.raft.messages import (
    AppendRequest,
    AppendResponse,
    Heartbeat,
    HeartbeatResponse,
    Rejection,
    ResetRequest,
)
from engine.raft.ready import Reset, Truncation
from engine.raft.replica import Replica


def is_well_formed(request: AppendRequest) -> bool:
    """Whether the entries can be one leader's: consecutive, of terms that only grow and are not its future."""
    position, term = request.prev, request.prev_term
    for mark in request.marks:
        if mark.before != position or mark.term < term:
            return False
        position, term = mark.after, mark.term
    run = request.run
    if run is not None and (run.base_offset != position.offset or run.next_offset <= run.base_offset):
        return False
    return term <= request.term and (run is None or run.term == term)


def receive(replica: Replica, request: AppendRequest) -> None:
    """Make the log equal to the leader's up to the request's end, or say why that cannot be seen."""
    invariant(replica.run is None, "a Ready with data was not taken before the next step")
    if not is_well_formed(request):
        return
    log = replica.log
    if request.prev > replica.commit and not log.contains(request.prev, request.prev_term):
        hint_term, hint = log.end_of_term(request.prev_term)
        answer(replica, Rejection(request.prev, hint_term, hint))
        return
    position = request.prev
    for mark in request.marks:
        if mark.after > replica.commit and not log.contains(mark.after, mark.term):
            make_end(replica, position)
            replica.append_mark(mark)
        position = mark.after
    if request.run is not None:
        _receive_run(replica, position, request.run)
    replica.matched = max(replica.matched, request.end)
    replica.advance_commit(min(request.commit, replica.matched))
    if replica.run is None:
        # Data is answered when it is durable; the rest at once, so that a probe costs one round trip.
        answer(replica, None)


def _receive_run(replica: Replica, position: Position, run: Run) -> None:
    log = replica.log
    end = Position(run.next_offset, position.marks)
    if end <= replica.commit or log.contains(end, run.term):
        return
    position = max(position, log.start)
    if position < log.end:
        shared = position.offset
        if log.term_at(position) == run.term:
            shared = min(log.data_limit(position.marks), run.next_offset)
        position = Position(shared, position.marks)
        make_end(replica, position)
    replica.run = run._replace(base_offset=position.offset)
    log.append_run(replica.run)
    replica.has_ready = True


def make_end(replica: Replica, position: Position) -> None:
    """What follows `position` is not the leader's: drop it."""
    if position < replica.log.end:
        invariant(position >= replica.matched, f"cut at {position} below what matched, {replica.matched}")
        replica.cut(position)
        if replica.truncation is not None:
            position = min(position, replica.truncation.end)
        replica.truncation = Truncation(position, replica.log.generation)


def receive_reset(replica: Replica, request: ResetRequest) -> None:
    """Begin anew at the leader's log start, unless the log reaches it."""
    invariant(replica.run is None, "a Ready with data was not taken before the next step")
    log = replica.log
    if request.start > replica.commit:
        if not log.contains(request.start, request.start_term):
            before = log.configuration
            log.reset(request.start, request.start_term, request.configuration)
            replica.marks.clear()
            replica.truncation = None
            replica.reset = Reset(request.start, request.start_term, request.configuration, log.generation)
            replica.configuration_changed |= log.configuration != before
            replica.has_ready = True
        replica.matched = max(replica.matched, request.start)
        replica.advance_commit(request.start)
    replica.advance_commit(min(request.commit, replica.matched))
    answer(replica, None)


def receive_heartbeat(replica: Replica, heartbeat: Heartbeat) -> None:
    """Note the commit; go quiet with the leader if there is nothing left to wait for."""
    replica.advance_commit(min(heartbeat.commit, replica.matched))
    log = replica.log
    quiet = (
        heartbeat.quiet
        and heartbeat.commit == replica.commit == replica.matched == log.end == log.durable
        and replica.hard_state_durable == replica.hard_number
    )
    if quiet:
        replica.is_quiet = True
        replica.election_deadline = None
    replica.send(
        HeartbeatResponse(
            sender=replica.node,
            to=heartbeat.sender,
            term=replica.term,
            matched=replica.matched,
            durable=min(replica.matched, log.durable),
            round=heartbeat.round,
            quiet=quiet,
        )
    )


def answer(replica: Replica, rejection: Rejection | None) -> None:
    """Tell the leader how far the log is its log, and how much of that is durable."""
    if replica.leader is not None:
        replica.send(
            AppendResponse(
                sender=replica.node,
                to=replica.leader,
                term=replica.term,
                matched=replica.matched,
                durable=min(replica.matched, replica.log.durable),
                rejection=rejection,
            )
        )
