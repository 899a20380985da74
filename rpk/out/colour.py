"""Whether a stream gets colour, and the colours there are (UX-12)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

CHOICES = ("auto", "always", "never")

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def wants_colour(choice: str, environment: Mapping[str, str], stream: TextIO) -> bool:
    """Decide for one stream: `--color`, then NO_COLOR and TERM=dumb, then the forcing variables, then the tty."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        if environment.get(name, "0") not in ("", "0"):
            return True
    return is_terminal(stream)


def is_terminal(stream: TextIO) -> bool:
    """True when `stream` is an open terminal."""
    try:
        return stream.isatty()
    except ValueError:
        return False


def paint(text: str, style: str, *, enabled: bool) -> str:
    """`text` in `style` (bold, dim, red, green, yellow, cyan), or as it is."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if enabled else text
