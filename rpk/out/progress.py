"""Progress of something slow: a line that rewrites itself on a terminal, else one plain line per five seconds (UX-13)."""

from __future__ import annotations

import time

from rpk.out.colour import is_terminal
from rpk.out.escape import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import TextIO

    from rpk.out.output import Output

REDRAW_S = 0.1
PLAIN_LINE_S = 5.0


class Progress:
    """Use as a context manager; call `update` as often as you like, it decides what is shown."""

    def __init__(self, out: Output, what: str, *, total: int | None = None) -> None:
        self._stream: TextIO = out.stderr
        self._terminal = is_terminal(self._stream) and out.environment.get("TERM") != "dumb"
        self._what = one_line(what)
        self._total = total
        self._last_s = time.monotonic()
        self._drawn = False

    def __enter__(self) -> Progress:
        if self._terminal:
            self._draw("")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def update(self, done: int | None = None, note: str = "") -> None:
        """How far it is: `done` of the total, and what is happening now."""
        now_s = time.monotonic()
        if now_s - self._last_s < (REDRAW_S if self._terminal else PLAIN_LINE_S):
            return
        self._last_s = now_s
        text = one_line(note)
        if done is not None:
            share = f"{done}/{self._total}" if self._total is not None else str(done)
            text = f"{share} {text}".rstrip()
        self._draw(text)

    def _draw(self, text: str) -> None:
        line = f"{self._what}: {text}" if text else f"{self._what}…"
        self._stream.write(f"\r\x1b[K{line}" if self._terminal else f"{line}\n")
        self._stream.flush()
        self._drawn = self._terminal
