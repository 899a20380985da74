"""DeleteGroups 0-2: remove empty groups and their offsets (KIP-229)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey

if TYPE_CHECKING:
    from engine.wire.cold import Message


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """Answer when the tombstones are stored; a group named twice is answered once."""
    group_ids = list(dict.fromkeys(request.groups_names))
    errors = await context.services.coordinator.delete_groups(group_ids)
    return {
        "throttle_time_ms": 0,
        "results": [
            {"group_id": group_id, "error_code": error}
            for group_id, error in zip(group_ids, errors, strict=True)
        ],
    }


API = ColdApi(key=ApiKey.DELETE_GROUPS, versions=(0, 2), handle=handle, kips=(229, 482))
