"""Deciding CreatePartitions: topics grow, never shrink."""

from collections import Counter

from engine.controller.commands import CreatePartitions, NewPartitions, TopicOutcome
from engine.controller.create_topics import Placement, Refusal
from engine.controller.limits import Limits
from engine.controller.records import Record
from engine.controller.state import ClusterState
from engine.controller.topics import PartitionMetadata, PartitionsAdded
from engine.wire.error_codes import ErrorCode


def decide_create_partitions(
    state: ClusterState, command: CreatePartitions, limits: Limits
) -> tuple[list[TopicOutcome], list[Record]]:
    """One outcome a topic name, in order of first mention."""
    outcomes: list[TopicOutcome] = []
    records: list[Record] = []
    placement = Placement.of(state)
    mentions = Counter(topic.name for topic in command.topics)
    for topic in {item.name: item for item in command.topics}.values():
        try:
            if mentions[topic.name] > 1:
                raise Refusal(
                    ErrorCode.INVALID_REQUEST, f"the request names topic {topic.name[:300]!r} twice"
                )
            added = _grow(state, topic, limits, placement)
        except Refusal as refusal:
            outcomes.append(TopicOutcome(name=topic.name, error=refusal.code, message=refusal.message))
            continue
        current = state.topics.by_name[topic.name]
        outcomes.append(TopicOutcome(name=topic.name, topic_id=current.topic_id, topic=current))
        if not command.validate_only:
            records.append(PartitionsAdded(topic_id=current.topic_id, partitions=tuple(added)))
    return outcomes, records


def _grow(
    state: ClusterState, topic: NewPartitions, limits: Limits, placement: Placement
) -> list[PartitionMetadata]:
    current = state.topics.by_name.get(topic.name)
    if current is None:
        raise Refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"there is no topic {topic.name[:300]!r}")
    if current.internal:
        raise Refusal(
            ErrorCode.POLICY_VIOLATION,
            f"{current.name} is an internal topic: its partitions place groups and may not change",
        )
    have = len(current.partitions)
    more = topic.count - have
    if more == 0:
        raise Refusal(ErrorCode.INVALID_PARTITIONS, f"topic {topic.name!r} already has {have} partition(s)")
    if more < 0:
        raise Refusal(
            ErrorCode.INVALID_PARTITIONS,
            f"topic {topic.name!r} has {have} partition(s), {topic.count} would not be an increase",
        )
    factor = current.replication_factor
    brokers = len(placement.candidates)
    if factor > brokers:
        raise Refusal(
            ErrorCode.INVALID_REPLICATION_FACTOR,
            f"replication factor {factor} is larger than the {brokers} broker(s) of the cluster",
        )
    placement.check_room(more, factor, limits)
    if topic.assignments is None:
        replica_lists = placement.choose(more, factor)
    else:
        if len(topic.assignments) != more:
            raise Refusal(
                ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                f"{more} partition(s) are added but {len(topic.assignments)} assignment(s) are given",
            )
        replica_lists = list(topic.assignments)
        for replicas in replica_lists:
            placement.check_assignment(replicas)
            if len(replicas) != factor:
                raise Refusal(
                    ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                    f"an assignment has {len(replicas)} replica(s), the topic's replication factor is {factor}",
                )
    return placement.place(have, replica_lists)
