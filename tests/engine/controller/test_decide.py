"""The pure core: any sequence of commands, replayed, gives the state; a snapshot is replay's shortcut."""

import contextlib
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.controller.brokers import Endpoint
from engine.controller.commands import (
    AllocateProducerIds,
    AlterTopicConfigs,
    ConfigChange,
    CreatePartitions,
    CreateTopics,
    DeleteTopics,
    FinishMove,
    MoveReplicas,
    NewPartitions,
    NewTopic,
    RegisterBroker,
    RemoveBroker,
    ReplicaMove,
    SetClusterConfig,
    SetDecommission,
    SetFeatureLevel,
    SetMaintenance,
    TopicConfigChanges,
)
from engine.controller.decide import decide
from engine.controller.errors import UnknownRecord
from engine.controller.limits import Limits
from engine.controller.snapshot import parts_of
from engine.controller.state import CODEC, ClusterState

LIMITS = Limits(partitions_per_shard=40)
names = st.sampled_from(["a", "b", "c", "a.b", "a_b", "__consumer_offsets", "", "bad name"])
config_names = st.sampled_from(
    ["retention.ms", "cleanup.policy", "nope", "min.insync.replicas", "replication.factor"]
)
values = st.sampled_from(["1", "-1", "compact", "delete", "", "x"])
uuids = st.uuids(version=4)


@st.composite
def commands(draw):
    kind = draw(st.integers(0, 9))
    if kind >= 8:
        node = st.integers(0, 4)
        return draw(
            st.builds(SetMaintenance, node_id=node, enabled=st.booleans())
            | st.builds(SetDecommission, node_id=node, enabled=st.booleans())
            | st.builds(RemoveBroker, node_id=node)
            | st.builds(
                MoveReplicas,
                moves=st.lists(
                    st.builds(
                        ReplicaMove,
                        topic=names,
                        partition=st.integers(-1, 3),
                        replicas=st.none() | st.lists(node, max_size=3).map(tuple),
                    ),
                    max_size=3,
                ).map(tuple),
            )
            | st.builds(
                FinishMove,
                topic_id=uuids,
                partition=st.integers(-1, 3),
                replicas=st.lists(node, max_size=3).map(tuple),
            )
        )
    if kind <= 1:
        return CreateTopics(
            topics=tuple(
                draw(
                    st.lists(
                        st.builds(
                            NewTopic,
                            name=names,
                            topic_id=uuids,
                            partitions=st.integers(-2, 9),
                            replication_factor=st.integers(-2, 3),
                            assignments=st.just(()) | st.just(((0, (0,)), (1, (1,)))),
                            configs=st.lists(st.tuples(config_names, values | st.none()), max_size=2).map(
                                tuple
                            ),
                        ),
                        max_size=3,
                    )
                )
            ),
            validate_only=draw(st.booleans()),
            internal=draw(st.booleans()),
        )
    if kind == 2:
        return DeleteTopics(targets=tuple(draw(st.lists(names | uuids, max_size=3))))
    if kind == 3:
        return CreatePartitions(
            topics=tuple(
                draw(
                    st.lists(
                        st.builds(
                            NewPartitions,
                            name=names,
                            count=st.integers(-1, 12),
                            assignments=st.none() | st.just(((0,),)),
                        ),
                        max_size=2,
                    )
                )
            )
        )
    if kind == 4:
        change = st.builds(
            ConfigChange, name=config_names, operation=st.integers(-1, 4), value=values | st.none()
        )
        return AlterTopicConfigs(
            topics=tuple(
                draw(
                    st.lists(
                        st.builds(
                            TopicConfigChanges,
                            name=names,
                            changes=st.lists(change, max_size=2).map(tuple),
                            replace=st.booleans(),
                        ),
                        max_size=2,
                    )
                )
            )
        )
    if kind == 5:
        return SetClusterConfig(
            upserts=draw(
                st.dictionaries(st.sampled_from("xyz"), st.integers(0, 2) | st.booleans() | st.none())
            ),
            removes=tuple(draw(st.lists(st.sampled_from("xyz"), max_size=2))),
        )
    if kind == 6:
        return draw(
            st.builds(AllocateProducerIds, node_id=st.integers(0, 2), count=st.integers(0, 1000))
            | st.builds(SetFeatureLevel, name=st.sampled_from("fg"), level=st.integers(-1, 2))
        )
    return RegisterBroker(
        host_uuid=UUID(int=draw(st.integers(1, 4))),
        node_id=draw(st.none() | st.integers(0, 4)),
        host=draw(st.sampled_from(["h1", "h2"])),
        rack=draw(st.none() | st.just("r")),
        endpoints=(Endpoint(name="kafka", host="localhost", port=9092),),
        cluster_uuid=draw(uuids),
    )


