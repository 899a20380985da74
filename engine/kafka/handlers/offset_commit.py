"""OffsetCommit 2-10: store how far a group has read (KIP-320 leader epochs, 345, 848 version 9, topic ids at 10)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.coordinator.messages import OffsetCommitRequest, OffsetToCommit, PartitionErrors
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.model.ids import TopicPartition
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.wire.cold import Message

GROUP_ID_NOT_FOUND_FROM = 9
TOPIC_IDS_FROM = 10


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """Answer when the offsets of the partitions there are, are stored; retention_time_ms is ignored."""
    controller = context.services.controller
    refused: dict[tuple[int, int], ErrorCode] = {}
    accepted: dict[tuple[int, int], OffsetToCommit] = {}
    for topic_at, topic in enumerate(request.topics):
        if context.api_version >= TOPIC_IDS_FROM:
            known, unknown_error = controller.topic_by_id.get(topic.topic_id), ErrorCode.UNKNOWN_TOPIC_ID
        else:
            known, unknown_error = controller.topics.get(topic.name), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        for at, partition in enumerate(topic.partitions):
            if known is None:
                refused[topic_at, at] = unknown_error
            elif not 0 <= partition.partition_index < len(known.partitions):
                refused[topic_at, at] = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            else:
                accepted[topic_at, at] = OffsetToCommit(
                    partition=TopicPartition(known.name, partition.partition_index),
                    offset=partition.committed_offset,
                    leader_epoch=partition.committed_leader_epoch,
                    metadata=partition.committed_metadata or "",
                )
    stored = PartitionErrors()
    if accepted or not refused:
        stored = await context.services.coordinator.commit_offsets(
            OffsetCommitRequest(
                group_id=request.group_id,
                generation=request.generation_id_or_member_epoch,
                member_id=request.member_id,
                group_instance_id=request.group_instance_id,
                offsets=tuple(accepted.values()),
                is_unknown_group_not_found=context.api_version >= GROUP_ID_NOT_FOUND_FROM,
            )
        )

    def error(topic_at: int, at: int) -> ErrorCode:
        entry = accepted.get((topic_at, at))
        if entry is None:
            return refused[topic_at, at]
        return stored.error if stored.error is not ErrorCode.NONE else stored.partitions[entry.partition]

    return {
        "throttle_time_ms": 0,
        "topics": [
            {
                "name": topic.name,
                "topic_id": topic.topic_id,
                "partitions": [
                    {"partition_index": partition.partition_index, "error_code": error(topic_at, at)}
                    for at, partition in enumerate(topic.partitions)
                ],
            }
            for topic_at, topic in enumerate(request.topics)
        ],
    }


API = ColdApi(
    key=ApiKey.OFFSET_COMMIT,
    versions=(2, 10),
    handle=handle,
    kips=(211, 320, 345, 482, 848, 1073),
    deviations=("retention_time_ms of versions 2-4 is ignored: the broker's retention holds for all.",),
)
