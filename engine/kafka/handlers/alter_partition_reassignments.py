"""AlterPartitionReassignments 0-1: move partitions, or take moves back (KIP-455, KIP-860)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.controller.commands import ReplicaMove
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
    """One result a partition; returns when the moves have begun."""
    controller: Controller = context.services.controller
    keeps_factor = context.api_version >= 1 and not request.allow_replication_factor_change
    moves: list[ReplicaMove] = []
    refused: dict[tuple[str, int], tuple[ErrorCode, str]] = {}
    for topic in request.topics:
        for asked in topic.partitions:
            replicas = None if asked.replicas is None else tuple(asked.replicas)
            if (
                keeps_factor
                and replicas is not None
                and _factor(controller, topic.name, asked) != len(replicas)
            ):
                refused[topic.name, asked.partition_index] = (
                    ErrorCode.INVALID_REPLICATION_FACTOR,
                    "the number of replicas may not change in this request",
                )
                continue
            moves.append(ReplicaMove(topic=topic.name, partition=asked.partition_index, replicas=replicas))
    top: tuple[ErrorCode, str | None] = (ErrorCode.NONE, None)
    try:
        check_leads(controller)
        outcomes = await controller.move_replicas(moves, timeout_ms=request.timeout_ms)
    except ControllerError as error:
        top, outcomes = (error.code, str(error)), []
    done = {(one.topic, one.partition): (one.error, one.message) for one in outcomes} | refused
    return {
        "throttle_time_ms": 0,
        "error_code": top[0],
        "error_message": top[1],
        "responses": [
            {
                "name": topic.name,
                "partitions": [
                    {
                        "partition_index": asked.partition_index,
                        "error_code": done[topic.name, asked.partition_index][0],
                        "error_message": done[topic.name, asked.partition_index][1],
                    }
                    for asked in topic.partitions
                    if (topic.name, asked.partition_index) in done
                ],
            }
            for topic in request.topics
        ],
    }


def _factor(controller: "Controller", topic: str, asked: "Message") -> int:
    found = controller.topics.get(topic)
    index = asked.partition_index
    if found is None or not 0 <= index < len(found.partitions):
        return len(asked.replicas)  # the controller says what is wrong
    return len(found.partitions[index].replicas)


API = ColdApi(key=ApiKey.ALTER_PARTITION_REASSIGNMENTS, versions=(0, 1), handle=handle, kips=(455, 860))
