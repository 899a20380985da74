"""One connection: frames up, answers out in order, and every bound a single peer can run into.

Life: accepted → serving → (draining) → closing → lost. Bytes arrive by `BufferedProtocol` in a receive
buffer all connections of the loop share, which is safe because the loop fills it and hands it over in one
step. Reading stops while the peer has too many requests in flight, does not read its answers, or memory is
spent; it starts again when that ends. All on the loop thread; nothing here blocks.
"""

import asyncio
import socket
from typing import TYPE_CHECKING, Protocol, cast

from engine.net.exchange import AnswerLine, Exchange
from engine.net.frames import FrameCutter, FrameError
from engine.net.output import DirectOutput, Output, TransportOutput

if TYPE_CHECKING:
    from engine.net.limits import NetLimits
    from engine.net.output import Part
    from engine.net.shared import NetShared

DIRECT_BYTES_MIN = 32 * 1024
"""A frame that lacks at least so much is received in place; less is cheaper copied with its neighbours."""
TCP_USER_TIMEOUT_MS = 60_000
"""Unacknowledged answers end a dead peer's connection after this (RFC 5482)."""


class ConnectionOwner(Protocol):
    """Who counts connections: the server of the listener."""

    def admit(self, connection: "FrameConnection") -> str | None:
        """Register it, or say why it may not stay."""
        ...

    def forget(self, connection: "FrameConnection") -> None:
        """It is gone."""
        ...


