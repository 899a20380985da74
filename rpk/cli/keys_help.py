"""What `-X list` and `-X help` print."""

from __future__ import annotations

from rpk.config.keys import KEYS
from rpk.out.help import definitions, width


def keys_text(*, full: bool) -> str:
    """One `key=sample` a line, or every key with its meaning, default and variable."""
    if not full:
        return "".join(f"{key.name}={key.sample}\n" for key in KEYS)
    pairs = []
    for key in KEYS:
        default = f" Default {key.default}." if key.default else ""
        pairs.append((f"{key.name}={key.sample}", f"{key.help}{default} Variable {key.variable}."))
    return "\n".join(("Settings of -X, each also a variable:", *definitions(pairs, width()))) + "\n"
