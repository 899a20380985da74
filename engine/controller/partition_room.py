"""The controller's two plugs into the partition room: its own log, and the partitions it opens and deletes."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from engine.base.clock import Clock
from engine.controller.backend import LocalReplica
from engine.model.ids import NO_NODE, NO_TOPIC_ID, LeaderEpoch, TopicPartition
from engine.model.topic_config import TopicConfig
from engine.partition.manager import CONTROLLER_LOG_ID, PartitionManager
from engine.partition.partition import Partition
from engine.partition.record_log import RecordLog
from engine.wire.record_batch import iter_records

if TYPE_CHECKING:
    from engine.storage.storage import Storage

CONTROLLER_PARTITION = TopicPartition("redpanda/controller", 0)
"""Not a legal topic name, so no client's topic can take it."""

CONTROLLER_CONFIG = TopicConfig(
    cleanup_policy=frozenset(),
    retention_ms=None,
    retention_bytes=None,
    segment_ms=None,
    max_message_bytes=2**31 - 1,
)
"""Nothing expires: the log is cut back by snapshots only."""


class ControllerLog:
    """The `RecordLog` of the controller over its partition."""

    def __init__(self, partition: Partition, clock: Clock, loop: asyncio.AbstractEventLoop) -> None:
        self._partition = partition
        self._records = RecordLog(partition, clock, loop)
        self.on_change: Callable[[], None] | None = None

    @property
    def start(self) -> int:
        """See `RecordLog`."""
        return self._partition.log_start_offset

    @property
    def committed(self) -> int:
        """See `RecordLog`."""
        return self._partition.high_watermark

    @property
    def end(self) -> int:
        """See `RecordLog`."""
        return self._partition.end_offset

    @property
    def leading(self) -> bool:
        """See `RecordLog`."""
        return True

    @property
    def leader(self) -> int:
        """See `RecordLog`."""
        return NO_NODE

    async def append(self, records: Sequence[tuple[bytes | None, bytes | None]]) -> int:
        """See `RecordLog`."""
        offset = await self._records.append(records)
        if self.on_change is not None:
            self.on_change()
        return offset

    def read(self, offset: int) -> Iterator[tuple[int, bytes | None, bytes | None, int]]:
        """See `RecordLog`."""
        partition = self._partition
        for header, batch in partition.log.batches(offset, partition.high_watermark):
            if header.is_control:
                continue
            for record in iter_records(batch):
                if record.offset >= offset:
                    yield record.offset, record.key, record.value, record.timestamp

    async def trim_prefix(self, offset: int) -> None:
        """See `RecordLog`."""
        await self._partition.trim_prefix(offset)


def open_controller_log(storage: "Storage", clock: Clock, loop: asyncio.AbstractEventLoop) -> ControllerLog:
    """The controller's log on this shard's storage, made if there is none. Raises `StorageError` or OSError."""
    log = storage.logs.get(CONTROLLER_LOG_ID)
    if log is None:
        log = storage.create_log(CONTROLLER_LOG_ID, CONTROLLER_PARTITION, CONTROLLER_CONFIG)
    else:
        log.set_config(CONTROLLER_CONFIG)
    partition = Partition(
        CONTROLLER_PARTITION, NO_TOPIC_ID, log, CONTROLLER_CONFIG, leader_epoch=LeaderEpoch(0), clock=clock
    )
    return ControllerLog(partition, clock, loop)


class PartitionRoom:
    """The `PartitionBackend` over this shard's `PartitionManager`."""

    def __init__(self, manager: PartitionManager) -> None:
        self._manager = manager

    async def open_partition(self, replica: LocalReplica, config: TopicConfig) -> None:
        """See `PartitionBackend`."""
        await self._manager.open(
            replica.topic,
            replica.index,
            topic_id=replica.topic_id,
            log_id=replica.log_id,
            leader_epoch=replica.leader_epoch,
            config=config,
        )

    async def delete_partition(self, replica: LocalReplica) -> None:
        """See `PartitionBackend`."""
        await self._manager.delete(replica.topic, replica.index, replica.log_id)

    def configure_topic(self, topic: str, config: TopicConfig) -> None:
        """See `PartitionBackend`."""
        self._manager.configure(topic, config)

    def log_ids(self) -> Collection[int]:
        """See `PartitionBackend`."""
        return self._manager.log_ids()

    async def delete_log(self, log_id: int) -> None:
        """See `PartitionBackend`."""
        await self._manager.delete_log(log_id)
