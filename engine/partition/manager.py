"""All partitions of one shard: found by topic name or id, opened and closed as the controller decides."""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from engine.base.clock import Clock
from engine.base.errors import invariant
from engine.model.ids import LeaderEpoch, NodeId, TopicPartition
from engine.model.topic_config import TopicConfig
from engine.partition.partition import Partition
from engine.partition.recovery import restore_producers
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.raft.driver import GroupManager
    from engine.storage.storage import Storage

CONTROLLER_LOG_ID = 0
_NO_PARTITIONS: dict[int, Partition] = {}

_logger = logging.getLogger("engine.partition")


class PartitionManager:
    """Owns the shard's `Partition`s. Loop thread only. Every opening and deleting call may be repeated."""

    def __init__(self, storage: "Storage", clock: Clock, groups: "GroupManager | None" = None) -> None:
        """`groups` is needed for partitions with other replicas."""
        self._storage = storage
        self._clock = clock
        self._groups = groups
        self._topics: dict[str, dict[int, Partition]] = {}  # those this shard leads
        self._replicas: dict[str, dict[int, Partition]] = {}
        self._names: dict[UUID, str] = {}
        self.on_leadership: list[Callable[[Partition], None]] = []
        """Called when a replica begins or ceases to lead (`Partition.leads`)."""
        self.is_known: Callable[[str, int], bool] | None = None
        """Whether the cluster has such a partition, wherever; for `absence`."""

    def get(self, topic: str, index: int) -> Partition | None:
        """The partition, if this shard leads it."""
        return self._topics.get(topic, _NO_PARTITIONS).get(index)

    def served(self, topic: str) -> dict[int, Partition]:
        """The topic's partitions that this shard leads, by index; not to be changed."""
        return self._topics.get(topic, _NO_PARTITIONS)

    def replica(self, topic: str, index: int) -> Partition | None:
        """The partition, if this shard has a replica of it."""
        return self._replicas.get(topic, _NO_PARTITIONS).get(index)

    def absence(self, topic: str, index: int) -> ErrorCode:
        """What to tell a client for whom `get` found nothing."""
        if self.replica(topic, index) is not None or (
            self.is_known is not None and self.is_known(topic, index)
        ):
            return ErrorCode.NOT_LEADER_OR_FOLLOWER
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

    def topic_name(self, topic_id: UUID) -> str | None:
        """The topic with this id, if this shard has a partition of it."""
        return self._names.get(topic_id)

    def topic_id(self, topic: str) -> UUID | None:
        """The id of a topic of which this shard has a partition."""
        for partition in self._replicas.get(topic, _NO_PARTITIONS).values():
            return partition.topic_id
        return None

    def of_topic(self, topic: str) -> list[Partition]:
        """Its partitions on this shard, by index."""
        found = self._replicas.get(topic, _NO_PARTITIONS)
        return [found[index] for index in sorted(found)]

    def __iter__(self) -> Iterator[Partition]:
        for partitions in self._replicas.values():
            yield from partitions.values()

    def __len__(self) -> int:
        return sum(len(partitions) for partitions in self._replicas.values())

    async def open(
        self,
        topic: str,
        index: int,
        *,
        topic_id: UUID,
        log_id: int,
        leader_epoch: int,
        config: TopicConfig,
        voters: Sequence[int] | None = None,
    ) -> Partition:
        """Have a replica of a partition on its log, making an empty one if there is none.

        `voters` None: it is the only replica, and served at once. Else it is one of a Raft group that began with these
        nodes (empty for a replica added later; see `GroupManager.open`); it is served when it leads. A partition that
        is open alone becomes a group's first replica when `voters` is given.
        Raises `engine.storage.errors.StorageError`, `engine.raft.codec.CodecError` or `OSError`.
        """
        partition = self.replica(topic, index)
        if partition is not None and partition.log.log_id == log_id:
            partition.leader_epoch = LeaderEpoch(max(leader_epoch, partition.leader_epoch))
            partition.configure(config)
            if voters is not None and partition.group is None:
                partition.leave_solitude()
                await self._join(partition, voters)
            return partition
        name = TopicPartition(topic, index)
        log = self._storage.logs.get(log_id)
        if log is None:
            log = self._storage.create_log(log_id, name, config)
        partition = Partition(
            name,
            topic_id,
            log,
            config,
            leader_epoch=LeaderEpoch(leader_epoch),
            clock=self._clock,
            producers=restore_producers(log, self._clock),
            replicated=voters is not None,
        )
        partition.on_leadership = self._leadership_changed
        self._replicas.setdefault(topic, {})[index] = partition
        self._names[topic_id] = topic
        if voters is None:
            self._topics.setdefault(topic, {})[index] = partition
        else:
            try:
                await self._join(partition, voters)
            except BaseException:
                self._forget(partition)
                raise
        return partition

    async def _join(self, partition: Partition, voters: Sequence[int]) -> None:
        groups = self._groups
        invariant(groups is not None, "replicated partitions need the shard's groups")
        assert groups is not None
        members = tuple(NodeId(node) for node in voters)
        partition.join(await groups.open(partition.log, partition, voters=members))

    def _leadership_changed(self, partition: Partition) -> None:
        topic, index = partition.topic_partition
        if partition.leads:
            self._topics.setdefault(topic, {})[index] = partition
        else:
            self._stop_serving(topic, index)
        for listener in self.on_leadership:
            listener(partition)

    def _stop_serving(self, topic: str, index: int) -> None:
        served = self._topics.get(topic)
        if served is not None:
            served.pop(index, None)
            if not served:
                del self._topics[topic]

    def _forget(self, partition: Partition) -> None:
        topic, index = partition.topic_partition
        self._stop_serving(topic, index)
        replicas = self._replicas[topic]
        del replicas[index]
        if not replicas:
            del self._replicas[topic]
            self._names.pop(partition.topic_id, None)

    async def delete(self, topic: str, index: int, log_id: int) -> None:
        """Stop serving the partition and delete its log; nothing happens where there is none."""
        partition = self.replica(topic, index)
        if partition is not None and partition.log.log_id == log_id:
            self._forget(partition)
            if self._groups is not None:
                await self._groups.close_group(log_id)
            partition.close(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        await self.delete_log(log_id)

    async def delete_log(self, log_id: int) -> None:
        """Delete a log whether served or not; nothing happens if there is none."""
        log = self._storage.logs.get(log_id)
        if log is not None:
            await self._storage.delete_log(log)

    def log_ids(self) -> Collection[int]:
        """The logs on disk, without the controller's own."""
        return [log_id for log_id in self._storage.logs if log_id != CONTROLLER_LOG_ID]

    def configure(self, topic: str, config: TopicConfig) -> None:
        """Let the topic's partitions obey `config` from now on."""
        for partition in self._replicas.get(topic, _NO_PARTITIONS).values():
            partition.configure(config)

    def expire_producers(self, older_than_ms: int) -> int:
        """Forget idempotent producers unheard of for `older_than_ms`; returns how many. Call now and then."""
        return sum(partition.expire_producers(older_than_ms) for partition in self)

    def close(self) -> None:
        """Stop serving all partitions; their logs stay. The groups are closed before."""
        for partition in tuple(self):
            partition.close()
        self._topics.clear()
        self._replicas.clear()
        self._names.clear()
