"""Planted bugs: each breaks one rule of the core (or of a disk that it relies on) and must be found by the simulator."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from unittest.mock import patch

from engine.raft import election, following
from engine.raft.core import RaftCore
from engine.raft.entries import ORIGIN, Mark
from engine.raft.errors import ChangeRefused
from engine.raft.leading import Leading
from engine.raft.log_view import LogView
from engine.raft.membership import check_change
from engine.raft.messages import VoteResponse
from engine.raft.quorum import reached
from engine.raft.ready import Reset
from engine.raft.replica import Replica
from tests.simulation.disk import HardStateWrite


@dataclass(frozen=True)
class Mutation:
    name: str
    rule: str
    """The rule that it breaks."""
    plant: Callable[[], AbstractContextManager[object]]
    seeds_max: int = 300
    """It is found within so many seeds,"""
    first_seed: int = 0
    """from here on,"""
    weather: Mapping[str, object] = field(default_factory=dict)
    """in this weather."""


def _vote_twice() -> AbstractContextManager[object]:
    def answer(replica, request):
        replica.send(
            VoteResponse(
                sender=replica.node,
                to=request.sender,
                term=replica.term,
                granted=election.is_up_to_date(replica, request),
                prevote=False,
            )
        )

    return patch.object(election, "answer_vote", answer)


def _forget_vote() -> AbstractContextManager[object]:
    def apply(self, image):
        image.term, image.vote = self.term, None

    return patch.object(HardStateWrite, "apply", apply)


def _forget_term() -> AbstractContextManager[object]:
    return patch.object(HardStateWrite, "apply", lambda self, image: None)


def _speak_before_durable() -> AbstractContextManager[object]:
    def send(self, message):
        self.messages.append(message)
        self.has_ready = True

    return patch.object(Replica, "send", send)


def _vote_for_any_log() -> AbstractContextManager[object]:
    return patch.object(election, "is_up_to_date", lambda *_: True)


def _prevote_for_any_log() -> AbstractContextManager[object]:
    def answer(replica, request):
        with patch.object(election, "is_up_to_date", lambda *_: True):
            real(replica, request)

    real = election.answer_prevote
    return patch.object(election, "answer_prevote", answer)


def _compare_logs_by_end_only() -> AbstractContextManager[object]:
    return patch.object(election, "is_up_to_date", lambda replica, request: request.last >= replica.log.end)


def _commit_old_terms() -> AbstractContextManager[object]:
    def init(self, replica):
        real(self, replica)
        self.term_start = ORIGIN

    real = Leading.__init__
    return patch.object(Leading, "__init__", init)


def _acknowledge_before_durable() -> AbstractContextManager[object]:
    return patch.object(LogView, "durable", property(lambda self: self.end))


def _leader_counts_unsynced() -> AbstractContextManager[object]:
    def count(self):
        own = self.replica.log.end
        return reached(
            own if voter == self.replica.node else self.progress[voter].durable
            for voter in self.replica.configuration.voters
        )

    return patch.object(Leading, "_durable_on_majority", count)


def _marks_need_not_be_durable() -> AbstractContextManager[object]:
    return patch.object(
        LogView, "durable", property(lambda self: self.prefix(self._durable_offset, self.end.marks))
    )


def _commit_what_one_has() -> AbstractContextManager[object]:
    def count(self):
        return max([self.replica.log.durable, *(one.durable for one in self.progress.values())])

    return patch.object(Leading, "_durable_on_majority", count)


def _count_learners() -> AbstractContextManager[object]:
    def count(self):
        return reached([self.replica.log.durable, *(one.durable for one in self.progress.values())])

    return patch.object(Leading, "_durable_on_majority", count)


def _count_what_is_received() -> AbstractContextManager[object]:
    def count(self):
        return reached(
            self.replica.log.durable if voter == self.replica.node else self.progress[voter].matched
            for voter in self.replica.configuration.voters
        )

    return patch.object(Leading, "_durable_on_majority", count)


def _follower_commits_what_it_has() -> AbstractContextManager[object]:
    def receive(replica, heartbeat):
        replica.advance_commit(min(heartbeat.commit, replica.log.end))
        real(replica, heartbeat)

    real = following.receive_heartbeat
    return patch.object(following, "receive_heartbeat", receive)


def _follower_commits_beyond_its_log() -> AbstractContextManager[object]:
    def advance(self, commit):
        if commit > self.commit:
            self.commit = commit
            self.has_ready = True

    def receive(replica, heartbeat):
        with patch.object(Replica, "advance_commit", advance):
            replica.advance_commit(heartbeat.commit)
        real(replica, heartbeat)

    real = following.receive_heartbeat
    return patch.object(following, "receive_heartbeat", receive)


def _append_without_looking_back() -> AbstractContextManager[object]:
    def receive(replica, request):
        with patch.object(LogView, "contains", lambda self, position, term: position <= self.end):
            real(replica, request)

    real = following.receive
    return patch.object(following, "receive", receive)


def _keep_conflicting_tail() -> AbstractContextManager[object]:
    def make_end(replica, position):
        real(replica, position)
        replica.truncation = None

    real = following.make_end
    return patch.object(following, "make_end", make_end)


def _cut_on_every_append() -> AbstractContextManager[object]:
    def receive(replica, request):
        if replica.log.contains(request.prev, request.prev_term) and request.prev > replica.commit:
            replica.matched = min(replica.matched, request.prev)
            following.make_end(replica, request.prev)
        real(replica, request)

    real = following.receive
    return patch.object(following, "receive", receive)


def _reset_whatever_is_there() -> AbstractContextManager[object]:
    def receive(replica, request):
        log = replica.log
        if request.start > log.start:
            log.reset(request.start, request.start_term, request.configuration)
            replica.marks.clear()
            replica.truncation = None
            replica.commit = replica.matched = request.start
            replica.reset = Reset(request.start, request.start_term, request.configuration, log.generation)
            replica.configuration_changed = replica.has_ready = True
        following.answer(replica, None)

    return patch.object(following, "receive_reset", receive)


def _read_without_asking() -> AbstractContextManager[object]:
    def confirm(self):
        self.replica.read_indexes += self.reads.confirm(self.reads.round)
        self.replica.has_ready = True

    return patch.object(Leading, "_confirm_reads", confirm)


def _read_on_old_answers() -> AbstractContextManager[object]:
    def ask(self, token, commit):
        if commit is None:
            self._early.append(token)
        else:
            self.round = max(self.round, 1)
            self.is_round_due = True
            self._waiting.append((self.round, token, commit))

    from engine.raft.reads import Reads

    return patch.object(Reads, "ask", ask)


def _read_before_first_commit() -> AbstractContextManager[object]:
    def read_index(self, token):
        self.reads.ask(token, self.replica.commit)
        self.wake()
        self._confirm_reads()
        self.replica.has_ready = True

    return patch.object(Leading, "read_index", read_index)


def _two_changes_in_flight() -> AbstractContextManager[object]:
    return patch.object(Leading, "_change_in_flight", lambda self: False)


def _change_before_first_commit() -> AbstractContextManager[object]:
    def propose(self, new):
        """The real one, blind to the term's first commit and to what earlier leaders left."""
        replica = self.replica
        if refused := self.refusal(0):
            raise refused
        pending = replica.log.marks[max(replica.commit.marks - replica.log.start.marks, 0) :]
        if any(mark.configuration is not None and mark.term == replica.term for mark in pending):
            raise ChangeRefused("another change is not committed yet")
        check_change(replica.configuration, new)
        before = replica.log.end
        replica.append_mark(Mark(replica.term, before.marks, before.offset, new))
        self._follow_configuration(before)
        self.wake()
        self.count()

    return patch.object(Leading, "propose_configuration", propose)


