"""The log the controller stands on: Raft group 0, seen as records. Only this seam knows which room keeps it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol


class RecordLog(Protocol):
    """An ordered, durable log of (key, value) records that one broker at a time may append to."""

    on_change: Callable[[], None] | None
    """Called when more is committed, or when who leads changed; set by the controller."""

    @property
    def start(self) -> int:
        """Offset of the first record still kept."""
        ...

    @property
    def committed(self) -> int:
        """All records below are committed and here."""
        ...

    @property
    def end(self) -> int:
        """Behind the last record written here, committed or not."""
        ...

    @property
    def leading(self) -> bool:
        """Whether this broker may append."""
        ...

    @property
    def leader(self) -> int:
        """Node id of the broker that may, as far as it is known; -1."""
        ...

    async def append(self, records: Sequence[tuple[bytes | None, bytes | None]]) -> int:
        """Append all of `records` or none; resolve once they are committed, with the offset of the last.

        Raises an `OperatingError` when they are not known to be committed.
        """
        ...

    def read(self, offset: int) -> Iterator[tuple[int, bytes | None, bytes | None, int]]:
        """Every committed record from `offset` on, in order: (offset, key, value, timestamp in ms)."""
        ...

    async def trim_prefix(self, offset: int) -> None:
        """Forget the records below `offset`, durably, on this broker."""
        ...
