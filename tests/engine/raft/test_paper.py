"""The rules of the thesis (Ongaro 2014), each under its section, with positions in place of indexes (ADR 5)."""

import pytest

from engine.base.errors import InvariantError
from engine.model.ids import NodeId
from engine.raft.entries import ORIGIN, Mark, Position, Run
from engine.raft.errors import ChangeRefused, NotLeader, TooMuchInFlight, TransferInProgress
from engine.raft.membership import Configuration
from engine.raft.messages import (
    AppendRequest,
    AppendResponse,
    Heartbeat,
    HeartbeatResponse,
    ResetRequest,
    TimeoutNow,
    VoteRequest,
    VoteResponse,
)
from engine.raft.ready import Role
from tests.engine.raft.group import Group


def vote_request(sender, to, term, last_term=-1, last=ORIGIN, *, prevote=False, transfer=False):
    return VoteRequest(
        sender=NodeId(sender),
        to=NodeId(to),
        term=term,
        last_term=last_term,
        last=last,
        prevote=prevote,
        transfer=transfer,
    )


def append_request(to, term, prev_term, prev, *, marks=(), run=None, commit=ORIGIN, sender=2):
    return AppendRequest(
        sender=NodeId(sender),
        to=NodeId(to),
        term=term,
        prev_term=prev_term,
        prev=prev,
        marks=marks,
        run=run,
        commit=commit,
    )


# --- 3.3 terms ---


@pytest.mark.parametrize("role", ["leader", "candidate", "follower"])
def test_3_3_a_newer_term_makes_anyone_a_follower(role):
    group = Group()
    if role == "leader":
        group.elect(1)
    elif role == "candidate":
        group.isolate(1)
        group[1].campaign()
        group.drain(1)
    core = group[1]
    core.step(append_request(1, 9, -1, Position(0, 0)))
    assert (core.role, core.term, core.leader) == (Role.FOLLOWER, 9, 2)


def test_3_3_messages_of_an_old_term_change_nothing_and_tell_the_old_leader():
    group = Group(terms={1: 5})
    group[1].step(append_request(1, 4, -1, Position(0, 0), marks=(Mark(4, 0, 0),)))
    group.drain(1)
    assert group[1].log.end == Position(0, 0)
    (answer,) = group.wire
    assert isinstance(answer, AppendResponse)
    assert answer.term == 5


# --- 3.4 elections ---


def test_3_4_a_follower_that_hears_nothing_stands_after_its_timeout():
    group = Group()
    group.tick(1, 10)
    assert group[1].role is Role.FOLLOWER
    group.tick(1, 1)
    assert group[1].role is Role.PRECANDIDATE
    group.deliver()
    assert group[1].role is Role.LEADER
    assert group[1].term == 0
    assert {group[n].leader for n in (1, 2, 3)} == {1}


def test_3_4_timeouts_are_random_between_one_and_two_election_times():
    group = Group(voters=(1, 2, 3), timeouts={1: 0, 2: 4, 3: 99})
    assert [group[n].next_deadline_tick for n in (1, 2, 3)] == [10, 14, 19]


def test_3_4_one_vote_a_term_first_come():
    group = Group(voters=(1, 2, 3))
    core = group[1]
    for candidate in (2, 3, 2):
        core.step(vote_request(candidate, 1, 1))
        group.drain(1)
    assert [(message.to, message.granted) for message in group.wire] == [(2, True), (3, False), (2, True)]


def test_3_4_a_vote_is_spoken_only_when_it_is_durable():
    group = Group()
    group.nodes[1].syncs = False
    group[1].step(vote_request(2, 1, 1))
    group.drain(1)
    assert not group.wire
    assert group.nodes[1].readies[-1].hard_state[:2] == (1, 2)
    group.nodes[1].sync()
    group.drain(1)
    assert group.wire[0].granted


def test_3_4_a_candidate_counts_its_own_vote_and_asks_others_only_when_it_is_durable():
    group = Group(voters=(1,))
    group.nodes[1].syncs = False
    group.tick(1)
    assert group[1].role is Role.CANDIDATE
    group.nodes[1].sync()
    assert group[1].role is Role.LEADER


