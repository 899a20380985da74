"""What storage does by the clock: roll by age, retention, compaction. The node calls `Storage.housekeep` every so often
(`log_compaction_interval_ms`).
"""

from typing import TYPE_CHECKING, NamedTuple

from engine.storage.compactor import Compactor
from engine.storage.log import Log
from engine.storage.retention import Aged, expired_count

if TYPE_CHECKING:
    from engine.storage.storage import Storage


class HousekeepingReport(NamedTuple):
    """What one round did."""

    rolled: int
    segments_removed: int
    compacted: int


class Housekeeper:
    """One round at a time; loop thread."""

    def __init__(self, storage: "Storage") -> None:
        self._storage = storage
        self.compactor = Compactor(storage)

    async def run(self) -> HousekeepingReport:
        """One round over all logs. Raises `OSError`, `StorageError`."""
        rolled = sum(self._roll_by_age(log) for log in list(self._storage.logs.values()))
        removed = await self._retain()
        compacted = await self.compactor.run()
        return HousekeepingReport(rolled, removed, compacted)

    def _roll_by_age(self, log: Log) -> bool:
        segment_ms = log.config.segment_ms
        if log.config.compacted:
            # What is to be compacted by then must be in a sealed segment (KIP-354).
            lag_ms = log.config.max_compaction_lag_ms
            segment_ms = lag_ms if segment_ms is None else min(segment_ms, lag_ms)
        segment = log.active
        if segment_ms is None or not segment.size or not _writable(log):
            return False
        if self._storage.clock.wall_ms() - segment.created_ms < segment_ms:
            return False
        log.roll()
        return True

    async def _retain(self) -> int:
        shortened = [log for log in list(self._storage.logs.values()) if self._shorten(log)]
        if not shortened:
            return 0
        await self._storage.checkpointer.run()
        removed = 0
        for log in shortened:
            before = len(log.segments)
            await self._storage.drop_trimmed(log)
            removed += before - len(log.segments)
        return removed

    def _shorten(self, log: Log) -> bool:
        """Raise the start past expired segments; whether it rose (or segments below it still lie around)."""
        if not _writable(log):
            return False
        leftover = len(log.segments) > 1 and log.bases[1] <= log.start_offset
        config = log.config
        if not config.deletes or (config.retention_ms is None and config.retention_bytes is None):
            return leftover
        limit = log.durable_offset if log.delete_limit is None else min(log.delete_limit, log.durable_offset)
        count = expired_count(
            [
                Aged(s.next_offset, s.size, s.max_timestamp if s.max_timestamp >= 0 else s.created_ms)
                for s in log.segments
            ],
            retention_ms=config.retention_ms,
            retention_bytes=config.retention_bytes,
            now_ms=self._storage.clock.wall_ms(),
            limit=limit,
        )
        if not count:
            return leftover
        if count == len(log.segments):
            log.roll()
        start = log.bases[count]
        if start <= log.start_offset:
            return leftover
        log.start_offset = start
        log.epochs.cut_before(start)
        log.start_moved()
        return True


def _writable(log: Log) -> bool:
    return log.failed is None and log.suspended is None and not log.deleted
