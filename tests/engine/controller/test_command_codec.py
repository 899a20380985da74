"""Commands and decisions survive the way between brokers; nothing else gets through."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.controller.brokers import Endpoint
from engine.controller.command_codec import (
    BadCommand,
    decode_command,
    decode_decision,
    encode_command,
    encode_decision,
)
from engine.controller.commands import (
    AllocateProducerIds,
    AlterTopicConfigs,
    ConfigChange,
    CreatePartitions,
    CreateTopics,
    DeleteTopics,
    FinishMove,
    MoveOutcome,
    MoveReplicas,
    NewPartitions,
    NewTopic,
    RegisterBroker,
    ReplicaMove,
    SetClusterConfig,
    SetMaintenance,
    TopicConfigChanges,
    TopicOutcome,
)
from engine.controller.decision import Decision
from engine.controller.topics import PartitionMetadata, TopicMetadata
from engine.wire.error_codes import ErrorCode

ID = UUID(int=0xABC)
COMMANDS = [
    CreateTopics(
        topics=(
            NewTopic(name="a", topic_id=ID, assignments=((0, (1, 2)),), configs=(("x", None), ("y", "z"))),
        )
    ),
    DeleteTopics(targets=("a" * 32, ID)),
    CreatePartitions(topics=(NewPartitions(name="a", count=3, assignments=((1,), (2,))),)),
    AlterTopicConfigs(
        topics=(TopicConfigChanges(name="a", changes=(ConfigChange(name="b", operation=0, value="c"),)),)
    ),
    SetClusterConfig(upserts={"a": [1, "x", None], "b": None, "c": True, "d": 1.5}, removes=("q",)),
    AllocateProducerIds(node_id=1, count=5),
    RegisterBroker(
        host_uuid=ID,
        node_id=None,
        host="h",
        rack="r",
        endpoints=(Endpoint(name="k", host="h", port=1),),
        cluster_uuid=ID,
        rpc=Endpoint(name="rpc", host="h", port=2),
    ),
    SetMaintenance(node_id=1, enabled=True),
    MoveReplicas(moves=(ReplicaMove(topic="a", partition=0, replicas=(1, 2)),)),
    MoveReplicas(moves=(ReplicaMove(topic="a", partition=0, replicas=None),)),
    FinishMove(topic_id=ID, partition=1, replicas=(1,)),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: type(one).__name__)
def test_commands_arrive_as_they_were(command):
    assert decode_command(encode_command(command)) == command


def test_decisions_arrive_without_their_records():
    partition = PartitionMetadata(index=0, log_id=1, leader=1, replicas=(1, 2), isr=(1, 2))
    topic = TopicMetadata(name="a", topic_id=ID, partitions=(partition,), configs={"x": "y"})
    decision = Decision(
        records=[],
        topics=[TopicOutcome(name="a", topic_id=ID, error=ErrorCode.NOT_CONTROLLER, topic=topic)],
        moves=[MoveOutcome(topic="a", partition=1)],
        cluster_uuid=ID,
        offset=7,
        refusal="no",
    )
    assert decode_decision(encode_decision(decision)) == decision


@given(st.binary(max_size=80))
def test_any_bytes_are_a_command_or_refused(data):
    with pytest.raises(BadCommand):
        decode_command(data)


@given(
    st.sampled_from(COMMANDS),
    st.data(),
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
)
def test_a_field_of_another_type_is_refused_or_fits(command, data, value):
    body = json.loads(encode_command(command))
    body[data.draw(st.sampled_from(sorted(body)))] = value
    try:
        found = decode_command(json.dumps(body).encode())
    except BadCommand:
        return
    assert decode_command(encode_command(found)) == found
