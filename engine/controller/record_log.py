"""The log the controller stands on. One partition today, Raft group 0 later: only this seam knows."""

from collections.abc import Iterator, Sequence
from typing import Protocol


class RecordLog(Protocol):
    """An ordered, durable log of (key, value) records."""

    async def append(self, records: Sequence[tuple[bytes | None, bytes | None]]) -> int:
        """Append all of `records` or none; resolve once they are committed, with the offset of the last.

        Raises an `OperatingError` when they are not known to be committed.
        """
        ...

    def replay(self) -> Iterator[tuple[int, bytes | None, bytes | None, int]]:
        """Every record still kept, in order: (offset, key, value, timestamp in ms)."""
        ...

    async def trim_prefix(self, offset: int) -> None:
        """Forget the records below `offset`, durably: from then on `replay` begins exactly there."""
        ...
