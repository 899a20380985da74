"""ListOffsets: what each timestamp, real or negative, means on one partition.

-1 latest (or last stable)   -2 earliest            -3 record with the largest timestamp (KIP-734)
-4 earliest local (KIP-405)  -5 latest tiered       -6 earliest not yet tiered (KIP-1023)
"""

from typing import TYPE_CHECKING, NamedTuple

from engine.partition.errors import PartitionError
from engine.storage.errors import StorageError
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.partition.partition import Partition

LATEST = -1
EARLIEST = -2
MAX_TIMESTAMP = -3
EARLIEST_LOCAL = -4
LATEST_TIERED = -5
EARLIEST_PENDING_UPLOAD = -6


class ListedOffset(NamedTuple):
    """An answer; -1 in all three where nothing fits."""

    offset: int
    timestamp: int
    leader_epoch: int


NOWHERE = ListedOffset(-1, -1, -1)


def find_offset(partition: "Partition", timestamp: int, isolation: int) -> ListedOffset:
    """The first committed record at or after `timestamp` ms, or what a negative timestamp stands for.

    Raises `PartitionError` UNSUPPORTED_VERSION for a negative number that stands for nothing (as far as this
    release knows), and KAFKA_STORAGE_ERROR.
    """
    upto = partition.readable_upto(isolation)
    if timestamp == LATEST:
        return ListedOffset(upto, -1, partition.leader_epoch)
    if timestamp in {EARLIEST, EARLIEST_LOCAL}:
        return ListedOffset(partition.log_start_offset, -1, _epoch_at(partition, partition.log_start_offset))
    if timestamp in {LATEST_TIERED, EARLIEST_PENDING_UPLOAD}:
        return NOWHERE
    if timestamp < MAX_TIMESTAMP:
        raise PartitionError(ErrorCode.UNSUPPORTED_VERSION, f"no offset is called {timestamp}")
    try:
        if timestamp == MAX_TIMESTAMP:
            found = partition.log.max_timestamp(upto)
        else:
            found = partition.log.offset_for_timestamp(timestamp, upto)
    except (StorageError, OSError) as error:
        raise PartitionError(ErrorCode.KAFKA_STORAGE_ERROR, str(error)) from error
    return NOWHERE if found is None else ListedOffset(found.offset, found.timestamp, found.leader_epoch)


def _epoch_at(partition: "Partition", offset: int) -> int:
    """The leader epoch of the record at `offset`; the current one where the log does not know."""
    epoch = partition.log.epochs.epoch_at(offset)
    return partition.leader_epoch if epoch < 0 else epoch