def test_3_4_a_candidate_follows_the_leader_of_its_own_term():
    group = Group(voters=(1, 2, 3))
    group.isolate(1)
    core = group[1]
    core.step(VoteResponse(sender=2, to=1, term=0, granted=True, prevote=True))
    core.campaign()
    core.step(VoteResponse(sender=2, to=1, term=0, granted=True, prevote=True))
    group.drain(1)
    assert (core.role, core.term) == (Role.CANDIDATE, 0)
    core.step(append_request(1, 0, -1, Position(0, 0)))
    assert (core.role, core.leader) == (Role.FOLLOWER, 2)


def test_3_4_split_vote_is_retried_in_a_new_term():
    group = Group(voters=(1, 2))
    for number in (1, 2):
        group[number].campaign()
        group.drain(number)
    group.deliver()
    assert [group[n].role for n in (1, 2)] == [Role.FOLLOWER, Role.FOLLOWER]
    group.elect(1)
    assert group[1].term == 1


def test_two_leaders_in_a_term_stop_the_shard():
    group = Group()
    group.elect(1)
    with pytest.raises(InvariantError, match="both lead"):
        group[1].step(append_request(1, group[1].term, -1, Position(0, 0)))


# --- 3.5 replication ---


def test_3_5_commit_is_a_majority_that_has_it_durably():
    group = Group()
    group.elect(1)
    group.nodes[2].syncs = group.nodes[3].syncs = False
    group.propose(1, 5)
    group.deliver()
    assert group[1].commit == Position(0, 1)
    group.nodes[3].sync()
    group.drain(3)
    group.deliver()
    assert group[1].commit == Position(5, 1)


def test_3_5_the_leader_itself_need_not_be_of_that_majority():
    group = Group()
    group.elect(1)
    group.nodes[1].syncs = False
    group.propose(1, 5)
    group.deliver()
    assert group[1].log.durable == Position(0, 1)
    assert group[1].commit == Position(5, 1)


def test_3_5_followers_learn_the_commit_with_the_next_message():
    group = Group()
    group.elect(1)
    group.propose(1, 5)
    group.deliver()
    group.tick(1, 2)
    group.deliver()
    assert [group[n].commit for n in (1, 2, 3)] == [Position(5, 1)] * 3


def test_3_5_a_follower_without_the_previous_entry_refuses_and_says_where_its_log_could_meet():
    group = Group(logs={1: [(1, 10), (2, 20)]}, terms={1: 2})
    core = group[1]
    core.step(append_request(1, 5, 4, Position(30, 4), run=Run(30, 31, 4, 1)))
    group.drain(1)
    assert group.wire[-1].rejection == (Position(30, 4), 2, Position(20, 2))


# Figure 3.6 (a…f): logs that a new leader of term 8 may meet; each becomes equal to the leader's.
LEADER = [(1, 3), (4, 5), (5, 7), (6, 10)]


@pytest.mark.parametrize(
    "log",
    [
        [(1, 3), (4, 5), (5, 7), (6, 9)],
        [(1, 3), (4, 4)],
        [(1, 3), (4, 5), (5, 7), (6, 11)],
        [(1, 3), (4, 5), (5, 7), (6, 10), (7, 12)],
        [(1, 3), (4, 7)],
        [(1, 3), (2, 6), (3, 11)],
        [],
    ],
    ids=[*"abcdef", "empty"],
)
def test_3_5_a_follower_of_figure_3_6_is_repaired(log):
    # Node 3 votes; node 2 has the odd log.
    group = Group(logs={1: LEADER, 2: log, 3: LEADER}, terms={1: 7, 2: 7, 3: 7})
    group.elect(1)
    for _ in range(5):
        group.tick(1, 2)
        group.deliver()
    # The leader keeps no descriptors from before its election: reads bring what is missing.
    serve_reads(group, 1)
    assert group[2].log.end == group[1].log.end
    assert group[2].log.marks == group[1].log.marks
    assert group[2].commit == group[1].commit == group[1].log.end


