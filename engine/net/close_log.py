"""One log line a closed connection, but never a flood: hostile peers must not fill the disk."""

import logging

LINES_PER_TICK_MAX = 20


class CloseLog:
    """Logs why connections were closed; beyond `LINES_PER_TICK_MAX` a second it only counts."""

    __slots__ = ("_left", "_logger", "_suppressed", "closed_for_cause")

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._left = LINES_PER_TICK_MAX
        self._suppressed = 0
        self.closed_for_cause = 0
        """Connections closed by us so far, each for a reason that was (or would have been) logged."""

    def closed(self, listener: str, peer: str, reason: str) -> None:
        """Say that the connection from `peer` was closed because of `reason`."""
        self.closed_for_cause += 1
        if self._left:
            self._left -= 1
            self._logger.warning("closed %s on listener %s: %s", peer, listener, reason)
        else:
            self._suppressed += 1

    def tick(self) -> None:
        """A second has passed: lines may be written again; say how many were not."""
        if self._suppressed:
            self._logger.warning("closed %d more connections without a line each", self._suppressed)
        self._suppressed = 0
        self._left = LINES_PER_TICK_MAX
