"""DeleteTopics 1-6: by name, or by topic id from 6 (KIP-516), with messages from 5 (KIP-599)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from engine.controller.commands import TopicOutcome
from engine.controller.errors import ControllerError
from engine.kafka.at_controller import check_leads
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.controller.runtime import Controller
    from engine.wire.cold import Message


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """One result a topic asked for."""
    controller: Controller = context.services.controller
    targets: list[str | UUID] = []
    malformed: list[TopicOutcome] = []
    if context.api_version >= 6:
        for topic in request.topics:
            if (topic.name is None) == (topic.topic_id is None):
                malformed.append(
                    TopicOutcome(
                        name=topic.name,
                        topic_id=topic.topic_id,
                        error=ErrorCode.INVALID_REQUEST,
                        message="a topic is named either by its name or by its id",
                    )
                )
            else:
                targets.append(topic.topic_id if topic.name is None else topic.name)
    else:
        targets.extend(request.topic_names)
    try:
        check_leads(controller)
        outcomes = await controller.delete_topics(targets, timeout_ms=request.timeout_ms) if targets else []
    except ControllerError as error:
        outcomes = [_failed(target, error) for target in dict.fromkeys(targets)]
    return {
        "throttle_time_ms": 0,
        "responses": [
            {
                "name": outcome.name,
                "topic_id": outcome.topic_id,
                "error_code": _code(outcome.error, context.api_version),
                "error_message": outcome.message,
            }
            for outcome in malformed + outcomes
        ],
    }


def _failed(target: str | UUID, error: ControllerError) -> TopicOutcome:
    return TopicOutcome(
        name=target if isinstance(target, str) else None,
        topic_id=target if isinstance(target, UUID) else None,
        error=error.code,
        message=str(error),
    )


def _code(code: ErrorCode, version: int) -> ErrorCode:
    """TOPIC_DELETION_DISABLED came with version 3 (KIP-322)."""
    if version < 3 and code == ErrorCode.TOPIC_DELETION_DISABLED:
        return ErrorCode.INVALID_REQUEST
    return code


API = ColdApi(
    key=ApiKey.DELETE_TOPICS,
    versions=(1, 6),
    handle=handle,
    kips=(322, 516, 599),
    deviations=("topics in kafka_nodelete_topics and internal topics are refused with 44",),
)
