"""The data path alone: net, kafka, partition and storage, with topics made by the test. No controller, no groups."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from engine.base.clock import SystemClock
from engine.kafka.connection import KafkaConnection
from engine.kafka.context import AdvertisedAddress, RequestContext, Services
from engine.kafka.dispatch import ColdApi, DispatchTable
from engine.kafka.fetch_session import FetchSessionCache
from engine.kafka.handlers import (
    api_versions,
    delete_records,
    fetch,
    list_offsets,
    offset_for_leader_epoch,
    produce,
)
from engine.metrics.kafka import KafkaMetrics
from engine.model.ids import NodeId
from engine.model.topic_config import TopicConfig
from engine.net.limits import NetLimits
from engine.net.server import Listener, Server
from engine.net.shared import NetShared
from engine.partition.delayed_fetch import FetchPurgatory
from engine.partition.manager import PartitionManager
from engine.partition.timer_wheel import TimerWheel
from engine.storage.config import StorageConfig
from engine.storage.storage import Storage
from engine.wire.api_keys import ApiKey

NAMESPACE = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")


async def _metadata(request: Any, context: RequestContext) -> Mapping[str, object]:
    services = context.services
    host, port = services.advertised[context.listener]
    names = (
        sorted({partition.topic_partition.topic for partition in services.partitions})
        if request.topics is None
        else [topic.name for topic in request.topics]
    )
    return {
        "brokers": [{"node_id": 1, "host": host, "port": port, "rack": None}],
        "cluster_id": "bare",
        "controller_id": 1,
        "topics": [
            {
                "error_code": 0 if services.partitions.of_topic(name) else 3,
                "name": name,
                "topic_id": services.partitions.topic_id(name) or UUID(int=0),
                "is_internal": False,
                "partitions": [
                    {
                        "error_code": 0,
                        "partition_index": partition.topic_partition.partition,
                        "leader_id": 1,
                        "leader_epoch": partition.leader_epoch,
                        "replica_nodes": [1],
                        "isr_nodes": [1],
                        "offline_replicas": [],
                    }
                    for partition in services.partitions.of_topic(name)
                ],
            }
            for name in names
        ],
    }


_next_producer_id = iter(range(1, 1 << 30))


async def _init_producer_id(request: Any, context: RequestContext) -> Mapping[str, object]:
    return {"error_code": 0, "producer_id": next(_next_producer_id), "producer_epoch": 0}


class BareEngine:
    """One shard of the data path on a free port of the loopback interface."""

    def __init__(self, directory: Path, limits: NetLimits | None = None) -> None:
        self.directory = directory
        self.limits = limits or NetLimits()
        self.storage: Storage
        self.services: Services
        self.server: Server
        self.shared: NetShared
        self.port = 0

    async def start(self) -> "BareEngine":
        loop = asyncio.get_running_loop()
        clock = SystemClock()
        self.storage = await Storage.open(self.directory, config=StorageConfig(), clock=clock, loop=loop)
        timers = TimerWheel(loop)
        self.services = Services(
            loop=loop,
            clock=clock,
            node_id=NodeId(1),
            dispatch=DispatchTable(
                [
                    api_versions.API,
                    delete_records.API,
                    fetch.API,
                    list_offsets.API,
                    offset_for_leader_epoch.API,
                    produce.API,
                    ColdApi(key=ApiKey.METADATA, versions=(0, 12), handle=_metadata),
                    ColdApi(key=ApiKey.INIT_PRODUCER_ID, versions=(0, 4), handle=_init_producer_id),
                ]
            ),
            partitions=PartitionManager(self.storage, clock),
            timers=timers,
            purgatory=FetchPurgatory(loop, timers),
            fetch_sessions=FetchSessionCache(clock.monotonic),
            metrics=KafkaMetrics(),
            controller=None,
            coordinator=None,
            cluster_config=None,
            node_config=None,
        )
        self.shared = NetShared(loop, self.limits)
        self.server = Server(
            self.shared,
            lambda listener, shared, owner: KafkaConnection(listener, shared, owner, self.services),
        )
        await self.server.start([Listener(name="internal", host="127.0.0.1", port=0)])
        self.port = self.server.addresses["internal"][1]
        self.services.advertised = {"internal": AdvertisedAddress("127.0.0.1", self.port)}
        return self

    async def topic(self, name: str, partitions: int = 1, config: TopicConfig | None = None) -> UUID:
        topic_id = uuid5(NAMESPACE, name)
        first = max(self.storage.logs, default=0) + 1
        for index in range(partitions):
            await self.services.partitions.open(
                name,
                index,
                topic_id=topic_id,
                log_id=first + index,
                leader_epoch=0,
                config=config or TopicConfig(),
            )
        return topic_id

    async def stop(self) -> None:
        self.services.purgatory.finish_all()
        await self.server.drain(1.0)
        self.services.partitions.close()
        await self.storage.close()
