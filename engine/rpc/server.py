"""The listener for other brokers: greets callers, hands messages and requests to their handlers.

Messages and requests of one connection are handed over in the order they came; requests are answered in any order.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable

from engine.base.errors import OperatingError
from engine.rpc.errors import HelloRefused, ProtocolError, Refusal
from engine.rpc.frame import Kind, Payload
from engine.rpc.hello import (
    Hello,
    Identity,
    decode_hello,
    encode_refusal,
    encode_welcome,
    judge,
)
from engine.rpc.link import Link
from engine.rpc.shared import RpcShared

logger = logging.getLogger("engine.rpc")

MessageHandler = Callable[[int, memoryview], None]
"""Called with the sender's node id (-1: has none yet) and the payload, which it may keep."""
RequestHandler = Callable[[int, memoryview], Awaitable[Payload]]
"""Returns the answer. An `OperatingError` it raises is told to the caller as a `RemoteError`."""


class Handlers:
    """Which method is served by whom. Numbers are given out in `methods.py`."""

    def __init__(self) -> None:
        self.messages: dict[int, MessageHandler] = {}
        self.requests: dict[int, RequestHandler] = {}


class RpcServer:
    """One listener. Loop thread only."""

    def __init__(
        self,
        shared: RpcShared,
        handlers: Handlers,
        identity: Callable[[], Identity],
        admit: Callable[[Hello], str | None] | None = None,
    ) -> None:
        """`admit` may refuse a caller for a reason of its own, in words."""
        self._shared = shared
        self._handlers = handlers
        self._identity = identity
        self._admit = admit
        self._server: asyncio.Server | None = None
        self._callers: set[Caller] = set()
        self.address: tuple[str, int] = ("", 0)
        """Bound host and port."""

    async def start(self, host: str, port: int) -> None:
        """Open the listener; port 0 lets the system choose. Raises `OSError` that names it."""
        try:
            self._server = await self._shared.loop.create_server(self._accept, host, port, reuse_address=True)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise OSError(error.errno, f"rpc_server cannot open {host}:{port}: {reason}") from error
        found = self._server.sockets[0].getsockname()
        self.address = (found[0], found[1])

    async def close(self) -> None:
        """Close the listener and all connections of callers."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for caller in tuple(self._callers):
            caller.close()
        await asyncio.sleep(0)

    def _accept(self) -> Link:
        return Link(
            self._shared, Caller(self._shared, self._handlers, self._identity, self._admit, self._callers)
        )


class Caller:
    """One connection that came in."""

    def __init__(
        self,
        shared: RpcShared,
        handlers: Handlers,
        identity: Callable[[], Identity],
        admit: Callable[[Hello], str | None] | None,
        callers: "set[Caller]",
    ) -> None:
        self._shared = shared
        self._handlers = handlers
        self._identity = identity
        self._admit = admit
        self._callers = callers
        self._hello: Hello | None = None
        self._link: Link | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """Close the connection."""
        if self._link is not None:
            self._link.close("the listener closed")

    def link_made(self, link: Link) -> None:
        """Accepted; it has as long as a silent peer to say hello."""
        self._link = link
        self._callers.add(self)
        self._shared.links.add(link)

    def link_lost(self, link: Link, reason: str) -> None:
        """Gone: nobody waits for answers any more."""
        self._shared.links.discard(link)
        self._callers.discard(self)
        self._link = None
        for task in self._tasks:
            task.cancel()

    def link_frame(self, link: Link, kind: Kind, method: int, correlation: int, payload: memoryview) -> None:
        """A hello first, then messages and requests."""
        if self._hello is None:
            self._greet(link, kind, payload)
        elif kind is Kind.MESSAGE:
            handler = self._handlers.messages.get(method)
            if handler is not None:  # else it is of a newer release's making: nobody here misses it
                handler(self._hello.identity.node_id, payload)
        elif kind is Kind.REQUEST:
            self._serve(link, self._hello.identity.node_id, method, correlation, payload)
        else:
            raise ProtocolError(f"a caller sent a {kind.name}")

    def _greet(self, link: Link, kind: Kind, payload: memoryview) -> None:
        if kind is not Kind.HELLO:
            raise ProtocolError(f"a caller began with a {kind.name}, not with a hello")
        hello = decode_hello(payload)
        own = self._identity()
        try:
            version = judge(hello, own)
            refusal = self._admit(hello) if self._admit is not None else None
            if refusal is not None:
                raise HelloRefused(Refusal.NOT_ADMITTED, refusal)
        except HelloRefused as refused:
            logger.warning(
                "connection of node %d from %s refused: %s", hello.identity.node_id, link.peer_name, refused
            )
            link.write(Kind.REFUSED, 0, 0, (encode_refusal(refused),))
            link.close_politely(str(refused))
            return
        self._hello = hello
        link.write(Kind.WELCOME, 0, 0, (encode_welcome(version, own),))

    def _serve(self, link: Link, node_id: int, method: int, correlation: int, payload: memoryview) -> None:
        handler = self._handlers.requests.get(method)
        if handler is None:
            link.write(Kind.ERROR, method, correlation, (b"method %d is not served here" % method,))
        elif len(self._tasks) >= self._shared.config.requests_max or not link.has_room:
            link.write(Kind.ERROR, method, correlation, (b"too many requests are being served",))
        else:
            task = self._shared.loop.create_task(
                _answer(link, handler, node_id, method, correlation, payload)
            )
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _answer(
    link: Link, handler: RequestHandler, node_id: int, method: int, correlation: int, payload: memoryview
) -> None:
    try:
        answer = await handler(node_id, payload)
    except OperatingError as error:
        link.write(Kind.ERROR, method, correlation, (str(error).encode(),))
    except Exception:
        link.write(Kind.ERROR, method, correlation, (b"a defect of the peer; its log says more",))
        raise
    else:
        link.write(Kind.RESPONSE, method, correlation, answer)
