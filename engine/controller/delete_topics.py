"""Deciding DeleteTopics: by name or by id, unless the cluster says the topic stays."""

from collections import Counter
from uuid import UUID

from engine.controller.commands import DeleteTopics, TopicOutcome
from engine.controller.limits import Limits
from engine.controller.records import Record
from engine.controller.state import ClusterState
from engine.controller.topics import TopicDeleted, TopicMetadata
from engine.model.ids import TopicId
from engine.wire.error_codes import ErrorCode


def decide_delete_topics(
    state: ClusterState, command: DeleteTopics, limits: Limits
) -> tuple[list[TopicOutcome], list[Record]]:
    """One outcome a target, in order; a topic asked for twice (also by name and by id) is not deleted (42)."""
    outcomes: list[TopicOutcome] = []
    records: list[Record] = []
    found = [_find(state, target) for target in command.targets]
    mentions = Counter(topic.topic_id for topic in found if topic is not None)
    mentioned = Counter(command.targets)
    answered: set[str | UUID] = set()
    for target, topic in zip(command.targets, found, strict=True):
        if target in answered:
            continue
        answered.add(target)
        name = topic.name if topic is not None else target if isinstance(target, str) else None
        topic_id = topic.topic_id if topic is not None else target if isinstance(target, UUID) else None
        twice = mentioned[target] > 1 or (topic is not None and mentions[topic.topic_id] > 1)
        refusal = _refusal(target, topic, limits, twice=twice)
        if refusal is not None:
            outcomes.append(TopicOutcome(name=name, topic_id=topic_id, error=refusal[0], message=refusal[1]))
        elif topic is not None:
            outcomes.append(TopicOutcome(name=name, topic_id=topic_id))
            records.append(TopicDeleted(topic_id=topic.topic_id))
    return outcomes, records


def _find(state: ClusterState, target: str | UUID) -> TopicMetadata | None:
    if isinstance(target, UUID):
        return state.topics.by_id.get(TopicId(target))
    return state.topics.by_name.get(target)


def _refusal(
    target: str | UUID, topic: TopicMetadata | None, limits: Limits, *, twice: bool
) -> tuple[ErrorCode, str] | None:
    if twice:
        return ErrorCode.INVALID_REQUEST, f"the request names topic {str(target)[:300]!r} twice"
    if not limits.delete_topic_enable:
        return ErrorCode.TOPIC_DELETION_DISABLED, "topic deletion is disabled (delete_topic_enable)"
    if topic is None:
        if isinstance(target, UUID):
            return ErrorCode.UNKNOWN_TOPIC_ID, f"no topic has the id {target}"
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"there is no topic {target[:300]!r}"
    if topic.name in limits.nodelete_topics:
        return (
            ErrorCode.POLICY_VIOLATION,
            f"topic {topic.name} may not be deleted (it is listed in kafka_nodelete_topics)",
        )
    if topic.internal:
        return ErrorCode.POLICY_VIOLATION, f"{topic.name} is an internal topic and may not be deleted"
    return None
