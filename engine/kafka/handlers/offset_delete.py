"""OffsetDelete 0: forget committed offsets of partitions nobody in the group consumes (KIP-496)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.coordinator.messages import PartitionErrors
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.model.ids import TopicPartition
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.wire.cold import Message


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """Answer when the tombstones are stored; a group that refuses as a whole is named once, at the top."""
    known: set[TopicPartition] = set()
    for topic in request.topics:
        metadata = context.services.controller.topics.get(topic.name)
        count = len(metadata.partitions) if metadata is not None else 0
        known.update(
            TopicPartition(topic.name, partition.partition_index)
            for partition in topic.partitions
            if 0 <= partition.partition_index < count
        )
    deleted: PartitionErrors = await context.services.coordinator.delete_offsets(
        request.group_id, sorted(known)
    )
    if deleted.error is not ErrorCode.NONE:
        return {"error_code": deleted.error, "throttle_time_ms": 0, "topics": []}
    unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return {
        "error_code": ErrorCode.NONE,
        "throttle_time_ms": 0,
        "topics": [
            {
                "name": topic.name,
                "partitions": [
                    {
                        "partition_index": partition.partition_index,
                        "error_code": deleted.partitions.get(
                            TopicPartition(topic.name, partition.partition_index), unknown
                        ),
                    }
                    for partition in topic.partitions
                ],
            }
            for topic in request.topics
        ],
    }


API = ColdApi(key=ApiKey.OFFSET_DELETE, versions=(0, 0), handle=handle, kips=(496,))