def serve_reads(group, leader):
    for _ in range(20):
        for ready in group.nodes[leader].readies:
            for peer, offset, upto, _ in ready.reads:
                log = group[leader].log
                term = max([log.start_term, *(mark.term for mark in log.marks if mark.offset <= offset)])
                group[leader].read_done(peer, offset, Run(offset, upto, term, upto - offset))
        group.nodes[leader].readies.clear()
        group.drain(leader)
        group.tick(leader, 2)
        group.deliver()


def test_3_5_a_repeated_append_cuts_nothing():
    group = Group(logs={1: [(1, 10)]}, terms={1: 1})
    core = group[1]
    for _ in range(2):
        core.step(append_request(1, 1, -1, Position(0, 0), marks=(Mark(1, 0, 0),), run=Run(0, 4, 1, 4)))
        group.drain(1)
    assert core.log.end == Position(10, 1)
    assert core.matched == Position(4, 1)


def test_3_5_a_conflict_cuts_only_what_is_behind_it():
    group = Group(logs={1: [(1, 10), (2, 20)]}, terms={1: 2})
    core = group[1]
    core.step(append_request(1, 3, 1, Position(5, 1), marks=(Mark(3, 1, 5),), run=Run(5, 8, 3, 3)))
    ready = core.ready()
    assert ready.truncation.end == Position(5, 1)
    assert ready.marks == (Mark(3, 1, 5),)
    assert ready.run == Run(5, 8, 3, 3)
    assert core.log.end == Position(8, 2)


def test_3_5_an_append_that_overlaps_brings_only_the_rest():
    group = Group(logs={1: [(1, 10)]}, terms={1: 1})
    group[1].step(append_request(1, 1, 1, Position(5, 1), run=Run(5, 15, 1, 10)))
    ready = group[1].ready()
    assert ready.truncation is None
    assert ready.run == Run(10, 15, 1, 10)


@pytest.mark.parametrize(
    "request_",
    [
        append_request(1, 1, -1, Position(0, 0), marks=(Mark(1, 1, 0),)),
        append_request(1, 1, -1, Position(0, 0), marks=(Mark(1, 0, 4),)),
        append_request(1, 1, -1, Position(0, 0), marks=(Mark(2, 0, 0),)),
        append_request(1, 1, -1, Position(0, 0), marks=(Mark(1, 0, 0),), run=Run(1, 2, 1, 1)),
        append_request(1, 1, -1, Position(0, 0), marks=(Mark(1, 0, 0),), run=Run(0, 0, 1, 1)),
        append_request(1, 1, -1, Position(0, 0), marks=(Mark(1, 0, 0),), run=Run(0, 2, 0, 1)),
    ],
    ids=["ordinal", "offset", "future", "gap", "empty", "term"],
)
def test_senseless_entries_are_dropped(request_):
    group = Group()
    group[1].step(request_)
    assert group[1].log.end == Position(0, 0)


# --- 3.6 safety ---


@pytest.mark.parametrize(
    ("last_term", "last", "granted"),
    [
        (2, Position(20, 2), True),
        (3, Position(0, 1), True),
        (2, Position(21, 2), True),
        (2, Position(19, 2), False),
        (1, Position(99, 2), False),
        (2, Position(20, 1), False),
    ],
)
def test_3_6_1_a_vote_goes_to_a_log_that_has_at_least_ours(last_term, last, granted):
    group = Group(logs={1: [(1, 10), (2, 20)]}, terms={1: 2})
    for prevote in (True, False):
        group[1].step(vote_request(2, 1, 9, last_term, last, prevote=prevote))
        group.drain(1)
    assert [message.granted for message in group.wire] == [granted, granted]


