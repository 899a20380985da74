"""`decide(state, command, limits)`: the answer and the records that make it true. Pure: reads, never writes."""

from dataclasses import dataclass
from uuid import UUID

from engine.controller.alter_topic_configs import decide_alter_topic_configs
from engine.controller.brokers import Broker, BrokerRegistered
from engine.controller.cluster_config import ClusterConfigChanged
from engine.controller.commands import (
    AllocateProducerIds,
    AlterTopicConfigs,
    Command,
    CreatePartitions,
    CreateTopics,
    DeleteTopics,
    RegisterBroker,
    SetClusterConfig,
    SetFeatureLevel,
    TopicOutcome,
)
from engine.controller.create_partitions import decide_create_partitions
from engine.controller.create_topics import decide_create_topics
from engine.controller.delete_topics import decide_delete_topics
from engine.controller.features import ClusterFounded, FeatureLevelSet
from engine.controller.limits import Limits
from engine.controller.producers import PRODUCER_ID_MAX, ProducerIdsAllocated
from engine.controller.records import Record
from engine.controller.state import ClusterState
from engine.model.ids import NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to write, and what to answer once it is written."""

    records: list[Record]
    topics: list[TopicOutcome]
    """For commands about topics."""
    first_id: int = -1
    """For AllocateProducerIds: the first id of the block, -1 when there are none left."""
    node_id: int = -1
    """For RegisterBroker: the broker's id, -1 when refused."""
    cluster_uuid: UUID | None = None
    """For RegisterBroker."""
    version: int = 0
    """For SetClusterConfig: the version after it."""
    refusal: str | None = None
    """Why a command that is not about topics was refused."""


def decide(state: ClusterState, command: Command, limits: Limits) -> Decision:
    """Decide one command against the state. Nothing changes until the records are replayed."""
    match command:
        case CreateTopics():
            outcomes, records = decide_create_topics(state, command, limits)
        case DeleteTopics():
            outcomes, records = decide_delete_topics(state, command, limits)
        case CreatePartitions():
            outcomes, records = decide_create_partitions(state, command, limits)
        case AlterTopicConfigs():
            outcomes, records = decide_alter_topic_configs(state, command)
        case SetClusterConfig():
            return _set_cluster_config(state, command)
        case AllocateProducerIds():
            return _allocate_producer_ids(state, command)
        case RegisterBroker():
            return _register_broker(state, command)
        case SetFeatureLevel():
            return _set_feature_level(state, command)
    return Decision(records=records, topics=outcomes)


def _set_cluster_config(state: ClusterState, command: SetClusterConfig) -> Decision:
    values = state.config.values
    upserts = {
        name: value
        for name, value in command.upserts.items()
        if name not in values or values[name] != value or type(values[name]) is not type(value)
    }
    removes = tuple(name for name in dict.fromkeys(command.removes) if name in values and name not in upserts)
    if not upserts and not removes:
        return Decision(records=[], topics=[], version=state.config.version)
    version = state.config.version + 1
    return Decision(
        records=[ClusterConfigChanged(version=version, upserts=upserts, removes=removes)],
        topics=[],
        version=version,
    )


def _allocate_producer_ids(state: ClusterState, command: AllocateProducerIds) -> Decision:
    first = state.producers.next_producer_id
    end = first + command.count
    if command.count < 1 or end > PRODUCER_ID_MAX:
        return Decision(records=[], topics=[], refusal="there are no producer ids left")
    record = ProducerIdsAllocated(node_id=command.node_id, next_producer_id=end)
    return Decision(records=[record], topics=[], first_id=first)


def _register_broker(state: ClusterState, command: RegisterBroker) -> Decision:
    known = state.brokers.by_uuid(command.host_uuid)
    node_id = command.node_id
    if known is not None:
        if node_id is not None and node_id != known.node_id:
            return Decision(
                records=[],
                topics=[],
                refusal=f"node_id is configured as {node_id}, but this data directory belongs to node "
                f"{known.node_id}: set node_id to {known.node_id}, or start with an empty data directory",
            )
        node_id = known.node_id
    elif node_id is None:
        node_id = state.brokers.next_node_id
    elif NodeId(node_id) in state.brokers.by_id:
        return Decision(
            records=[], topics=[], refusal=f"node_id {node_id} belongs to another broker of this cluster"
        )
    broker = Broker(
        node_id=NodeId(node_id),
        host_uuid=command.host_uuid,
        host=command.host,
        rack=command.rack,
        endpoints=command.endpoints,
    )
    records: list[Record] = []
    cluster_uuid = state.features.cluster_uuid
    if cluster_uuid is None:
        cluster_uuid = command.cluster_uuid
        records.append(ClusterFounded(cluster_uuid=cluster_uuid))
    if known != broker:
        records.append(BrokerRegistered(broker=broker))
    return Decision(records=records, topics=[], node_id=node_id, cluster_uuid=cluster_uuid)


def _set_feature_level(state: ClusterState, command: SetFeatureLevel) -> Decision:
    if command.level < 0:
        return Decision(records=[], topics=[], refusal=f"feature level {command.level} is negative")
    if state.features.levels.get(command.name, 0) == command.level:
        return Decision(records=[], topics=[])
    return Decision(records=[FeatureLevelSet(name=command.name, level=command.level)], topics=[])
