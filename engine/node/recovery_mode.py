"""Recovery mode: metadata is served, users' partitions stay closed, nothing of theirs is touched."""

from engine.base.errors import OperatingError
from engine.controller.backend import LocalReplica
from engine.controller.partition_room import PartitionRoom
from engine.model.topic_config import TopicConfig
from engine.model.topic_name import is_internal


class PartitionClosed(OperatingError):
    """The partition stays closed while the node is in recovery mode."""


class RecoveryModeRoom(PartitionRoom):
    """The partition backend of a node in recovery mode."""

    async def open_partition(self, replica: LocalReplica, config: TopicConfig) -> None:
        """Open internal partitions only."""
        if not is_internal(replica.topic):
            raise PartitionClosed("the node is in recovery mode")
        await super().open_partition(replica, config)
