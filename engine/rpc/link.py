"""One connection between two brokers, either end: frames in and out, signs of life, a bounded queue.

Frames written in one turn of the loop leave together in one gathered write. What a frame means is its owner's business:
`peer.py` calls, `server.py` answers.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, cast

from engine.net.frames import FrameCutter, FrameError
from engine.net.output import DirectOutput, Output, TransportOutput
from engine.rpc.errors import ProtocolError
from engine.rpc.frame import FRAME_BYTES_MAX, Kind, Payload, decode_frame, encode_frame

if TYPE_CHECKING:
    from engine.rpc.shared import RpcShared

_DIRECT_BYTES_MIN = 32 * 1024


class LinkOwner(Protocol):
    """Who a link reports to."""

    def link_made(self, link: "Link") -> None:
        """The transport is there."""
        ...

    def link_frame(
        self, link: "Link", kind: Kind, method: int, correlation: int, payload: memoryview
    ) -> None:
        """A frame arrived, neither ping nor pong. Raises `ProtocolError` for one that has no place here."""
        ...

    def link_lost(self, link: "Link", reason: str) -> None:
        """The connection is gone; called once if `link_made` was."""
        ...


class Link(asyncio.BufferedProtocol):
    """See the module. Loop thread only."""

    __slots__ = (
        "_cutter",
        "_direct",
        "_dirty",
        "_output",
        "_owner",
        "_progress",
        "_reason",
        "_rest",
        "_shared",
        "_transport",
        "closed",
        "heard_at",
        "pinged_at",
    )

    def __init__(self, shared: "RpcShared", owner: LinkOwner) -> None:
        self._shared = shared
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._output = Output()
        self._cutter = FrameCutter(_always, FRAME_BYTES_MAX)
        self._rest = b""
        self._direct = False
        self._dirty = False
        self._reason = "the peer closed the connection"
        self._progress = 0
        self.closed = False
        self.heard_at = shared.loop.time()
        """Loop time of the last byte received."""
        self.pinged_at = 0.0

    @property
    def queued_bytes(self) -> int:
        """What waits to leave."""
        return self._output.queued_bytes

    @property
    def has_room(self) -> bool:
        """Whether more may be written."""
        config = self._shared.config
        output = self._output
        return output.queued_bytes < config.queued_bytes_max and len(output) < config.queued_parts_max

    @property
    def peer_name(self) -> str:
        """``host:port`` of the other end."""
        address = None if self._transport is None else self._transport.get_extra_info("peername")
        return f"{address[0]}:{address[1]}" if isinstance(address, tuple) else "?"

    def write(self, kind: Kind, method: int, correlation: int, payload: Payload) -> None:
        """Send a frame with what else this turn of the loop writes."""
        if self.closed:
            return
        self._output.write(encode_frame(kind, method, correlation, payload))
        if not self._dirty:
            self._dirty = True
            self._shared.flush_soon(self)

    def flush(self) -> None:
        """Send what the socket takes now."""
        self._dirty = False
        if not self.closed and not self._output.blocked:
            try:
                self._output.flush()
            except OSError as error:
                self.close(str(error))

    def close(self, reason: str) -> None:
        """Close at once; the owner hears of it soon."""
        if not self.closed:
            self.closed = True
            self._reason = reason
            if self._transport is not None:
                self._transport.abort()

    def close_politely(self, reason: str) -> None:
        """Close once what was written has left (a refusal, say)."""
        self.flush()
        if not self.closed:
            self.closed = True
            self._reason = reason
            if self._transport is not None:
                self._transport.close()

    def check(self, now: float) -> None:
        """Called every so often: ping a silent peer, give a dead one up."""
        config = self._shared.config
        silent_ms = (now - self.heard_at) * 1000
        if silent_ms >= config.silence_ms:
            self.close(f"nothing heard for {silent_ms:.0f} ms")
        elif silent_ms >= config.ping_ms and (now - self.pinged_at) * 1000 >= config.ping_ms:
            self.pinged_at = now
            self.write(Kind.PING, 0, 0, ())

    # The event loop calls these.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Set the socket up, choose the way out."""
        transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass
        self._transport = transport
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family in {socket.AF_INET, socket.AF_INET6}:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if transport.get_extra_info("sslcontext") is None and sock is not None:
            self._output = DirectOutput(self._shared.loop, sock.fileno(), self.flush)
        else:
            transport.set_write_buffer_limits(high=1 << 18)
            self._output = TransportOutput(transport)
        self.heard_at = self._shared.loop.time()
        self._owner.link_made(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go: straight into a large unfinished frame, or the shared buffer."""
        if self._cutter.missing >= _DIRECT_BYTES_MIN:
            self._direct = True
            return self._cutter.tail()
        self._direct = False
        view = self._shared.receive_view
        rest = self._rest
        view[: len(rest)] = rest
        return view[len(rest) :]

    def buffer_updated(self, nbytes: int) -> None:
        """`nbytes` more bytes are in the buffer `get_buffer` gave out."""
        self.heard_at = self._shared.loop.time()
        frames: list[bytearray] = []
        try:
            if self._direct:
                self._cutter.tail_filled(nbytes, frames)
            else:
                end = len(self._rest) + nbytes
                view = self._shared.receive_view
                used = self._cutter.cut(view, end, frames)
                self._rest = bytes(view[used:end])
            for frame in frames:
                if self.closed:
                    break
                self._received(frame)
        except (FrameError, ProtocolError) as error:
            self.close(str(error))

    def _received(self, frame: bytearray) -> None:
        kind, method, correlation, payload = decode_frame(frame)
        if kind is Kind.PING:
            self.write(Kind.PONG, 0, 0, ())
        elif kind is not Kind.PONG:
            self._owner.link_frame(self, kind, method, correlation, payload)

    def eof_received(self) -> bool:
        """The peer sends no more: close."""
        return False

    def pause_writing(self) -> None:
        """The transport is full (TLS only)."""
        self._output.blocked = True

    def resume_writing(self) -> None:
        """The transport has room again (TLS only)."""
        self._output.blocked = False
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self.closed = True
        self._transport = None
        self._output.close()
        self._cutter.frame = None
        self._owner.link_lost(self, str(exc) if exc is not None else self._reason)


def _always(size: int) -> bool:
    """Frames are bounded one by one and served in order, so each may come in."""
    return True


LinkFactory = Callable[[], Link]
