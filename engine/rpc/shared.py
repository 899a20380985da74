"""What all links of a shard share: loop, bounds, receive buffer, the flush at the end of a turn, the beat of checks."""

import asyncio
import random
from typing import TYPE_CHECKING

from engine.rpc.config import RpcConfig

if TYPE_CHECKING:
    from engine.rpc.link import Link

RECEIVE_BUFFER_BYTES = 256 * 1024
_CHECK_S = 0.25


class RpcShared:
    """One a shard; loop thread only."""

    __slots__ = ("_beat", "_checked_at", "_dirty", "config", "jitter", "links", "loop", "receive_view")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, config: RpcConfig, jitter: random.Random | None = None
    ) -> None:
        self.loop = loop
        self.config = config
        self.jitter = jitter or random.Random()
        self.receive_view = memoryview(bytearray(RECEIVE_BUFFER_BYTES))
        """Filled and handed over in one step by the loop, so that one serves all links."""
        self.links: set[Link] = set()
        self._dirty: list[Link] = []
        self._checked_at = loop.time()
        self._beat: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to look after the links."""
        self._checked_at = self.loop.time()
        self._beat = self.loop.call_later(_CHECK_S, self._check)

    def stop(self) -> None:
        """End that."""
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None

    def flush_soon(self, link: "Link") -> None:
        """Flush `link` once this turn's callbacks have written."""
        if not self._dirty:
            self.loop.call_soon(self._flush_all)
        self._dirty.append(link)

    def _flush_all(self) -> None:
        dirty, self._dirty = self._dirty, []
        for link in dirty:
            link.flush()

    def _check(self) -> None:
        now = self.loop.time()
        if now - self._checked_at > 4 * _CHECK_S:
            # This process stood still: what peers said meanwhile has not been read yet.
            for link in self.links:
                link.heard_at = now
        self._checked_at = now
        for link in tuple(self.links):
            link.check(now)
        self._beat = self.loop.call_later(_CHECK_S, self._check)
