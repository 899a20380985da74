"""Durations as people write them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpk.config.durations import parse_duration
from rpk.out.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0), ("10s", 10), ("1m30s", 90), ("250ms", 0.25), ("-1.5h", -5400), ("+2d", 172800), ("1w", 604800),
        ("5us", 5e-6), ("5µs", 5e-6), ("1h2m3s", 3723), (".5s", 0.5),
    ],
)  # fmt: skip
def test_durations(text, seconds):
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "10", "s", "1x", "1.2.3s", "-", "1s2", "ten", "99999999999h", ".s", "1hr"]
)
def test_what_is_no_duration(text):
    with pytest.raises(UsageError):
        parse_duration(text)


@given(st.text(max_size=12))
def test_any_text_is_a_duration_or_a_usage_error(text):
    with contextlib.suppress(UsageError):
        parse_duration(text)


@given(st.integers(0, 10**6), st.integers(0, 59), st.integers(0, 999))
def test_parts_add_up(hours, minutes, millis):
    assert parse_duration(f"{hours}h{minutes}m{millis}ms") == pytest.approx(
        hours * 3600 + minutes * 60 + millis / 1000
    )
