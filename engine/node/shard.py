"""One shard: builds the rooms bottom-up, connects them, stops them top-down.

Order: data directory → storage (recovery) → partitions → controller (replay, registration) → coordinator → Kafka
listeners → ready → Admin API's library, later. Lives on its own event loop; everything below runs on that thread.
"""

import asyncio
import logging
import socket
from collections.abc import Mapping, Sequence
from functools import partial

from engine.admin.server import AdminListener, AdminServer
from engine.base.clock import SystemClock
from engine.base.errors import InvariantError
from engine.config.cluster_config import ClusterConfig
from engine.config.first_start import DEV_CONTAINER, first_start_properties
from engine.config.node_config import NodeConfig
from engine.config.property import PropertyValue
from engine.controller.gossip import Report
from engine.controller.partition_room import PartitionRoom
from engine.controller.runtime import Controller
from engine.controller.topics import TopicMetadata
from engine.coordinator.coordinator import GroupCoordinator
from engine.coordinator.offsets_topic import ControllerOffsetsTopic
from engine.coordinator.ports import RecordLog as OffsetsLog
from engine.kafka.connection import KafkaConnection
from engine.kafka.context import AdvertisedAddress, Services
from engine.kafka.dispatch import ColdApi, load_handlers
from engine.kafka.fetch_session import FetchSessionCache
from engine.kafka.throttle import make_throttle
from engine.metrics.kafka import KafkaMetrics
from engine.model.ids import NO_NODE, TopicPartition
from engine.model.topic_name import CONSUMER_OFFSETS
from engine.net.connection import ConnectionOwner, FrameConnection
from engine.net.server import Listener, Server
from engine.net.shared import NetShared
from engine.node.arguments import Arguments
from engine.node.cluster import Cluster, disk_report
from engine.node.config_cache import read_cache, write_cache
from engine.node.housekeeping import Housekeeping
from engine.node.identity import host_uuid
from engine.node.memory import MemoryPlan
from engine.node.observed import Observed
from engine.node.recovery_mode import RecoveryModeRoom
from engine.node.settings import as_json, group_config, kafka_limits, net_limits, storage_config
from engine.node.tls import tls_context
from engine.node.version import VERSION
from engine.partition.delayed_fetch import FetchPurgatory
from engine.partition.manager import PartitionManager
from engine.partition.partition import Partition
from engine.partition.record_log import RecordLog
from engine.partition.timer_wheel import TimerWheel
from engine.storage.disk import Disk
from engine.storage.storage import Storage
from engine.wire import cold

logger = logging.getLogger(__name__)

DRAIN_SECONDS_MAX = 10.0
WARM_EVERY_S = 0.05


