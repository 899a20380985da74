"""Whether a log is worth compacting now, and which segments take part. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

OFFSET_SPAN_MAX = 2**31 - 1


class Cleanable(NamedTuple):
    """What the plan looks at in one segment, oldest first. `timestamp`: newest record's, ms."""

    base_offset: int
    next_offset: int
    size: int
    timestamp: int
    sealed: bool


class CompactionPlan(NamedTuple):
    """Segments [0, `segment_count`) take part; everything below `first_dirty_offset` has been through a compaction before."""

    segment_count: int
    first_dirty_offset: int
    dirty_ratio: float


def plan_compaction(
    segments: Sequence[Cleanable],
    *,
    cleaned_offset: int,
    limit: int,
    now_ms: int,
    min_lag_ms: int,
    max_lag_ms: int,
    min_dirty_ratio: float,
    horizon_ms: int,
) -> CompactionPlan | None:
    """The plan, or None when nothing is due.

    Due is a log with a dirty share of at least `min_dirty_ratio`, with dirty records older than `max_lag_ms`, or with
    tombstones past their horizon. Segments that are not sealed, hold offsets at or above `limit`, or have records
    younger than `min_lag_ms` wait, and so do all behind them.
    """
    count = 0
    for segment in segments:
        young = min_lag_ms > 0 and segment.timestamp > now_ms - min_lag_ms
        if not segment.sealed or segment.next_offset > limit or young:
            break
        count += 1
    part = segments[:count]
    dirty = [segment for segment in part if segment.next_offset > cleaned_offset]
    total = sum(segment.size for segment in part)
    dirty_bytes = sum(segment.size for segment in dirty)
    tombstones_due = 0 < horizon_ms <= now_ms
    if not total or not (dirty_bytes or tombstones_due):
        return None
    ratio = dirty_bytes / total
    overdue = bool(dirty) and now_ms - dirty[0].timestamp > max_lag_ms
    if ratio < min_dirty_ratio and not overdue and not tombstones_due:
        return None
    return CompactionPlan(count, cleaned_offset, ratio)


def group_segments(
    sizes: Sequence[tuple[int, int]], end_offset: int, segment_bytes: int
) -> list[tuple[int, int]]:
    """Cut (base offset, size) pairs into runs [first, last) that fit one segment after compaction.

    `end_offset` is where the last one's offsets end.
    """
    groups: list[tuple[int, int]] = []
    first = 0
    total = 0
    for number, (_, size) in enumerate(sizes):
        following = sizes[number + 1][0] if number + 1 < len(sizes) else end_offset
        span = following - sizes[first][0]
        if number > first and (total + size > segment_bytes or span > OFFSET_SPAN_MAX):
            groups.append((first, number))
            first, total = number, 0
        total += size
    if sizes:
        groups.append((first, len(sizes)))
    return groups
