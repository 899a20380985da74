"""Listeners as flags name them: `[name://]host[:port][|authentication]`, comma lists."""

from __future__ import annotations

import re

from rpk.out.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

METHODS = ("none", "sasl", "mtls_identity", "http_basic")
_LISTENER = re.compile(
    r"(?:(?P<name>[A-Za-z0-9_-]+)://)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]|/ ]+)(?::(?P<port>[0-9]{1,5}))?(?:\|(?P<method>.+))?"
)


def parse(text: str, default_port: int, flag: str) -> dict[str, object]:
    """One listener as redpanda.yaml has it: {name?, address, port, authentication_method?}; UsageError."""
    match = _LISTENER.fullmatch(text.strip())
    port = int(match["port"] or default_port) if match is not None else 0
    if match is None or port > 65535:
        raise UsageError(
            f"{flag} {text!r}: not [name://]host:port", hint=f"for example {flag} 0.0.0.0:{default_port}"
        )
    found: dict[str, object] = {}
    if match["name"]:
        found["name"] = match["name"]
    found["address"] = match["host"].strip("[]")
    found["port"] = port
    if match["method"]:
        if match["method"] not in METHODS:
            raise UsageError(f"{flag} {text!r}: authentication is one of {', '.join(METHODS)}")
        found["authentication_method"] = match["method"]
    return found


def parse_list(texts: Sequence[str], default_port: int, flag: str) -> list[dict[str, object]]:
    """Comma lists of listeners; UsageError when two have one name."""
    found = parse_seeds(texts, default_port, flag)
    names = [str(each.get("name", "")) for each in found]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(
                f"{flag}: two listeners are called {name or 'nothing'}", hint="name them: internal://…"
            )
    return found


def parse_seeds(texts: Sequence[str], default_port: int, flag: str) -> list[dict[str, object]]:
    """Comma lists of addresses; names may repeat or be missing."""
    return [parse(word, default_port, flag) for text in texts for word in text.split(",") if word.strip()]
