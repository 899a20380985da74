"""One request and its answer, in the line of its connection."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.net.connection import FrameConnection
    from engine.net.output import Part

NOTHING: "tuple[Part, ...]" = ()


class Exchange:
    """A place in the connection's FIFO. Answered exactly once, at any time, from the loop thread.

    Answers leave in the order the requests came, whatever order they are given in. An answer given after
    the connection is gone is dropped.
    """

    __slots__ = ("connection", "cost_bytes", "parts")

    def __init__(self, connection: "FrameConnection", cost_bytes: int) -> None:
        self.connection = connection
        self.cost_bytes = cost_bytes
        """Bytes of the request, held against the memory budget until it is answered."""
        self.parts: Sequence[Part] | None = None

    def respond(self, parts: "Sequence[Part]") -> None:
        """Send `parts`, which start with their own frame length, when it is this exchange's turn."""
        if self.parts is None:
            self.parts = parts
            self.connection.answered(self)

    def respond_nothing(self) -> None:
        """The request has no answer (Produce with acks=0)."""
        self.respond(NOTHING)

    def close(self, reason: str) -> None:
        """The request cannot be answered: close its connection and say why in the log."""
        self.connection.close_for(reason)
