"""Go's reference-time layouts (`2006-01-02T15:04:05Z07:00`) for `%d{go[…]}`, always UTC."""

from __future__ import annotations

import re
from collections.abc import Callable

from rpk.out.records.calendar import MONTHS, WEEKDAYS, CivilTime, civil

Piece = Callable[[CivilTime], str]


def _twelve(t: CivilTime) -> int:
    return t.hour % 12 or 12


CHUNKS: dict[str, Piece] = {
    "January": lambda t: MONTHS[t.month - 1],
    "Jan": lambda t: MONTHS[t.month - 1][:3],
    "Monday": lambda t: WEEKDAYS[t.weekday],
    "Mon": lambda t: WEEKDAYS[t.weekday][:3],
    "MST": lambda t: "UTC",
    "002": lambda t: f"{t.year_day:03d}",
    "01": lambda t: f"{t.month:02d}",
    "02": lambda t: f"{t.day:02d}",
    "03": lambda t: f"{_twelve(t):02d}",
    "04": lambda t: f"{t.minute:02d}",
    "05": lambda t: f"{t.second:02d}",
    "06": lambda t: f"{t.year % 100:02d}",
    "15": lambda t: f"{t.hour:02d}",
    "1": lambda t: f"{t.month}",
    "2006": lambda t: f"{t.year:04d}" if t.year >= 0 else f"-{-t.year:04d}",
    "__2": lambda t: f"{t.year_day:3d}",
    "_2": lambda t: f"{t.day:2d}",
    "2": lambda t: f"{t.day}",
    "3": lambda t: f"{_twelve(t)}",
    "4": lambda t: f"{t.minute}",
    "5": lambda t: f"{t.second}",
    "PM": lambda t: "PM" if t.hour >= 12 else "AM",
    "pm": lambda t: "pm" if t.hour >= 12 else "am",
    "-07:00:00": lambda t: "+00:00:00",
    "-070000": lambda t: "+000000",
    "-07:00": lambda t: "+00:00",
    "-0700": lambda t: "+0000",
    "-07": lambda t: "+00",
    "Z07:00:00": lambda t: "Z",
    "Z070000": lambda t: "Z",
    "Z07:00": lambda t: "Z",
    "Z0700": lambda t: "Z",
    "Z07": lambda t: "Z",
}

_PATTERN = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|15|1|2006|__2|_(?=2006)|_2|2|3|4|5|PM|pm"
    r"|-07:00:00|-070000|-07:00|-0700|-07|Z07:00:00|Z070000|Z07:00|Z0700|Z07"
    r"|[.,](?:0+|9+)(?![0-9])"
)


def _fraction(chunk: str) -> Piece:
    mark, digits, trim = chunk[0], len(chunk) - 1, chunk[1] == "9"

    def write(t: CivilTime) -> str:
        text = f"{t.millisecond:03d}".ljust(digits, "0")[:digits]
        if trim:
            text = text.rstrip("0")
        return mark + text if text else ""

    return write


def compile_go_layout(layout: str) -> Callable[[int], bytes]:
    """A function from milliseconds since the epoch to the layout filled in."""
    pieces: list[str | Piece] = []
    at = 0
    for match in _PATTERN.finditer(layout):
        pieces.append(layout[at : match.start()])
        chunk = match[0]
        if chunk == "_":
            pieces.append(chunk)
        else:
            pieces.append(CHUNKS[chunk] if chunk in CHUNKS else _fraction(chunk))
        at = match.end()
    pieces.append(layout[at:])

    def write(epoch_ms: int) -> bytes:
        time = civil(epoch_ms)
        text = "".join([piece if isinstance(piece, str) else piece(time) for piece in pieces])
        return text.encode("utf-8", "surrogateescape")

    return write
