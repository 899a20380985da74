"""CreateTopics 2-7: defaults (KIP-464), configs in the answer (KIP-525), topic ids (KIP-516)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.controller.commands import NewTopic, TopicOutcome
from engine.controller.errors import ControllerError
from engine.kafka.at_controller import check_leads
from engine.kafka.config_entries import topic_entries
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey

if TYPE_CHECKING:
    from engine.controller.runtime import Controller
    from engine.controller.topics import TopicMetadata
    from engine.wire.cold import Message


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """One result a topic name."""
    controller: Controller = context.services.controller
    topics = [
        NewTopic(
            name=topic.name,
            partitions=topic.num_partitions,
            replication_factor=topic.replication_factor,
            assignments=tuple((item.partition_index, tuple(item.broker_ids)) for item in topic.assignments),
            configs=tuple((item.name, item.value) for item in topic.configs),
        )
        for topic in request.topics
    ]
    try:
        check_leads(controller)
        outcomes = await controller.create_topics(
            topics, validate_only=request.validate_only, timeout_ms=request.timeout_ms
        )
    except ControllerError as error:
        names = dict.fromkeys(topic.name for topic in topics)
        outcomes = [TopicOutcome(name=name, error=error.code, message=str(error)) for name in names]
    return {
        "throttle_time_ms": 0,
        "topics": [_result(outcome, context, validate_only=request.validate_only) for outcome in outcomes],
    }


def _result(outcome: TopicOutcome, context: RequestContext, *, validate_only: bool) -> Mapping[str, object]:
    result: dict[str, object] = {
        "name": outcome.name,
        "topic_id": None,
        "error_code": outcome.error,
        "error_message": outcome.message,
        "topic_config_error_code": 0,
        "num_partitions": -1,
        "replication_factor": -1,
        "configs": [],
    }
    if outcome.topic is not None:
        result["topic_id"] = None if validate_only else outcome.topic.topic_id
        result["num_partitions"] = len(outcome.topic.partitions)
        result["replication_factor"] = outcome.topic.replication_factor
        if context.api_version >= 5:
            result["configs"] = _configs(outcome.topic, context)
    return result


def _configs(topic: "TopicMetadata", context: RequestContext) -> list[Mapping[str, object]]:
    services = context.services
    return [
        {
            "name": entry.name,
            "value": entry.value,
            "read_only": entry.read_only,
            "config_source": entry.source,
            "is_sensitive": False,
        }
        for entry in topic_entries(topic, services.controller, services.cluster_config.values)
    ]


API = ColdApi(
    key=ApiKey.CREATE_TOPICS,
    versions=(2, 7),
    handle=handle,
    kips=(464, 516, 525, 599),
    deviations=(
        "names that differ only in '.' and '_' may live together",
        "internal topics are refused with 17: the broker makes them itself",
        "a timeout below one second is taken as one second",
    ),
)