def test_3_6_2_entries_of_older_terms_commit_only_with_the_term_mark():
    group = Group(logs={1: [(1, 5)], 2: [(1, 5)], 3: []}, terms={1: 1, 2: 1, 3: 1})
    group.nodes[1].syncs = group.nodes[2].syncs = True
    group[1].campaign()
    group.drain(1)
    group.deliver()
    # Everything is committed at once, and never the old entries without the mark: drop the mark's way first.
    assert group[1].commit == Position(5, 2)

    group = Group(logs={1: [(1, 5)], 2: [(1, 5)], 3: []}, terms={1: 1, 2: 1, 3: 1})
    core = group[1]
    core.campaign()
    group.drain(1)
    while core.role is not Role.LEADER:
        group.deliver(1)
    for number in (2, 3):
        core.step(
            HeartbeatResponse(
                sender=number,
                to=1,
                term=core.term,
                matched=Position(5, 1),
                durable=Position(5, 1),
                round=0,
                quiet=False,
            )
        )
    assert core.commit == Position(0, 0)


def test_3_6_2_a_new_leader_moves_no_offset():
    group = Group()
    for leader in (1, 2, 3, 1):
        group.elect(leader)
        group.propose(leader, 2)
        group.deliver()
    assert group[1].end_offset == 8
    assert [mark.offset for mark in group[1].log.marks] == [0, 2, 4, 6]


# --- 3.8 persisted state ---


def test_3_8_a_restart_remembers_term_and_vote():
    group = Group(terms={1: 3})
    core = group[1]
    core.vote = NodeId(2)
    core.step(vote_request(3, 1, 3))
    group.drain(1)
    assert not group.wire[-1].granted


def test_3_8_the_term_is_never_older_than_the_log():
    group = Group(logs={1: [(7, 3)]}, terms={1: 2})
    assert group[1].term == 7
    assert group.nodes[1].readies[0].hard_state.term == 7


# --- 3.10 leadership transfer ---


def test_3_10_transfer_sends_timeout_now_to_a_target_that_has_everything():
    group = Group()
    group.elect(1)
    group.propose(1)
    group[1].transfer_leadership(NodeId(3))
    assert isinstance(group[1].refusal(1), TransferInProgress)
    group.deliver()
    assert group[3].role is Role.LEADER
    assert group[1].role is Role.FOLLOWER
    assert isinstance(group.last(TimeoutNow), TimeoutNow)


def test_3_10_a_transfer_that_does_not_happen_is_given_up_after_an_election_timeout():
    group = Group()
    group.elect(1)
    group.blocked = {(1, 3), (3, 1)}
    group.propose(1)
    group[1].transfer_leadership(NodeId(3))
    group.drain(1)
    for _ in range(10):
        assert isinstance(group[1].refusal(1), TransferInProgress)
        group.tick(1)
        group.deliver()
    assert group[1].role is Role.LEADER
    assert group[1].refusal(1) is None


@pytest.mark.parametrize("target", [4, 9])
def test_3_10_only_a_voter_is_handed_the_leadership(target):
    group = Group(learners=(4,))
    group.elect(1)
    with pytest.raises(ChangeRefused):
        group[1].transfer_leadership(NodeId(target))


# --- 4 membership ---


def voters(*numbers, learners=()):
    return Configuration(voters=tuple(map(NodeId, numbers)), learners=tuple(map(NodeId, learners)))


def test_4_1_a_change_is_in_force_when_it_is_appended():
    group = Group(others=(4,))
    group.elect(1)
    group.isolate(1)
    group[1].propose_configuration(voters(1, 2, 3, 4))
    assert group[1].configuration == voters(1, 2, 3, 4)
    group.drain(1)
    assert group.nodes[1].readies[-1].configuration is not None or any(
        ready.configuration == voters(1, 2, 3, 4) for ready in group.nodes[1].readies
    )


def test_4_1_a_change_that_is_cut_is_taken_back():
    group = Group(others=(4,))
    group.elect(1)
    group.isolate(1)
    group[1].propose_configuration(voters(1, 2, 3, 4))
    group.drain(1)
    group.deliver()
    group[2].campaign()
    group.drain(2)
    group.heal()
    group.deliver()
    for _ in range(3):
        group.elect(2)
        group.tick(2, 2)
        group.deliver()
    assert group[1].configuration == voters(1, 2, 3)


