"""Topic configs as users type them: `key=value` or `key:value`."""

from __future__ import annotations

import re

from rpk.out.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def pair(text: str, flag: str) -> tuple[str, str]:
    """Split at the first `:` or `=`, both sides trimmed; UsageError when a side is empty."""
    parts = re.split("[:=]", text, maxsplit=1)
    if len(parts) != 2 or not parts[0].strip() or not parts[1].strip():
        raise UsageError(f"{flag} {text}: not key=value", hint=f"for example {flag} retention.ms=3600000")
    return parts[0].strip(), parts[1].strip()


def pairs(texts: Iterable[str], flag: str) -> dict[str, str]:
    """Many of them; UsageError when a key comes twice."""
    found: dict[str, str] = {}
    for text in texts:
        key, value = pair(text, flag)
        if key in found:
            raise UsageError(f"{flag} {key} is given twice", hint="leave one of them out")
        found[key] = value
    return found
