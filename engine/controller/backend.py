"""What the controller asks of the partition room once a decision is committed."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from engine.model.topic_config import TopicConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalReplica:
    """One partition this broker holds a replica of."""

    topic: str
    topic_id: UUID
    index: int
    log_id: int
    leader_epoch: int
    voters: tuple[int, ...] | None = None
    """Nodes the partition's group began with, this one among them; empty for a replica that joins a group that is
    there already; None: this is the only replica."""
    preferred: int = -1
    """Node id of the preferred leader."""


class PartitionBackend(Protocol):
    """Makes the broker's partitions be what the cluster's state says. Every call may be repeated.

    Calls raise an `OperatingError` or OSError when the disk says no.
    """

    async def open_partition(self, replica: LocalReplica, config: TopicConfig) -> None:
        """Serve the partition, on its existing log if there is one, else on a new empty one."""
        ...

    async def delete_partition(self, replica: LocalReplica) -> None:
        """Stop serving it and delete its log. Nothing happens if there is none."""
        ...

    def configure_topic(self, topic: str, config: TopicConfig) -> None:
        """Let the topic's open partitions obey `config` from now on."""
        ...

    def log_ids(self) -> Collection[int]:
        """The logs there are on disk, whether served or not, without the controller's own (0)."""
        ...

    async def delete_log(self, log_id: int) -> None:
        """Delete a log that no partition claims: its topic was deleted just before a crash."""
        ...
