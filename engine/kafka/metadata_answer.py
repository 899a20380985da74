"""What Metadata answers: the body as a mapping, from a request and the cluster's state. No waiting, no writing."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from engine.kafka import authorized_operations
from engine.kafka.cluster_view import brokers_of, partition_entries
from engine.model.ids import TopicId
from engine.model.topic_name import topic_name_error
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.controller.runtime import Controller
    from engine.controller.topics import TopicMetadata
    from engine.kafka.context import Services
    from engine.wire.cold import Message


def wanted_topics(version: int, request: "Message") -> list[str | UUID] | None:
    """Names and ids asked for, each once and in order; None for all topics.

    Null asks for all, empty for none; version 0 has no null and asks for all with an empty list.
    """
    if request.topics is None or (version == 0 and not request.topics):
        return None
    wanted: dict[str | UUID, None] = {}
    for topic in request.topics:
        if topic.name is not None:
            wanted[topic.name] = None
        else:
            wanted[topic.topic_id or UUID(int=0)] = None
    return list(wanted)


def missing_names(controller: "Controller", wanted: Iterable[str | UUID]) -> list[str]:
    """Legal names nobody has: candidates for auto-creation."""
    return [
        name
        for name in wanted
        if isinstance(name, str) and name not in controller.topics and topic_name_error(name) is None
    ]


def metadata_body(
    services: "Services",
    listener: str,
    request: "Message",
    wanted: list[str | UUID] | None,
    refused: Mapping[str, ErrorCode],
) -> tuple[dict[str, object], bool]:
    """The body, and whether it holds no error of any topic (such answers stay true for the whole epoch).

    `refused`: why auto-creation of a name failed.
    """
    controller: Controller = services.controller
    brokers = brokers_of(services, listener)
    reachable = frozenset(broker.node_id for broker in brokers)
    topics: list[dict[str, object]] = []
    clean = True
    asked_operations = request.include_topic_authorized_operations
    for item in controller.topics.values() if wanted is None else wanted:
        topic, code, name, topic_id = _resolve(controller, item, refused)
        clean = clean and topic is not None
        topics.append(
            {
                "error_code": code,
                "name": name,
                "topic_id": topic_id,
                "is_internal": topic is not None and topic.internal,
                "partitions": [] if topic is None else partition_entries(controller, topic, reachable),
                "topic_authorized_operations": authorized_operations.TOPIC
                if asked_operations and topic is not None
                else authorized_operations.NOT_ASKED,
            }
        )
    body: dict[str, object] = {
        "throttle_time_ms": 0,
        "brokers": [
            {"node_id": broker.node_id, "host": broker.host, "port": broker.port, "rack": broker.rack}
            for broker in brokers
        ],
        "cluster_id": controller.cluster_id,
        "controller_id": controller.controller_id,
        "topics": topics,
        "cluster_authorized_operations": authorized_operations.CLUSTER
        if request.include_cluster_authorized_operations
        else authorized_operations.NOT_ASKED,
        "error_code": 0,
    }
    return body, clean


def _resolve(
    controller: "Controller", item: "str | UUID | TopicMetadata", refused: Mapping[str, ErrorCode]
) -> "tuple[TopicMetadata | None, ErrorCode, str | None, UUID | None]":
    """(topic, error, name, topic id) to answer for one item."""
    if isinstance(item, UUID):
        topic = controller.topic_by_id.get(TopicId(item))
        if topic is None:
            return None, ErrorCode.UNKNOWN_TOPIC_ID, None, item
        return topic, ErrorCode.NONE, topic.name, topic.topic_id
    if not isinstance(item, str):
        return item, ErrorCode.NONE, item.name, item.topic_id
    topic = controller.topics.get(item)
    if topic is not None:
        return topic, ErrorCode.NONE, topic.name, topic.topic_id
    if topic_name_error(item) is not None:
        return None, ErrorCode.INVALID_TOPIC_EXCEPTION, item, None
    return None, refused.get(item, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION), item, None
