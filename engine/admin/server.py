"""The Admin API's life: ports bound at once, the HTTP library loaded later, graceful stop.

`AdminServer.bind` opens the sockets, so that a taken port is known at start. `serve_lazily` waits for the first
connection, or for `WARM_AFTER_S`, loads the library in a thread and only then accepts; what came before waits in
the accept queue. So a start costs the Kafka door nothing (docs/adr/0003).
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from engine.admin.views import AdminViews

if TYPE_CHECKING:
    from uvicorn.server import ServerState

logger = logging.getLogger(__name__)

BACKLOG = 128
CONNECTIONS_MAX = 256
WARM_AFTER_S = 2.0
KEEP_ALIVE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminListener:
    """Where to listen; port 0 lets the system choose."""

    name: str
    host: str
    port: int
    tls: ssl.SSLContext | None = None


class AdminServer:
    """One shard's Admin API. Loop thread only."""

    def __init__(self, views: AdminViews) -> None:
        self._views = views
        self._sockets: list[tuple[socket.socket, ssl.SSLContext | None]] = []
        self._servers: list[asyncio.Server] = []
        self._state: ServerState | None = None
        self._starting: asyncio.Task[None] | None = None
        self._wanted: asyncio.Event | None = None
        self.addresses: list[tuple[str, int]] = []
        """Bound host and port, in the order of the listeners."""

    def bind(self, listeners: Sequence[AdminListener]) -> None:
        """Open the sockets. Raises `OSError` naming the address."""
        for listener in listeners:
            try:
                family, kind, protocol, _, address = socket.getaddrinfo(
                    listener.host, listener.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
                )[0]
                opened = socket.socket(family, kind, protocol)
                self._sockets.append((opened, listener.tls))
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                opened.bind(address)
                opened.listen(BACKLOG)
                opened.settimeout(0)
            except OSError as error:
                self._close_sockets()
                message = f"admin listener cannot open {listener.host}:{listener.port}: {error.strerror}"
                raise OSError(error.errno, message) from error
            host, port = opened.getsockname()[:2]
            self.addresses.append((host, port))

    def serve_lazily(self) -> None:
        """Start serving at the first connection, or `WARM_AFTER_S` from now."""
        self._starting = asyncio.get_running_loop().create_task(self._start(), name="admin start")
        self._starting.add_done_callback(self._started)

    def _started(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            logger.error("the Admin API could not start", exc_info=task.exception())

    async def _start(self) -> None:
        loop = asyncio.get_running_loop()
        self._wanted = asyncio.Event()
        for opened, _ in self._sockets:
            loop.add_reader(opened, self._wanted.set)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(WARM_AFTER_S):
                    await self._wanted.wait()
        finally:
            for opened, _ in self._sockets:
                loop.remove_reader(opened)
        await loop.run_in_executor(None, _load_library)
        await self._serve()

    async def _serve(self) -> None:
        from uvicorn.config import Config
        from uvicorn.server import ServerState

        from engine.admin.app import build_app
        from engine.admin.protocol import BoundedProtocol

        # uvicorn takes an unset level for "trace everything".
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        config = Config(
            build_app(self._views),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            limit_concurrency=CONNECTIONS_MAX,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
        config.load()
        self._state = ServerState()
        loop = asyncio.get_running_loop()
        factory = partial(BoundedProtocol, config, self._state, {}, loop)
        while self._sockets:
            opened, tls = self._sockets.pop()
            self._servers.append(await loop.create_server(factory, sock=opened, ssl=tls, backlog=BACKLOG))

    async def stop(self, timeout_s: float) -> None:
        """Accept nothing more, finish what runs for at most `timeout_s`, then close everything."""
        if self._starting is not None and not self._starting.done():
            self._starting.cancel()
            with suppress(asyncio.CancelledError):
                await self._starting
        self._close_sockets()
        for server in self._servers:
            server.close()
        state = self._state
        if state is None:
            return
        for connection in list(state.connections):
            connection.shutdown()
        if state.tasks:
            await asyncio.wait(list(state.tasks), timeout=timeout_s)
        for task in list(state.tasks):
            task.cancel()
        for connection in list(state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await asyncio.sleep(0)

    def _close_sockets(self) -> None:
        while self._sockets:
            self._sockets.pop()[0].close()


def _load_library() -> None:
    """Import what serving needs; in a thread, so that the loop goes on."""
    import engine.admin.app
    import engine.admin.protocol  # noqa: F401  # loaded for later
