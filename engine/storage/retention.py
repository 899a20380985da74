"""Which of a log's oldest segments are past their time or beyond the log's size. Pure."""

from collections.abc import Sequence
from typing import NamedTuple


class Aged(NamedTuple):
    """What retention looks at in one segment. `timestamp` is its newest record's (ms), or when it was made."""

    next_offset: int
    size: int
    timestamp: int


def expired_count(
    segments: Sequence[Aged],
    *,
    retention_ms: int | None,
    retention_bytes: int | None,
    now_ms: int,
    limit: int,
) -> int:
    """How many segments from the front may go; the last one only by age.

    By age: the newest record is more than `retention_ms` old. By size: what stays has at least `retention_bytes`.
    Never a segment that holds offsets at or above `limit`.
    """
    left = sum(segment.size for segment in segments)
    count = 0
    for number, segment in enumerate(segments):
        if segment.next_offset > limit:
            break
        last = number == len(segments) - 1
        if last and not segment.size:
            break
        old = retention_ms is not None and now_ms - segment.timestamp > retention_ms
        large = retention_bytes is not None and left - segment.size >= retention_bytes and not last
        if not old and not large:
            break
        left -= segment.size
        count += 1
    return count
