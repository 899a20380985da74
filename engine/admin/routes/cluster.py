"""/v1/cluster: identity and health."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.admin.answer import answer
from engine.admin.errors import ApiError
from engine.admin.views import AdminViews

LISTED_MAX = 128
"""Partitions named in a health overview; the counts go on."""


def routes(views: AdminViews) -> list[Route]:
    """GET /v1/cluster/health_overview, /v1/cluster/uuid."""

    async def health(_request: Request) -> Response:
        brokers = views.brokers()
        down = [broker.node_id for broker in brokers if not broker.alive]
        recovering = [broker.node_id for broker in brokers if broker.recovery_mode]
        controller = views.controller_id()
        leaderless = [
            f"{item.namespace}/{item.topic}/{item.partition}"
            for item in views.partitions()
            if item.leader < 0
        ]
        disk = views.disk()
        floor = views.cluster_config.integer("storage_min_free_bytes")
        full = {broker.node_id for broker in brokers if broker.alive and broker.high_disk_usage}
        if disk is not None and disk.free_bytes < floor:
            full.add(views.node_id())
        behind = [
            f"{item.namespace}/{item.topic}/{item.partition}" for item in views.partitions() if item.lagging
        ]
        checks = (
            ("no_elected_controller", controller < 0),
            ("nodes_down", bool(down)),
            ("nodes_in_recovery_mode", bool(recovering)),
            ("leaderless_partitions", bool(leaderless)),
            ("under_replicated_partitions", bool(behind)),
            ("high_disk_usage_nodes", bool(full)),
        )
        reasons = [reason for reason, wrong in checks if wrong]
        return answer(
            {
                "is_healthy": not reasons,
                "unhealthy_reasons": reasons,
                "controller_id": controller,
                "all_nodes": [broker.node_id for broker in brokers],
                "nodes_down": down,
                "nodes_in_recovery_mode": recovering,
                "high_disk_usage_nodes": sorted(full),
                "leaderless_partitions": leaderless[:LISTED_MAX],
                "leaderless_count": len(leaderless),
                "under_replicated_partitions": behind[:LISTED_MAX],
                "under_replicated_count": len(behind),
                "bytes_in_cloud_storage": -1,
            }
        )

    async def identity(_request: Request) -> Response:
        found = views.cluster_uuid()
        if found is None:
            raise ApiError(503, "The cluster has no identity yet")
        return answer({"cluster_uuid": str(found)})

    return [Route("/v1/cluster/health_overview", health), Route("/v1/cluster/uuid", identity)]
