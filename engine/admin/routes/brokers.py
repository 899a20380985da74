"""/v1/brokers: who is in the cluster."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.admin.answer import answer
from engine.admin.errors import ApiError
from engine.admin.query import number
from engine.admin.views import AdminViews, BrokerView, DrainView

API_LEVEL = "v24.3.1"
"""The Admin API level spoken; tools compare it as a semantic version."""


def maintenance_status(drain: DrainView) -> dict[str, object]:
    """The MaintenanceStatus of a broker."""
    if not drain.draining:
        return {"draining": False}
    return {
        "draining": True,
        "finished": drain.finished,
        "errors": drain.errors,
        "partitions": drain.partitions,
        "eligible": drain.eligible,
        "transferring": drain.transferring,
        "failed": drain.failed,
    }


def broker_id(request: Request) -> int:
    """The broker the path names."""
    return number(request, "node_id", "broker id")


def find_broker(views: AdminViews, node_id: int) -> BrokerView:
    """The broker. Raises `ApiError` 404."""
    for broker in views.brokers():
        if broker.node_id == node_id:
            return broker
    raise ApiError(404, f"broker with id {node_id} not found")


def routes(views: AdminViews) -> list[Route]:
    """GET /v1/brokers, /v1/brokers/{id}, /v1/broker_uuids."""

    def described(broker: BrokerView) -> dict[str, object]:
        found: dict[str, object] = {
            "node_id": broker.node_id,
            "num_cores": broker.cores,
            "internal_rpc_address": broker.rpc_host,
            "internal_rpc_port": broker.rpc_port,
            "membership_status": "draining" if broker.leaving else "active",
            "recovery_mode_enabled": broker.recovery_mode,
            "in_fips_mode": "disabled",
            "maintenance_status": maintenance_status(broker.drain),
        }
        if broker.rack is not None:
            found["rack"] = broker.rack
        disk = views.disk() if broker.node_id == views.node_id() else broker.disk
        if disk is not None:
            found["disk_space"] = [{"path": disk.path, "free": disk.free_bytes, "total": disk.total_bytes}]
        return found

    async def listed(_request: Request) -> Response:
        return answer(
            [
                {
                    **described(broker),
                    "is_alive": broker.alive,
                    "version": f"{API_LEVEL} - {broker.version or views.version}",
                }
                for broker in views.brokers()
            ]
        )

    async def one(request: Request) -> Response:
        return answer(described(find_broker(views, broker_id(request))))

    async def uuids(_request: Request) -> Response:
        return answer([{"node_id": broker.node_id, "uuid": str(broker.uuid)} for broker in views.brokers()])

    return [
        Route("/v1/brokers", listed),
        Route("/v1/brokers/{node_id}", one),
        Route("/v1/broker_uuids", uuids),
    ]
