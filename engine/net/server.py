"""Named listeners of one shard: open, accept within bounds, watch for dead and idle peers, drain, close."""

import asyncio
import contextlib
import os
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.net.connection import ConnectionOwner, FrameConnection
from engine.net.shared import TICK_S, NetShared

BACKLOG = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """An address to listen on. Port 0 lets the system choose; `Server.addresses` then tells which."""

    name: str
    host: str
    port: int
    tls: ssl.SSLContext | None = None
    """Connections go through the loop's TLS transport when set."""


ConnectionFactory = Callable[[str, NetShared, ConnectionOwner], FrameConnection]
"""Makes a connection of the listener with this name."""


class Server:
    """All listeners and connections of a shard. Loop thread only."""

    def __init__(self, shared: NetShared, factory: ConnectionFactory) -> None:
        self._shared = shared
        self._factory = factory
        self._servers: list[asyncio.Server] = []
        self._by_ip: Counter[str] = Counter()
        self._sweep: asyncio.TimerHandle | None = None
        self._idle: asyncio.Event | None = None
        self.connections: set[FrameConnection] = set()
        self.addresses: dict[str, tuple[str, int]] = {}
        """Listener name → bound host and port."""
        self.accepted_total = 0
        self.refused_total = 0

    async def start(self, listeners: Sequence[Listener]) -> None:
        """Open all `listeners` or none. Raises `OSError` naming the listener that failed."""
        try:
            for listener in listeners:
                await self._open(listener)
        except OSError:
            await self._stop_listening()
            raise
        self._schedule_sweep()

    async def drain(self, timeout_s: float) -> None:
        """Accept nothing more, let every request in flight be answered, then close; at most `timeout_s`."""
        await self._stop_listening()
        if self.connections:
            self._idle = asyncio.Event()
            for connection in tuple(self.connections):
                connection.drain()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._idle.wait()
        await self.close()

    async def close(self) -> None:
        """Close listeners and connections now."""
        await self._stop_listening()
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        for connection in tuple(self.connections):
            connection.abort()
        await asyncio.sleep(0)

    # Connections report here (`ConnectionOwner`).

    def admit(self, connection: FrameConnection) -> str | None:
        """Count a new connection, or say which cap it breaks."""
        limits = self._shared.limits
        if limits.connections_max is not None and len(self.connections) >= limits.connections_max:
            self.refused_total += 1
            return f"there are {len(self.connections)} connections already, the most allowed"
        ip = connection.peer_host
        if limits.connections_per_ip_max is not None and self._by_ip[ip] >= limits.connections_per_ip_max:
            self.refused_total += 1
            return f"its address has {self._by_ip[ip]} connections already, the most allowed"
        self.accepted_total += 1
        self._by_ip[ip] += 1
        self.connections.add(connection)
        return None

    def forget(self, connection: FrameConnection) -> None:
        """A connection is gone."""
        if connection not in self.connections:
            return
        self.connections.remove(connection)
        ip = connection.peer_host
        self._by_ip[ip] -= 1
        if not self._by_ip[ip]:
            del self._by_ip[ip]
        if self._idle is not None and not self.connections:
            self._idle.set()

    async def _open(self, listener: Listener) -> None:
        def factory() -> FrameConnection:
            return self._factory(listener.name, self._shared, self)

        try:
            server = await self._shared.loop.create_server(
                factory, listener.host, listener.port, ssl=listener.tls, backlog=BACKLOG, reuse_address=True
            )
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            message = (
                f"listener {listener.name or 'plain'} cannot open {listener.host}:{listener.port}: {reason}"
            )
            raise OSError(error.errno, message) from error
        self._servers.append(server)
        host, port = server.sockets[0].getsockname()[:2]
        self.addresses[listener.name] = (host, port)

    async def _stop_listening(self) -> None:
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()

    def _schedule_sweep(self) -> None:
        self._sweep = self._shared.loop.call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        self._schedule_sweep()
        shared = self._shared
        shared.tick += 1
        shared.close_log.tick()
        for connection in tuple(self.connections):
            connection.check(shared.tick)
