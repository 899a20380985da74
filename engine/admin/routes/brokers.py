"""/v1/brokers: who is in the cluster."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.admin.answer import answer
from engine.admin.errors import ApiError
from engine.admin.query import number
from engine.admin.views import AdminViews, BrokerView

API_LEVEL = "v24.3.1"
"""The Admin API level spoken; tools compare it as a semantic version."""


def routes(views: AdminViews) -> list[Route]:
    """GET /v1/brokers, /v1/brokers/{id}, /v1/broker_uuids."""

    def described(broker: BrokerView) -> dict[str, object]:
        found: dict[str, object] = {
            "node_id": broker.node_id,
            "num_cores": broker.cores,
            "internal_rpc_address": broker.rpc_host,
            "internal_rpc_port": broker.rpc_port,
            "membership_status": "active",
            "recovery_mode_enabled": broker.recovery_mode,
            "in_fips_mode": "disabled",
            "maintenance_status": {"draining": False},
        }
        if broker.rack is not None:
            found["rack"] = broker.rack
        disk = views.disk() if broker.node_id == views.node_id() else None
        if disk is not None:
            found["disk_space"] = [{"path": disk.path, "free": disk.free_bytes, "total": disk.total_bytes}]
        return found

    async def listed(_request: Request) -> Response:
        return answer(
            [
                {
                    **described(broker),
                    "is_alive": broker.alive,
                    "version": f"{API_LEVEL} - {views.version}",
                }
                for broker in views.brokers()
            ]
        )

    async def one(request: Request) -> Response:
        node_id = number(request, "node_id", "broker id")
        for broker in views.brokers():
            if broker.node_id == node_id:
                return answer(described(broker))
        raise ApiError(404, f"broker with id {node_id} not found")

    async def uuids(_request: Request) -> Response:
        return answer([{"node_id": broker.node_id, "uuid": str(broker.uuid)} for broker in views.brokers()])

    return [
        Route("/v1/brokers", listed),
        Route("/v1/brokers/{node_id}", one),
        Route("/v1/broker_uuids", uuids),
    ]
