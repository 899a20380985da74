"""Brokers come, rest and leave; partitions move: what is decided, and what is refused."""

from uuid import UUID

import pytest

from engine.controller.balancer import plan_leaders, plan_moves
from engine.controller.commands import (
    CreateTopics,
    FinishMove,
    MoveReplicas,
    NewTopic,
    RegisterBroker,
    RemoveBroker,
    ReplicaMove,
    SetDecommission,
    SetMaintenance,
)
from engine.controller.decide import decide
from engine.controller.limits import Limits
from engine.wire.error_codes import ErrorCode


def carry_out(state, command):
    decision = decide(state, command, Limits())
    for record in decision.records:
        state.replay(record)
    return decision


def with_topic(brokers, count, partitions=6, factor=3):
    state = brokers(count)
    topic = NewTopic(
        name="t", topic_id=UUID(int=77), partitions=partitions, replication_factor=min(factor, count)
    )
    carry_out(state, CreateTopics(topics=(topic,)))
    return state


def test_one_broker_rests_at_a_time(brokers):
    assert "single node" in carry_out(brokers(1), SetMaintenance(node_id=0, enabled=True)).refusal
    state = brokers(3)
    assert carry_out(state, SetMaintenance(node_id=9, enabled=True)).unknown
    assert carry_out(state, SetMaintenance(node_id=1, enabled=True)).refusal is None
    assert state.brokers.by_id[1].maintenance
    assert carry_out(state, SetMaintenance(node_id=1, enabled=True)).records == []
    assert "one broker at a time" in carry_out(state, SetMaintenance(node_id=2, enabled=True)).refusal
    carry_out(state, SetMaintenance(node_id=1, enabled=False))
    assert carry_out(state, SetMaintenance(node_id=2, enabled=True)).refusal is None


def test_a_broker_that_registers_again_keeps_its_state(brokers):
    state = brokers(2)
    carry_out(state, SetMaintenance(node_id=1, enabled=True))
    known = state.brokers.by_id[1]
    again = RegisterBroker(
        host_uuid=known.host_uuid,
        node_id=None,
        host="elsewhere",
        rack=None,
        endpoints=known.endpoints,
        cluster_uuid=UUID(int=5),
    )
    assert carry_out(state, again).node_id == 1
    assert state.brokers.by_id[1].maintenance
    assert state.brokers.by_id[1].host == "elsewhere"


def test_a_decommissioned_broker_is_emptied_then_removed(brokers):
    state = with_topic(brokers, 4)
    carry_out(state, SetDecommission(node_id=0, enabled=True))
    assert "still holds" in carry_out(state, RemoveBroker(node_id=0)).refusal
    while state.topics.held_by(0):
        plan = plan_moves(state, {0, 1, 2, 3}, even=False)
        assert plan.moves
        assert not plan.stuck
        outcome = carry_out(state, MoveReplicas(moves=plan.moves))
        assert all(one.error is ErrorCode.NONE for one in outcome.moves)
        topic = state.topics.by_name["t"]
        for each in topic.partitions:
            assert set(each.holders) >= set(each.replicas)
            carry_out(
                state, FinishMove(topic_id=topic.topic_id, partition=each.index, replicas=each.replicas)
            )
    for each in state.topics.by_name["t"].partitions:
        assert sorted(each.replicas) == [1, 2, 3]
    assert carry_out(state, RemoveBroker(node_id=0)).refusal is None
    assert 0 not in state.brokers.by_id
    taken = RegisterBroker(
        host_uuid=UUID(int=99), node_id=0, host="h", rack=None, endpoints=(), cluster_uuid=UUID(int=5)
    )
    assert "decommissioned" in carry_out(state, taken).refusal
    assert decide(state, RemoveBroker(node_id=1), Limits()).refusal == "broker 1 is not being decommissioned"


