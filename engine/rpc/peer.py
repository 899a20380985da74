"""One peer as this broker calls it: a connection kept up with backoff, messages, calls with deadlines.

States: idle → connecting → greeting → up → (lost) idle. A message while not up is dropped (Raft repeats itself);
a call waits for the connection until its deadline.
"""

import asyncio
import logging
from collections.abc import Callable

from engine.rpc.errors import (
    CallRefused,
    CallTimeout,
    PeerUnreachable,
    ProtocolError,
    RemoteError,
    RpcError,
)
from engine.rpc.frame import Kind, Payload
from engine.rpc.hello import Hello, Identity, decode_refusal, decode_welcome, encode_hello
from engine.rpc.link import Link
from engine.rpc.shared import RpcShared

logger = logging.getLogger("engine.rpc")


class _Call:
    __slots__ = ("deadline", "future", "method", "payload")

    def __init__(
        self,
        method: int,
        payload: Payload,
        future: "asyncio.Future[memoryview]",
        deadline: asyncio.TimerHandle,
    ) -> None:
        self.method = method
        self.payload = payload
        self.future = future
        self.deadline = deadline


class Peer:
    """Calls one node at one address. Loop thread only; `close` it."""

    def __init__(
        self,
        shared: RpcShared,
        identity: Callable[[], Identity],
        node_id: int,
        host: str,
        port: int,
        *,
        on_up: Callable[[int], None] | None = None,
        on_down: Callable[[int], None] | None = None,
    ) -> None:
        self.node_id = node_id
        """-1: whoever answers there."""
        self.host = host
        self.port = port
        self.refused: RpcError | None = None
        """Why the last try to connect failed, in words; None once it is up."""
        self.dropped = 0
        """Messages that could not be sent, since the start."""
        self._shared = shared
        self._identity = identity
        self._on_up = on_up
        self._on_down = on_down
        self._link: Link | None = None
        self._up = False
        self._connecting: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._greeting: asyncio.TimerHandle | None = None
        self._backoff_ms = 0
        self._calls: dict[int, _Call] = {}
        self._correlation = 0
        self._closed = False

    @property
    def up(self) -> bool:
        """Whether messages go out."""
        return self._up

    def send(self, method: int, payload: Payload) -> bool:
        """Send a one-way message; False when it was dropped (not connected, or too much queued)."""
        link = self._link
        if not self._up or link is None or not link.has_room:
            self.dropped += 1
            self.connect()
            return False
        link.write(Kind.MESSAGE, method, 0, payload)
        return True

    async def call(self, method: int, payload: Payload, timeout_ms: int) -> memoryview:
        """The peer's answer. Raises `RpcError`."""
        if self._closed:
            raise PeerUnreachable(f"{self} was removed")
        link = self._link
        if len(self._calls) >= self._shared.config.calls_max or (link is not None and not link.has_room):
            raise CallRefused(f"{len(self._calls)} calls to {self} wait already")
        self._correlation += 1
        number = self._correlation
        future: asyncio.Future[memoryview] = self._shared.loop.create_future()
        deadline = self._shared.loop.call_later(timeout_ms / 1000, self._expire, number, timeout_ms)
        self._calls[number] = _Call(method, payload, future, deadline)
        if self._up and link is not None:
            link.write(Kind.REQUEST, method, number, payload)
        else:
            self.connect()
        try:
            return await future
        finally:
            self._calls.pop(number, None)
            deadline.cancel()

    def connect(self) -> None:
        """Have a connection made, unless there is one or the backoff says to wait."""
        if not self._closed and self._link is None and self._connecting is None and self._retry is None:
            self._connecting = self._shared.loop.create_task(self._connect())

    def close(self) -> None:
        """Drop the connection and whatever waits."""
        self._closed = True
        for handle in (self._retry, self._greeting):
            if handle is not None:
                handle.cancel()
        if self._connecting is not None:
            self._connecting.cancel()
        if self._link is not None:
            self._link.close("closed here")
        self._fail_calls(PeerUnreachable(f"{self} was removed"))

    def __str__(self) -> str:
        return (
            f"node {self.node_id} at {self.host}:{self.port}"
            if self.node_id >= 0
            else f"{self.host}:{self.port}"
        )

    # Connecting.

    async def _connect(self) -> None:
        config = self._shared.config
        try:
            async with asyncio.timeout(config.connect_timeout_ms / 1000):
                await self._shared.loop.create_connection(
                    lambda: Link(self._shared, self), self.host, self.port
                )
        except (OSError, TimeoutError) as error:
            reason = str(error) or f"no connection within {config.connect_timeout_ms} ms"
            self._failed(PeerUnreachable(f"{self}: {reason}"))
        finally:
            self._connecting = None

    def _failed(self, error: RpcError) -> None:
        if self.refused is None or type(self.refused) is not type(error):
            logger.info("%s", error)
        self.refused = error
        if self._closed or self._retry is not None:
            return
        config = self._shared.config
        self._backoff_ms = min(max(2 * self._backoff_ms, config.backoff_min_ms), config.backoff_max_ms)
        delay_ms = self._backoff_ms * (0.5 + self._shared.jitter.random() / 2)
        self._retry = self._shared.loop.call_later(delay_ms / 1000, self._again)

    def _again(self) -> None:
        self._retry = None
        self.connect()

    # The link calls these.

    def link_made(self, link: Link) -> None:
        """Connected: say hello."""
        if self._closed:
            link.close("closed here")
            return
        self._link = link
        self._shared.links.add(link)
        hello = Hello(identity=self._identity(), wanted_node_id=self.node_id)
        link.write(Kind.HELLO, 0, 0, (encode_hello(hello),))
        self._greeting = self._shared.loop.call_later(
            self._shared.config.connect_timeout_ms / 1000, link.close, "no answer to the hello"
        )

    def link_frame(self, link: Link, kind: Kind, method: int, correlation: int, payload: memoryview) -> None:
        """An answer, or the answer to the hello."""
        if not self._up:
            self._greeted(link, kind, payload)
            return
        call = self._calls.get(correlation)
        if kind is Kind.RESPONSE:
            if call is not None and not call.future.done():
                call.future.set_result(payload)
        elif kind is Kind.ERROR:
            if call is not None and not call.future.done():
                call.future.set_exception(RemoteError(bytes(payload).decode(errors="replace")))
        else:
            raise ProtocolError(f"{self} sent a {kind.name} to its caller")

    def _greeted(self, link: Link, kind: Kind, payload: memoryview) -> None:
        if self._greeting is not None:
            self._greeting.cancel()
            self._greeting = None
        if kind is Kind.REFUSED:
            refused = decode_refusal(payload)
            link.close(f"it refused the connection: {refused}")
            self.refused = refused
            logger.warning("%s refused the connection: %s", self, refused)
            for call in self._calls.values():
                if not call.future.done():
                    call.future.set_exception(type(refused)(refused.code, str(refused)))
            return
        if kind is not Kind.WELCOME:
            raise ProtocolError(f"{self} answered a hello with a {kind.name}")
        _, _, node_id = decode_welcome(payload)
        if self.node_id >= 0 and node_id not in {self.node_id, -1}:
            raise ProtocolError(f"{self} says it is node {node_id}")
        self._up = True
        self._backoff_ms = 0
        self.refused = None
        for number, call in self._calls.items():
            link.write(Kind.REQUEST, call.method, number, call.payload)
        if self._on_up is not None:
            self._on_up(self.node_id)

    def link_lost(self, link: Link, reason: str) -> None:
        """The connection broke: calls under way are in doubt; connect again soon."""
        self._shared.links.discard(link)
        if link is not self._link:
            return
        was_up, self._up, self._link = self._up, False, None
        if self._greeting is not None:
            self._greeting.cancel()
            self._greeting = None
        if was_up:
            self._fail_calls(PeerUnreachable(f"{self}: {reason}"))
            if self._on_down is not None:
                self._on_down(self.node_id)
        if not self._closed:
            self._failed(self.refused or PeerUnreachable(f"{self}: {reason}"))

    def _fail_calls(self, error: RpcError) -> None:
        for call in tuple(self._calls.values()):
            if not call.future.done():
                call.future.set_exception(PeerUnreachable(str(error)))

    def _expire(self, number: int, timeout_ms: int) -> None:
        call = self._calls.get(number)
        if call is not None and not call.future.done():
            why = f" ({self.refused})" if self.refused is not None else ""
            call.future.set_exception(CallTimeout(f"{self} did not answer within {timeout_ms} ms{why}"))
