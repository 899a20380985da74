"""The loop of consume: fetch, cut to the asked range, filter, print, commit what was printed.

Each batch is written and flushed before the next fetch, and nothing is committed that was not written (UX-19).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from rpk.client.model import TopicPartition
from rpk.out.records.view import RecordView, Render
from rpk.topic.bounds import PartitionBounds
from rpk.topic.filters import Predicate
from rpk.topic.interrupt import Interrupt
from rpk.topic.record_streams import OutputStream
from rpk.topic.translate import Translator

FETCH_WAIT_S = 0.1
COMMIT_INTERVAL_S = 1.0
IDLE_HINT_S = 2.0
Record = Any


class Source(Protocol):
    """Where records come from; `reached` says at which offset the end of a partition was met last."""

    reached: dict[TopicPartition, int]

    def fetch(self, timeout_s: float) -> list[Record]:
        """What has arrived, within `timeout_s`."""

    def finish(self, partitions: Sequence[TopicPartition]) -> None:
        """Stop fetching these partitions."""

    def commit(self, offsets: dict[TopicPartition, int], *, wait: bool) -> None:
        """Commit the next offsets to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When to stop: total records shown, records shown a partition, seconds without a record. 0 is never."""

    records: int = 0
    per_partition: int = 0
    idle_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class Progress:
    """What one run has seen."""

    scanned: int = 0
    shown: int = 0
    by_partition: dict[TopicPartition, int] = field(default_factory=dict)
    printed: dict[TopicPartition, int] = field(default_factory=dict)


class ConsumeSession:
    """One run of consume. `bounds` None: a group decides what is read."""

    def __init__(
        self,
        source: Source,
        render: Render,
        output: OutputStream,
        *,
        bounds: dict[TopicPartition, PartitionBounds] | None,
        limits: Limits,
        predicate: Predicate | None = None,
        translator: Translator | None = None,
        hint: Callable[[], None] | None = None,
    ) -> None:
        self._source = source
        self._render = render
        self._output = output
        self._in_group = bounds is None
        self._open = dict(bounds or {})
        self._limits = limits
        self._predicate = predicate
        self._translator = translator
        self._hint = hint
        self.progress = Progress()
        # Offsets are looked at record by record only where a range or a count can cut a batch.
        self._cuts = bool(limits.per_partition) or any(
            b.end is not None or b.floor > b.start for b in self._open.values()
        )
        self._ends = self._in_group is False and all(b.end is not None for b in self._open.values())

    def run(self, interrupt: Interrupt) -> None:
        """Until the range is read, a limit is met, or a signal came."""
        last_record_s = last_commit_s = time.monotonic()
        while not interrupt.signal_number:
            records = self._source.fetch(self._wait_s(last_record_s))
            now_s = time.monotonic()
            if records:
                last_record_s = now_s
                self._show(records)
            else:
                self._output.check_reader()
                idle_s = now_s - last_record_s
                if self._limits.idle_s and idle_s >= self._limits.idle_s:
                    return
                if self._hint is not None and idle_s >= IDLE_HINT_S:
                    self._hint()
                    self._hint = None
            if self._in_group and now_s - last_commit_s >= COMMIT_INTERVAL_S:
                self.commit(wait=False)
                last_commit_s = now_s
            if self._done():
                return

    def commit(self, *, wait: bool) -> None:
        """Commit what was printed since the last commit."""
        if self._in_group and self.progress.printed:
            offsets, self.progress.printed = self.progress.printed, {}
            self._source.commit(offsets, wait=wait)

    def _wait_s(self, last_record_s: float) -> float:
        if not self._limits.idle_s:
            return FETCH_WAIT_S
        return max(0.0, min(FETCH_WAIT_S, last_record_s + self._limits.idle_s - time.monotonic()))

    def _show(self, records: list[Record]) -> None:
        if self._cuts:
            records = self._cut(records)
        self.progress.scanned += len(records)
        shown: Sequence[RecordView] = records
        if self._predicate is not None:
            predicate = self._predicate
            shown = [record for record in records if predicate(record)]
        if self._limits.per_partition:
            shown = self._limit_partitions(shown)
        last_at = len(records)
        if self._limits.records and self.progress.shown + len(shown) >= self._limits.records:
            shown = shown[: self._limits.records - self.progress.shown]
            if self._in_group and shown:
                # What lies behind the last one shown was neither shown nor refused: it is not committed.
                last_at = next(at for at, record in enumerate(records) if record is shown[-1]) + 1
        if shown:
            printed = self._translator(shown) if self._translator is not None else shown
            self._output.write(self._render(printed))
            self.progress.shown += len(shown)
        if self._in_group:
            printed_to = self.progress.printed
            for record in records[:last_at]:
                printed_to[record.topic(), record.partition()] = record.offset() + 1

    def _cut(self, records: list[Record]) -> list[Record]:
        """The records within the bounds of their partitions; closes partitions that are through."""
        kept = []
        closed: set[TopicPartition] = set()
        bounds_of = self._open
        for record in records:
            key = (record.topic(), record.partition())
            bounds = bounds_of.get(key)
            if bounds is None:
                if self._in_group:
                    kept.append(record)
                continue
            offset, end = record.offset(), bounds.end
            if end is not None and offset >= end - 1:
                closed.add(key)
                if offset >= end:
                    continue
            if offset >= bounds.floor:
                kept.append(record)
        self._close(closed)
        return kept

    def _limit_partitions(self, records: Sequence[RecordView]) -> list[RecordView]:
        limit, counts = self._limits.per_partition, self.progress.by_partition
        kept = []
        closed: set[TopicPartition] = set()
        for record in records:
            key = (record.topic() or "", record.partition() or 0)
            count = counts.get(key, 0)
            if count < limit:
                kept.append(record)
                counts[key] = count + 1
                if count + 1 == limit:
                    closed.add(key)
        if not self._in_group:
            self._close(closed)
        return kept

    def _close(self, keys: set[TopicPartition]) -> None:
        keys = keys & self._open.keys()
        if keys:
            for key in keys:
                del self._open[key]
            self._source.finish(sorted(keys))

    def _done(self) -> bool:
        if self._limits.records and self.progress.shown >= self._limits.records:
            return True
        if self._in_group:
            return False
        if self._ends and self._source.reached:
            reached = self._source.reached
            self._close(
                {key for key, b in self._open.items() if b.end is not None and reached.get(key, -1) >= b.end}
            )
        return not self._open
