"""What all connections of a shard share: loop, limits, memory budget, receive buffer, flush turn, seconds."""

import asyncio
import logging
from typing import TYPE_CHECKING

from engine.net.budget import MemoryBudget
from engine.net.close_log import CloseLog
from engine.net.limits import NetLimits

if TYPE_CHECKING:
    from engine.net.connection import FrameConnection

RECEIVE_BUFFER_BYTES = 256 * 1024
TICK_S = 1.0

_logger = logging.getLogger("engine.net")


class NetShared:
    """One a shard; loop thread only."""

    __slots__ = (
        "_dirty",
        "_limits",
        "_receive_buffer",
        "budget",
        "close_log",
        "idle_closed",
        "loop",
        "receive_view",
        "tick",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, limits: NetLimits) -> None:
        self.loop = loop
        self._limits = limits
        self.budget = MemoryBudget(max(limits.memory_bytes_max, limits.request_bytes_max))
        self.close_log = CloseLog(_logger)
        self.tick = 0
        """Seconds since start, counted by the server's sweep."""
        self.idle_closed = 0
        """Connections closed for idleness so far."""
        self._receive_buffer = bytearray(RECEIVE_BUFFER_BYTES)
        self.receive_view = memoryview(self._receive_buffer)
        """Filled and handed over in one step by the loop, so that one serves all connections."""
        self._dirty: list[FrameConnection] = []

    @property
    def limits(self) -> NetLimits:
        """The bounds in force. New ones reach the memory budget at once, connections as they are made."""
        return self._limits

    @limits.setter
    def limits(self, limits: NetLimits) -> None:
        self._limits = limits
        self.budget.limit_bytes = max(limits.memory_bytes_max, limits.request_bytes_max)

    def flush_soon(self, connection: "FrameConnection") -> None:
        """Flush `connection` once this loop turn's callbacks have queued their answers."""
        if not self._dirty:
            self.loop.call_soon(self._flush_all)
        self._dirty.append(connection)

    def _flush_all(self) -> None:
        dirty, self._dirty = self._dirty, []
        for connection in dirty:
            connection.flush()
