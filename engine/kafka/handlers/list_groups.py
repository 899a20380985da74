"""ListGroups 0-5: every group coordinated here, filtered by state (KIP-518, 4+) and type (KIP-848, 5+)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey

if TYPE_CHECKING:
    from engine.coordinator.coordinator import GroupListings
    from engine.wire.cold import Message

CLASSIC = "classic"


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """Answer at once. Filters compare without case; an unknown name matches nothing."""
    listings: GroupListings = context.services.coordinator.list()
    states = {state.lower() for state in request.states_filter}
    types = {kind.lower() for kind in request.types_filter}
    groups = listings.groups if not types or CLASSIC in types else ()
    return {
        "throttle_time_ms": 0,
        "error_code": listings.error,
        "groups": [
            {
                "group_id": group.group_id,
                "protocol_type": group.protocol_type,
                "group_state": group.state.value,
                "group_type": CLASSIC,
            }
            for group in groups
            if not states or group.state.lower() in states
        ],
    }


API = ColdApi(key=ApiKey.LIST_GROUPS, versions=(0, 5), handle=handle, kips=(482, 518, 848))