def test_with_nowhere_to_go_a_decommission_is_stuck(brokers):
    state = with_topic(brokers, 3)
    carry_out(state, SetDecommission(node_id=2, enabled=True))
    plan = plan_moves(state, {0, 1, 2}, even=True)
    assert not plan.moves
    assert len(plan.stuck) == 6
    carry_out(state, SetDecommission(node_id=2, enabled=False))
    assert not plan_moves(state, {0, 1, 2}, even=True).stuck


def test_the_last_broker_stays(brokers):
    state = brokers(2)
    carry_out(state, SetDecommission(node_id=0, enabled=True))
    assert "last one" in carry_out(state, SetDecommission(node_id=1, enabled=True)).refusal


def test_a_move_goes_on_until_it_is_finished_or_taken_back(brokers):
    state = with_topic(brokers, 4, partitions=1)
    topic = state.topics.by_name["t"]
    before = topic.partitions[0].replicas
    (new,) = {0, 1, 2, 3} - set(before)
    target = (new, *before[:2])

    def move(replicas):
        command = MoveReplicas(moves=(ReplicaMove(topic="t", partition=0, replicas=replicas),))
        return carry_out(state, command).moves[0].error

    assert move(None) is ErrorCode.NO_REASSIGNMENT_IN_PROGRESS
    assert move((0, 0)) is ErrorCode.INVALID_REPLICA_ASSIGNMENT
    assert move((0, 8)) is ErrorCode.INVALID_REPLICA_ASSIGNMENT
    assert move(target) is ErrorCode.NONE
    moving = state.topics.by_name["t"].partitions[0]
    assert (moving.replicas, moving.previous) == (target, before)
    assert move(before) is ErrorCode.REASSIGNMENT_IN_PROGRESS
    stale = FinishMove(topic_id=topic.topic_id, partition=0, replicas=before)
    assert carry_out(state, stale).records == []
    assert move(None) is ErrorCode.NONE
    back = state.topics.by_name["t"].partitions[0]
    assert (back.replicas, back.previous) == (before, target)
    carry_out(state, stale)
    assert state.topics.by_name["t"].partitions[0].previous == ()


@pytest.mark.parametrize("partitions", [1, 7, 24])
def test_a_new_broker_gets_its_share_of_replicas_and_leaders(brokers, partitions):
    state = with_topic(brokers, 3, partitions=partitions)
    for record in brokers(4).brokers.snapshot():
        state.replay(record)
    for _ in range(50):
        plan = plan_moves(state, {0, 1, 2, 3}, even=True)
        if not plan.moves:
            break
        carry_out(state, MoveReplicas(moves=plan.moves))
        for each in state.topics.by_name["t"].partitions:
            command = FinishMove(topic_id=UUID(int=77), partition=each.index, replicas=each.replicas)
            carry_out(state, command)
    held = [state.topics.replicas_by_node.get(node, 0) for node in range(4)]
    assert max(held) - min(held) <= 1
    leads = [0] * 4
    for each in state.topics.by_name["t"].partitions:
        leads[each.replicas[0]] += 1
    assert max(leads) <= partitions // 4 + 3


def test_leaders_go_back_to_preferred_replicas_that_can_lead(brokers):
    state = with_topic(brokers, 3, partitions=3)
    partitions = state.topics.by_name["t"].partitions
    leaders = {each.log_id: each.replicas[1] for each in partitions}
    in_sync = {each.log_id: each.replicas for each in partitions}
    plan = plan_leaders(state, leaders, {0, 1, 2}, in_sync, at_most=9)
    assert [(one.log_id, one.target) for one in plan] == [
        (each.log_id, each.replicas[0]) for each in partitions
    ]
    carry_out(state, SetMaintenance(node_id=partitions[0].replicas[0], enabled=True))
    dead = {0, 1, 2} - {partitions[1].replicas[0]}
    behind = {**in_sync, partitions[2].log_id: ()}
    assert plan_leaders(state, leaders, dead, behind, at_most=9) == []
