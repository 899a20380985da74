"""Heartbeat 0-4: a member is alive, and hears whether to rejoin (KIP-345)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.coordinator.messages import HeartbeatRequest
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey

if TYPE_CHECKING:
    from engine.wire.cold import Message


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """Answer at once."""
    error = await context.services.coordinator.heartbeat(
        HeartbeatRequest(
            group_id=request.group_id,
            generation=request.generation_id,
            member_id=request.member_id,
            group_instance_id=request.group_instance_id,
        )
    )
    return {"throttle_time_ms": 0, "error_code": error}


API = ColdApi(key=ApiKey.HEARTBEAT, versions=(0, 4), handle=handle, kips=(345, 482))
