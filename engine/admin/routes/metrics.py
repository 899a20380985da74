"""/metrics and /public_metrics."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.admin.errors import ApiError
from engine.admin.views import AdminViews
from engine.metrics.exposition import CONTENT_TYPE, render
from engine.metrics.internal import internal_families
from engine.metrics.public import public_families


def routes(views: AdminViews) -> list[Route]:
    """GET /metrics, GET /public_metrics."""

    async def public(_request: Request) -> Response:
        if views.cluster_config.boolean("disable_public_metrics"):
            raise ApiError(404, "Not found")
        text = render(public_families(views.metrics), prefix="redpanda")
        return Response(text, media_type=CONTENT_TYPE)

    async def internal(_request: Request) -> Response:
        if views.cluster_config.boolean("disable_metrics"):
            raise ApiError(404, "Not found")
        text = render(internal_families(views.metrics, views.api_name), prefix="vectorized")
        return Response(text, media_type=CONTENT_TYPE)

    return [Route("/public_metrics", public), Route("/metrics", internal)]
