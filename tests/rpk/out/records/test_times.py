"""Calendar, strftime letters and Go layouts against the library's datetime where it reaches."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpk.out.records.calendar import civil, days_from_civil
from rpk.out.records.golayout import compile_go_layout
from rpk.out.records.strftime import compile_strftime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.datetimes().map(
    lambda moment: moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)
)


def milliseconds(moment):
    return (moment - EPOCH) // timedelta(milliseconds=1)


@given(MOMENTS)
def test_civil_is_the_calendar(moment):
    time = civil(milliseconds(moment))
    assert (time.year, time.month, time.day) == (moment.year, moment.month, moment.day)
    assert (time.hour, time.minute, time.second) == (moment.hour, moment.minute, moment.second)
    assert time.millisecond == moment.microsecond // 1000
    assert time.weekday == moment.isoweekday() % 7
    assert time.year_day == moment.timetuple().tm_yday
    assert time.iso_week() == moment.isocalendar()[:2]


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_any_timestamp_has_a_date(epoch_ms):
    time = civil(epoch_ms)
    assert days_from_civil(time.year, time.month, time.day) == epoch_ms // 86_400_000
    assert compile_strftime("%c %x %+ %G %U %W")(epoch_ms)
    assert compile_go_layout("Mon Jan _2 15:04:05.000 2006")(epoch_ms)


@given(MOMENTS)
def test_letters_that_are_as_everywhere(moment):
    layout = " ".join(f"%{letter}" for letter in "aAbBdDeHjmMnpRSTtuUVWwXy")
    assert compile_strftime(layout)(milliseconds(moment)).decode() == moment.strftime(layout)


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("%c|%C|%e|%F|%g|%G|%h", "Thu Jan  1 00:00:17 1970|19| 1|1970-01-01|70|1970|Jan"),
        ("%I|%l|%p|%P|%r|%s", "00| 0|AM|am|00:00:17 AM|17"),
        ("%v|%x|%Y|%z|%Z|%%|%+", " 1-Jan-1970|01/01/70|1970|+0000|UTC|%|Thu Jan  1 00:00:17 UTC 1970"),
        ("%Ey|%Od|%Q|%", "||%Q|%"),
    ],
)
def test_letters_of_our_own(layout, expected):
    assert compile_strftime(layout)(17000).decode() == expected


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("2006-01-02T15:04:05Z07:00", "2022-03-04T15:06:07Z"),
        ("Mon Jan _2 15:04:05 MST 2006", "Fri Mar  4 15:06:07 UTC 2022"),
        ("Monday, January 2 06 3:4:5 PM pm 03", "Friday, March 4 22 3:6:7 PM pm 03"),
        ("002 __2 1/2", "063  63 3/4"),
        ("05.000 05.999999 05,99 05.0000", "07.089 07.089 07,08 07.0890"),
        ("-0700 -07:00 -07 -070000 Z0700 Z07", "+0000 +00:00 +00 +000000 Z Z"),
        ("_2006 Month Janus", "_2022 Month Janus"),
    ],
)
def test_go_layouts(layout, expected):
    moment = datetime(2022, 3, 4, 15, 6, 7, 89000, tzinfo=UTC)
    assert compile_go_layout(layout)(milliseconds(moment)).decode() == expected
