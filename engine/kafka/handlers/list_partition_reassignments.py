"""ListPartitionReassignments 0: what is on its way (KIP-455)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey

if TYPE_CHECKING:
    from engine.controller.runtime import Controller
    from engine.wire.cold import Message


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """Partitions that move, of those asked about (null: all)."""
    controller: Controller = context.services.controller
    wanted: dict[str, set[int]] | None = None
    if request.topics is not None:
        wanted = {}
        for topic in request.topics:
            wanted.setdefault(topic.name, set()).update(topic.partition_indexes)
    topics: list[Mapping[str, object]] = []
    for name, found in controller.topics.items():
        if wanted is not None and name not in wanted:
            continue
        moving = [
            {
                "partition_index": each.index,
                "replicas": each.holders,
                "adding_replicas": [node for node in each.replicas if node not in each.previous],
                "removing_replicas": [node for node in each.previous if node not in each.replicas],
            }
            for each in found.partitions
            if each.previous and (wanted is None or each.index in wanted[name])
        ]
        if moving:
            topics.append({"name": name, "partitions": moving})
    return {"throttle_time_ms": 0, "error_code": 0, "error_message": None, "topics": topics}


API = ColdApi(key=ApiKey.LIST_PARTITION_REASSIGNMENTS, versions=(0, 0), handle=handle, kips=(455,))
