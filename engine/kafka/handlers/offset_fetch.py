"""OffsetFetch 1-10: how far groups have read (KIP-320, 447 require_stable, 709 batches groups from 8, topic ids at 10)."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from engine.coordinator.messages import CommittedOffset, FetchedOffsets
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.model.ids import TopicPartition
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.wire.cold import Message

TOP_LEVEL_ERROR_FROM = 2
BATCH_FROM = 8
TOPIC_IDS_FROM = 10

NOTHING = CommittedOffset(offset=-1, leader_epoch=-1, metadata="", commit_timestamp_ms=-1)


def _partition(
    index: int, offset: CommittedOffset = NOTHING, error: ErrorCode = ErrorCode.NONE
) -> dict[str, object]:
    return {
        "partition_index": index,
        "committed_offset": offset.offset,
        "committed_leader_epoch": offset.leader_epoch,
        "metadata": offset.metadata,
        "error_code": error,
    }


def _topic(name: str, topic_id: UUID | None, partitions: object, version: int) -> dict[str, object]:
    topic: dict[str, object] = {"name": name, "partitions": partitions}
    if version >= BATCH_FROM:  # another structure, which knows ids
        topic["topic_id"] = topic_id
    return topic


def _all_topics(fetched: FetchedOffsets, *, require_stable: bool, context: RequestContext) -> list[object]:
    by_topic: dict[str, list[object]] = {}
    for partition in fetched.offsets:
        by_topic.setdefault(partition.topic, []).append(
            _stable_partition(fetched, partition, require_stable=require_stable)
        )
    topics: list[object] = []
    for name, partitions in by_topic.items():
        known = context.services.controller.topics.get(name)
        if known is None and context.api_version >= TOPIC_IDS_FROM:
            continue  # deleted a moment ago: there is no id to name it by
        topic_id = known.topic_id if known is not None else None
        topics.append(_topic(name, topic_id, partitions, context.api_version))
    return topics


def _stable_partition(
    fetched: FetchedOffsets, partition: TopicPartition, *, require_stable: bool
) -> dict[str, object]:
    if require_stable and partition in fetched.unstable:
        return _partition(partition.partition, error=ErrorCode.UNSTABLE_OFFSET_COMMIT)
    return _partition(partition.partition, fetched.offsets.get(partition, NOTHING))


def _fetch(
    group_id: str, topics: "Iterable[Message] | None", *, require_stable: bool, context: RequestContext
) -> tuple[ErrorCode, list[object]]:
    """The group's error and topics; with an error, the partitions asked for carry it too (version 1 needs that)."""
    coordinator = context.services.coordinator
    controller = context.services.controller
    if topics is None:
        fetched: FetchedOffsets = coordinator.fetch_offsets(group_id)
        if fetched.error is not ErrorCode.NONE:
            return fetched.error, []
        return ErrorCode.NONE, _all_topics(fetched, require_stable=require_stable, context=context)
    asked = []
    wanted: list[TopicPartition] = []
    for topic in topics:
        name: str | None = topic.name
        if context.api_version >= TOPIC_IDS_FROM:
            known = controller.topic_by_id.get(topic.topic_id)
            name = known.name if known is not None else None
        asked.append((topic, name))
        if name is not None:
            wanted.extend(TopicPartition(name, index) for index in topic.partition_indexes)
    fetched = coordinator.fetch_offsets(group_id, wanted)
    answered: list[object] = []
    for topic, name in asked:
        if fetched.error is not ErrorCode.NONE:
            partitions = [_partition(index, error=fetched.error) for index in topic.partition_indexes]
        elif name is None:
            partitions = [
                _partition(index, error=ErrorCode.UNKNOWN_TOPIC_ID) for index in topic.partition_indexes
            ]
        else:
            partitions = [
                _stable_partition(fetched, TopicPartition(name, index), require_stable=require_stable)
                for index in topic.partition_indexes
            ]
        topic_id = topic.topic_id if context.api_version >= BATCH_FROM else None
        answered.append(_topic(topic.name, topic_id, partitions, context.api_version))
    return fetched.error, answered


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """Answer at once, from what is stored. An unknown group, and a partition never committed, has offset -1."""
    stable = bool(request.require_stable)
    if context.api_version < BATCH_FROM:
        error, topics = _fetch(request.group_id, request.topics, require_stable=stable, context=context)
        if error is not ErrorCode.NONE and context.api_version >= TOP_LEVEL_ERROR_FROM:
            topics = []
        return {"throttle_time_ms": 0, "topics": topics, "error_code": error}
    groups = []
    for group in request.groups:
        error, topics = _fetch(group.group_id, group.topics, require_stable=stable, context=context)
        if error is not ErrorCode.NONE:
            topics = []
        groups.append({"group_id": group.group_id, "topics": topics, "error_code": error})
    return {"throttle_time_ms": 0, "groups": groups}


API = ColdApi(
    key=ApiKey.OFFSET_FETCH, versions=(1, 10), handle=handle, kips=(88, 320, 447, 482, 709, 848, 1073)
)
