"""How a leader comes about: pre-vote, vote, and who may have ours (thesis 3.4, 3.6.1, 9.6)."""

from engine.model.ids import NodeId
from engine.raft.messages import VoteRequest, VoteResponse
from engine.raft.quorum import is_quorum
from engine.raft.ready import Role
from engine.raft.replica import Replica


class Ballot:
    """One attempt of this replica to be elected, real or asked for first."""

    __slots__ = ("_granted", "_refused", "_replica", "prevote")

    def __init__(self, replica: Replica, *, prevote: bool) -> None:
        self._replica = replica
        self.prevote = prevote
        self._granted: set[NodeId] = set()
        self._refused: set[NodeId] = set()

    def count(self, voter: NodeId, *, granted: bool) -> None:
        """Note a voter's answer; the first one stands."""
        if voter not in self._granted and voter not in self._refused:
            (self._granted if granted else self._refused).add(voter)

    @property
    def won(self) -> bool:
        """A majority said yes."""
        return is_quorum(self._replica.configuration.voters, self._granted)

    @property
    def lost(self) -> bool:
        """So many said no that the rest is no majority."""
        voters = self._replica.configuration.voters
        return not is_quorum(voters, set(voters) - self._refused)


def ask_first(replica: Replica) -> Ballot:
    """Become pre-candidate: would a majority vote for us in the next term? Nobody's term changes."""
    replica.role = Role.PRECANDIDATE
    replica.leader = None
    replica.is_quiet = False
    replica.new_timeout()
    replica.has_ready = True
    ballot = Ballot(replica, prevote=True)
    ballot.count(replica.node, granted=True)
    if not ballot.won:
        _ask(replica, replica.term + 1, prevote=True, transfer=False)
    return ballot


def stand(replica: Replica, *, transfer: bool) -> Ballot:
    """Become candidate in the next term. Our own vote counts once it is durable."""
    replica.set_hard_state(replica.term + 1, replica.node)
    replica.role = Role.CANDIDATE
    replica.leader = None
    replica.is_quiet = False
    replica.new_timeout()
    _ask(replica, replica.term, prevote=False, transfer=transfer)
    return Ballot(replica, prevote=False)


def _ask(replica: Replica, term: int, *, prevote: bool, transfer: bool) -> None:
    for voter in replica.configuration.voters:
        if voter != replica.node:
            replica.send(
                VoteRequest(
                    sender=replica.node,
                    to=voter,
                    term=term,
                    last_term=replica.log.last_term,
                    last=replica.log.end,
                    prevote=prevote,
                    transfer=transfer,
                )
            )


def is_up_to_date(replica: Replica, request: VoteRequest) -> bool:
    """Whether the candidate's log has all that ours may have committed (thesis 3.6.1)."""
    return (request.last_term, request.last) >= (replica.log.last_term, replica.log.end)


def refuses_any(replica: Replica, request: VoteRequest) -> bool:
    """A working leader is not replaced because someone missed it (4.2.3), unless it asked for that itself."""
    return not request.transfer and request.sender != replica.leader and replica.trusts_leader()


def answer_prevote(replica: Replica, request: VoteRequest) -> None:
    """Say whether we would vote; nothing of ours changes."""
    granted = (
        request.term > replica.term and not refuses_any(replica, request) and is_up_to_date(replica, request)
    )
    _answer(replica, request, request.term if granted else replica.term, granted=granted)


def answer_vote(replica: Replica, request: VoteRequest) -> None:
    """Vote once a term, for a log that has all that is committed. `request.term` is ours by now."""
    free = replica.vote == request.sender or (replica.vote is None and replica.leader is None)
    granted = free and is_up_to_date(replica, request)
    if granted:
        if replica.vote is None:
            replica.set_hard_state(replica.term, request.sender)
        replica.role = Role.FOLLOWER
        replica.new_timeout()
    _answer(replica, request, replica.term, granted=granted)


def refuse(replica: Replica, request: VoteRequest) -> None:
    """Of a term that is over: the candidate learns ours."""
    _answer(replica, request, replica.term, granted=False)


def _answer(replica: Replica, request: VoteRequest, term: int, *, granted: bool) -> None:
    replica.send(
        VoteResponse(
            sender=replica.node, to=request.sender, term=term, granted=granted, prevote=request.prevote
        )
    )
