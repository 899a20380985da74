"""The application: all route groups, one error dialect, a deadline around every request."""

import asyncio
import logging

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.admin.answer import error_answer
from engine.admin.errors import ApiError
from engine.admin.routes import (
    brokers,
    cluster,
    cluster_config,
    features,
    membership,
    metrics,
    partition_moves,
    partitions,
    status,
)
from engine.admin.views import AdminViews

logger = logging.getLogger(__name__)

REQUEST_SECONDS_MAX = 30.0
GROUPS = (
    status,
    brokers,
    membership,
    cluster,
    cluster_config,
    features,
    partition_moves,
    partitions,
    metrics,
)


async def _api_error(_request: Request, error: Exception) -> Response:
    if isinstance(error, ApiError):
        return error_answer(error.status, error.message)
    return error_answer(500, "Internal error")


async def _http_error(_request: Request, error: Exception) -> Response:
    status_code = error.status_code if isinstance(error, HTTPException) else 500
    message = {404: "Not found", 405: "Method not allowed"}.get(status_code, "Request failed")
    return error_answer(status_code, message)


class _Outermost:
    """Strips a trailing slash, sets the deadline, and turns whatever still escapes into an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = scope["path"]
        if len(path) > 1 and path.endswith("/"):
            scope = {**scope, "path": path.rstrip("/") or "/"}
        started = False

        async def tell(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            async with asyncio.timeout(REQUEST_SECONDS_MAX):
                await self._app(scope, receive, tell)
        except TimeoutError:
            logger.warning("%s %s took longer than %g s", scope["method"], path[:200], REQUEST_SECONDS_MAX)
            if started:
                raise
            await error_answer(504, "Request timed out")(scope, receive, send)
        except Exception:
            logger.exception("%s %s failed", scope["method"], path[:200])
            if started:
                raise
            await error_answer(500, "Internal error")(scope, receive, send)


def build_app(views: AdminViews) -> ASGIApp:
    """The ASGI application over `views`."""
    routes = [route for group in GROUPS for route in group.routes(views)]
    app = Starlette(routes=routes, exception_handlers={ApiError: _api_error, HTTPException: _http_error})
    app.router.redirect_slashes = False
    return _Outermost(app)
