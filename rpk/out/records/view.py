"""The shape of a record as the formatters see it: the accessor methods of a client message, no more.

A client library's message has these methods already, so that nothing is copied per record on the way
from a fetch to standard output.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

Headers = Sequence[tuple[str, bytes | None]]
Render = Callable[[Sequence["RecordView"]], bytes]


class RecordView(Protocol):
    """One record as consumed or as acknowledged."""

    def topic(self) -> str | None:
        """Topic name."""

    def partition(self) -> int | None:
        """Partition number."""

    def offset(self) -> int | None:
        """Offset in the partition."""

    def key(self) -> bytes | None:
        """Key, None when null."""

    def value(self) -> bytes | None:
        """Value, None when null (a tombstone)."""

    def headers(self) -> Headers | None:
        """Headers in their order, duplicates kept."""

    def timestamp(self) -> tuple[int, int]:
        """Timestamp type (0 none, 1 create time, 2 log append time) and milliseconds since the epoch."""

    def leader_epoch(self) -> int | None:
        """Epoch of the leader that wrote the batch, None where unknown."""


class BatchView(RecordView, Protocol):
    """A record that also knows the batch it came in; only layouts that ask for these need one."""

    def attributes(self) -> int:
        """Attribute bits of the batch (bits 0-2 codec, 3 timestamp type, 4 transactional, 5 control); -1 for none."""

    def producer_id(self) -> int:
        """Producer id, -1 for none."""

    def producer_epoch(self) -> int:
        """Producer epoch, -1 for none."""

    def log_start(self) -> int | None:
        """First offset of the partition when fetched, None outside a fetch."""

    def last_stable(self) -> int | None:
        """Last stable offset of the partition when fetched, None outside a fetch."""

    def high_watermark(self) -> int | None:
        """High watermark of the partition when fetched, None outside a fetch."""
