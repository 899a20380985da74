"""SyncGroup 0-5: the leader hands in the assignment, every member gets its part (KIP-345, 559)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.coordinator.messages import SyncRequest, SyncResponse
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.wire.cold import Message

PROTOCOL_FROM = 5
"""From here on a member must say which protocol it takes part in (KIP-559)."""


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """Park until the assignment is stored."""
    if context.api_version >= PROTOCOL_FROM and (
        request.protocol_type is None or request.protocol_name is None
    ):
        return {
            "throttle_time_ms": 0,
            "error_code": ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
            "protocol_type": None,
            "protocol_name": None,
            "assignment": b"",
        }
    response: SyncResponse = await context.services.coordinator.sync(
        SyncRequest(
            group_id=request.group_id,
            generation=request.generation_id,
            member_id=request.member_id,
            group_instance_id=request.group_instance_id,
            protocol_type=request.protocol_type,
            protocol_name=request.protocol_name,
            assignments={entry.member_id: bytes(entry.assignment) for entry in request.assignments},
        )
    )
    return {
        "throttle_time_ms": 0,
        "error_code": response.error,
        "protocol_type": response.protocol_type,
        "protocol_name": response.protocol_name,
        "assignment": response.assignment,
    }


API = ColdApi(key=ApiKey.SYNC_GROUP, versions=(0, 5), handle=handle, kips=(345, 482, 559))
