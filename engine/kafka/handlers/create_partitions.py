"""CreatePartitions 0-3: topics grow (KIP-195)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.controller.commands import NewPartitions, TopicOutcome
from engine.controller.errors import ControllerError
from engine.kafka.at_controller import check_leads
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey

if TYPE_CHECKING:
    from engine.controller.runtime import Controller
    from engine.wire.cold import Message


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """One result a topic name."""
    controller: Controller = context.services.controller
    topics = [
        NewPartitions(
            name=topic.name,
            count=topic.count,
            assignments=None
            if topic.assignments is None
            else tuple(tuple(item.broker_ids) for item in topic.assignments),
        )
        for topic in request.topics
    ]
    try:
        check_leads(controller)
        outcomes = await controller.create_partitions(
            topics, validate_only=request.validate_only, timeout_ms=request.timeout_ms
        )
    except ControllerError as error:
        names = dict.fromkeys(topic.name for topic in topics)
        outcomes = [TopicOutcome(name=name, error=error.code, message=str(error)) for name in names]
    return {
        "throttle_time_ms": 0,
        "results": [
            {"name": outcome.name, "error_code": outcome.error, "error_message": outcome.message}
            for outcome in outcomes
        ],
    }


API = ColdApi(
    key=ApiKey.CREATE_PARTITIONS,
    versions=(0, 3),
    handle=handle,
    kips=(195, 599),
    deviations=("internal topics are refused with 44: their partitions place groups",),
)
