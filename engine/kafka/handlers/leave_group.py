"""LeaveGroup 0-5: members go, one (0-2) or several (3+) at once (KIP-345, 800)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.coordinator.messages import LeaveRequest, LeaveResponse, LeavingMember
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.wire.cold import Message

BATCH_FROM = 3


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """Answer at once; below version 3 the one member's error is the answer's."""
    is_batch = context.api_version >= BATCH_FROM
    if is_batch:
        leaving = tuple(
            LeavingMember(
                member_id=member.member_id,
                group_instance_id=member.group_instance_id,
                reason=member.reason or "",
            )
            for member in request.members
        )
    else:
        leaving = (LeavingMember(member_id=request.member_id),)
    response: LeaveResponse = await context.services.coordinator.leave(
        LeaveRequest(group_id=request.group_id, members=leaving)
    )
    error = response.error
    if not is_batch and error is ErrorCode.NONE:
        error = response.members[0].error
    return {
        "throttle_time_ms": 0,
        "error_code": error,
        "members": [
            {
                "member_id": member.member_id,
                "group_instance_id": member.group_instance_id,
                "error_code": member.error,
            }
            for member in response.members
        ],
    }


API = ColdApi(key=ApiKey.LEAVE_GROUP, versions=(0, 5), handle=handle, kips=(345, 482, 800))