def through_the_log(records):
    """What a restart would read."""
    return [CODEC.decode(*CODEC.encode(record)) for record in records]


@settings(max_examples=150, deadline=None)
@given(st.lists(commands(), max_size=25), st.integers(1, 2000))
def test_replay_and_snapshot_give_the_state(sequence, part_bytes):
    state = ClusterState()
    log = []
    for command in sequence:
        decision = decide(state, command, LIMITS)
        for record in decision.records:
            state.replay(record)
        log += decision.records
    replayed = ClusterState()
    for record in through_the_log(log):
        replayed.replay(record)
    assert replayed == state

    parts = parts_of(state.snapshot(), CODEC, part_bytes)
    from_snapshot = ClusterState()
    for part in through_the_log(parts):
        from_snapshot.replay(part)
    assert from_snapshot == state
    over_old_state = ClusterState()
    for record in [*log[: len(log) // 2], *parts[:-1], *log[len(log) // 2 :], *parts]:
        over_old_state.replay(record)
    assert over_old_state == state


@settings(max_examples=150, deadline=None)
@given(st.lists(commands(), max_size=30))
def test_ids_are_never_reused(sequence):
    state = ClusterState()
    log_ids: set[int] = set()
    next_producer = 0
    cluster_uuids = set()
    for command in sequence:
        decision = decide(state, command, LIMITS)
        for record in decision.records:
            before = {p.log_id for t in state.topics.by_name.values() for p in t.partitions}
            state.replay(record)
            after = {p.log_id for t in state.topics.by_name.values() for p in t.partitions}
            assert not (after - before) & log_ids
            log_ids |= after
        if isinstance(command, AllocateProducerIds) and decision.refusal is None:
            assert decision.first_id >= next_producer
            next_producer = decision.first_id + command.count
        cluster_uuids.add(state.features.cluster_uuid)
        assert 0 not in log_ids
        assert state.topics.by_id == {t.topic_id: t for t in state.topics.by_name.values()}
        held = sum(len(p.replicas) for t in state.topics.by_name.values() for p in t.partitions)
        assert held == sum(state.topics.replicas_by_node.values())
        assert held <= LIMITS.partitions_per_shard * max(1, len(state.brokers.by_id))
    assert len(cluster_uuids - {None}) <= 1


@settings(max_examples=50, deadline=None)
@given(st.lists(commands(), max_size=15))
def test_deciding_changes_nothing_and_validating_writes_nothing(sequence):
    state = ClusterState()
    for command in sequence:
        before = written(state)
        decision = decide(state, command, LIMITS)
        assert written(state) == before
        if getattr(command, "validate_only", False):
            assert decision.records == []
        for record in decision.records:
            state.replay(record)


def written(state):
    return [CODEC.encode(record) for record in state.snapshot()]


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        (b"topic_moved", b"\x01{}", "does not know"),
        (None, b"\x01{}", "does not know"),
        (b"topic_deleted", b"\x02{}", "version 2"),
        (b"topic_deleted", b"\x00{}", "version 0"),
        (b"topic_deleted", b"", "does not know"),
        (b"topic_deleted", b"\x01{", "damaged"),
        (b"topic_deleted", b"\x01[]", "damaged"),
        (b"topic_deleted", b"\x01\xff", "damaged"),
        (b"topic_deleted", b'\x01{"id":7}', "damaged"),
        (b"topic_created", b'\x01{"name":"a"}', "damaged"),
        (b"\xff" * 300, b"\x01{}", "does not know"),
    ],
)
def test_what_cannot_be_read_is_refused(key, value, says):
    with pytest.raises(UnknownRecord, match=says):
        CODEC.decode(key, value)


@given(st.binary(max_size=60), st.sampled_from(["topic_created", "cluster_config", "snapshot_part", "x"]))
def test_any_bytes_give_a_record_or_a_refusal(value, kind):
    with contextlib.suppress(UnknownRecord):
        CODEC.decode(kind.encode(), b"\x01" + value)


def test_a_part_out_of_order_is_refused():
    with pytest.raises(UnknownRecord, match="part 1"):
        ClusterState().replay(parts_of([], CODEC)[0].__class__(index=1, count=2, entries=()))
