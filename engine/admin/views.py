"""What the Admin API shows and may ask of the rooms below: read-only views and a few verbs.

The node fills an `AdminViews`; routes know nothing else. All callables run on the shard's loop thread.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from engine.config.cluster_config import ClusterConfig
from engine.config.property import PropertyValue
from engine.metrics.sources import MetricsSources

KAFKA_NAMESPACE = "kafka"
CONTROLLER_PARTITION = ("redpanda", "controller", 0)


class BrokerView(NamedTuple):
    """One broker of the cluster."""

    node_id: int
    uuid: UUID
    rack: str | None
    rpc_host: str
    rpc_port: int
    cores: int
    alive: bool
    recovery_mode: bool


class DiskView(NamedTuple):
    """The data directory's file system."""

    path: str
    free_bytes: int
    total_bytes: int


class PartitionView(NamedTuple):
    """One partition of the cluster."""

    namespace: str
    topic: str
    partition: int
    leader: int
    """Node id; -1 while there is none."""
    replicas: tuple[int, ...]
    group: int
    """Raft group id."""
    internal: bool


class ChangeRefused(Exception):
    """The controller cannot change the cluster's properties now. `status` is the HTTP status to answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminViews:
    """One shard's state as the Admin API sees it."""

    node_id: Callable[[], int]
    version: str
    """This engine's version, such as ``0.1.0``."""
    ready: Callable[[], bool]
    node_config: Callable[[], Mapping[str, object]]
    brokers: Callable[[], Sequence[BrokerView]]
    disk: Callable[[], DiskView | None]
    cluster_uuid: Callable[[], UUID | None]
    controller_id: Callable[[], int]
    """Node id of the controller's leader, -1 while there is none."""
    partitions: Callable[[], Iterable[PartitionView]]
    cluster_config: ClusterConfig
    set_cluster_config: Callable[[Mapping[str, PropertyValue], Sequence[str]], Awaitable[int]]
    """(typed upserts, removes) → version after the change. Raises `ChangeRefused`."""
    metrics: MetricsSources
    api_name: Callable[[int], str]
    """A Kafka API key's name, for labels."""