class Shard:
    """See the module. `start` it once, `stop` it once. Room attributes exist from `start` on."""

    storage: Storage
    cluster_room: Cluster
    partitions: PartitionManager
    controller: Controller
    coordinator: GroupCoordinator

    def __init__(
        self, config: NodeConfig, arguments: Arguments, *, memory: MemoryPlan, disk: Disk, started: float
    ) -> None:
        self.config = config
        self.cluster = ClusterConfig()
        self.metrics = KafkaMetrics()
        self.ready = False
        self.failed: asyncio.Future[Exception] | None = None
        """Done when the shard cannot go on."""
        self._arguments = arguments
        self._memory = memory
        self._disk = disk
        self._started = started
        self._clock = SystemClock()
        self._services: Services | None = None
        self._net: NetShared | None = None
        self._server: Server | None = None
        self._admin: AdminServer | None = None
        self._housekeeping: Housekeeping | None = None

    # ---- starting

    async def start(self) -> None:
        """Build everything and serve. Raises `OperatingError` or OSError; then call `stop` all the same."""
        loop = asyncio.get_running_loop()
        self.failed = loop.create_future()
        loop.set_exception_handler(self._loop_exception)
        first_start = self._first_start_properties()
        cached = read_cache(self.config.data_directory)
        self.cluster.replace(first_start if cached is None else cached, 0)
        listeners = self._kafka_listeners()
        self._bind_admin()
        self.storage = await Storage.open(
            self.config.data_directory,
            config=storage_config(self.cluster, self._memory),
            clock=self._clock,
            loop=loop,
            disk=self._disk,
        )
        await self._start_controller(loop, first_start)
        self._start_coordinator(loop)
        await self._start_kafka(loop, listeners)
        self._housekeeping = Housekeeping(
            storage=self.storage, partitions=self.partitions, cluster=self.cluster
        )
        self._housekeeping.start()
        self.ready = True
        self._warm_codecs(loop)
        if self._admin is not None:
            self._admin.serve_lazily()

    def _warm_codecs(self, loop: asyncio.AbstractEventLoop) -> None:
        """Make the cold codecs one by one in the first seconds, so that no client waits for one."""
        if self._services is None:
            return
        cold_apis = [api for api in self._services.dispatch.apis if isinstance(api, ColdApi)]
        for place, api in enumerate(cold_apis):
            loop.call_later(WARM_EVERY_S * (place + 1), cold.warm, (api.key,))

    def _first_start_properties(self) -> dict[str, PropertyValue]:
        found = dict(DEV_CONTAINER) if self._arguments.mode == "dev-container" else {}
        return found | first_start_properties(self.config)

    async def _start_controller(
        self, loop: asyncio.AbstractEventLoop, first_start: Mapping[str, PropertyValue]
    ) -> None:
        cluster = self.cluster_room = Cluster(
            self.config,
            host_uuid=host_uuid(self._disk, self.config.data_directory),
            host=socket.gethostname(),
            storage=self.storage,
            disk=self._disk,
            clock=self._clock,
            properties=lambda: self.cluster.values,
            report=self._report,
            room=RecoveryModeRoom if self.config.recovery_mode_enabled else PartitionRoom,
        )
        await cluster.build(self.config.data_directory)
        self.partitions = cluster.partitions
        self.controller = cluster.controller
        self.controller.on_cluster_config.append(self._cluster_config_changed)
        self.controller.on_topics_deleted.append(self._topics_deleted)
        self.controller.on_failure = self._fail
        await cluster.start()
        is_new = not self.controller.cluster_config_version and not self.controller.topics
        if is_new and first_start and self.controller.leading:
            await self.controller.set_cluster_config(as_json(first_start))
        elif not self.controller.cluster_config_version:
            # What the cache or the node file said is not what the cluster was told.
            self.cluster.replace({}, 0)
        self.cluster.mark_started()

    def _start_coordinator(self, loop: asyncio.AbstractEventLoop) -> None:
        def open_log(name: TopicPartition) -> OffsetsLog | None:
            partition = self.partitions.get(name.topic, name.partition)
            return None if partition is None else RecordLog(partition, self._clock, loop)

        self.coordinator = GroupCoordinator(
            topic=ControllerOffsetsTopic(self.controller, open_log),
            config=group_config(self.cluster),
            clock=self._clock,
            known_topics=lambda: self.controller.topics.keys(),
        )
        self.coordinator.on_failure = self._fail
        self.partitions.on_leadership.append(self._partition_leadership)
        self.coordinator.start()

    async def _start_kafka(self, loop: asyncio.AbstractEventLoop, listeners: list[Listener]) -> None:
        timers = TimerWheel(loop)
        services = self._services = Services(
            loop=loop,
            clock=self._clock,
            node_id=self.controller.node_id,
            rack=self.config.rack,
            dispatch=load_handlers(),
            partitions=self.partitions,
            timers=timers,
            purgatory=FetchPurgatory(loop, timers),
            fetch_sessions=FetchSessionCache(self._clock.monotonic),
            controller=self.controller,
            coordinator=self.coordinator,
            cluster_config=self.cluster,
            node_config=self.config,
            metrics=self.metrics,
        )
        self._apply_kafka_limits()

        def connect(name: str, shared: NetShared, owner: ConnectionOwner) -> FrameConnection:
            return KafkaConnection(name, shared, owner, services)

        self._net = NetShared(loop, net_limits(self.cluster, self._memory))
        self._server = Server(self._net, connect)
        await self._server.start(listeners)
        bound = self._server.addresses
        services.advertised = {
            entry.name: AdvertisedAddress(entry.address.host, entry.address.port or bound[entry.name][1])
            for entry in self.config.advertised_kafka_api
        }

    def _kafka_listeners(self) -> list[Listener]:
        return [
            Listener(
                name=entry.name,
                host=entry.address.host,
                port=entry.address.port,
                tls=tls_context(
                    self.config.kafka_api_tls,
                    entry.name,
                    file=self.config.file,
                    key="redpanda.kafka_api_tls",
                    minimum=str(self.cluster.get("tls_min_version")),
                ),
            )
            for entry in self.config.kafka_api
        ]

    def _bind_admin(self) -> None:
        views = Observed(
            self, version=VERSION, started=self._started, memory_limit_bytes=self._memory.limit_bytes
        ).admin_views()
        self._admin = AdminServer(views)
        self._admin.bind(
            [
                AdminListener(
                    name=entry.name,
                    host=entry.address.host,
                    port=entry.address.port,
                    tls=tls_context(
                        self.config.admin_api_tls,
                        entry.name,
                        file=self.config.file,
                        key="redpanda.admin_api_tls",
                        minimum=str(self.cluster.get("tls_min_version")),
                    ),
                )
                for entry in self.config.admin
            ]
        )

    # ---- while it runs

    @property
    def node_id(self) -> int:
        """The broker's id; -1 before the controller runs."""
        return self.controller.node_id if hasattr(self, "controller") else NO_NODE

    @property
    def kafka_addresses(self) -> list[tuple[str, int]]:
        """Bound Kafka listeners, in the order of the node file."""
        bound = self._server.addresses if self._server is not None else {}
        return [bound[entry.name] for entry in self.config.kafka_api if entry.name in bound]

    @property
    def admin_addresses(self) -> list[tuple[str, int]]:
        """Bound Admin API listeners."""
        return self._admin.addresses if self._admin is not None else []

    def _cluster_config_changed(self, overrides: Mapping[str, object], properties_version: int) -> None:
        self.cluster.replace(overrides, properties_version)
        for name in self.cluster.invalid:
            logger.warning(
                "the cluster property %s has a value this version does not take; its default holds", name
            )
        kept = dict(overrides)
        write = partial(write_cache, self._disk, self.config.data_directory, kept, properties_version)
        self.storage.spawn(lambda: self.storage.in_background(write))
        self.storage.config = storage_config(self.cluster, self._memory)
        if hasattr(self, "coordinator"):
            self.coordinator.configure(group_config(self.cluster))
        if self._net is not None:
            self._net.limits = net_limits(self.cluster, self._memory)
        self._apply_kafka_limits()

    def _apply_kafka_limits(self) -> None:
        services, limits = self._services, kafka_limits(self.cluster)
        if services is not None and services.limits != limits:
            services.limits = limits
            services.throttle = make_throttle(limits, self._clock.monotonic())

    def _topics_deleted(self, topics: Sequence[TopicMetadata]) -> None:
        if hasattr(self, "coordinator"):
            self.coordinator.topics_deleted([topic.name for topic in topics])

    def _partition_leadership(self, partition: Partition) -> None:
        topic, index = partition.topic_partition
        if topic == CONSUMER_OFFSETS:
            self.coordinator.leadership_changed(index, leads=partition.leads)

    def _report(self) -> Report:
        free_bytes, total_bytes = disk_report(self.config.data_directory)
        return Report(
            version=VERSION,
            cores=1,
            recovery_mode=self.config.recovery_mode_enabled,
            disk_path=str(self.config.data_directory),
            disk_free_bytes=free_bytes,
            disk_total_bytes=total_bytes,
            config_version=self.cluster.version,
            needs_restart=self.cluster.needs_restart,
            under_pressure=free_bytes < self.cluster.integer("storage_min_free_bytes"),
        )

    def _fail(self, error: Exception) -> None:
        if self.failed is not None and not self.failed.done():
            self.failed.set_result(error)

    def _loop_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        if isinstance(error, InvariantError):
            self._fail(error)
        if isinstance(error, BaseException):
            logger.error("%s", context.get("message"), exc_info=error)
        else:
            loop.default_exception_handler(context)

    # ---- stopping

    async def stop(self) -> bool:
        """Stop accepting, finish what is in flight, close the log; whether everything ended in order."""
        self.ready = False
        steps = [
            ("leaderships", self._resign),
            ("Kafka listeners", self._stop_kafka),
            ("Admin API", self._stop_admin),
            ("housekeeping", self._stop_housekeeping),
            ("coordinator", self._stop_coordinator),
            ("controller", self._stop_controller),
            ("storage", self._stop_storage),
        ]
        clean = True
        for name, step in steps:
            try:
                await step()
            except Exception:
                logger.exception("stopping the %s failed", name)
                clean = False
        return clean

    async def _stop_kafka(self) -> None:
        if self._server is None:
            return
        drain = asyncio.ensure_future(self._server.drain(DRAIN_SECONDS_MAX))
        await asyncio.sleep(0)
        # What waits for others is answered now, or the drain would wait for it too.
        if self._services is not None:
            self._services.purgatory.finish_all()
        if hasattr(self, "coordinator"):
            await self.coordinator.close()
        await drain
        services = self._services
        if services is not None:
            for task in tuple(services.tasks):
                task.cancel()
            if services.tasks:
                await asyncio.wait(tuple(services.tasks), timeout=1)

    async def _stop_admin(self) -> None:
        if self._admin is not None:
            await self._admin.stop(2.0)

    async def _stop_housekeeping(self) -> None:
        if self._housekeeping is not None:
            await self._housekeeping.stop()

    async def _stop_coordinator(self) -> None:
        if hasattr(self, "coordinator"):
            await self.coordinator.close()

    async def _resign(self) -> None:
        if hasattr(self, "cluster_room"):
            await self.cluster_room.resign()

    async def _stop_controller(self) -> None:
        if hasattr(self, "cluster_room"):
            await self.cluster_room.stop_controller()
            await self.cluster_room.stop_groups()

    async def _stop_storage(self) -> None:
        if hasattr(self, "storage"):
            await self.storage.close()
