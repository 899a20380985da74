"""FindCoordinator 0-6: which broker to ask about a group (KIP-699 batches keys from 4, KIP-932 adds share keys at 6)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.coordinator.errors import CoordinatorError
from engine.kafka.cluster_view import BrokerAddress, brokers_of
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.model.topic_name import CONSUMER_OFFSETS
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.wire.cold import Message

KEY_GROUP = 0
KEY_TRANSACTION = 1
BATCH_FROM = 4


async def _find(key: str, key_type: int, context: RequestContext) -> dict[str, object]:
    found: BrokerAddress | None = None
    if key_type == KEY_GROUP:
        error, found = await _coordinator(key, context)
    elif key_type == KEY_TRANSACTION:
        error = ErrorCode.COORDINATOR_NOT_AVAILABLE
    else:
        error = ErrorCode.INVALID_REQUEST
    if error is not ErrorCode.NONE or found is None:
        return {
            "key": key,
            "error_code": error,
            "error_message": error.meaning,
            "node_id": -1,
            "host": "",
            "port": -1,
        }
    return {
        "key": key,
        "error_code": ErrorCode.NONE,
        "error_message": None,
        "node_id": found.node_id,
        "host": found.host,
        "port": found.port,
    }


async def _coordinator(group_id: str, context: RequestContext) -> "tuple[ErrorCode, BrokerAddress | None]":
    """The broker that leads the partition of the offsets topic on which the group lives."""
    services = context.services
    try:
        index = await services.coordinator.locate(group_id)
    except CoordinatorError:
        return ErrorCode.COORDINATOR_NOT_AVAILABLE, None
    topic = services.controller.topics.get(CONSUMER_OFFSETS)
    if topic is None or index >= len(topic.partitions):
        return ErrorCode.COORDINATOR_NOT_AVAILABLE, None
    leader = services.controller.leader_of(topic.partitions[index]).node_id
    if leader == services.node_id:
        error = await services.coordinator.find(group_id)
        if error is not ErrorCode.NONE:
            return error, None
    for broker in brokers_of(services, context.listener):
        if broker.node_id == leader and services.controller.alive(leader):
            return ErrorCode.NONE, broker
    return ErrorCode.COORDINATOR_NOT_AVAILABLE, None


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """Answer for each key asked about, once, in order."""
    body: dict[str, Any] = {"throttle_time_ms": 0}
    if context.api_version < BATCH_FROM:
        found = await _find(request.key, request.key_type, context)
        del found["key"]
        return body | found
    keys = dict.fromkeys(request.coordinator_keys)
    body["coordinators"] = [await _find(key, request.key_type, context) for key in keys]
    return body


API = ColdApi(
    key=ApiKey.FIND_COORDINATOR,
    versions=(0, 6),
    handle=handle,
    kips=(219, 482, 699),
    deviations=(
        "The offsets topic is made before the answer, where Kafka answers 15 and makes it meanwhile.",
        "There is no transaction coordinator yet (15) and no share coordinator (42, as in Kafka without one).",
    ),
)
