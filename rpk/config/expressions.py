"""Names by regular expression, as rpk reads them: the whole name must match, and no match is no name."""

from __future__ import annotations

import re

from rpk.out.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def expression(text: str) -> re.Pattern[str]:
    """An expression that must match the whole name; `*` alone means every name. UsageError when it is none."""
    if text in ("*", "^*", "*$", "^*$"):
        text = ".*"  # legal in Go's expressions, where it matches everything; Python's refuse it
    text = text.removeprefix("^")
    if text.endswith("$") and not text.endswith(r"\$"):
        text = text[:-1]
    try:
        return re.compile(f"(?:{text})\\Z")
    except re.error as error:
        raise UsageError(f"{text!r} is not a regular expression", cause=str(error)) from error


def matching(names: Iterable[str], texts: Sequence[str]) -> list[str]:
    """The names any of the expressions matches, in their order. No match is no name, never all of them."""
    patterns = [expression(text) for text in texts]
    return [name for name in names if any(pattern.match(name) for pattern in patterns)]
