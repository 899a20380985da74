"""What a handler is given besides its request: the rooms below (`Services`) and who is asking.

One `Services` a shard, wired by `engine.node`; one `RequestContext` a cold request.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from engine.kafka.limits import KafkaLimits
from engine.model.ids import NodeId

if TYPE_CHECKING:
    import asyncio

    from engine.base.clock import Clock
    from engine.config.cluster_config import ClusterConfig
    from engine.config.node_config import NodeConfig
    from engine.controller.quorum import Quorum
    from engine.controller.runtime import Controller
    from engine.coordinator.coordinator import GroupCoordinator
    from engine.kafka.dispatch import DispatchTable
    from engine.kafka.fetch_session import FetchSessionCache
    from engine.kafka.throttle import NodeThrottle
    from engine.metrics.kafka import KafkaMetrics
    from engine.partition.delayed_fetch import FetchPurgatory
    from engine.partition.manager import PartitionManager
    from engine.partition.timer_wheel import TimerWheel

ANONYMOUS = "User:ANONYMOUS"
"""The principal of every connection until listeners authenticate."""


class AdvertisedAddress(NamedTuple):
    """Where clients of one listener are told to connect."""

    host: str
    port: int


@dataclass(slots=True, kw_only=True)
class Services:
    """The rooms a handler may call, and this broker's identity. All on the shard's loop thread."""

    loop: "asyncio.AbstractEventLoop"
    clock: "Clock"
    node_id: NodeId
    rack: str | None = None
    advertised: Mapping[str, AdvertisedAddress] = field(default_factory=dict)
    """Listener name → this broker's address for clients of that listener."""
    dispatch: "DispatchTable"
    partitions: "PartitionManager"
    timers: "TimerWheel"
    purgatory: "FetchPurgatory"
    fetch_sessions: "FetchSessionCache"
    controller: "Controller"
    coordinator: "GroupCoordinator"
    cluster_config: "ClusterConfig"
    node_config: "NodeConfig"
    metrics: "KafkaMetrics"
    transfer_leadership: "Callable[[int, int, int | None], Awaitable[str | None]] | None" = None
    """(log id, leader, target) → why not, or None."""
    quorum: "Callable[[], Awaitable[Quorum | None]] | None" = None
    """The controller's group as its leader sees it."""
    limits: KafkaLimits = field(default_factory=KafkaLimits)
    """What the cluster's properties allow; replaced as a whole."""
    throttle: "NodeThrottle | None" = None
    """Set while a throughput limit is."""
    tasks: "set[asyncio.Task[None]]" = field(default_factory=set)
    """Cold requests being served, kept from the garbage collector; cancelled at the end of a drain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """One cold request's surroundings."""

    services: Services
    api_key: int
    api_version: int
    client_id: str | None
    listener: str
    """Name of the listener the client came through; chooses the addresses it is told."""
    client_host: str
    """The peer's address, without port."""
    principal: str = ANONYMOUS

    @property
    def advertised(self) -> AdvertisedAddress:
        """The broker's address as the asking client can reach it."""
        return self.services.advertised[self.listener]
