"""Moving partitions and their leaderships, and how the balancer is."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.admin.actions import actions_of, carried_out
from engine.admin.answer import answer, done
from engine.admin.body import not_conforming, read_json
from engine.admin.errors import ApiError
from engine.admin.routes.partitions import one_of
from engine.admin.views import KAFKA_NAMESPACE, AdminViews, MoveResult, MoveView

REPLICAS_MAX = 100
"""In the body of a move."""


def cancelled(result: MoveResult) -> dict[str, object]:
    """One row of the answer to a cancellation."""
    return {
        "ns": result.namespace,
        "topic": result.topic,
        "partition": result.partition,
        "result": result.error or "success",
    }


def _reconfiguration(move: MoveView) -> dict[str, object]:
    return {
        "ns": move.namespace,
        "topic": move.topic,
        "partition": move.partition,
        "previous_replicas": [{"node_id": node, "core": 0} for node in move.previous],
        "current_replicas": [{"node_id": node, "core": 0} for node in move.current],
        "partition_size": move.size_bytes,
        "bytes_moved": move.moved_bytes,
        "bytes_left_to_move": move.left_bytes,
        "reconfiguration_policy": "full_local_retention",
        "reconciliation_statuses": [],
    }


async def _wanted_replicas(request: Request) -> list[int]:
    body = await read_json(request)
    if not isinstance(body, list) or not 0 < len(body) <= REPLICAS_MAX:
        raise not_conforming("it must be a list of replicas")
    nodes = []
    for item in body:
        node_id = item.get("node_id") if isinstance(item, dict) else None
        if type(node_id) is not int:
            raise not_conforming("a replica is an object with an integer node_id")
        nodes.append(node_id)
    return nodes


def routes(views: AdminViews) -> list[Route]:
    """The verbs of /v1/partitions, moves under way, the balancer's status."""

    async def transfer(request: Request) -> Response:
        item = one_of(views, request)
        raw = request.query_params.get("target")
        if raw is not None and not (raw.isascii() and raw.isdigit() and len(raw) <= 10):
            raise ApiError(400, f"target must be a broker id, not '{raw[:50]}'")
        await carried_out(actions_of(views).transfer(item, None if raw is None else int(raw)))
        return done()

    async def move(request: Request) -> Response:
        item = one_of(views, request)
        if item.namespace != KAFKA_NAMESPACE:
            raise ApiError(400, "the controller's replicas follow the brokers: they cannot be moved")
        replicas = await _wanted_replicas(request)
        await carried_out(actions_of(views).move(item.topic, item.partition, replicas))
        return done()

    async def cancel(request: Request) -> Response:
        item = one_of(views, request)
        actions = actions_of(views)
        place = (item.topic, item.partition)
        mine = [each for each in actions.moves() if (each.topic, each.partition) == place]
        if not mine:
            raise ApiError(400, f"{item.namespace}/{item.topic}/{item.partition} is not moving")
        return answer([cancelled(result) for result in await carried_out(actions.cancel_moves(mine))])

    async def cancel_all(_request: Request) -> Response:
        actions = actions_of(views)
        return answer([cancelled(each) for each in await carried_out(actions.cancel_moves(actions.moves()))])

    async def reconfigurations(_request: Request) -> Response:
        return answer([_reconfiguration(each) for each in actions_of(views).moves()])

    async def rebalance(_request: Request) -> Response:
        await carried_out(actions_of(views).rebalance())
        return done()

    async def balancer(_request: Request) -> Response:
        found = actions_of(views).balancer()
        return answer(
            {
                "status": found.status,
                "violations": {
                    "unavailable_nodes": list(found.unavailable_nodes),
                    "over_disk_limit_nodes": list(found.over_disk_limit_nodes),
                },
                "seconds_since_last_tick": found.seconds_since_last_tick,
                "current_reassignments_count": found.reassignments,
                "partitions_pending_force_recovery_count": 0,
                "partitions_pending_force_recovery_sample": [],
            }
        )

    place = "/v1/partitions/{namespace}/{topic}/{partition}"
    return [
        Route("/v1/partitions/reconfigurations", reconfigurations),
        Route("/v1/partitions/rebalance", rebalance, methods=["POST"]),
        Route("/v1/cluster/cancel_reconfigurations", cancel_all, methods=["POST"]),
        Route("/v1/cluster/partition_balancer/status", balancer),
        Route(f"{place}/transfer_leadership", transfer, methods=["POST"]),
        Route(f"{place}/replicas", move, methods=["POST"]),
        Route(f"{place}/cancel_reconfiguration", cancel, methods=["POST"]),
    ]