def test_4_1_one_change_at_a_time():
    group = Group()
    group.elect(1)
    group.isolate(1)
    group[1].propose_configuration(voters(1, 2))
    group.drain(1)
    with pytest.raises(ChangeRefused, match="another change"):
        group[1].propose_configuration(voters(1))


def test_4_1_one_voter_at_a_time_and_never_none():
    group = Group(voters=(1, 2, 3))
    group.elect(1)
    with pytest.raises(ChangeRefused, match="one voter"):
        group[1].propose_configuration(voters(1))
    with pytest.raises(ChangeRefused, match="nothing"):
        group[1].propose_configuration(voters(1, 2, 3))
    with pytest.raises(ChangeRefused, match="needs a voter"):
        group[1].propose_configuration(Configuration(voters=()))


def test_4_1_no_change_before_the_terms_first_commit():
    group = Group()
    core = group[1]
    core.campaign()
    group.drain(1)
    while core.role is not Role.LEADER:
        group.deliver(1)
    with pytest.raises(ChangeRefused, match="committed nothing"):
        core.propose_configuration(voters(1, 2))


def test_4_1_data_waits_for_a_change_to_be_durable():
    group = Group()
    group.elect(1)
    group.nodes[1].syncs = False
    group[1].propose_configuration(voters(1, 2, 3, learners=(4,)))
    assert isinstance(group[1].refusal(1), TooMuchInFlight)
    group.nodes[1].sync()
    assert group[1].refusal(1) is None


def test_4_2_1_learners_receive_everything_and_are_not_counted():
    group = Group(voters=(1, 2, 3), learners=(4, 5))
    group.elect(1)
    group.blocked = {(1, 2), (1, 3)}
    group.propose(1, 3)
    group.deliver()
    assert group[4].log.end == group[5].log.end == Position(3, 1)
    assert group[1].commit == Position(0, 1)
    group.tick(4, 100)
    assert group[4].role is Role.FOLLOWER


def test_4_2_2_a_leader_that_removes_itself_leaves_when_that_is_committed():
    group = Group()
    group.elect(1)
    group.isolate(1)
    group[1].propose_configuration(voters(2, 3))
    group.drain(1)
    assert group[1].role is Role.LEADER
    group.heal()
    for _ in range(4):
        group.tick(1, 2)
        group.deliver()
    assert group[1].role is Role.FOLLOWER
    assert Role.LEADER in (group[2].role, group[3].role)


def test_4_2_2_a_leader_that_leaves_does_not_count_itself():
    group = Group(voters=(1, 2))
    group.elect(1)
    group.blocked = {(1, 2)}
    group[1].propose_configuration(voters(2))
    group.drain(1)
    assert group[1].commit == Position(0, 1)


def test_4_2_2_a_voter_that_only_has_the_change_removing_it_still_stands():
    group = Group(voters=(1, 2))
    group.elect(1)
    group.wire.clear()
    group.blocked = {(1, 2), (2, 1)}
    group[1].propose_configuration(voters(2, learners=(1,)))
    group.drain(1)
    group.tick(1, 10)
    group.heal()
    group.wire.clear()
    group.tick(1, 20)
    group.deliver()
    for _ in range(5):
        group.tick(1, 2)
        group.tick(2, 2)
        group.deliver()
    assert group[2].configuration == voters(2, learners=(1,))
    assert group[2].commit.marks >= 2


def test_4_2_3_a_server_that_heard_its_leader_votes_for_nobody():
    group = Group()
    group.elect(1)
    group[2].step(vote_request(3, 2, 50, 9, Position(99, 9)))
    group[2].step(vote_request(3, 2, 50, 9, Position(99, 9), prevote=True))
    group.drain(2)
    assert group[2].term == group[1].term
    assert [message.granted for message in group.wire] == [False]


def test_4_2_3_unless_the_leader_asked_for_it():
    group = Group()
    group.elect(1)
    group[2].step(vote_request(3, 2, 50, 9, Position(99, 9), transfer=True))
    group.drain(2)
    assert group.wire[-1].granted


# --- 5 behind the log start ---


