"""OffsetForLeaderEpoch: where an epoch ended, so that a consumer finds out whether its log was cut.

Versions 2-4. KIP-101, KIP-279, KIP-320.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey

if TYPE_CHECKING:
    from engine.kafka.context import RequestContext
    from engine.wire.cold import Message


async def handle(request: "Message", context: "RequestContext") -> Mapping[str, object]:
    """Answer every partition of the request, wrong ones with their error."""
    return {
        "topics": [
            {
                "topic": topic.topic,
                "partitions": [_look_up(topic.topic, asked, context) for asked in topic.partitions],
            }
            for topic in request.topics
        ]
    }


def _look_up(topic: str, asked: Any, context: "RequestContext") -> dict[str, object]:  # noqa: ANN401  # a decoded struct
    index = asked.partition
    partition = context.services.partitions.get(topic, index)
    if partition is None:
        return {"partition": index, "error_code": int(context.services.partitions.absence(topic, index))}
    fenced = partition.check_leader_epoch(asked.current_leader_epoch)
    if fenced is not None:
        return {"partition": index, "error_code": int(fenced)}
    epoch, end_offset = partition.epoch_end_offset(asked.leader_epoch)
    return {"partition": index, "error_code": 0, "leader_epoch": epoch, "end_offset": end_offset}


API = ColdApi(key=ApiKey.OFFSET_FOR_LEADER_EPOCH, versions=(2, 4), handle=handle, kips=(101, 279, 320))
