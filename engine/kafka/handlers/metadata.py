"""Metadata 0-13: brokers by the client's listener, topics by name or id (KIP-516), auto-creation (KIP-487).

The answer to a request's bytes is the same until the cluster's metadata changes, so encoded answers are kept for
one controller epoch: a thousand clients that refresh cost a thousand dictionary lookups. Answers with a topic's
error in them are not kept, nor are those that create topics.
"""

import logging
from typing import TYPE_CHECKING

from engine.controller.commands import NewTopic
from engine.controller.errors import ControllerError
from engine.kafka.dispatch import HotApi
from engine.kafka.metadata_answer import metadata_body, missing_names, wanted_topics
from engine.model.topic_name import is_internal
from engine.wire import cold
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from engine.controller.runtime import Controller
    from engine.kafka.call import Call
    from engine.kafka.context import Services
    from engine.wire.cold import Message

ANSWERS_MAX = 64
"""Encoded answers kept for one epoch."""
ANSWERS_BYTES_MAX = 16 * 1024 * 1024
"""Their bodies together."""
REQUEST_BYTES_MAX = 4_096
"""A longer request body is answered afresh each time."""
AUTO_CREATE_TIMEOUT_MS = 5_000

logger = logging.getLogger(__name__)


class AnswerCache:
    """Encoded bodies by (version, listener, request body), all of one controller's epoch."""

    def __init__(self) -> None:
        self._answers: dict[tuple[int, str, bytes], bytes] = {}
        self._bytes = 0
        self._epoch = -1
        self._controller: object = None
        self._advertised: object = None

    def _turn(self, services: "Services") -> None:
        controller = services.controller
        if (
            controller.epoch != self._epoch
            or controller is not self._controller
            or services.advertised is not self._advertised
        ):
            self._answers.clear()
            self._bytes = 0
            self._epoch = controller.epoch
            self._controller = controller
            self._advertised = services.advertised

    def find(self, services: "Services", key: tuple[int, str, bytes]) -> bytes | None:
        """The body kept for the key in this epoch."""
        self._turn(services)
        return self._answers.get(key)

    def keep(self, services: "Services", key: tuple[int, str, bytes], body: bytes) -> None:
        """Keep a body until the epoch ends, if there is room."""
        self._turn(services)
        if len(self._answers) < ANSWERS_MAX and self._bytes + len(body) <= ANSWERS_BYTES_MAX:
            self._answers[key] = body
            self._bytes += len(body)


_answers = AnswerCache()


def handle(call: "Call") -> None:
    """Answer at once, unless topics must be created first."""
    services = call.services
    listener = call.connection.listener
    key = None
    if len(call.frame) - call.body_at <= REQUEST_BYTES_MAX:
        key = (call.api_version, listener, bytes(memoryview(call.frame)[call.body_at :]))
        body = _answers.find(services, key)
        if body is not None:
            call.respond_body(body)
            return
    request = cold.decode_request(ApiKey.METADATA, call.api_version, call.frame, call.body_at)
    wanted = wanted_topics(call.api_version, request)
    if (
        wanted is not None
        and request.allow_auto_topic_creation
        and services.cluster_config.get("auto_create_topics_enabled") is True
    ):
        missing = missing_names(services.controller, wanted)
        if missing:
            task = services.loop.create_task(_create_then_answer(call, request, wanted, missing))
            services.tasks.add(task)
            task.add_done_callback(services.tasks.discard)
            return
    body_fields, clean = metadata_body(services, listener, request, wanted, {})
    body = cold.encode_response(ApiKey.METADATA, call.api_version, body_fields)
    if clean and key is not None:
        _answers.keep(services, key, body)
    call.respond_body(body)


async def _create_then_answer(
    call: "Call", request: "Message", wanted: "list[str | UUID]", missing: list[str]
) -> None:
    try:
        refused = await _create(call.services, missing)
        fields, _clean = metadata_body(call.services, call.connection.listener, request, wanted, refused)
        call.respond_body(cold.encode_response(ApiKey.METADATA, call.api_version, fields))
    except Exception:
        logger.exception("METADATA version %d failed; this is a defect", call.api_version)
        call.close("METADATA failed inside the broker")
        raise


async def _create(services: "Services", names: list[str]) -> "Mapping[str, ErrorCode]":
    """Create what clients may; why a name could not be."""
    controller: Controller = services.controller
    refused: dict[str, ErrorCode] = {}
    try:
        outcomes = await controller.create_topics(
            [NewTopic(name=name) for name in names if not is_internal(name)],
            timeout_ms=AUTO_CREATE_TIMEOUT_MS,
        )
    except ControllerError as error:
        logger.warning("cannot create %d topic(s) a client asked for: %s", len(names), error)
        return dict.fromkeys(names, ErrorCode.LEADER_NOT_AVAILABLE)
    for outcome in outcomes:
        if not outcome.ok:
            logger.info("topic %s was not created for a client: %s", outcome.name, outcome.message)
            refused[outcome.name or ""] = outcome.error
    return refused


API = HotApi(key=ApiKey.METADATA, versions=(0, 13), handle=handle, kips=(4, 430, 487, 516, 700))
