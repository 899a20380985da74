"""Every refusal about topics, with its Kafka code and a message that names what is wrong."""

import re
from uuid import UUID

import pytest

from engine.controller.commands import (
    AlterTopicConfigs,
    ConfigChange,
    CreatePartitions,
    CreateTopics,
    DeleteTopics,
    NewPartitions,
    NewTopic,
    TopicConfigChanges,
)
from engine.controller.decide import decide
from engine.controller.limits import Limits
from engine.wire.error_codes import ErrorCode

LIMITS = Limits(partitions_per_shard=10)
ID = UUID(int=77)


def run(state, command, limits=LIMITS):
    decision = decide(state, command, limits)
    for record in decision.records:
        state.replay(record)
    return decision


def create(state, name="t", limits=LIMITS, validate_only=False, **fields):
    topic = NewTopic(name=name, **{"topic_id": ID, **fields})
    (outcome,) = run(state, CreateTopics(topics=(topic,), validate_only=validate_only), limits).topics
    return outcome


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"name": ""}, 17, "empty"),
        ({"name": ".."}, 17, r"\.\."),
        ({"name": "a b"}, 17, "characters"),
        ({"name": "x" * 250}, 17, "249"),
        ({"name": "__consumer_offsets"}, 17, "internal"),
        ({"name": "there"}, 36, "already exists"),
        ({"partitions": 0}, 37, "at least 1.*0"),
        ({"partitions": -2}, 37, "-2"),
        ({"partitions": 11}, 37, "topic_partitions_per_shard"),
        ({"partitions": 2**31 - 1}, 37, "limit of 10"),
        ({"replication_factor": 0}, 38, "at least 1"),
        ({"replication_factor": -7}, 38, "-7"),
        ({"replication_factor": 3}, 38, "3 is larger than the 1 broker"),
        ({"assignments": ((1, (0,)),)}, 39, "from 0 up"),
        ({"assignments": ((0, (0,)), (0, (0,)))}, 39, "from 0 up"),
        ({"assignments": ((0, ()),)}, 39, "no replicas"),
        ({"assignments": ((0, (0, 0)),)}, 39, "twice"),
        ({"assignments": ((0, (5,)),)}, 39, "broker 5"),
        ({"assignments": ((0, (0,)),), "partitions": 1}, 42, "both be -1"),
        ({"assignments": ((0, (0,)),), "replication_factor": 1}, 42, "both be -1"),
        ({"configs": (("retention.ms", "soon"),)}, 40, "retention.ms.*integer"),
        ({"configs": (("retention.mss", "1"),)}, 40, "retention.mss.*did you mean"),
        ({"configs": (("retention.ms", None),)}, 40, "no value"),
        ({"configs": (("retention.ms", "1"), ("retention.ms", "2"))}, 42, "twice"),
        ({"configs": (("redpanda.remote.recovery", "true"),)}, 40, "object storage"),
        ({"configs": (("replication.factor", "3"),)}, 38, "3 is larger than the 1 broker"),
        ({"configs": (("replication.factor", "1"),), "replication_factor": 2}, 40, "contradicts"),
        ({"configs": (("message.format.version", "x" * 32000), ("redpanda.iceberg.partition.spec", "y" * 32767),
                      ("redpanda.schema.registry.context", "z" * 2000))}, 40, "65536"),
    ],
)  # fmt: skip
def test_what_create_refuses(brokers, fields, code, says):
    state = brokers()
    create(state, "there", topic_id=UUID(int=1), partitions=1)
    state.topics.replicas_by_node.clear()
    outcome = create(state, **fields)
    assert outcome.error == code
    assert outcome.message is not None

    assert re.search(says, outcome.message), outcome.message
    assert list(state.topics.by_name) == ["there"]
    assert create(
        brokers(), "a", validate_only=True, **{k: v for k, v in fields.items() if k != "name"}
    ).error in (
        code,
        0,
    )


def test_create_fills_in_defaults(brokers):
    state = brokers()
    limits = Limits(default_partitions=4)
    topic = create(state, limits=limits, configs=(("retention.ms", "5"), ("preallocate", "true"))).topic
    assert [partition.index for partition in topic.partitions] == [0, 1, 2, 3]
    assert [partition.log_id for partition in topic.partitions] == [1, 2, 3, 4]
    assert {partition.leader_epoch for partition in topic.partitions} == {0}
    assert topic.configs == {"retention.ms": "5", "preallocate": "true"}
    assert topic.topic_id == ID


