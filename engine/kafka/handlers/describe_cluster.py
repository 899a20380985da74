"""DescribeCluster 0-2: brokers by the client's listener (KIP-700), endpoint types (KIP-919), fencing (KIP-1073)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.kafka import authorized_operations
from engine.kafka.cluster_view import brokers_of
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.wire.cold import Message

BROKERS, CONTROLLERS = 1, 2


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """The brokers; asking a broker for controllers is refused as Kafka does."""
    controller = context.services.controller
    code, message = ErrorCode.NONE, None
    if request.endpoint_type == CONTROLLERS:
        code = ErrorCode.MISMATCHED_ENDPOINT_TYPE
        message = "this is a broker's listener: it does not list controllers"
    elif request.endpoint_type != BROKERS:
        code, message = (
            ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
            f"there is no endpoint type {request.endpoint_type}",
        )
    asked = request.include_cluster_authorized_operations and not code
    return {
        "throttle_time_ms": 0,
        "error_code": code,
        "error_message": message,
        "endpoint_type": request.endpoint_type,
        "cluster_id": controller.cluster_id,
        "controller_id": -1 if code else controller.controller_id,
        "brokers": []
        if code
        else [
            {
                "broker_id": broker.node_id,
                "host": broker.host,
                "port": broker.port,
                "rack": broker.rack,
                "is_fenced": False,
            }
            for broker in brokers_of(context.services, context.listener)
        ],
        "cluster_authorized_operations": authorized_operations.CLUSTER
        if asked
        else authorized_operations.NOT_ASKED,
    }


API = ColdApi(key=ApiKey.DESCRIBE_CLUSTER, versions=(0, 2), handle=handle, kips=(700, 919, 1073))
