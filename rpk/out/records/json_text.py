"""JSON values in a byte stream: where one ends, and how to write it without spaces, bytes otherwise kept."""

from __future__ import annotations

import json
import re

SPACE = b" \t\r\n"
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_STRUCTURE = re.compile(rb'["{}\[\]]')
_SCALAR = re.compile(rb"[-+.0-9A-Za-z]+")
_SPACING = re.compile(rb'("(?:[^"\\]|\\.)*")|[ \t\r\n]+', re.DOTALL)


def value_end(data: bytes, at: int, *, at_end: bool) -> int:
    """Position after the JSON value starting at `at`, or -1 when more data is needed.

    Only the extent is found; `compact` checks the value. Raises ValueError where no value can start.
    """
    if at >= len(data):
        return -1
    first = data[at : at + 1]
    if first == b'"':
        match = _STRING.match(data, at)
        return match.end() if match else -1
    if first in (b"{", b"["):
        depth = 0
        while True:
            found = _STRUCTURE.search(data, at)
            if found is None:
                return -1
            if found[0] == b'"':
                string = _STRING.match(data, found.start())
                if string is None:
                    return -1
                at = string.end()
                continue
            depth += 1 if found[0] in b"{[" else -1
            at = found.end()
            if depth == 0:
                return at
    match = _SCALAR.match(data, at)
    if match is None:
        raise ValueError(f"no JSON value starts with {first!r}")
    return -1 if match.end() == len(data) and not at_end else match.end()


def _reject_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def compact(value: bytes) -> bytes:
    """`value` without spaces outside of strings; raises ValueError when it is not one JSON value."""
    try:
        json.loads(value, parse_constant=_reject_constant)
    except RecursionError:
        raise ValueError("the value is nested too deeply") from None
    return _SPACING.sub(lambda match: match[1] or b"", value)
