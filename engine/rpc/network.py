"""The room's face: all peers by node id, the listener, the handlers. `Network` is the port others build to.

A simulator implements `Network` in memory; `RpcNetwork` is the one over sockets.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Protocol

from engine.rpc.config import RpcConfig
from engine.rpc.errors import PeerUnknown
from engine.rpc.frame import Payload
from engine.rpc.hello import NO_NODE, Hello, Identity
from engine.rpc.peer import Peer
from engine.rpc.server import Handlers, MessageHandler, RequestHandler, RpcServer
from engine.rpc.shared import RpcShared


class Network(Protocol):
    """What the rooms above need of the others."""

    def send(self, node_id: int, method: int, payload: Payload) -> bool:
        """Send a one-way message; False when it was dropped here. It may be lost on the way all the same."""
        ...

    async def call(self, node_id: int, method: int, payload: Payload, *, timeout_ms: int) -> memoryview:
        """The answer of the node. Raises `RpcError`."""
        ...

    def on_message(self, method: int, handler: MessageHandler) -> None:
        """Let `handler` have the messages of `method`."""
        ...

    def on_request(self, method: int, handler: RequestHandler) -> None:
        """Let `handler` answer the requests of `method`."""
        ...


class RpcNetwork:
    """`Network` over TCP. Loop thread only; `start`, then `close`."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        identity: Identity,
        config: RpcConfig | None = None,
        admit: Callable[[Hello], str | None] | None = None,
        jitter: random.Random | None = None,
    ) -> None:
        self.identity = identity
        """May be replaced as it becomes known; connections made from then on say so."""
        self.handlers = Handlers()
        self.on_up: list[Callable[[int], None]] = []
        """Called with a node id when it can be called (again)."""
        self.on_down: list[Callable[[int], None]] = []
        self._shared = RpcShared(loop, config or RpcConfig(), jitter)
        self._server = RpcServer(self._shared, self.handlers, lambda: self.identity, admit)
        self._peers: dict[int, Peer] = {}

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises `OSError` that names the listener."""
        await self._server.start(host, port)
        self._shared.start()

    @property
    def address(self) -> tuple[str, int]:
        """Where the listener is bound."""
        return self._server.address

    async def close(self) -> None:
        """Stop listening, drop all connections; calls under way fail."""
        self._shared.stop()
        for peer in self._peers.values():
            peer.close()
        self._peers.clear()
        await self._server.close()

    # Peers.

    def set_peer(self, node_id: int, host: str, port: int) -> None:
        """Know where a node listens; a new address replaces the old one."""
        peer = self._peers.get(node_id)
        if peer is not None and (peer.host, peer.port) == (host, port):
            return
        if peer is not None:
            peer.close()
        peer = self._peers[node_id] = Peer(
            self._shared,
            lambda: self.identity,
            node_id,
            host,
            port,
            on_up=lambda up: _tell(self.on_up, up),
            on_down=lambda down: _tell(self.on_down, down),
        )
        peer.connect()

    def remove_peer(self, node_id: int) -> None:
        """Forget a node; nothing happens if it is not known."""
        peer = self._peers.pop(node_id, None)
        if peer is not None:
            peer.close()

    def peers(self) -> dict[int, Peer]:
        """All peers by node id, for observation."""
        return dict(self._peers)

    def is_up(self, node_id: int) -> bool:
        """Whether there is a connection to the node."""
        peer = self._peers.get(node_id)
        return peer is not None and peer.up

    # `Network`.

    def send(self, node_id: int, method: int, payload: Payload) -> bool:
        """See `Network`."""
        peer = self._peers.get(node_id)
        return peer is not None and peer.send(method, payload)

    async def call(self, node_id: int, method: int, payload: Payload, *, timeout_ms: int) -> memoryview:
        """See `Network`."""
        peer = self._peers.get(node_id)
        if peer is None:
            raise PeerUnknown(f"no address is known for node {node_id}")
        return await peer.call(method, payload, timeout_ms)

    async def call_address(
        self, host: str, port: int, method: int, payload: Payload, *, timeout_ms: int
    ) -> memoryview:
        """Call whoever listens there (a seed server) over a connection of its own. Raises `RpcError`."""
        peer = Peer(self._shared, lambda: self.identity, NO_NODE, host, port)
        try:
            return await peer.call(method, payload, timeout_ms)
        finally:
            peer.close()

    def on_message(self, method: int, handler: MessageHandler) -> None:
        """See `Network`."""
        self.handlers.messages[method] = handler

    def on_request(self, method: int, handler: RequestHandler) -> None:
        """See `Network`."""
        self.handlers.requests[method] = handler


def _tell(listeners: list[Callable[[int], None]], node_id: int) -> None:
    for listener in listeners:
        listener(node_id)
