"""All partitions of one shard: found by topic name or id, opened and closed as the controller decides."""

import logging
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from engine.base.clock import Clock
from engine.model.ids import LeaderEpoch, TopicPartition
from engine.model.topic_config import TopicConfig
from engine.partition.partition import Partition
from engine.partition.recovery import restore_producers
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.storage.storage import Storage

CONTROLLER_LOG_ID = 0
_NO_PARTITIONS: dict[int, Partition] = {}

_logger = logging.getLogger("engine.partition")


class PartitionManager:
    """Owns the shard's `Partition`s. Loop thread only. Every opening and deleting call may be repeated."""

    def __init__(self, storage: "Storage", clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._topics: dict[str, dict[int, Partition]] = {}
        self._names: dict[UUID, str] = {}

    def get(self, topic: str, index: int) -> Partition | None:
        """The partition, if this shard leads it."""
        return self._topics.get(topic, _NO_PARTITIONS).get(index)

    def served(self, topic: str) -> dict[int, Partition]:
        """The topic's partitions that this shard leads, by index; not to be changed."""
        return self._topics.get(topic, _NO_PARTITIONS)

    def topic_name(self, topic_id: UUID) -> str | None:
        """The topic with this id, if this shard has a partition of it."""
        return self._names.get(topic_id)

    def topic_id(self, topic: str) -> UUID | None:
        """The id of a topic of which this shard has a partition."""
        for partition in self._topics.get(topic, _NO_PARTITIONS).values():
            return partition.topic_id
        return None

    def of_topic(self, topic: str) -> list[Partition]:
        """Its partitions on this shard, by index."""
        found = self._topics.get(topic, _NO_PARTITIONS)
        return [found[index] for index in sorted(found)]

    def __iter__(self) -> Iterator[Partition]:
        for partitions in self._topics.values():
            yield from partitions.values()

    def __len__(self) -> int:
        return sum(len(partitions) for partitions in self._topics.values())

    async def open(
        self,
        topic: str,
        index: int,
        *,
        topic_id: UUID,
        log_id: int,
        leader_epoch: int,
        config: TopicConfig,
    ) -> Partition:
        """Serve a partition on its log, making an empty one if there is none.

        Raises `engine.storage.errors.StorageError` or `OSError`.
        """
        partition = self.get(topic, index)
        if partition is not None and partition.log.log_id == log_id:
            partition.leader_epoch = LeaderEpoch(max(leader_epoch, partition.leader_epoch))
            partition.configure(config)
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
        )
        self._topics.setdefault(topic, {})[index] = partition
        self._names[topic_id] = topic
        return partition

    async def delete(self, topic: str, index: int, log_id: int) -> None:
        """Stop serving the partition and delete its log; nothing happens where there is none."""
        partition = self.get(topic, index)
        if partition is not None and partition.log.log_id == log_id:
            partitions = self._topics[topic]
            del partitions[index]
            if not partitions:
                del self._topics[topic]
                self._names.pop(partition.topic_id, None)
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
        for partition in self._topics.get(topic, _NO_PARTITIONS).values():
            partition.configure(config)

    def expire_producers(self, older_than_ms: int) -> int:
        """Forget idempotent producers unheard of for `older_than_ms`; returns how many. Call now and then."""
        return sum(partition.expire_producers(older_than_ms) for partition in self)

    def close(self) -> None:
        """Stop serving all partitions; their logs stay."""
        for partition in tuple(self):
            partition.close()
        self._topics.clear()
        self._names.clear()
