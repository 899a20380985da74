"""`decide(state, command, limits)`: the answer and the records that make it true. Pure: reads, never writes."""

from engine.controller.alter_topic_configs import decide_alter_topic_configs
from engine.controller.cluster_config import ClusterConfigChanged
from engine.controller.commands import (
    AllocateProducerIds,
    AlterTopicConfigs,
    Command,
    CreatePartitions,
    CreateTopics,
    DeleteTopics,
    FinishMove,
    MoveReplicas,
    RegisterBroker,
    RemoveBroker,
    SetClusterConfig,
    SetDecommission,
    SetFeatureLevel,
    SetMaintenance,
)
from engine.controller.create_partitions import decide_create_partitions
from engine.controller.create_topics import decide_create_topics
from engine.controller.decision import Decision
from engine.controller.delete_topics import decide_delete_topics
from engine.controller.features import FeatureLevelSet
from engine.controller.limits import Limits
from engine.controller.membership import (
    decide_decommission,
    decide_maintenance,
    decide_register,
    decide_remove_broker,
)
from engine.controller.move_replicas import decide_finish_move, decide_moves
from engine.controller.producers import PRODUCER_ID_MAX, ProducerIdsAllocated
from engine.controller.state import ClusterState


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
            return decide_register(state, command)
        case SetMaintenance():
            return decide_maintenance(state, command)
        case SetDecommission():
            return decide_decommission(state, command)
        case RemoveBroker():
            return decide_remove_broker(state, command)
        case MoveReplicas():
            return decide_moves(state, command)
        case FinishMove():
            return decide_finish_move(state, command)
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


def _set_feature_level(state: ClusterState, command: SetFeatureLevel) -> Decision:
    if command.level < 0:
        return Decision(records=[], topics=[], refusal=f"feature level {command.level} is negative")
    if state.features.levels.get(command.name, 0) == command.level:
        return Decision(records=[], topics=[])
    return Decision(records=[FeatureLevelSet(name=command.name, level=command.level)], topics=[])
