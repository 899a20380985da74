"""From committed records to partitions: which replicas of this broker to open, delete or configure."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence

from engine.base.errors import OperatingError
from engine.controller.backend import LocalReplica, PartitionBackend
from engine.controller.cluster_config import ClusterConfigChanged
from engine.controller.records import Record
from engine.controller.state import ClusterState
from engine.controller.topics import (
    PartitionMetadata,
    PartitionsAdded,
    ReplicasSet,
    TopicConfigsSet,
    TopicCreated,
    TopicDeleted,
    TopicMetadata,
)
from engine.model.ids import TopicId
from engine.model.topic_config import TopicConfig

logger = logging.getLogger(__name__)


def local_replicas(
    topic: TopicMetadata, partitions: Iterable[PartitionMetadata], node_id: int
) -> list[LocalReplica]:
    """Those of `partitions` that `node_id` holds."""
    return [
        LocalReplica(
            topic=topic.name,
            topic_id=topic.topic_id,
            index=partition.index,
            log_id=partition.log_id,
            leader_epoch=partition.leader_epoch,
            voters=_voters(partition, node_id),
            preferred=partition.replicas[0],
        )
        for partition in partitions
        if node_id in partition.holders
    ]


def _voters(partition: PartitionMetadata, node_id: int) -> tuple[int, ...] | None:
    """Who the partition's group began with, as far as this replica needs to know if it has nothing on disk yet."""
    if not partition.previous:
        return None if partition.replicas == (node_id,) else partition.replicas
    return partition.previous if node_id in partition.previous else ()


class Effects:
    """Carries committed records out on this broker. Called by the runtime only, one record at a time."""

    def __init__(
        self,
        *,
        state: ClusterState,
        backend: PartitionBackend,
        node_id: int,
        properties: Callable[[], Mapping[str, object]],
    ) -> None:
        self._state = state
        self._backend = backend
        self._node_id = node_id
        self._properties = properties
        self.unready: set[int] = set()
        """Log ids of committed partitions this broker does not serve (yet)."""

    def topic_config(self, topic: TopicMetadata) -> TopicConfig:
        """The topic's effective configs now."""
        return TopicConfig.resolve(topic.configs, self._properties())

    def announce(self, record: Record) -> None:
        """Mark what `record` adds as not served yet; before `carry_out`, in the same step as the replay."""
        match record:
            case TopicCreated() | PartitionsAdded():
                self.unready.update(
                    item.log_id for item in record.partitions if self._node_id in item.holders
                )

    async def carry_out(self, record: Record, before: TopicMetadata | None) -> str | None:
        """Make this broker follow `record`; why it could not, or None. `before`: the topic a deletion ended."""
        match record:
            case TopicCreated() | PartitionsAdded():
                topic = self._state.topics.by_id.get(TopicId(record.topic_id))
                return await self._open(topic, record.partitions) if topic is not None else None
            case TopicDeleted() if before is not None:
                return await self._delete(before)
            case ReplicasSet():
                return await self._place(self._state.topics.by_id.get(TopicId(record.topic_id)), record)
            case TopicConfigsSet() if topic := self._state.topics.by_id.get(TopicId(record.topic_id)):
                self._backend.configure_topic(topic.name, self.topic_config(topic))
            case ClusterConfigChanged():
                for topic in self._state.topics.by_name.values():
                    self._backend.configure_topic(topic.name, self.topic_config(topic))
        return None

    async def _open(self, topic: TopicMetadata, partitions: Sequence[PartitionMetadata]) -> str | None:
        config = self.topic_config(topic)
        for replica in local_replicas(topic, partitions, self._node_id):
            try:
                await self._backend.open_partition(replica, config)
            except (OperatingError, OSError) as error:
                logger.error("cannot open %s/%d: %s", replica.topic, replica.index, error)
                return f"partition {replica.index} could not be opened: {error}"
            self.unready.discard(replica.log_id)
        return None

    async def _place(self, topic: TopicMetadata | None, record: ReplicasSet) -> str | None:
        """Open what comes here, delete what has left."""
        if topic is None:
            return None  # deleted since
        touched = [
            topic.partitions[index] for index, _, _ in record.partitions if index < len(topic.partitions)
        ]
        failure = await self._open(topic, touched)
        for partition in touched:
            if self._node_id not in partition.holders:
                self.unready.discard(partition.log_id)
                failure = await self._delete_one(topic, partition) or failure
        return failure

    async def _delete_one(self, topic: TopicMetadata, partition: PartitionMetadata) -> str | None:
        replica = LocalReplica(
            topic=topic.name,
            topic_id=topic.topic_id,
            index=partition.index,
            log_id=partition.log_id,
            leader_epoch=partition.leader_epoch,
        )
        try:
            await self._backend.delete_partition(replica)
        except (OperatingError, OSError) as error:
            logger.error("cannot delete %s/%d: %s", replica.topic, replica.index, error)
            return f"partition {replica.index}'s log could not be deleted now: {error}"
        return None

    async def _delete(self, topic: TopicMetadata) -> str | None:
        failure = None
        for replica in local_replicas(topic, topic.partitions, self._node_id):
            self.unready.discard(replica.log_id)
            try:
                await self._backend.delete_partition(replica)
            except (OperatingError, OSError) as error:
                logger.error("cannot delete %s/%d: %s", replica.topic, replica.index, error)
                failure = f"partition {replica.index}'s log could not be deleted now: {error}"
        return failure

    async def reconcile(self) -> None:
        """At start: open every partition this broker holds, delete logs whose partition is gone.

        A partition that does not open is logged and left unready; the others are served.
        """
        wanted: set[int] = set()
        for topic in list(self._state.topics.by_name.values()):
            config = self.topic_config(topic)
            for replica in local_replicas(topic, topic.partitions, self._node_id):
                wanted.add(replica.log_id)
                try:
                    await self._backend.open_partition(replica, config)
                except (OperatingError, OSError) as error:
                    self.unready.add(replica.log_id)
                    logger.error("cannot open %s/%d: %s", replica.topic, replica.index, error)
        for log_id in sorted(set(self._backend.log_ids()) - wanted):
            logger.warning("deleting log %d: no partition claims it", log_id)
            try:
                await self._backend.delete_log(log_id)
            except (OperatingError, OSError) as error:
                logger.error("cannot delete log %d: %s", log_id, error)
