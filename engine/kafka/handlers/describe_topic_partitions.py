"""DescribeTopicPartitions 0: topics in name order, a page of partitions at a time (KIP-966)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.kafka import authorized_operations
from engine.kafka.cluster_view import brokers_of, partition_entries
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.model.topic_name import topic_name_error
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.controller.runtime import Controller
    from engine.wire.cold import Message

PARTITIONS_MAX = 2_000
"""Partitions in one answer, whatever the client asks (Kafka's max.request.partition.size.limit)."""


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """Topics from the cursor on, until the page is full; the next cursor says where to go on."""
    controller: Controller = context.services.controller
    start_topic, start_index = "", 0
    if request.cursor is not None:
        start_topic, start_index = request.cursor.topic_name, request.cursor.partition_index
    names = sorted({topic.name for topic in request.topics} or controller.topics)
    if start_index < 0:
        return _body([_unknown(name, ErrorCode.INVALID_REQUEST) for name in names], None)
    reachable = frozenset(broker.node_id for broker in brokers_of(context.services, context.listener))
    room = max(1, min(request.response_partition_limit, PARTITIONS_MAX))
    topics: list[Mapping[str, object]] = []
    for name in names:
        if name < start_topic:
            continue
        if room == 0:
            return _body(topics, {"topic_name": name, "partition_index": 0})
        topic = controller.topics.get(name)
        if topic is None:
            legal = topic_name_error(name) is None
            code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION if legal else ErrorCode.INVALID_TOPIC_EXCEPTION
            topics.append(_unknown(name, code))
            continue
        first = start_index if name == start_topic else 0
        page = topic.partitions[first : first + room]
        room -= len(page)
        entries = partition_entries(controller, topic, reachable, page)
        for entry in entries:
            entry["eligible_leader_replicas"] = ()
            entry["last_known_elr"] = ()
        topics.append(
            {
                "error_code": 0,
                "name": name,
                "topic_id": topic.topic_id,
                "is_internal": topic.internal,
                "partitions": entries,
                "topic_authorized_operations": authorized_operations.TOPIC,
            }
        )
        if first + len(page) < len(topic.partitions):
            return _body(topics, {"topic_name": name, "partition_index": first + len(page)})
    return _body(topics, None)


def _body(topics: list[Mapping[str, object]], cursor: Mapping[str, object] | None) -> Mapping[str, object]:
    return {"throttle_time_ms": 0, "topics": topics, "next_cursor": cursor}


def _unknown(name: str, code: ErrorCode) -> Mapping[str, object]:
    return {
        "error_code": code,
        "name": name,
        "topic_id": None,
        "is_internal": False,
        "partitions": [],
        "topic_authorized_operations": authorized_operations.NOT_ASKED,
    }


API = ColdApi(key=ApiKey.DESCRIBE_TOPIC_PARTITIONS, versions=(0, 0), handle=handle, kips=(966,))
