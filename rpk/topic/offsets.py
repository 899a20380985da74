"""The language of `consume -o`: where reading starts and, for ranges, where it ends.

Offsets: `start`, `oldest`, `end`, `newest`, `:end`, `+N` after the start, `-N` before the end, `N`, `N:`, `:N`,
`N:M`, `N-M`, `N:end`. Times: `@T`, `@T:`, `@:T`, `@T1:T2`, where T is 13 digits (milliseconds), 10 digits
(seconds), YYYY-MM-DD, RFC 3339 ending in Z, a duration (`-1h30m`, also `d` and `w`), or `end` on the right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rpk.config.durations import parse_duration
from rpk.out.errors import UsageError
from rpk.out.records.calendar import days_from_civil

OFFSET_MAX = (1 << 63) - 1
Kind = Literal["start", "end", "offset", "timestamp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in a partition: `number` records from its start or end, an offset, or a time in milliseconds."""

    kind: Kind
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetRange:
    """Where reading starts and the place it stops before; no end means: go on for ever."""

    start: Position
    end: Position | None = None


START = Position(kind="start")
END = Position(kind="end")
_WORDS = {"start": START, "oldest": START, "end": END, "newest": END}
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z)?", re.ASCII)
_DIGITS = re.compile(r"\d{13}(?!\d)|\d{10}(?!\d)", re.ASCII)
_DURATION = re.compile(r"[-+]?(?:0|(?:[0-9]*\.?[0-9]*(?:ns|us|µs|μs|ms|s|m|hr|h|d|w))+)(?![0-9A-Za-z.])")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_HINT = "use start, end, :end, +N, -N, N, N:M, N:end, or a time such as @-1h, @2026-01-31, @T1:T2"


def parse_offset_range(text: str, now_ms: int) -> OffsetRange:
    """The range `text` names; durations count from `now_ms`. Raises UsageError."""
    if text.startswith("@"):
        return _times(text, now_ms)
    if text in _WORDS:
        return OffsetRange(start=_WORDS[text])
    if ":" in text:
        left, _, right = text.partition(":")
        if not left and not right:
            raise _bad(text, "it names neither a start nor an end")
        start = _position(left, text) if left else START
        return _checked(OffsetRange(start=start, end=_end(right, text) if right else None), text)
    if re.fullmatch(r"[0-9]+-[0-9]+", text):
        left, _, right = text.partition("-")
        return _checked(OffsetRange(start=_position(left, text), end=_position(right, text)), text)
    return OffsetRange(start=_position(text, text))


def _position(word: str, text: str) -> Position:
    if word in _WORDS:
        return _WORDS[word]
    if not re.fullmatch(r"[-+]?[0-9]+", word):
        raise _bad(text, f"{word!r} is no offset")
    number = int(word[-20:]) if len(word) < 25 else OFFSET_MAX + 1
    if word[0] == "-":
        return Position(kind="end", number=-int(word[1:]))
    if number > OFFSET_MAX:
        raise _bad(text, f"{word} is beyond any offset")
    return Position(kind="start" if word[0] == "+" else "offset", number=int(word.lstrip("+")))


def _end(word: str, text: str) -> Position:
    position = _position(word, text)
    if position == START:
        raise _bad(text, "nothing lies before the start")
    if word[0] == "+":
        raise _bad(text, "the end of a range is an offset, -N, or the word end")
    return position


def _checked(offsets: OffsetRange, text: str) -> OffsetRange:
    start, end = offsets.start, offsets.end
    if end is None:
        return offsets
    if end.kind == start.kind and end.number <= start.number:
        raise _bad(text, "the end is not after the start")
    if end.kind == "offset" and end.number == 0:
        raise _bad(text, "nothing lies before offset 0")
    return offsets


def _times(text: str, now_ms: int) -> OffsetRange:
    rest = text[1:]
    start, start_is_absolute = START, False
    if not rest.startswith(":"):
        moment, at = _moment(rest, text)
        if moment is None:
            raise _bad(text, f"{rest!r} is no time" if rest else "no time follows the @")
        milliseconds, start_is_absolute = moment
        start = Position(
            kind="timestamp", number=milliseconds if start_is_absolute else now_ms + milliseconds
        )
        rest = rest[at:]
        if not rest:
            return OffsetRange(start=start)
        if not rest.startswith(":"):
            raise _bad(text, f"{rest!r} follows the first time")
    rest = rest[1:]
    if not rest:
        if start is START:
            raise _bad(text, "it names neither a start nor an end")
        return OffsetRange(start=start)
    if rest in ("end", "newest"):
        return OffsetRange(start=start, end=END)
    moment, at = _moment(rest, text)
    if moment is None or at != len(rest):
        raise _bad(text, f"{rest!r} is no time")
    milliseconds, is_absolute = moment
    if not is_absolute:
        milliseconds += start.number if start_is_absolute else now_ms
    end = Position(kind="timestamp", number=milliseconds)
    if start.kind == "timestamp" and end.number <= start.number:
        raise _bad(text, "the end is not after the start")
    return OffsetRange(start=start, end=end)


def _moment(rest: str, text: str) -> tuple[tuple[int, bool] | None, int]:
    """The time `rest` begins with, in milliseconds with whether it is absolute, and its length."""
    digits = _DIGITS.match(rest)
    if digits:
        number = int(digits[0])
        return (number if len(digits[0]) == 13 else number * 1000, True), digits.end()
    date = _DATE.match(rest)
    if date:
        return (_date_ms(date, text), True), date.end()
    duration = _DURATION.match(rest)
    if duration and duration[0].strip("+-"):
        seconds = parse_duration(duration[0].replace("hr", "h"))
        return (round(seconds * 1000), False), duration.end()
    return None, 0


def _date_ms(date: re.Match[str], text: str) -> int:
    year, month, day = int(date[1]), int(date[2]), int(date[3])
    hour, minute, second = (int(date[group] or 0) for group in (4, 5, 6))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    in_calendar = 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1] and (leap or (month, day) != (2, 29))
    if not in_calendar or hour > 23 or minute > 59 or second > 59:
        raise _bad(text, f"{date[0]} is not in the calendar")
    seconds = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
    return seconds * 1000 + int((date[7] or "0").ljust(3, "0")[:3])


def _bad(text: str, why: str) -> UsageError:
    return UsageError(f"--offset {text} cannot be understood: {why}", hint=_HINT)
