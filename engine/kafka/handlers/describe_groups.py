"""DescribeGroups 0-6: state, members and assignments of groups (KIP-345, 430; 1043 answers 69 at version 6)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.kafka import authorized_operations
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.coordinator.messages import GroupDescription
    from engine.wire.cold import Message

NOT_FOUND_FROM = 6


def _group(description: "GroupDescription", operations: int, version: int) -> dict[str, object]:
    error, message = description.error, None
    if error is ErrorCode.GROUP_ID_NOT_FOUND:
        if version < NOT_FOUND_FROM:
            error = ErrorCode.NONE
        else:
            message = f"Group {description.group_id} not found."
    # A group that could not be asked about (its groups are loading, say) has no state to show.
    has_state = description.error in (ErrorCode.NONE, ErrorCode.GROUP_ID_NOT_FOUND)
    return {
        "error_code": error,
        "error_message": message,
        "group_id": description.group_id,
        "group_state": description.state.value if has_state else "",
        "protocol_type": description.protocol_type,
        "protocol_data": description.protocol_name,
        "members": [
            {
                "member_id": member.member_id,
                "group_instance_id": member.group_instance_id,
                "client_id": member.client_id,
                "client_host": member.client_host,
                "member_metadata": member.metadata,
                "member_assignment": member.assignment,
            }
            for member in description.members
        ],
        "authorized_operations": authorized_operations.NOT_ASKED if error else operations,
    }


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """Answer at once, a group at a time."""
    is_asked = request.include_authorized_operations
    operations = authorized_operations.GROUP if is_asked else authorized_operations.NOT_ASKED
    describe = context.services.coordinator.describe
    return {
        "throttle_time_ms": 0,
        "groups": [
            _group(describe(group_id), operations, context.api_version)
            for group_id in dict.fromkeys(request.groups)
        ],
    }


API = ColdApi(key=ApiKey.DESCRIBE_GROUPS, versions=(0, 6), handle=handle, kips=(345, 430, 482, 1043))
