"""What the Admin API shows and may ask of the rooms below: read-only views and a few verbs.

The node fills an `AdminViews`; routes know nothing else. All callables run on the shard's loop thread.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from uuid import UUID

from engine.config.cluster_config import ClusterConfig
from engine.config.property import PropertyValue
from engine.metrics.sources import MetricsSources

KAFKA_NAMESPACE = "kafka"
CONTROLLER_PARTITION = ("redpanda", "controller", 0)


class DrainView(NamedTuple):
    """A broker in maintenance: how far it has handed over its leaderships."""

    draining: bool = False
    finished: bool = False
    errors: bool = False
    partitions: int = 0
    eligible: int = 0
    transferring: int = 0
    failed: int = 0


class DiskView(NamedTuple):
    """The data directory's file system."""

    path: str
    free_bytes: int
    total_bytes: int


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
    leaving: bool = False
    """Being decommissioned."""
    drain: DrainView = DrainView()
    version: str | None = None
    """The engine's version; None: that of the broker asked."""
    disk: DiskView | None = None
    """As it said itself; None: not known."""
    high_disk_usage: bool = False
    config_version: int | None = None
    """The version of the cluster's properties it has; None: that of the broker asked."""
    needs_restart: bool | None = None


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
    previous: tuple[int, ...] = ()
    """Where its replicas come from while it moves; else empty."""
    lagging: tuple[int, ...] = ()
    """Replicas that are down or behind."""


class MoveView(NamedTuple):
    """One partition on its way."""

    namespace: str
    topic: str
    partition: int
    previous: tuple[int, ...]
    current: tuple[int, ...]
    size_bytes: int
    moved_bytes: int

    @property
    def left_bytes(self) -> int:
        """Still to be copied."""
        return max(self.size_bytes - self.moved_bytes, 0)


class MoveResult(NamedTuple):
    """What became of one partition of a request."""

    namespace: str
    topic: str
    partition: int
    error: str | None


class DecommissionView(NamedTuple):
    """How far a broker is on its way out."""

    finished: bool
    replicas_left: int
    moves: tuple[MoveView, ...]
    failures: tuple[str, ...]
    """``ns/topic/partition`` for which there is nowhere to go."""


class BalancerView(NamedTuple):
    """The partition balancer."""

    status: str
    """off, starting, ready, in_progress or stalled."""
    seconds_since_last_tick: int
    reassignments: int
    unavailable_nodes: tuple[int, ...]
    over_disk_limit_nodes: tuple[int, ...]


class ChangeRefused(Exception):
    """The cluster cannot do that, or not now. `status` is the HTTP status to answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class ClusterActions(Protocol):
    """What the Admin API may ask of the cluster. Every call raises `ChangeRefused`."""

    async def set_decommission(self, node_id: int, *, enabled: bool) -> None:
        """Take a broker out of the cluster, or keep it."""

    async def set_maintenance(self, node_id: int, *, enabled: bool) -> None:
        """Have a broker hand over its leaderships, or let it lead again."""

    async def move(self, topic: str, partition: int, replicas: Sequence[int]) -> None:
        """Move a partition's replicas."""

    async def cancel_moves(self, moves: Iterable[MoveView]) -> Sequence[MoveResult]:
        """Send partitions back to where they came from."""

    async def transfer(self, partition: PartitionView, target: int | None) -> None:
        """Hand a leadership to `target`, or to whoever is best."""

    async def rebalance(self) -> None:
        """Have the replicas spread evenly now."""

    def moves(self) -> Sequence[MoveView]:
        """Every partition on its way."""

    def decommission(self, node_id: int) -> DecommissionView:
        """How far the broker is on its way out."""

    def balancer(self) -> BalancerView:
        """How the balancer is."""


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
    actions: ClusterActions | None = None
    """None where there is no cluster to act on (yet)."""
    metrics: MetricsSources
    api_name: Callable[[int], str]
    """A Kafka API key's name, for labels."""
