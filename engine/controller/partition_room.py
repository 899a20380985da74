"""The controller's two plugs into the partition room: its own log, and the partitions it opens and deletes."""

import asyncio
from collections.abc import Collection
from typing import TYPE_CHECKING

from engine.base.clock import Clock
from engine.controller.backend import LocalReplica
from engine.model.ids import NO_TOPIC_ID, LeaderEpoch, TopicPartition
from engine.model.topic_config import TopicConfig
from engine.partition.manager import CONTROLLER_LOG_ID, PartitionManager
from engine.partition.partition import Partition
from engine.partition.record_log import RecordLog

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


def open_controller_log(storage: "Storage", clock: Clock, loop: asyncio.AbstractEventLoop) -> RecordLog:
    """The controller's log on this shard's storage, made if there is none. Raises `StorageError` or OSError."""
    log = storage.logs.get(CONTROLLER_LOG_ID)
    if log is None:
        log = storage.create_log(CONTROLLER_LOG_ID, CONTROLLER_PARTITION, CONTROLLER_CONFIG)
    else:
        log.set_config(CONTROLLER_CONFIG)
    partition = Partition(
        CONTROLLER_PARTITION, NO_TOPIC_ID, log, CONTROLLER_CONFIG, leader_epoch=LeaderEpoch(0), clock=clock
    )
    return RecordLog(partition, clock, loop)


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
