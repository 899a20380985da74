"""Ranges against the offsets of a cluster."""

import pytest

from rpk.client.model import EARLIEST, LATEST
from rpk.topic.bounds import BoundsResolver
from rpk.topic.offsets import parse_offset_range

TOPIC = ("t", 0)
LOG = range(10, 100)  # offsets; the record at offset n has timestamp 1_000_000_000_000 + n


def offsets_at(partitions, timestamp_ms):
    if timestamp_ms == EARLIEST:
        found = LOG.start
    elif timestamp_ms == LATEST:
        found = LOG.stop
    else:
        number = max(timestamp_ms - 1_000_000_000_000, LOG.start)
        found = number if number < LOG.stop else -1
    return dict.fromkeys(partitions, found)


@pytest.mark.parametrize(
    ("text", "start", "floor", "end"),
    [
        ("start", 10, 10, None), ("end", 100, 100, None), (":end", 10, 10, 100), ("+5", 15, 15, None), ("+500", 100, 100, None),
        ("-5", 95, 95, None), ("-500", 10, 10, None), ("50", 50, 50, None), ("3", 10, 3, None), ("300", 100, 300, None),
        ("20:30", 20, 20, 30), ("@1000000000050", 50, 50, None), ("@1000000000050:1000000000060", 50, 50, 60),
        ("@1000000000500:", 100, 100, None), ("@:1000000000500", 10, 10, 100), ("-5:end", 95, 95, 100),
    ],
)  # fmt: skip
def test_bounds(text, start, floor, end):
    found = BoundsResolver([TOPIC], offsets_at).resolve(parse_offset_range(text, 0))[TOPIC]
    assert (found.start, found.floor, found.end) == (start, floor, end)
    assert not found.empty


@pytest.mark.parametrize(
    "text", [":5", "100:end", "200:300", "@1000000000500:end", "@1000000000500:1000000000600"]
)
def test_empty_ranges(text):
    found = BoundsResolver([TOPIC], offsets_at).resolve(parse_offset_range(text, 0))[TOPIC]
    assert found.empty or found.floor >= LOG.stop


def test_each_question_is_asked_once():
    asked = []

    def counting(partitions, timestamp_ms):
        asked.append(timestamp_ms)
        return offsets_at(partitions, timestamp_ms)

    BoundsResolver([("t", 0), ("t", 1)], counting).resolve(parse_offset_range("@1000000000050:end", 0))
    assert sorted(asked) == [LATEST - 1, LATEST, 1_000_000_000_050]
