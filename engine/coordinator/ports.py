"""What the coordinator needs of the rooms below: a log of records, and the offsets topic."""

from collections.abc import Iterator, Sequence
from typing import Protocol


class RecordLog(Protocol):
    """One partition of `__consumer_offsets` that this broker leads."""

    async def append(self, records: Sequence[tuple[bytes | None, bytes | None]]) -> int:
        """Append all of `records`, (key, value) each, or none; resolves when they are committed.

        Raises an `OperatingError` when they are not, with Kafka's reason in `code` where there is one.
        """
        ...

    def replay(self) -> Iterator[tuple[int, bytes | None, bytes | None, int]]:
        """Every record still kept, in order: (offset, key, value, timestamp in ms)."""
        ...


class OffsetsTopic(Protocol):
    """`__consumer_offsets` as a whole."""

    def partition_count(self) -> int | None:
        """Its partitions; None while there is no such topic."""
        ...

    async def create(self) -> int:
        """Make the topic if there is none, and say how many partitions it has. Raises `OperatingError`."""
        ...

    def open(self, partition: int) -> RecordLog | None:
        """The log of a partition; None when this broker does not lead it (yet)."""
        ...
