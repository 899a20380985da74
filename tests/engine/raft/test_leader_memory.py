"""Quorums, the tail of runs and the progress of a follower, against naive models."""

from hypothesis import given
from hypothesis import strategies as st

from engine.model.ids import NodeId
from engine.raft.config import RaftConfig
from engine.raft.entries import ORIGIN, Position, Run
from engine.raft.messages import AppendRequest, VoteRequest
from engine.raft.progress import Progress, ProgressState
from engine.raft.quorum import is_quorum, majority, reached
from engine.raft.tail import Tail
from tests.engine.raft.group import CONFIG, Group


@given(st.lists(st.integers(0, 9), min_size=1, max_size=9))
def test_reached_is_the_largest_value_a_majority_has(values):
    expected = max(
        value for value in values if sum(other >= value for other in values) >= majority(len(values))
    )
    assert reached(values) == expected


@given(st.sets(st.integers(1, 9), min_size=1), st.sets(st.integers(1, 9)), st.sets(st.integers(1, 9)))
def test_two_quorums_share_a_voter(voters, some, others):
    if is_quorum(tuple(voters), some) and is_quorum(tuple(voters), others):
        assert voters & some & others


@given(st.lists(st.integers(1, 5), max_size=30), st.integers(1, 8), st.integers(0, 200), st.integers(1, 20))
def test_the_tail_gives_runs_back_to_back(widths, runs_max, offset, bytes_max):
    tail, runs, end = Tail(runs_max), [], 0
    for width in widths:
        runs.append(Run(end, end + width, 1, width))
        tail.append(runs[-1])
        end += width
    kept = runs[-runs_max:]
    found = tail.gather(offset, end, bytes_max)
    if offset not in [run.base_offset for run in kept]:
        assert found is None
        return
    assert found.base_offset == offset
    inside = [run for run in kept if offset <= run.base_offset and run.next_offset <= found.next_offset]
    assert found.bytes == sum(run.bytes for run in inside)
    assert found.bytes <= max(bytes_max, inside[0].bytes)
    tail.forget_below(found.next_offset)
    assert tail.gather(offset, end, bytes_max) is None


def test_a_gap_in_the_tail_is_not_bridged():
    tail = Tail(10)
    tail.append(Run(0, 5, 1, 5))
    tail.append(Run(9, 12, 1, 3))
    assert tail.gather(0, 99, 99) == Run(0, 5, 1, 5)


def test_acknowledgements_free_the_window_and_durable_never_goes_back():
    progress = Progress(NodeId(2), Position(0, 1), 0)
    progress.to_replicate(Position(0, 1))
    progress.sent(Position(5, 1), 50)
    progress.sent(Position(9, 1), 40)
    progress.acknowledge(Position(9, 1), Position(5, 1))
    assert progress.inflight_bytes == 40
    progress.acknowledge(Position(9, 1), Position(3, 1))
    assert progress.durable == Position(5, 1)
    progress.to_probe(Position(0, 1))
    assert (progress.state, progress.next) == (ProgressState.PROBE, Position(5, 1))


def pipelined(config, proposals):
    group = Group(config=config)
    group.elect(1)
    group.wire.clear()
    for width in proposals:
        group.propose(1, width)
    return group, [
        message for message in group.wire if isinstance(message, AppendRequest) and message.to == 2
    ]


def test_the_window_bounds_messages():
    config = RaftConfig(election_ticks=10, heartbeat_ticks=2, inflight_messages_max=3)
    group, sent = pipelined(config, [1] * 10)
    assert [message.run.next_offset for message in sent] == [1, 2, 3]
    group.deliver()
    assert group[2].log.end == Position(10, 1)


def test_the_window_bounds_bytes():
    config = RaftConfig(election_ticks=10, heartbeat_ticks=2, inflight_bytes_max=10)
    group, sent = pipelined(config, [6] * 10)
    assert [message.run.next_offset for message in sent] == [6, 12]
    group.deliver()
    assert group[3].log.end == Position(60, 1)


def test_what_waits_goes_out_in_one_request():
    group = Group()
    core = group.elect(1)
    group.wire.clear()
    for _ in range(50):
        core.propose(core.end_offset, core.end_offset + 2, 10)
    group.drain(1)
    assert [message.run for message in group.wire] == [Run(0, 100, 0, 500)] * 2


def test_uncommitted_bytes_are_bounded():
    config = RaftConfig(election_ticks=10, heartbeat_ticks=2, uncommitted_bytes_max=100)
    group = Group(config=config)
    core = group.elect(1)
    core.propose(0, 1, 90)
    assert core.refusal(11) is not None
    assert core.refusal(10) is None
    group.drain(1)
    group.deliver()
    assert core.refusal(100) is None


def test_a_quiet_group_has_no_deadline_and_wakes_when_its_leader_is_gone():
    group = Group()
    group.elect(1)
    for _ in range(CONFIG.quiet_ticks):
        group.tick(1, 2)
        group.deliver()
    assert [group[n].next_deadline_tick for n in (1, 2, 3)] == [None] * 3
    group[2].peer_down(NodeId(1))
    group[3].peer_down(NodeId(1))
    group.isolate(1)
    for _ in range(20):
        group.tick(2)
        group.tick(3)
        group.deliver()
    assert sum(group[n].leading is not None for n in (2, 3)) == 1


def test_a_quiet_follower_that_is_asked_for_a_prevote_has_its_leader_speak_again():
    group = Group()
    group.elect(1)
    for _ in range(CONFIG.quiet_ticks):
        group.tick(1, 2)
        group.deliver()
    stranger = VoteRequest(
        sender=NodeId(9), to=NodeId(2), term=5, last_term=0, last=ORIGIN, prevote=True, transfer=False
    )
    group[2].step(stranger)
    group.drain(2)
    group.deliver()
    assert not group[1].is_quiet
    for _ in range(30):
        for number in (1, 2, 3):
            group.tick(number)
        group.deliver()
    assert group[1].leading is not None
    assert group[2].leader == 1


def test_a_leader_goes_quiet_without_a_follower_that_is_down_and_wakes_when_it_is_back():
    group = Group()
    group.elect(1)
    group.isolate(3)
    group[1].peer_down(NodeId(3))
    for _ in range(CONFIG.quiet_ticks):
        group.tick(1, 2)
        group.deliver()
    assert group[1].is_quiet
    assert group[2].is_quiet
    group.heal()
    group[1].peer_up(NodeId(3))
    assert not group[1].is_quiet
