"""Producer state after a start: the newest snapshot beside the log, then the headers of what came after it."""

import logging
from typing import TYPE_CHECKING

from engine.base.clock import Clock
from engine.partition.producer_state import ProducerStates, SnapshotError
from engine.storage.errors import CorruptFile

if TYPE_CHECKING:
    from engine.storage.log import Log

_logger = logging.getLogger("engine.partition")


def restore_producers(log: "Log", clock: Clock) -> ProducerStates:
    """What the log of a partition knows of its producers. A bad snapshot only costs a longer scan.

    A batch damaged on disk ends the scan: the partition is served, and producers seen after it start anew.
    Raises `StorageError` or `OSError` when the log cannot be read.
    """
    states = ProducerStates()
    offset = log.start_offset
    snapshot = log.snapshot
    if snapshot is not None and snapshot.offset <= log.end_offset:
        try:
            states = ProducerStates.from_bytes(snapshot.blob)
            offset = max(offset, snapshot.offset)
        except SnapshotError as error:
            _logger.warning("%s: producers are recovered from the whole log: %s", log.partition, error)
    if offset >= log.end_offset:
        return states
    now_ms = clock.wall_ms()
    try:
        for header, _ in log.batches(offset, log.end_offset):
            if header.producer_id >= 0 and header.base_offset >= offset:
                append_time_ms = header.max_timestamp if header.log_append_time else -1
                states.record(header, append_time_ms, now_ms)
    except CorruptFile as error:
        _logger.error("%s: producers are known only up to a damaged batch: %s", log.partition, error)
    return states
