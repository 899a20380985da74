"""DescribeQuorum 0-2: the controller's own Raft group (KIP-595, KIP-836, KIP-853)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.kafka.cluster_view import brokers_of
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.wire.cold import Message

METADATA_TOPIC = "__cluster_metadata"
"""What Kafka calls the controller's log."""


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """As the broker that leads the group sees it."""
    services = context.services
    quorum = await services.quorum() if services.quorum is not None else None
    topics = []
    for topic in request.topics:
        partitions: list[Mapping[str, object]] = []
        for asked in topic.partitions:
            index = asked.partition_index
            if topic.topic_name != METADATA_TOPIC or index != 0:
                partitions.append(_error(index, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
            elif quorum is None:
                partitions.append(_error(index, ErrorCode.LEADER_NOT_AVAILABLE))
            else:
                partitions.append(
                    {
                        "partition_index": 0,
                        "error_code": 0,
                        "error_message": None,
                        "leader_id": quorum.leader,
                        "leader_epoch": quorum.term,
                        "high_watermark": quorum.high_watermark,
                        "current_voters": [_replica(*each) for each in quorum.voters],
                        "observers": [_replica(*each) for each in quorum.observers],
                    }
                )
        topics.append({"topic_name": topic.topic_name, "partitions": partitions})
    return {
        "error_code": 0,
        "error_message": None,
        "topics": topics,
        "nodes": [
            {
                "node_id": broker.node_id,
                "listeners": [
                    {"name": context.listener or "kafka", "host": broker.host, "port": broker.port}
                ],
            }
            for broker in brokers_of(services, context.listener)
        ],
    }


def _replica(node_id: int, end_offset: int) -> Mapping[str, object]:
    return {
        "replica_id": node_id,
        "replica_directory_id": None,
        "log_end_offset": end_offset,
        "last_fetch_timestamp": -1,
        "last_caught_up_timestamp": -1,
    }


def _error(index: int, code: ErrorCode) -> Mapping[str, object]:
    return {
        "partition_index": index,
        "error_code": code,
        "error_message": code.meaning,
        "leader_id": -1,
        "leader_epoch": -1,
        "high_watermark": -1,
        "current_voters": [],
        "observers": [],
    }


API = ColdApi(
    key=ApiKey.DESCRIBE_QUORUM,
    versions=(0, 2),
    handle=handle,
    kips=(595, 836, 853),
    deviations=("times of fetches and of catching up are not kept: they are -1", "directory ids are zero"),
)
