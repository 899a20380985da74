"""The rooms as metrics and the Admin API see them: adapters from each room's objects to plain samples."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import UUID

from engine.admin.views import (
    KAFKA_NAMESPACE,
    AdminViews,
    BrokerView,
    DiskView,
    DrainView,
    PartitionView,
)
from engine.config.property import PropertyValue
from engine.controller.errors import ControllerError
from engine.controller.gossip import Report
from engine.metrics.sources import (
    ClusterSample,
    DiskSample,
    FlushSample,
    GroupSample,
    MetricsSources,
    PartitionSample,
    TopicSample,
)
from engine.node.cluster_actions import ShardActions, refused
from engine.node.line_writer import STDERR
from engine.node.settings import as_json
from engine.wire.api_keys import ApiKey

if TYPE_CHECKING:
    from engine.node.shard import Shard

ALERT_FINE, ALERT_LOW, ALERT_REFUSING = 0, 1, 2


def api_name(api_key: int) -> str:
    """A Kafka API key's name in lower case, or its number."""
    try:
        return ApiKey(api_key).name.lower()
    except ValueError:
        return str(api_key)


class Observed:
    """One shard's views. Loop thread only."""

    def __init__(self, shard: "Shard", *, version: str, started: float, memory_limit_bytes: int) -> None:
        self._shard = shard
        self._version = version
        self.metrics = MetricsSources(
            kafka=shard.metrics,
            version=version,
            started=started,
            memory_limit_bytes=memory_limit_bytes,
            partitions=self._partition_samples,
            groups=self._group_samples,
            topics=self._topic_samples,
            cluster=self._cluster_sample,
            disk=self._disk_sample,
            flush=lambda: FlushSample(shard.storage.flushes, shard.storage.flushed_bytes),
            log_lines_dropped=lambda: STDERR.dropped,
            aggregate=lambda: shard.cluster.boolean("aggregate_metrics"),
        )

    def admin_views(self) -> AdminViews:
        """What the Admin API works on."""
        shard = self._shard
        return AdminViews(
            node_id=lambda: shard.controller.node_id,
            version=self._version,
            ready=lambda: shard.ready,
            node_config=shard.config.as_flat,
            brokers=self._brokers,
            disk=self._disk,
            cluster_uuid=self._cluster_uuid,
            controller_id=lambda: shard.controller.controller_id,
            partitions=self._partitions,
            cluster_config=shard.cluster,
            set_cluster_config=self._set_cluster_config,
            actions=ShardActions(shard),
            metrics=self.metrics,
            api_name=api_name,
        )

    # ---- for the Admin API

    def _brokers(self) -> Sequence[BrokerView]:
        shard = self._shard
        gossip = shard.cluster_room.gossip
        own = shard.config.advertised_rpc_api
        found = []
        for node_id, broker in sorted(shard.controller.brokers.items()):
            report = gossip.report_of(node_id) or Report()
            rpc = (broker.rpc.host, broker.rpc.port) if broker.rpc is not None else (own.host, own.port)
            disk = DiskView(report.disk_path, report.disk_free_bytes, report.disk_total_bytes)
            found.append(
                BrokerView(
                    node_id=node_id,
                    uuid=broker.host_uuid,
                    rack=broker.rack,
                    rpc_host=rpc[0],
                    rpc_port=rpc[1],
                    cores=report.cores,
                    alive=gossip.alive(node_id),
                    recovery_mode=report.recovery_mode,
                    leaving=broker.draining,
                    drain=self._drain(broker.maintenance, report),
                    version=report.version or None,
                    disk=disk if report.disk_path else None,
                    high_disk_usage=report.under_pressure,
                    config_version=report.config_version,
                    needs_restart=report.needs_restart,
                )
            )
        return found

    @staticmethod
    def _drain(maintenance: bool, report: Report) -> DrainView:  # noqa: FBT001 - private
        if not maintenance:
            return DrainView()
        return DrainView(**{**asdict(report.drain), "draining": True})

    def _cluster_uuid(self) -> UUID | None:
        return self._shard.controller.cluster_uuid if self._shard.ready else None

    def _partitions(self) -> Iterator[PartitionView]:
        controller = self._shard.controller
        for topic in controller.topics.values():
            for item in topic.partitions:
                led = controller.leader_of(item)
                leads = led.node_id >= 0 and controller.alive(led.node_id)
                yield PartitionView(
                    namespace=KAFKA_NAMESPACE,
                    topic=topic.name,
                    partition=item.index,
                    leader=led.node_id if leads else -1,
                    replicas=item.replicas,
                    group=item.log_id,
                    internal=topic.internal,
                    previous=item.previous,
                    lagging=tuple(
                        node
                        for node in item.replicas
                        if not controller.alive(node) or (leads and node not in led.in_sync)
                    ),
                )

    def _disk(self) -> DiskView | None:
        directory = str(self._shard.config.data_directory)
        try:
            found = os.statvfs(directory)
        except OSError:
            return None
        return DiskView(directory, found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)

    async def _set_cluster_config(self, upserts: Mapping[str, PropertyValue], removes: Sequence[str]) -> int:
        try:
            return await self._shard.controller.set_cluster_config(as_json(upserts), removes)
        except ControllerError as error:
            raise refused(error) from error

    # ---- for metrics

    def _partition_samples(self) -> Iterator[PartitionSample]:
        for partition in self._shard.partitions:
            name = partition.topic_partition
            yield PartitionSample(
                namespace=KAFKA_NAMESPACE,
                topic=name.topic,
                partition=name.partition,
                high_watermark=partition.high_watermark,
                log_start_offset=partition.log_start_offset,
                size_bytes=partition.log.size_bytes,
                segments=len(partition.log.segments),
                counters=partition.counters,
            )

    def _group_samples(self) -> Iterator[GroupSample]:
        for group in self._shard.coordinator.group_views():
            yield GroupSample(
                group=group.group_id,
                members=group.members,
                offsets={(at.topic, at.partition): item.offset for at, item in group.offsets.items()},
            )

    def _topic_samples(self) -> Iterator[TopicSample]:
        for topic in self._shard.controller.topics.values():
            yield TopicSample(
                namespace=KAFKA_NAMESPACE,
                topic=topic.name,
                partitions=len(topic.partitions),
                replication_factor=topic.replication_factor,
            )

    def _cluster_sample(self) -> ClusterSample:
        controller = self._shard.controller
        return ClusterSample(
            brokers=len(controller.brokers),
            topics=len(controller.topics),
            partitions=sum(len(topic.partitions) for topic in controller.topics.values()),
            unavailable_partitions=sum(
                controller.leader_of(each).node_id < 0
                for topic in controller.topics.values()
                for each in topic.partitions
            ),
        )

    def _disk_sample(self) -> DiskSample | None:
        disk = self._disk()
        if disk is None:
            return None
        percent = self._shard.cluster.integer("storage_space_alert_free_threshold_percent")
        alert = ALERT_FINE
        if self._shard.storage.full:
            alert = ALERT_REFUSING
        elif disk.free_bytes * 100 < disk.total_bytes * percent:
            alert = ALERT_LOW
        return DiskSample(disk.total_bytes, disk.free_bytes, alert)