def test_names_that_differ_in_dots_and_underscores_live_together(brokers):
    state = brokers()
    assert create(state, "a.b").ok
    assert create(state, "a_b", topic_id=UUID(int=5)).ok


def test_the_minimum_replication_factor(brokers):
    limits = Limits(minimum_replication_factor=3)
    assert (
        create(brokers(3), limits=limits, replication_factor=1).error is ErrorCode.INVALID_REPLICATION_FACTOR
    )
    assert create(brokers(3), limits=limits, replication_factor=3).ok


def test_a_manual_assignment_is_taken_as_it_is(brokers):
    topic = create(brokers(3), assignments=((1, (2, 0)), (0, (1, 2)))).topic
    assert [partition.replicas for partition in topic.partitions] == [(1, 2), (2, 0)]
    assert [partition.leader for partition in topic.partitions] == [1, 2]
    uneven = create(brokers(3), assignments=((0, (1, 2)), (1, (2,))))
    assert uneven.error is ErrorCode.INVALID_REPLICA_ASSIGNMENT


def test_a_name_given_twice_is_refused_once(brokers):
    state = brokers()
    topics = tuple(NewTopic(name=name, topic_id=UUID(int=at)) for at, name in enumerate(["a", "b", "a"], 1))
    outcomes = run(state, CreateTopics(topics=topics)).topics
    assert [(outcome.name, outcome.error) for outcome in outcomes] == [("a", 42), ("b", 0)]


def test_topics_of_one_request_share_the_room(brokers):
    state = brokers()
    topics = tuple(NewTopic(name=name, topic_id=UUID(int=ord(name)), partitions=6) for name in "ab")
    outcomes = run(state, CreateTopics(topics=topics)).topics
    assert [outcome.error for outcome in outcomes] == [0, 37]


def test_internal_topics_take_what_brokers_there_are(brokers):
    for count, replicas in [(1, 1), (2, 2), (5, 3)]:
        state = brokers(count)
        command = CreateTopics(
            topics=(NewTopic(name="__consumer_offsets", topic_id=ID, partitions=2),), internal=True
        )
        (outcome,) = run(state, command).topics
        assert outcome.ok
        assert outcome.topic.replication_factor == replicas
        assert outcome.topic.internal


def test_delete_by_name_and_by_id(brokers):
    state = brokers()
    create(state, "a", topic_id=UUID(int=1))
    create(state, "b", topic_id=UUID(int=2))
    outcomes = run(state, DeleteTopics(targets=("a", UUID(int=2), "c", UUID(int=9)))).topics
    assert [(item.name, item.topic_id, item.error) for item in outcomes] == [
        ("a", UUID(int=1), 0),
        ("b", UUID(int=2), 0),
        ("c", None, 3),
        (None, UUID(int=9), 100),
    ]
    assert not state.topics.by_name
    again = create(state, "a", topic_id=UUID(int=3))
    assert again.topic.partitions[0].log_id == 3


def test_a_topic_named_twice_is_not_deleted(brokers):
    state = brokers()
    create(state, "a", topic_id=UUID(int=1))
    outcomes = run(state, DeleteTopics(targets=("a", UUID(int=1)))).topics
    assert [item.error for item in outcomes] == [42, 42]
    (only,) = run(state, DeleteTopics(targets=("a", "a"))).topics
    assert only.error == 42
    assert "a" in state.topics.by_name


