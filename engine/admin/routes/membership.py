"""Who leaves the cluster and who rests: decommission, recommission, maintenance."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.admin.actions import actions_of, carried_out
from engine.admin.answer import answer, done
from engine.admin.errors import ApiError
from engine.admin.routes.brokers import broker_id, find_broker, maintenance_status
from engine.admin.routes.partition_moves import cancelled
from engine.admin.views import AdminViews, ChangeRefused, MoveView


def _leaving(move: MoveView, node_id: int) -> dict[str, object]:
    targets = [node for node in move.current if node not in move.previous]
    return {
        "ns": move.namespace,
        "topic": move.topic,
        "partition": move.partition,
        "moving_to": {"node_id": targets[0] if targets else node_id, "core": 0},
        "bytes_left_to_move": move.left_bytes,
        "bytes_moved": move.moved_bytes,
        "partition_size": move.size_bytes,
        "reconfiguration_policy": "full_local_retention",
    }


def routes(views: AdminViews) -> list[Route]:
    """The verbs of /v1/brokers/{id}, and /v1/maintenance for the broker asked."""

    async def decommission(request: Request) -> Response:
        await carried_out(actions_of(views).set_decommission(broker_id(request), enabled=True))
        return done()

    async def recommission(request: Request) -> Response:
        await carried_out(actions_of(views).set_decommission(broker_id(request), enabled=False))
        return done()

    async def decommission_status(request: Request) -> Response:
        node_id = broker_id(request)
        try:
            found = actions_of(views).decommission(node_id)
        except ChangeRefused as refusal:
            raise ApiError(refusal.status, refusal.message) from refusal
        return answer(
            {
                "finished": found.finished,
                "replicas_left": found.replicas_left,
                "allocation_failures": list(found.failures),
                "partitions": [_leaving(move, node_id) for move in found.moves],
            }
        )

    async def maintenance_on(request: Request) -> Response:
        await carried_out(actions_of(views).set_maintenance(broker_id(request), enabled=True))
        return done()

    async def maintenance_off(request: Request) -> Response:
        await carried_out(actions_of(views).set_maintenance(broker_id(request), enabled=False))
        return done()

    async def own_maintenance(request: Request) -> Response:
        if request.method == "GET":
            return answer(maintenance_status(find_broker(views, views.node_id()).drain))
        enabled = request.method == "PUT"
        await carried_out(actions_of(views).set_maintenance(views.node_id(), enabled=enabled))
        return done()

    async def cancel_moves(request: Request) -> Response:
        node_id = find_broker(views, broker_id(request)).node_id
        actions = actions_of(views)
        mine = [move for move in actions.moves() if node_id in (*move.previous, *move.current)]
        results = await carried_out(actions.cancel_moves(mine))
        return answer([cancelled(result) for result in results])

    return [
        Route("/v1/brokers/{node_id}/decommission", decommission_status, methods=["GET"]),
        Route("/v1/brokers/{node_id}/decommission", decommission, methods=["PUT"]),
        Route("/v1/brokers/{node_id}/recommission", recommission, methods=["PUT"]),
        Route("/v1/brokers/{node_id}/maintenance", maintenance_on, methods=["PUT"]),
        Route("/v1/brokers/{node_id}/maintenance", maintenance_off, methods=["DELETE"]),
        Route("/v1/brokers/{node_id}/cancel_partition_moves", cancel_moves, methods=["POST"]),
        Route("/v1/maintenance", own_maintenance, methods=["GET", "PUT", "DELETE"]),
    ]
