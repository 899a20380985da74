"""JoinGroup 0-9: become, or stay, a member of a classic group (KIP-62, 345, 394, 559, 800, 814)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.coordinator.member import MemberProtocol
from engine.coordinator.messages import JoinRequest, JoinResponse
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey

if TYPE_CHECKING:
    from engine.wire.cold import Message

REBALANCE_TIMEOUT_FROM = 1
MEMBER_ID_REQUIRED_FROM = 4
SKIP_ASSIGNMENT_FROM = 9


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """Park until the generation begins, and tell the member of it."""
    has_rebalance_timeout = context.api_version >= REBALANCE_TIMEOUT_FROM
    response: JoinResponse = await context.services.coordinator.join(
        JoinRequest(
            group_id=request.group_id,
            member_id=request.member_id,
            group_instance_id=request.group_instance_id,
            client_id=context.client_id or "",
            client_host=f"/{context.client_host}",
            session_timeout_ms=request.session_timeout_ms,
            rebalance_timeout_ms=(
                request.rebalance_timeout_ms if has_rebalance_timeout else request.session_timeout_ms
            ),
            protocol_type=request.protocol_type,
            protocols=tuple(
                MemberProtocol(protocol.name, bytes(protocol.metadata)) for protocol in request.protocols
            ),
            requires_member_id=context.api_version >= MEMBER_ID_REQUIRED_FROM,
            can_skip_assignment=context.api_version >= SKIP_ASSIGNMENT_FROM,
            reason=request.reason or "",
        )
    )
    return {
        "throttle_time_ms": 0,
        "error_code": response.error,
        "generation_id": response.generation,
        "protocol_type": response.protocol_type,
        "protocol_name": response.protocol_name,
        "leader": response.leader,
        "skip_assignment": response.skip_assignment,
        "member_id": response.member_id,
        "members": [
            {
                "member_id": member.member_id,
                "group_instance_id": member.group_instance_id,
                "metadata": member.metadata,
            }
            for member in response.members
        ],
    }


API = ColdApi(
    key=ApiKey.JOIN_GROUP, versions=(0, 9), handle=handle, kips=(62, 134, 345, 394, 482, 559, 800, 814)
)