def test_what_may_not_be_deleted(brokers):
    state = brokers()
    run(state, CreateTopics(topics=(NewTopic(name="__consumer_offsets", topic_id=ID),), internal=True))
    create(state, "_schemas", topic_id=UUID(int=2))
    create(state, "t", topic_id=UUID(int=3))

    def codes(limits):
        targets = ("__consumer_offsets", "_schemas", "t")
        return [item.error for item in decide(state, DeleteTopics(targets=targets), limits).topics]

    assert codes(LIMITS) == [44, 44, 0]
    assert codes(Limits(nodelete_topics=frozenset({"t"}))) == [44, 0, 44]
    assert codes(Limits(delete_topic_enable=False)) == [73, 73, 73]
    outcome = decide(state, DeleteTopics(targets=("_schemas",)), LIMITS).topics[0]
    assert "kafka_nodelete_topics" in outcome.message


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"count": 2}, 37, "already has 2"),
        ({"count": 1}, 37, "has 2 partition.*1 would not"),
        ({"count": -5}, 37, "would not"),
        ({"count": 11}, 37, "topic_partitions_per_shard"),
        ({"count": 3, "name": "none"}, 3, "no topic 'none'"),
        ({"count": 3, "assignments": ()}, 39, "1 partition.*0 assignment"),
        ({"count": 3, "assignments": ((7,),)}, 39, "broker 7"),
        ({"count": 9, "name": "__consumer_offsets"}, 44, "internal"),
    ],
)
def test_what_growing_refuses(brokers, fields, code, says):
    state = brokers()
    create(state, "t", partitions=2)
    run(state, CreateTopics(topics=(NewTopic(name="__consumer_offsets"),), internal=True))
    (outcome,) = run(state, CreatePartitions(topics=(NewPartitions(**{"name": "t", **fields}),))).topics

    assert outcome.error == code
    assert re.search(says, outcome.message), outcome.message


def test_growing(brokers):
    state = brokers()
    create(state, "t", partitions=2)
    growing = NewPartitions(name="t", count=4)
    run(state, CreatePartitions(topics=(growing,), validate_only=True))
    assert len(state.topics.by_name["t"].partitions) == 2
    (twice,) = run(state, CreatePartitions(topics=(growing, growing))).topics
    assert twice.error == 42
    (outcome,) = run(state, CreatePartitions(topics=(growing,))).topics
    assert outcome.ok
    topic = state.topics.by_name["t"]
    assert [(p.index, p.log_id) for p in topic.partitions] == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert topic == state.topics.by_id[ID]


def alter(state, *changes, replace=False, name="t", validate_only=False):
    asked = TopicConfigChanges(
        name=name,
        changes=tuple(ConfigChange(name=key, operation=op, value=value) for key, op, value in changes),
        replace=replace,
    )
    (outcome,) = run(state, AlterTopicConfigs(topics=(asked,), validate_only=validate_only)).topics
    return outcome


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (("retention.ms", 0, "x"), 40, "retention.ms"),
        (("retention.ms", 0, None), 42, "no value"),
        (("nonsense", 1, None), 40, "nonsense"),
        (("retention.ms", 9, "1"), 42, "operation 9"),
        (("retention.ms", 2, "1"), 40, "append to retention.ms"),
        (("retention.ms", 3, "1"), 40, "subtract from retention.ms"),
        (("cleanup.policy", 3, "delete"), 40, "cleanup.policy"),
        (("replication.factor", 0, "3"), 40, "is 1 and cannot"),
        (("compaction.strategy", 0, "offset"), 40, "created"),
    ],
)
def test_what_altering_refuses(brokers, change, code, says):
    state = brokers()
    create(state, "t")

    outcome = alter(state, change)
    assert outcome.error == code
    assert re.search(says, outcome.message), outcome.message
    assert alter(state, ("retention.ms", 0, "1"), ("retention.ms", 1, None)).error == 42
    assert alter(state, ("retention.ms", 0, "1"), name="none").error == 3
    assert state.topics.by_name["t"].configs == {}


def test_altering(brokers):
    state = brokers()
    create(state, "t", configs=(("retention.ms", "1"), ("segment.bytes", "1048576")))

    def configs():
        return dict(state.topics.by_name["t"].configs)

    assert alter(state, ("retention.ms", 0, "2"), validate_only=True).ok
    assert configs()["retention.ms"] == "1"
    assert alter(state, ("retention.ms", 0, "2"), ("segment.bytes", 1, None)).ok
    assert configs() == {"retention.ms": "2"}
    assert alter(state, ("cleanup.policy", 2, "compact")).ok
    assert configs()["cleanup.policy"] == "delete,compact"
    assert alter(state, ("cleanup.policy", 3, "delete")).ok
    assert configs()["cleanup.policy"] == "compact"
    assert alter(state, ("replication.factor", 0, "1")).ok
    assert alter(state, ("max.message.bytes", 0, "5"), replace=True).ok
    assert configs() == {"max.message.bytes": "5"}
