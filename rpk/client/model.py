"""What brokers tell commands, as small records of our own; errors are values in them, ready to show.

Named tuples, for start-up (see `rpk.config.settings`).
"""

from __future__ import annotations

from typing import NamedTuple

from rpk.out.errors import RpkError

TopicPartition = tuple[str, int]
"""(topic, partition index)."""

EARLIEST = -2
LATEST = -1
MAX_TIMESTAMP = -3


class Broker(NamedTuple):
    """A broker as it advertises itself."""

    node_id: int
    host: str
    port: int
    rack: str | None = None

    @property
    def address(self) -> str:
        """`host:port`, brackets around IPv6."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Partition(NamedTuple):
    """One partition in metadata; leader -1 is none; `leader_epoch` -1 is unknown."""

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody calls on a partition
    leader: int
    leader_epoch: int
    replicas: tuple[int, ...]
    in_sync: tuple[int, ...]
    offline: tuple[int, ...]
    error: RpkError | None = None


class Topic(NamedTuple):
    """One topic in metadata; with `error` the rest is empty. `topic_id` is 32 hex digits or empty."""

    name: str
    topic_id: str
    internal: bool
    partitions: tuple[Partition, ...]
    error: RpkError | None = None

    @property
    def replication_factor(self) -> int:
        """Replicas of the first partition, 0 without partitions."""
        return len(self.partitions[0].replicas) if self.partitions else 0


class Metadata(NamedTuple):
    """Brokers by id ascending, topics by name; controller -1 is none."""

    cluster_id: str | None
    controller_id: int
    brokers: tuple[Broker, ...]
    topics: tuple[Topic, ...]

    def topic(self, name: str) -> Topic | None:
        """The topic of that name."""
        return next((topic for topic in self.topics if topic.name == name), None)