def _trust_marks_and_data_apart() -> AbstractContextManager[object]:
    def restore(cls, configuration, **found):
        return real(configuration, **{**found, "epochs": ()})

    real = LogView.restore
    return patch.object(LogView, "restore", classmethod(restore))


def _believe_old_completions() -> AbstractContextManager[object]:
    def cut(self, end):
        durable = self._durable_offset
        real(self, end)
        self._durable_offset = durable

    def durable(self):
        return self.prefix(min(self._durable_offset, self.end_offset), self._durable_marks)

    real = LogView.cut
    stack = patch.multiple(LogView, cut=cut, durable=property(durable))
    return stack


def _candidate_without_own_majority() -> AbstractContextManager[object]:
    def won(self):
        return bool(self._granted)

    return patch.object(election.Ballot, "won", property(won))


def _count_votes_of_any_term() -> AbstractContextManager[object]:
    def step(self, response):
        if self._ballot is not None and response.granted:
            self._ballot.count(response.sender, granted=True)
            self._count_votes()

    return patch.object(RaftCore, "_step_vote_response", step)


def _probe_position_as_match() -> AbstractContextManager[object]:
    def answer(replica, rejection):
        real(replica, None)

    real = following.answer
    return patch.object(following, "answer", answer)


HASTY = {
    "node_count": 4,
    "voter_count": 4,
    "hasty": 1.0,
    "cut": 0.02,
    "transfer": 0.05,
    "load": 0.02,
    "drop": 0.0,
    "crash": 0.0,
    "crash_soon": 0.0,
    "change": 0.0,
    "lost_tail": 0.0,
}
"""Four voters, a change the moment somebody leads, and links that break: the erratum of 4.1 needs two leaders' luck."""