class FrameConnection(asyncio.BufferedProtocol):
    """Base of a protocol's connection: subclasses implement `frame_received` and may override `lost`."""

    __slots__ = (
        "_charged_bytes",
        "_closing",
        "_cutter",
        "_direct",
        "_dirty",
        "_draining",
        "_going_on",
        "_in_callback",
        "_limits",
        "_line",
        "_muted_until",
        "_output",
        "_owner",
        "_paused",
        "_rest",
        "_shared",
        "_stall_mark",
        "_stall_tick",
        "_transport",
        "_waiting_for_memory",
        "last_tick",
        "listener",
        "peer_host",
        "peer_port",
    )

    def __init__(self, listener: str, shared: "NetShared", owner: ConnectionOwner) -> None:
        self.listener = listener
        self.peer_host = ""
        self.peer_port = 0
        self.last_tick = shared.tick
        """Tick (second) of the last byte received."""
        self._shared = shared
        self._limits: NetLimits = shared.limits
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._output: Output = Output()
        self._cutter = FrameCutter(self._admit, shared.limits.request_bytes_max)
        self._line = AnswerLine()
        self._charged_bytes = 0  # taken from the budget for answers the peer does not read
        self._rest: bytes | memoryview = b""
        self._direct = False
        self._paused = False
        self._closing = False
        self._draining = False
        self._in_callback = False
        self._going_on = False
        self._dirty = False
        self._waiting_for_memory = False
        self._muted_until = 0.0
        self._stall_tick = shared.tick
        self._stall_mark = 0

    # What subclasses do.

    def frame_received(self, frame: bytearray) -> None:
        """A request arrived; it belongs to the callee. Call `expect` once for it, or `close_for`."""
        raise NotImplementedError

    def lost(self) -> None:
        """The connection is gone; whatever waits on its behalf can be dropped."""

    # What subclasses and exchanges use.

    @property
    def peer(self) -> str:
        """The peer as ``host:port``."""
        return f"{self.peer_host}:{self.peer_port}"

    @property
    def closed(self) -> bool:
        """Whether nothing more will be read from it."""
        return self._closing

    @property
    def in_flight(self) -> int:
        """Requests read and not yet answered."""
        return len(self._line.waiting)

    def expect(self, exchange: Exchange) -> None:
        """Put `exchange` in line for its answer."""
        self._line.waiting.append(exchange)

    def answered(self, exchange: Exchange) -> None:
        """`exchange` has its answer: queue every answer whose turn it is."""
        ready: list[Part] = []
        freed = self._line.collect(exchange, ready)
        if not freed:
            return
        if ready:
            self._output.write(ready)
        if not self._in_callback and not self._dirty:
            self._dirty = True
            self._shared.flush_soon(self)
        self._shared.budget.give(freed)

    def mute(self, seconds: float) -> None:
        """Read nothing for so long; what is read already is served and answered."""
        loop = self._shared.loop
        until = loop.time() + seconds
        if until > self._muted_until and not self._closing:
            self._muted_until = until
            self._pause()
            loop.call_at(until, self._unmute, until)

    def _unmute(self, until: float) -> None:
        if self._muted_until == until:
            self._muted_until = 0.0
            self._go_on()

    def close_for(self, reason: str) -> None:
        """Close now, for a fault of the peer or of ours; answers already in line are sent if they can be."""
        if not self._closing:
            self._shared.close_log.closed(self.listener, self.peer, reason)
            self._begin_close()

    def drain(self) -> None:
        """Read no more; close once everything in flight is answered and sent."""
        self._draining = True
        self._pause()
        self._close_if_drained()

    def abort(self) -> None:
        """Close without sending anything more."""
        self._closing = True
        if self._transport is not None:
            self._transport.abort()

    # The event loop calls these.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept or refuse the peer, set the socket up, choose the way out."""
        transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass
        self._transport = transport
        address = transport.get_extra_info("peername")
        if isinstance(address, tuple):
            self.peer_host, self.peer_port = str(address[0]), int(address[1])
        refusal = self._owner.admit(self)
        if refusal is not None:
            self._shared.close_log.closed(self.listener, self.peer, refusal)
            self.abort()
            return
        sock = transport.get_extra_info("socket")
        _tune(sock)
        if transport.get_extra_info("sslcontext") is None and sock is not None:
            self._output = DirectOutput(self._shared.loop, sock.fileno(), self._unblocked)
        else:
            transport.set_write_buffer_limits(high=1 << 18)
            self._output = TransportOutput(transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go: straight into a large unfinished frame, or the shared buffer."""
        if self._cutter.missing >= DIRECT_BYTES_MIN:
            self._direct = True
            return self._cutter.tail()
        self._direct = False
        rest = self._rest
        if not rest:
            return self._shared.receive_view
        view = self._shared.receive_view
        view[: len(rest)] = rest
        return view[len(rest) :]

    def buffer_updated(self, nbytes: int) -> None:
        """`nbytes` more bytes are in the buffer `get_buffer` gave out."""
        self.last_tick = self._shared.tick
        if self._closing:
            return
        if self._direct:
            frames: list[bytearray] = []
            self._cutter.tail_filled(nbytes, frames)
            self._serve(frames)
        else:
            end = len(self._rest) + nbytes
            self._cut(self._shared.receive_view, end)

    def eof_received(self) -> bool:
        """The peer sends no more: like Kafka's brokers, close at once."""
        return False

    def pause_writing(self) -> None:
        """The transport is full (TLS only)."""
        self._output.blocked = True
        self._mark_stall()

    def resume_writing(self) -> None:
        """The transport has room again (TLS only)."""
        self._output.blocked = False
        self._unblocked()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over: give everything back."""
        self._closing = True
        self._transport = None
        self._output.close()
        self._owner.forget(self)
        budget = self._shared.budget
        if self._waiting_for_memory:
            self._waiting_for_memory = False
            budget.forget(self)
        self._cutter.frame = None
        line = self._line
        line.waiting.clear()
        held, line.held_bytes, self._charged_bytes = line.held_bytes + self._charged_bytes, 0, 0
        budget.give(held)
        self.lost()

    # Reading.

    def _admit(self, size: int) -> bool:
        """May a frame of `size` bytes be taken in now? Asked by the cutter."""
        if (
            self._line.admitted >= self._limits.in_flight_max
            or self._output.queued_bytes > self._limits.queued_bytes_max
        ):
            return False
        if not self._shared.budget.try_take(size):
            if not self._waiting_for_memory:
                self._waiting_for_memory = True
                self._shared.budget.wait(self)
            return False
        self._line.admit(size)
        return True

    def budget_freed(self) -> None:
        """Memory was freed while this connection waited for it."""
        self._waiting_for_memory = False
        self._shared.loop.call_soon(self._go_on)

    def _cut(self, data: memoryview, end: int) -> None:
        """Cut frames out of ``data[:end]``, serve them, keep what was not admitted."""
        frames: list[bytearray] = []
        cutter = self._cutter
        unfinished = cutter.frame
        try:
            used = cutter.cut(data, end, frames)
        except FrameError as error:
            self._serve(frames)
            self.close_for(str(error))
            return
        if used == end:
            self._rest = b""
        elif data is self._shared.receive_view:
            self._rest = bytes(data[used:end])
        else:
            self._rest = data[used:end]
        if cutter.frame is not None and cutter.frame is not unfinished:
            self._mark_stall()
        if len(self._rest) >= 4:
            self._pause()
        self._serve(frames)

    def _serve(self, frames: list[bytearray]) -> None:
        if not frames:
            return
        self._in_callback = True
        try:
            for frame in frames:
                if not self._closing:
                    self.frame_received(frame)
        finally:
            self._in_callback = False
        if not self._output.empty or self._paused or self._closing:
            self.flush()

    def _pause(self) -> None:
        if not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def _go_on(self) -> None:
        """Take in what was left lying, then read again, unless a bound still says no."""
        if not self._paused or self._going_on:
            return
        self._going_on = True
        try:
            while len(self._rest) >= 4 and self._may_read():
                rest = memoryview(self._rest)
                self._cut(rest, len(rest))
            if len(self._rest) < 4 and self._may_read() and self._transport is not None:
                self._paused = False
                self._transport.resume_reading()
                self._mark_stall()
        finally:
            self._going_on = False

    def _may_read(self) -> bool:
        """Whether there is room for more; with a distance to the bounds, so as not to go one by one."""
        return not (
            self._closing
            or self._draining
            or self._waiting_for_memory
            or self._muted_until > 0.0
            or self._line.admitted > self._limits.in_flight_max // 2
            or self._output.queued_bytes > self._limits.queued_bytes_max // 2
        )

    # Writing.

    def flush(self) -> None:
        """Send what can be sent now; called once a loop turn, after the answers of that turn are queued."""
        self._dirty = False
        output = self._output
        if not output.empty and not output.blocked and self._transport is not None:
            try:
                output.flush()
            except OSError:
                self.abort()
                return
            if output.blocked:
                self._mark_stall()
            if output.blocked or self._charged_bytes:
                self._charge_output()
        if self._paused:
            self._go_on()
        if self._draining:
            self._close_if_drained()
        elif self._closing and output.empty and self._transport is not None:
            self._transport.close()

    def _charge_output(self) -> None:
        """Count answers the peer leaves unread against the memory all connections share."""
        unread = self._output.queued_bytes if self._output.blocked else 0
        grown, self._charged_bytes = unread - self._charged_bytes, unread
        if grown > 0:
            self._shared.budget.take(grown)
        else:
            self._shared.budget.give(-grown)

    def _unblocked(self) -> None:
        self._mark_stall()
        self.flush()

    # Ending.

    def _begin_close(self) -> None:
        self._closing = True
        self._pause()
        if not self._in_callback:
            self.flush()

    def _close_if_drained(self) -> None:
        if not self._line.waiting and self._output.empty and self._transport is not None:
            self._closing = True
            self._transport.close()

    def _mark_stall(self) -> None:
        self._stall_tick = self._shared.tick
        self._stall_mark = self._progress()

    def _progress(self) -> int:
        return self._output.progress_bytes + self._cutter.filled

    def check(self, tick: int) -> None:
        """A second passed: close the connection if its peer is idle, stalled or gone (see `NetLimits`)."""
        limits = self._limits
        stalled = self._output.blocked or (self._cutter.frame is not None and not self._paused)
        if stalled and self._transport is not None:
            progress = self._progress() - self._stall_mark
            waited_ms = (tick - self._stall_tick) * 1000
            if progress and waited_ms >= limits.stall_ms:
                self._mark_stall()
            elif waited_ms >= limits.stall_ms:
                self._stop(f"no progress for {waited_ms // 1000} s")
            elif (
                self._shared.budget.pressed
                and waited_ms >= limits.pressed_stall_ms
                and progress * 1000 < limits.pressed_bytes_per_second_min * waited_ms
            ):
                self._stop(f"{progress} bytes in {waited_ms // 1000} s while others wait for memory")
        elif not self._line.waiting and (tick - self.last_tick) * 1000 >= limits.idle_ms:
            self._shared.idle_closed += 1
            self.abort()

    def _stop(self, reason: str) -> None:
        self._shared.close_log.closed(self.listener, self.peer, reason)
        self.abort()


def _tune(sock: socket.socket | None) -> None:
    """Small answers leave at once; dead peers are noticed."""
    if sock is None or sock.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TCP_USER_TIMEOUT_MS)
