"""One request and its answer, in the line of its connection. Hot: compiled where a C compiler is (`exchange.pxd`)."""

from collections import deque
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


class AnswerLine:
    """Requests of one connection that were admitted and have no answer yet, and those whose turn has not come."""

    __slots__ = ("admitted", "held_bytes", "waiting")

    def __init__(self) -> None:
        self.admitted = 0
        """Requests taken in and not answered, also those that were not handed up yet."""
        self.held_bytes = 0
        """Their bytes, taken from the memory budget."""
        self.waiting: deque[Exchange] = deque()
        """Handed up, in the order they came."""

    def admit(self, size: int) -> None:
        """A request of `size` bytes is taken in."""
        self.admitted += 1
        self.held_bytes += size

    def collect(self, first: Exchange, out: "list[Part]") -> int:
        """`first` has its answer: append to `out` every part whose turn it is; return the bytes of requests done."""
        waiting = self.waiting
        if not waiting or waiting[0] is not first:
            return 0
        freed = 0
        while waiting:
            head: Exchange = waiting[0]
            parts = head.parts
            if parts is None:
                break
            waiting.popleft()
            freed += head.cost_bytes
            self.admitted -= 1
            out.extend(parts)
        self.held_bytes -= freed
        return freed
