"""What AlterConfigs and IncrementalAlterConfigs share: topics go to the controller, the rest is refused."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from engine.controller.commands import TopicConfigChanges
from engine.controller.errors import ControllerError
from engine.kafka.config_entries import BROKER, TOPIC
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.controller.runtime import Controller


async def alter(
    controller: "Controller", resources: Sequence[tuple[int, TopicConfigChanges]], *, validate_only: bool
) -> list[Mapping[str, object]]:
    """One response a resource (type, changes), in order; a resource named twice is answered with 42 each time."""
    topics = [changes for kind, changes in resources if kind == TOPIC]
    answers: dict[str, tuple[ErrorCode, str | None]] = {}
    if topics:
        try:
            for outcome in await controller.alter_topic_configs(topics, validate_only=validate_only):
                answers[outcome.name or ""] = outcome.error, outcome.message
        except ControllerError as error:
            answers = {changes.name: (error.code, str(error)) for changes in topics}
    mentions = Counter((kind, changes.name) for kind, changes in resources)
    responses: list[Mapping[str, object]] = []
    for kind, changes in resources:
        if kind == TOPIC:
            code, message = answers[changes.name]
        elif mentions[kind, changes.name] > 1:
            code, message = ErrorCode.INVALID_REQUEST, "the request names a resource twice"
        elif kind == BROKER:
            code = ErrorCode.INVALID_CONFIG
            message = "broker configs are changed as cluster properties through the Admin API"
        else:
            code = ErrorCode.INVALID_REQUEST
            message = f"configs of resource type {kind} cannot be altered"
        responses.append(
            {
                "error_code": code,
                "error_message": message,
                "resource_type": kind,
                "resource_name": changes.name,
            }
        )
    return responses
