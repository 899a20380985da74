"""Durations as people and Go programs write them: `10s`, `1m30s`, `250ms`, `-1.5h`, also `2d` and `1w`."""

from __future__ import annotations

from rpk.out.errors import UsageError

_UNITS_S = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
}
_NUMBER = "0123456789."
DURATION_MAX_S = 1e10


def parse_duration(text: str) -> float:
    """Seconds in `text`; UsageError when it is none. A bare number other than 0 has no unit and is refused."""
    body = text.strip()
    sign = 1.0
    if body[:1] in ("-", "+"):
        sign = -1.0 if body[0] == "-" else 1.0
        body = body[1:]
    if body == "0":
        return 0.0
    total = 0.0
    at = 0
    while at < len(body):
        start = at
        while at < len(body) and body[at] in _NUMBER:
            at += 1
        number = body[start:at]
        start = at
        while at < len(body) and body[at] not in _NUMBER:
            at += 1
        scale = _UNITS_S.get(body[start:at])
        if scale is None or number.count(".") > 1 or not number.strip("."):
            raise _invalid(text)
        total += float(number) * scale
    if not body or total > DURATION_MAX_S:
        raise _invalid(text)
    return sign * total


def _invalid(text: str) -> UsageError:
    return UsageError(
        f"{text!r} is no duration",
        hint="write a number and a unit: 500ms, 10s, 5m, 1h30m, 2d",
    )
