"""The offset and time language: what each spelling means, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpk.out.errors import UsageError
from rpk.topic.offsets import OffsetRange, Position, parse_offset_range

NOW = 1_700_000_000_000
HOUR = 3_600_000


def start(number=0):
    return Position(kind="start", number=number)


def end(number=0):
    return Position(kind="end", number=number)


def at(number):
    return Position(kind="offset", number=number)


def time(number):
    return Position(kind="timestamp", number=number)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("start", start(), None),
        ("oldest", start(), None),
        ("end", end(), None),
        ("newest", end(), None),
        (":end", start(), end()),
        ("start:end", start(), end()),
        ("oldest:newest", start(), end()),
        ("+5", start(5), None),
        ("-5", end(-5), None),
        ("-5:end", end(-5), end()),
        ("7", at(7), None),
        ("7:", at(7), None),
        (":7", start(), at(7)),
        ("3:9", at(3), at(9)),
        ("3-9", at(3), at(9)),
        ("3:end", at(3), end()),
        ("9223372036854775807", at((1 << 63) - 1), None),
        ("@1622505600", time(1622505600000), None),
        ("@1622505600123:", time(1622505600123), None),
        ("@:1622505600", start(), time(1622505600000)),
        ("@1622505600:1622505601000", time(1622505600000), time(1622505601000)),
        ("@2022-02-14", time(1644796800000), None),
        ("@2022-02-14:2022-02-15", time(1644796800000), time(1644883200000)),
        ("@2022-02-14T01:02:03Z", time(1644800523000), None),
        ("@2022-02-14T01:02:03.5Z:end", time(1644800523500), end()),
        ("@2022-02-14T01:02:03.123456789Z:1h", time(1644800523123), time(1644800523123 + HOUR)),
        ("@2024-02-29", time(1709164800000), None),
        ("@-1h", time(NOW - HOUR), None),
        ("@-1hr", time(NOW - HOUR), None),
        ("@-1.5h", time(NOW - HOUR * 3 // 2), None),
        ("@-1h30m", time(NOW - HOUR * 3 // 2), None),
        ("@-2d:-1d", time(NOW - 48 * HOUR), time(NOW - 24 * HOUR)),
        ("@-1w:end", time(NOW - 168 * HOUR), end()),
        ("@:-30m", start(), time(NOW - HOUR // 2)),
        ("@1622505600:60s", time(1622505600000), time(1622505660000)),
        ("@-1h:30m", time(NOW - HOUR), time(NOW + HOUR // 2)),
        ("@0", time(NOW), None),
        ("@-250ms", time(NOW - 250), None),
    ],
)
def test_meaning(text, first, last):
    assert parse_offset_range(text, NOW) == OffsetRange(start=first, end=last)


@pytest.mark.parametrize(
    "text",
    [
        "", ":", "x", "1:x", "x:1", "9:3", "3-3", "3:3", ":0", "--5", "1:2:3", "5:start", "5:+3", "end:end", "-5:-5", "-5:-9",
        "9223372036854775808", "99999999999999999999999999", "@", "@end", "@:", "@5", "@162250560", "@-1x", "@h",
        "@2022-13-01", "@2022-02-30", "@2023-02-29", "@1900-02-29", "@2022-02-14T25:00:00Z", "@2022-02-14T01:02:03",
        "@1622505600:1622505600", "@-1h:-2h", "@:start", "@1622505600:x", "@1622505600x", "@1h2", "@²",
    ],
)  # fmt: skip
def test_refused(text):
    with pytest.raises(UsageError) as caught:
        parse_offset_range(text, NOW)
    assert caught.value.hint


@given(st.text(max_size=12) | st.text("0123456789:@-+endhmstarTZ.", max_size=24))
def test_any_text_is_a_range_or_refused(text):
    try:
        found = parse_offset_range(text, NOW)
    except UsageError:
        return
    assert found.start.kind in ("start", "end", "offset", "timestamp")


@given(st.integers(0, (1 << 63) - 2), st.integers(1, 1000))
def test_every_pair_of_offsets(first, count):
    last = min(first + count, (1 << 63) - 1)
    assert parse_offset_range(f"{first}:{last}", NOW) == OffsetRange(start=at(first), end=at(last))
    assert parse_offset_range(f"{first}-{last}", NOW) == OffsetRange(start=at(first), end=at(last))
