"""uvicorn's HTTP protocol with the bounds it lacks: bytes and time until a request's head is complete."""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

HEAD_BYTES_MAX = 65_536
HEAD_SECONDS_MAX = 10.0
"""From the connection, or the end of the answer before, to the end of the request's head."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Closes it when a head grows too long or does not come in time."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head_bytes = 0
        self._head_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """A peer connected."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer is gone."""
        self._head_arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came; those of an unfinished head are counted."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_deadline is not None and self._head_bytes > HEAD_BYTES_MAX:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """A request begins; it may follow another on the same connection."""
        super().on_message_begin()
        if self._head_deadline is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._head_arrived()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._head_bytes = 0
        self._head_deadline = self.loop.call_later(HEAD_SECONDS_MAX, self._too_late)

    def _head_arrived(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _too_late(self) -> None:
        self._head_deadline = None
        self.transport.abort()
