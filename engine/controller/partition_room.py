"""The controller's two plugs into the partition room: its own log, and the partitions it opens and deletes."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from engine.base.clock import Clock
from engine.controller.backend import LocalReplica
from engine.model.ids import NO_NODE, NO_TOPIC_ID, LeaderEpoch, NodeId, TopicPartition
from engine.model.topic_config import TopicConfig
from engine.partition.manager import CONTROLLER_LOG_ID, PartitionManager
from engine.partition.partition import Partition
from engine.partition.record_log import RecordLog
from engine.wire.record_batch import iter_records

if TYPE_CHECKING:
    from engine.controller.replicas import Replicas
    from engine.raft.driver import GroupManager
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
    """The `RecordLog` of the controller over its partition: alone at first, Raft group 0 once there are other brokers."""

    def __init__(self, partition: Partition, clock: Clock, loop: asyncio.AbstractEventLoop) -> None:
        self.partition = partition
        self._records = RecordLog(partition, clock, loop)
        self.on_change: Callable[[], None] | None = None
        partition.on_commit = self._changed
        partition.on_leadership = self._changed

    def _changed(self, _what: object = None) -> None:
        if self.on_change is not None:
            self.on_change()

    def leader_changed(self) -> None:
        """The group follows somebody else."""
        self._changed()

    @property
    def start(self) -> int:
        """See `RecordLog`."""
        return self.partition.log_start_offset

    @property
    def committed(self) -> int:
        """See `RecordLog`."""
        return self.partition.high_watermark

    @property
    def end(self) -> int:
        """See `RecordLog`."""
        return self.partition.end_offset

    @property
    def leading(self) -> bool:
        """See `RecordLog`."""
        return self.partition.leads

    @property
    def leader(self) -> int:
        """See `RecordLog`."""
        group = self.partition.group
        if group is None or group.leader is None:
            return NO_NODE
        return group.leader

    async def append(self, records: Sequence[tuple[bytes | None, bytes | None]]) -> int:
        """See `RecordLog`."""
        return await self._records.append(records)

    def read(self, offset: int) -> Iterator[tuple[int, bytes | None, bytes | None, int]]:
        """See `RecordLog`."""
        partition = self.partition
        for header, batch in partition.log.batches(offset, partition.high_watermark):
            if header.is_control:
                continue
            for record in iter_records(batch):
                if record.offset >= offset:
                    yield record.offset, record.key, record.value, record.timestamp

    async def trim_prefix(self, offset: int) -> None:
        """See `RecordLog`."""
        await self.partition.trim_prefix(offset)


def open_controller_log(
    storage: "Storage", clock: Clock, loop: asyncio.AbstractEventLoop, *, replicated: bool = False
) -> ControllerLog:
    """The controller's log on this shard's storage, made if there is none. Raises `StorageError` or OSError.

    `replicated`: it serves nobody before its partition joins group 0 (`join_group`).
    """
    log = storage.logs.get(CONTROLLER_LOG_ID)
    if log is None:
        log = storage.create_log(CONTROLLER_LOG_ID, CONTROLLER_PARTITION, CONTROLLER_CONFIG)
    else:
        log.set_config(CONTROLLER_CONFIG)
    partition = Partition(
        CONTROLLER_PARTITION,
        NO_TOPIC_ID,
        log,
        CONTROLLER_CONFIG,
        leader_epoch=LeaderEpoch(0),
        clock=clock,
        replicated=replicated,
    )
    return ControllerLog(partition, clock, loop)


def was_in_group(storage: "Storage", log_id: int) -> bool:
    """Whether a log on disk is, or was, a replica of a Raft group."""
    return bool(storage.key_value.items(log_id))


async def join_group(
    log: ControllerLog, groups: "GroupManager", *, voters: Sequence[int], learners: Sequence[int] = ()
) -> None:
    """Make the controller's partition a replica of group 0. What is on disk wins over the members given.

    Raises `StorageError`, `CodecError` or OSError.
    """
    partition = log.partition
    if partition.leads:
        partition.leave_solitude()
    group = await groups.open(
        partition.log,
        partition,
        voters=tuple(NodeId(node) for node in voters),
        learners=tuple(NodeId(node) for node in learners),
    )
    partition.join(group)


class PartitionRoom:
    """The `PartitionBackend` over this shard's `PartitionManager`."""

    def __init__(self, manager: PartitionManager, storage: "Storage | None" = None) -> None:
        """`storage` is needed where partitions may have other replicas."""
        self._manager = manager
        self._storage = storage
        self.replicas: Replicas | None = None
        """Told what is opened and deleted."""

    async def open_partition(self, replica: LocalReplica, config: TopicConfig) -> None:
        """See `PartitionBackend`."""
        voters = replica.voters
        is_new = False
        if self._storage is not None:
            is_new = replica.log_id not in self._storage.logs
            if voters is None and not is_new and was_in_group(self._storage, replica.log_id):
                voters = (replica.preferred,)
        partition = await self._manager.open(
            replica.topic,
            replica.index,
            topic_id=replica.topic_id,
            log_id=replica.log_id,
            leader_epoch=replica.leader_epoch,
            config=config,
            voters=voters,
        )
        if self.replicas is not None:
            self.replicas.opened(partition, preferred=replica.preferred, is_new=is_new)

    async def delete_partition(self, replica: LocalReplica) -> None:
        """See `PartitionBackend`."""
        await self._manager.delete(replica.topic, replica.index, replica.log_id)
        if self.replicas is not None:
            self.replicas.closed(replica.log_id)

    def configure_topic(self, topic: str, config: TopicConfig) -> None:
        """See `PartitionBackend`."""
        self._manager.configure(topic, config)

    def log_ids(self) -> Collection[int]:
        """See `PartitionBackend`."""
        return self._manager.log_ids()

    async def delete_log(self, log_id: int) -> None:
        """See `PartitionBackend`."""
        await self._manager.delete_log(log_id)