MUTATIONS = [
    Mutation("vote_twice", "one vote a term (3.4)", _vote_twice),
    Mutation("forget_vote_on_restart", "the vote is durable (3.8)", _forget_vote),
    Mutation("forget_term_on_restart", "the term is durable (3.8)", _forget_term),
    Mutation(
        "speak_before_durable", "term and vote are durable before they are spoken of", _speak_before_durable
    ),
    Mutation("vote_for_any_log", "election restriction (3.6.1)", _vote_for_any_log),
    Mutation("prevote_for_any_log", "a pre-vote is a promise of the vote (9.6)", _prevote_for_any_log),
    Mutation("compare_logs_by_end_only", "the last term decides first (3.6.1)", _compare_logs_by_end_only),
    Mutation("elected_by_one", "a majority elects (3.4)", _candidate_without_own_majority),
    Mutation("votes_of_any_term", "votes count for their term (3.4)", _count_votes_of_any_term),
    Mutation("commit_old_terms", "only this term's entries are counted (3.6.2)", _commit_old_terms),
    Mutation(
        "acknowledge_before_durable", "what is acknowledged survives (3.8)", _acknowledge_before_durable
    ),
    Mutation("leader_counts_unsynced", "the leader flushed too (10.2.1)", _leader_counts_unsynced),
    Mutation("marks_need_not_be_durable", "a mark is an entry (ADR 5)", _marks_need_not_be_durable),
    Mutation("commit_what_one_has", "a majority commits (3.5)", _commit_what_one_has),
    Mutation("count_learners", "learners are not counted (4.2.1)", _count_learners),
    Mutation("count_what_is_received", "only durable entries count", _count_what_is_received),
    Mutation("follower_commits_what_it_has", "commit ≤ what matched (3.5)", _follower_commits_what_it_has),
    Mutation("follower_commits_beyond_its_log", "commit ≤ own log", _follower_commits_beyond_its_log),
    Mutation("append_without_looking_back", "the consistency check (3.5)", _append_without_looking_back),
    Mutation("lost_truncation", "conflicting entries are deleted (3.5)", _keep_conflicting_tail),
    Mutation("cut_on_every_append", "only conflicting entries are deleted (3.5)", _cut_on_every_append),
    Mutation(
        "reset_whatever_is_there", "a reset never takes what is committed (5.1)", _reset_whatever_is_there
    ),
    Mutation("stale_read", "a read needs a round of heartbeats (6.4)", _read_without_asking),
    Mutation(
        "read_on_old_answers", "a round that began before the read proves nothing (6.4)", _read_on_old_answers
    ),
    Mutation("read_before_first_commit", "a new leader commits first (6.4)", _read_before_first_commit),
    Mutation("two_changes_in_flight", "one change at a time (4.1)", _two_changes_in_flight),
    Mutation(
        "change_before_first_commit",
        "a new leader commits first (4.1, erratum)",
        _change_before_first_commit,
        weather=HASTY,
    ),
    Mutation(
        "marks_and_data_apart", "data without its mark is not the log (ADR 5)", _trust_marks_and_data_apart
    ),
    Mutation("old_completions", "durability is of a generation", _believe_old_completions),
    Mutation("rejection_lost", "a mismatch is said (3.5)", _probe_position_as_match),
]
