"""The strftime letters of `%d{strftime[…]}`, in a table of their own and always UTC.

They are not the C library's: `%I` and `%l` show twelve o'clock as 00 and 0, `%x` is day/month/year, `%E` and
`%O` swallow the letter after them, and a letter nobody knows stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable

from rpk.out.records.calendar import MONTHS, WEEKDAYS, CivilTime, civil

Piece = Callable[[CivilTime], str]


def _clock(t: CivilTime) -> str:
    return f"{t.hour:02d}:{t.minute:02d}:{t.second:02d}"


def _half(t: CivilTime) -> str:
    return "PM" if t.hour >= 12 else "AM"


LETTERS: dict[str, Piece] = {
    "a": lambda t: WEEKDAYS[t.weekday][:3],
    "A": lambda t: WEEKDAYS[t.weekday],
    "b": lambda t: MONTHS[t.month - 1][:3],
    "B": lambda t: MONTHS[t.month - 1],
    "c": lambda t: f"{WEEKDAYS[t.weekday][:3]} {MONTHS[t.month - 1][:3]} {t.day:2d} {_clock(t)} {t.year:04d}",
    "C": lambda t: f"{t.year // 100:02d}",
    "d": lambda t: f"{t.day:02d}",
    "D": lambda t: f"{t.month:02d}/{t.day:02d}/{t.year % 100:02d}",
    "e": lambda t: f"{t.day:2d}",
    "F": lambda t: f"{t.year}-{t.month:02d}-{t.day:02d}",
    "G": lambda t: f"{t.iso_week()[0]}",
    "g": lambda t: f"{t.iso_week()[0] % 100:02d}",
    "h": lambda t: MONTHS[t.month - 1][:3],
    "H": lambda t: f"{t.hour:02d}",
    "I": lambda t: f"{t.hour % 12:02d}",
    "j": lambda t: f"{t.year_day:03d}",
    "k": lambda t: f"{t.hour:2d}",
    "l": lambda t: f"{t.hour % 12:2d}",
    "m": lambda t: f"{t.month:02d}",
    "M": lambda t: f"{t.minute:02d}",
    "n": lambda t: "\n",
    "p": _half,
    "P": lambda t: _half(t).lower(),
    "r": lambda t: f"{t.hour % 12:02d}:{t.minute:02d}:{t.second:02d} {_half(t)}",
    "R": lambda t: f"{t.hour:02d}:{t.minute:02d}",
    "s": lambda t: f"{t.epoch_ms // 1000}",
    "S": lambda t: f"{t.second:02d}",
    "t": lambda t: "\t",
    "T": _clock,
    "u": lambda t: f"{t.weekday or 7}",
    "U": lambda t: f"{(t.year_day + 6 - t.weekday) // 7:02d}",
    "v": lambda t: f"{t.day:2d}-{MONTHS[t.month - 1][:3]}-{t.year}",
    "V": lambda t: f"{t.iso_week()[1]:02d}",
    "w": lambda t: f"{t.weekday}",
    "W": lambda t: f"{(t.year_day + 6 - (t.weekday - 1) % 7) // 7:02d}",
    "x": lambda t: f"{t.day:02d}/{t.month:02d}/{t.year % 100:02d}",
    "X": _clock,
    "y": lambda t: f"{t.year % 100:02d}",
    "Y": lambda t: f"{t.year}",
    "z": lambda t: "+0000",
    "Z": lambda t: "UTC",
    "+": lambda t: (
        f"{WEEKDAYS[t.weekday][:3]} {MONTHS[t.month - 1][:3]} {t.day:2d} {_clock(t)} UTC {t.year:04d}"
    ),
    "%": lambda t: "%",
}


def compile_strftime(layout: str) -> Callable[[int], bytes]:
    """A function from milliseconds since the epoch to the layout filled in."""
    pieces: list[str | Piece] = []
    at = 0
    while at < len(layout):
        if layout[at] != "%" or at + 1 == len(layout):
            pieces.append(layout[at])
            at += 1
            continue
        letter = layout[at + 1]
        if letter in "EO":
            at += 3
            continue
        pieces.append(LETTERS.get(letter, layout[at : at + 2]))
        at += 2

    def write(epoch_ms: int) -> bytes:
        time = civil(epoch_ms)
        text = "".join([piece if isinstance(piece, str) else piece(time) for piece in pieces])
        return text.encode("utf-8", "surrogateescape")

    return write