def test_5_a_follower_behind_the_log_start_begins_there():
    group = Group(logs={1: [(1, 10), (2, 20)], 2: [(1, 10), (2, 20)]}, terms={1: 2, 2: 2, 3: 2})
    group.elect(1)
    group[1].start_moved(15)
    for _ in range(4):
        group.tick(1, 2)
        group.deliver()
    assert isinstance(group.last(ResetRequest), ResetRequest)
    serve_reads(group, 1)
    assert group[3].log.start == Position(15, 2)
    assert group[3].log.end == group[1].log.end
    assert group[3].commit == group[1].commit


def test_5_a_reset_that_comes_late_takes_nothing():
    group = Group()
    group.elect(1)
    group.propose(1, 5)
    group.deliver()
    group.tick(1, 2)
    group.deliver()
    late = ResetRequest(
        sender=NodeId(1),
        to=NodeId(2),
        term=group[1].term,
        start=Position(3, 1),
        start_term=0,
        configuration=group.configuration,
        commit=Position(3, 1),
    )
    group[2].step(late)
    assert group[2].ready().reset is None
    assert group[2].log.end == Position(5, 1)


# --- 6 clients ---


def test_6_2_a_leader_that_hears_no_majority_steps_down():
    group = Group()
    group.elect(1)
    group[1].read_index("read")
    group.isolate(1)
    for _ in range(20):
        group.tick(1)
        group.deliver()
    assert group[1].role is Role.FOLLOWER
    assert isinstance(group[1].refusal(1), NotLeader)
    answers = [answer for ready in group.nodes[1].readies for answer in ready.read_indexes]
    assert answers == [("read", None)]


def test_6_4_a_read_waits_for_a_round_that_began_after_it():
    group = Group()
    group.elect(1)
    group.propose(1, 4)
    group.deliver()
    group.tick(1, 2)
    late = [message for message in group.wire if isinstance(message, Heartbeat)]
    group.deliver()
    group.nodes[1].readies.clear()
    group[1].read_index("read")
    for heartbeat in late:
        group[heartbeat.to].step(heartbeat)
        group.drain(heartbeat.to)
    for response in group.wire:
        group[1].step(response)
    assert not group[1].read_indexes
    group.drain(1)
    group.deliver()
    answers = [answer for ready in group.nodes[1].readies for answer in ready.read_indexes]
    assert answers == [("read", 4)]


def test_6_4_a_read_waits_for_the_terms_first_commit():
    group = Group()
    core = group[1]
    core.campaign()
    group.drain(1)
    while core.role is not Role.LEADER:
        group.deliver(1)
    core.read_index("read")
    assert not core.ready().read_indexes
    group.tick(1, 2)
    group.deliver()
    group.tick(1, 2)
    group.deliver()
    answers = [answer for ready in group.nodes[1].readies for answer in ready.read_indexes]
    assert answers == [("read", 0)]


def test_6_4_a_group_of_one_reads_at_once():
    group = Group(voters=(1,))
    group.tick(1)
    group.propose(1, 3)
    group[1].read_index("read")
    assert group[1].ready().read_indexes == (("read", 3),)


# --- 9.6 pre-vote ---


def test_9_6_a_server_cut_off_does_not_raise_its_term():
    group = Group()
    group.elect(1)
    group.isolate(3)
    for _ in range(200):
        for number in (1, 2, 3):
            group.tick(number)
        group.deliver()
    assert group[3].term == group[1].term
    group.heal()
    for _ in range(10):
        for number in (1, 2, 3):
            group.tick(number)
        group.deliver()
    assert group[1].role is Role.LEADER
    assert group[3].leader == 1


def test_9_6_a_prevote_changes_nobody():
    group = Group()
    group[1].step(vote_request(2, 1, 7, prevote=True))
    assert (group[1].term, group[1].vote) == (-1, None)
    assert not group[1].hard_state_changed


# --- 10.2 ---


def test_10_2_1_the_leader_sends_while_it_still_writes():
    group = Group()
    group.elect(1)
    group.nodes[1].syncs = False
    group.propose(1, 3)
    assert any(isinstance(message, AppendRequest) and message.run for message in group.wire)
