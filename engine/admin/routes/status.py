"""/v1/status and the node's own configuration."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.admin.answer import answer
from engine.admin.views import AdminViews


def routes(views: AdminViews) -> list[Route]:
    """GET /v1/status/ready, GET /v1/node_config."""

    async def ready(_request: Request) -> Response:
        return answer({"status": "ready" if views.ready() else "booting"})

    async def node_config(_request: Request) -> Response:
        return answer({**views.node_config(), "node_id": views.node_id()})

    return [Route("/v1/status/ready", ready), Route("/v1/node_config", node_config)]
