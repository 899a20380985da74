"""Handlers of topics, configs, cluster and producer ids: through the real codec, over a real controller and disk."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest

from engine.base.clock import SystemClock
from engine.config.address import Address, Listener
from engine.config.cluster_config import ClusterConfig
from engine.controller.brokers import Endpoint
from engine.controller.partition_room import PartitionRoom, open_controller_log
from engine.controller.runtime import Controller
from engine.kafka import authorized_operations
from engine.kafka.context import AdvertisedAddress, RequestContext
from engine.kafka.dispatch import ColdApi, load_handlers
from engine.model.ids import NodeId
from engine.partition.manager import PartitionManager
from engine.storage.config import StorageConfig
from engine.storage.storage import Storage
from engine.wire import cold
from engine.wire.api_keys import ApiKey
from engine.wire.record_batch import build_batch
from tests.support.waiting import WAIT_SECONDS_MAX

TABLE = load_handlers()


class World:
    """One broker without its sockets; `ask` is a client's round trip through the codec."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    async def start(self) -> "World":
        loop = asyncio.get_running_loop()
        clock = SystemClock()
        self.storage = await Storage.open(
            self.directory, config=StorageConfig(compaction_in_process=False), clock=clock, loop=loop
        )
        self.partitions = PartitionManager(self.storage, clock)
        self.config = ClusterConfig()
        self.controller = Controller(
            log=open_controller_log(self.storage, clock, loop),
            backend=PartitionRoom(self.partitions),
            properties=lambda: self.config.values,
        )
        self.controller.on_cluster_config.append(self.config.replace)
        await self.controller.start(
            host_uuid=UUID(int=9),
            node_id=None,
            host="h",
            rack="r1",
            endpoints=[
                Endpoint(name="inside", host="10.0.0.1", port=1),
                Endpoint(name="out", host="x", port=2),
            ],
        )
        self.services = SimpleNamespace(
            loop=loop,
            clock=clock,
            node_id=NodeId(0),
            controller=self.controller,
            partitions=self.partitions,
            cluster_config=self.config,
            advertised={
                "inside": AdvertisedAddress("10.0.0.1", 9092),
                "out": AdvertisedAddress("example", 80),
            },
            node_config=SimpleNamespace(
                data_directory=self.directory,
                kafka_api=(
                    Listener(name="", address=Address(host="0.0.0.0", port=9092)),
                    Listener(name="out", address=Address(host="0.0.0.0", port=80)),
                ),
            ),
            tasks=set(),
        )
        return self

    async def stop(self) -> None:
        await self.controller.close()
        self.partitions.close()
        await self.storage.close()

    async def ask(self, key: ApiKey, version: int, listener: str = "inside", **request: object):
        body = cold.encode_request(key, version, request)
        api = TABLE.find(key)
        assert api.versions[0] <= version <= api.versions[1]
        if isinstance(api, ColdApi):
            context = RequestContext(
                services=self.services,
                api_key=key,
                api_version=version,
                client_id="c",
                listener=listener,
                client_host="127.0.0.1",
            )
            answer = await api.handle(cold.decode_request(key, version, body), context)
            encoded = cold.encode_response(key, version, answer)
        else:
            done = asyncio.get_running_loop().create_future()
            call = SimpleNamespace(
                services=self.services,
                connection=SimpleNamespace(listener=listener),
                frame=bytearray(b"head" + body),
                body_at=4,
                api_version=version,
                respond_body=done.set_result,
                close=lambda reason: done.set_exception(AssertionError(reason)),
            )
            api.handle(call)
            encoded = await asyncio.wait_for(done, WAIT_SECONDS_MAX)
        return cold.decode_response(key, version, encoded)

    async def create(self, *names: str, version: int = 7, **fields: object):
        topic = {"num_partitions": 1, "replication_factor": 1, "assignments": [], "configs": [], **fields}
        return (
            await self.ask(
                ApiKey.CREATE_TOPICS,
                version,
                topics=[{"name": name, **topic} for name in names],
                timeout_ms=5000,
                validate_only=False,
            )
        ).topics


@pytest.fixture
def world(tmp_path) -> Iterator[object]:
    """Runs a scenario, a coroutine function of one World, on a fresh broker."""

    def run(scenario):
        async def go():
            broker = await World(tmp_path).start()
            try:
                await scenario(broker)
            finally:
                await broker.stop()

        asyncio.run(asyncio.wait_for(go(), WAIT_SECONDS_MAX))

    return run


def entry(result, name):
    found = [config for config in result.configs if config.name == name]
    assert len(found) == 1, name
    return found[0]


@pytest.mark.parametrize("version", range(2, 8))
def test_create_topics_every_version(world, version):
    async def scenario(w):
        (ok,) = await w.create(
            "a", version=version, num_partitions=3, configs=[{"name": "retention.ms", "value": "5"}]
        )
        (again,) = await w.create("a", version=version)
        assert (ok.name, ok.error_code) == ("a", 0)
        assert again.error_code == 36
        assert "already exists" in again.error_message
        if version >= 4:
            (default,) = await w.create("b", version=version, num_partitions=-1, replication_factor=-1)
            assert default.error_code == 0
        if version >= 5:
            assert (ok.num_partitions, ok.replication_factor) == (3, 1)
            assert entry(ok, "retention.ms").value == "5"
            assert entry(ok, "retention.ms").config_source == 1
            assert entry(ok, "cleanup.policy").config_source == 5
            assert (again.num_partitions, again.replication_factor) == (-1, -1)
        if version >= 7:
            assert ok.topic_id == w.controller.topics["a"].topic_id

    world(scenario)


def test_create_validates_only(world):
    async def scenario(w):
        topic = {"name": "a", "num_partitions": 2, "replication_factor": 1, "assignments": [], "configs": []}
        response = await w.ask(ApiKey.CREATE_TOPICS, 7, topics=[topic], timeout_ms=5000, validate_only=True)
        assert response.topics[0].error_code == 0
        assert response.topics[0].num_partitions == 2
        assert not w.controller.topics
        assert len(w.partitions) == 0

    world(scenario)


def test_create_names_the_reason(world):
    async def scenario(w):
        (bad,) = await w.create("t", replication_factor=3)
        assert bad.error_code == 38
        assert "3" in bad.error_message
        assert "1 broker" in bad.error_message
        (manual,) = await w.create(
            "t",
            num_partitions=-1,
            replication_factor=-1,
            assignments=[
                {"partition_index": 0, "broker_ids": [0]},
                {"partition_index": 1, "broker_ids": [0]},
            ],
        )
        assert (manual.error_code, manual.num_partitions) == (0, 2)

    world(scenario)


@pytest.mark.parametrize("version", range(1, 7))
def test_delete_topics_every_version(world, version):
    async def scenario(w):
        first, _ = await w.create("a", "b")
        if version >= 6:
            asked = {
                "topics": [
                    {"name": "a", "topic_id": None},
                    {"name": None, "topic_id": w.controller.topics["b"].topic_id},
                    {"name": None, "topic_id": UUID(int=5)},
                    {"name": "a", "topic_id": first.topic_id},
                ]
            }
            expected = [42, 0, 0, 100]
        else:
            asked = {"topic_names": ["a", "b", "c"]}
            expected = [0, 0, 3]
        response = await w.ask(ApiKey.DELETE_TOPICS, version, timeout_ms=5000, **asked)
        assert [item.error_code for item in response.responses] == expected
        assert not w.controller.topics
        assert len(w.partitions) == 0
        assert set(w.storage.logs) == {0}
        (new,) = await w.create("a")
        assert new.topic_id != first.topic_id
        await w.controller.set_cluster_config({"delete_topic_enable": False})
        names = {"topics": [{"name": "a", "topic_id": None}]} if version >= 6 else {"topic_names": ["a"]}
        response = await w.ask(ApiKey.DELETE_TOPICS, version, timeout_ms=5000, **names)
        assert response.responses[0].error_code == (73 if version >= 3 else 42)

    world(scenario)


@pytest.mark.parametrize("version", range(4))
def test_create_partitions_every_version(world, version):
    async def scenario(w):
        await w.create("a")

        async def grow(count, validate_only=False):
            topic = {"name": "a", "count": count, "assignments": None}
            response = await w.ask(
                ApiKey.CREATE_PARTITIONS,
                version,
                topics=[topic],
                timeout_ms=5000,
                validate_only=validate_only,
            )
            return response.results[0]

        assert (await grow(3, validate_only=True)).error_code == 0
        assert len(w.partitions) == 1
        assert (await grow(3)).error_code == 0
        assert len(w.partitions) == 3
        refused = await grow(3)
        assert refused.error_code == 37
        assert "3 partition" in refused.error_message

    world(scenario)


@pytest.mark.parametrize("version", range(14))
def test_metadata_every_version(world, version):
    async def scenario(w):
        await w.create("a", num_partitions=2)
        await w.create("b")
        all_topics = [] if version == 0 else None
        everything = await w.ask(ApiKey.METADATA, version, topics=all_topics)
        assert {topic.name for topic in everything.topics} == {"a", "b"}
        (broker,) = everything.brokers
        assert (broker.node_id, broker.host, broker.port) == (0, "10.0.0.1", 9092)
        outside = await w.ask(ApiKey.METADATA, version, listener="out", topics=all_topics)
        assert (outside.brokers[0].host, outside.brokers[0].port) == ("example", 80)
        named = [{"name": name, "topic_id": None} for name in ("a", "none", "bad name", "a")]
        some = await w.ask(ApiKey.METADATA, version, topics=named, allow_auto_topic_creation=True)
        assert [(topic.name, topic.error_code) for topic in some.topics] == [
            ("a", 0),
            ("none", 3),
            ("bad name", 17),
        ]
        partition = some.topics[0].partitions[1]
        assert (partition.partition_index, partition.leader_id, partition.error_code) == (1, 0, 0)
        if version >= 1:
            assert everything.controller_id == 0
            assert broker.rack == "r1"
            assert (await w.ask(ApiKey.METADATA, version, topics=[])).topics == ()
        if version >= 2:
            assert everything.cluster_id == f"redpanda.{w.controller.cluster_uuid}"
        if version >= 7:
            assert partition.leader_epoch == 0
        if version >= 8:
            assert some.topics[0].topic_authorized_operations == -(2**31)
            asked = await w.ask(
                ApiKey.METADATA, version, topics=named[:1], include_topic_authorized_operations=True
            )
            assert asked.topics[0].topic_authorized_operations == authorized_operations.TOPIC == 3576
        if version >= 10:
            ids = [{"name": None, "topic_id": key} for key in (some.topics[0].topic_id, UUID(int=3))]
            by_id = await w.ask(ApiKey.METADATA, version, topics=ids)
            assert [(topic.name or None, topic.error_code) for topic in by_id.topics] == [
                ("a", 0),
                (None, 100),
            ]

    world(scenario)


def test_metadata_answers_follow_the_epoch(world):
    async def scenario(w):
        assert (await w.ask(ApiKey.METADATA, 12, topics=None)).topics == ()
        assert (await w.ask(ApiKey.METADATA, 12, topics=None)).topics == ()
        await w.create("a")
        assert [t.name for t in (await w.ask(ApiKey.METADATA, 12, topics=None)).topics] == ["a"]
        await w.ask(ApiKey.DELETE_TOPICS, 6, topics=[{"name": "a", "topic_id": None}], timeout_ms=5000)
        assert (await w.ask(ApiKey.METADATA, 12, topics=None)).topics == ()

    world(scenario)


def test_metadata_creates_topics_when_both_sides_allow_it(world):
    async def scenario(w):
        def topics(*names):
            return [{"name": name, "topic_id": None} for name in names]

        await w.controller.set_cluster_config(
            {
                "auto_create_topics_enabled": True,
                "default_topic_partitions": 4,
                "topic_partitions_per_shard": 5,
            }
        )
        no = await w.ask(ApiKey.METADATA, 12, topics=topics("a"), allow_auto_topic_creation=False)
        assert no.topics[0].error_code == 3
        answers = await asyncio.gather(
            *(
                w.ask(
                    ApiKey.METADATA,
                    12,
                    topics=topics("a", "__consumer_offsets"),
                    allow_auto_topic_creation=True,
                )
                for _ in range(3)
            )
        )
        assert answers[0].topics[0].error_code == 0
        assert len(answers[0].topics[0].partitions) == 4
        assert answers[2].topics[0].error_code in (0, 36)
        assert answers[0].topics[1].error_code == 3
        full = await w.ask(ApiKey.METADATA, 12, topics=topics("b"), allow_auto_topic_creation=True)
        assert full.topics[0].error_code == 37
        assert w.services.tasks == set()

    world(scenario)


def test_a_partition_that_is_not_served_has_no_leader(world):
    async def scenario(w):
        await w.create("a")
        w.controller.unready.add(w.controller.topics["a"].partitions[0].log_id)
        w.controller.epoch += 1
        partition = (await w.ask(ApiKey.METADATA, 12, topics=None)).topics[0].partitions[0]
        assert (partition.error_code, partition.leader_id) == (5, -1)
        partition = (
            (await w.ask(ApiKey.METADATA, 12, topics=None, listener="nowhere")).topics[0].partitions[0]
        )
        assert partition.error_code == 5

    world(scenario)


@pytest.mark.parametrize("version", range(1, 5))
def test_describe_configs_every_version(world, version):
    async def scenario(w):
        await w.create(
            "a", configs=[{"name": "retention.ms", "value": "5"}, {"name": "preallocate", "value": "true"}]
        )
        await w.controller.set_cluster_config({"kafka_batch_max_bytes": 12345})

        async def describe(kind, name, keys=None, **more):
            resource = {"resource_type": kind, "resource_name": name, "configuration_keys": keys}
            response = await w.ask(ApiKey.DESCRIBE_CONFIGS, version, resources=[resource], **more)
            return response.results[0]

        topic = await describe(2, "a", include_synonyms=True)
        names = [config.name for config in topic.configs]
        assert names[:4] == ["compression.type", "cleanup.policy", "segment.bytes", "retention.ms"]
        assert "replication.factor" in names
        assert "preallocate" in names
        assert "flush.messages" not in names
        retention = entry(topic, "retention.ms")
        assert (retention.value, retention.config_source, retention.is_sensitive) == ("5", 1, False)
        assert [(s.name, s.value, s.source) for s in retention.synonyms] == [
            ("retention.ms", "5", 1),
            ("log_retention_ms", "604800000", 5),
        ]
        largest = entry(topic, "max.message.bytes")
        assert (largest.value, largest.config_source) == ("12345", 5)
        assert [(s.name, s.source) for s in largest.synonyms] == [("kafka_batch_max_bytes", 3)]
        if version >= 3:
            assert retention.config_type == 5
            assert retention.documentation is None
            documented = await describe(2, "a", ["retention.ms"], include_documentation=True)
            assert "Age" in documented.configs[0].documentation
        assert [config.name for config in (await describe(2, "a", ["retention.ms", "x"])).configs] == [
            "retention.ms"
        ]
        assert (await describe(2, "none")).error_code == 3
        for name in ("0", ""):
            broker = await describe(4, name)
            assert entry(broker, "listeners").value == "plain://0.0.0.0:9092,out://0.0.0.0:80"
            assert entry(broker, "advertised.listeners").value == "inside://10.0.0.1:9092,out://example:80"
            assert entry(broker, "log.dirs").value == str(w.directory)
            assert entry(broker, "num.partitions").value == "1"
            assert entry(broker, "auto.create.topics.enable").value == "false"
            assert entry(broker, "listeners").read_only
        assert (await describe(4, "7")).error_code == 42
        assert (await describe(8, "0")).configs[0].name == "root"
        assert (await describe(32, "g")).error_code == 42

    world(scenario)


@pytest.mark.parametrize("version", range(2))
def test_incremental_alter_configs(world, version):
    async def scenario(w):
        await w.create("a")

        async def alter(*resources, validate_only=False):
            response = await w.ask(
                ApiKey.INCREMENTAL_ALTER_CONFIGS,
                version,
                resources=[
                    {
                        "resource_type": kind,
                        "resource_name": name,
                        "configs": [{"name": key, "config_operation": op, "value": value}],
                    }
                    for kind, name, key, op, value in resources
                ],
                validate_only=validate_only,
            )
            return [(item.error_code, item.error_message) for item in response.responses]

        assert await alter((2, "a", "write.caching", 0, "true"), validate_only=True) == [(0, None)]
        assert not w.partitions.get("a", 0).config.write_caching
        assert await alter((2, "a", "write.caching", 0, "true")) == [(0, None)]
        assert w.partitions.get("a", 0).config.write_caching
        mixed = await alter(
            (2, "a", "retention.ms", 0, "x"),
            (2, "none", "retention.ms", 0, "1"),
            (4, "0", "num.partitions", 0, "1"),
            (16, "m", "x", 0, "1"),
            (4, "1", "x", 0, "1"),
            (4, "1", "x", 0, "1"),
        )
        assert [code for code, _ in mixed] == [40, 3, 40, 42, 42, 42]
        assert "retention.ms" in mixed[0][1]
        assert "Admin API" in mixed[2][1]
        assert [code for code, _ in await alter(*[(2, "a", "retention.ms", 0, "1")] * 2)] == [42, 42]

    world(scenario)


@pytest.mark.parametrize("version", range(3))
def test_alter_configs_replaces(world, version):
    async def scenario(w):
        await w.create("a", configs=[{"name": "retention.ms", "value": "5"}])
        resource = {
            "resource_type": 2,
            "resource_name": "a",
            "configs": [{"name": "cleanup.policy", "value": "compact"}],
        }
        response = await w.ask(ApiKey.ALTER_CONFIGS, version, resources=[resource], validate_only=False)
        assert response.responses[0].error_code == 0
        assert dict(w.controller.topics["a"].configs) == {"cleanup.policy": "compact"}

    world(scenario)


@pytest.mark.parametrize("version", range(1, 5))
def test_describe_log_dirs(world, version):
    async def scenario(w):
        await w.create("a", num_partitions=2)
        batch = build_batch([(b"k", b"v" * 500)])
        partition = w.partitions.get("a", 1)
        partition.append(memoryview(batch))
        response = await w.ask(ApiKey.DESCRIBE_LOG_DIRS, version, topics=None)
        (directory,) = response.results
        assert directory.log_dir == str(w.directory)
        (topic,) = directory.topics
        sizes = {item.partition_index: item.partition_size for item in topic.partitions}
        assert sizes == {0: 0, 1: len(batch)}
        some = await w.ask(
            ApiKey.DESCRIBE_LOG_DIRS,
            version,
            topics=[{"topic": "a", "partitions": [1, 9]}, {"topic": "x", "partitions": [0]}],
        )
        assert [item.partition_index for item in some.results[0].topics[0].partitions] == [1]
        if version >= 4:
            assert 0 < directory.usable_bytes < directory.total_bytes

    world(scenario)


@pytest.mark.parametrize("version", range(3))
def test_describe_cluster(world, version):
    async def scenario(w):
        response = await w.ask(ApiKey.DESCRIBE_CLUSTER, version)
        assert response.cluster_id == w.controller.cluster_id
        assert response.controller_id == 0
        assert [(b.broker_id, b.host, b.port, b.rack) for b in response.brokers] == [
            (0, "10.0.0.1", 9092, "r1")
        ]
        assert response.cluster_authorized_operations == -(2**31)
        asked = await w.ask(ApiKey.DESCRIBE_CLUSTER, version, include_cluster_authorized_operations=True)
        assert asked.cluster_authorized_operations == authorized_operations.CLUSTER == 8096
        if version >= 1:
            assert (await w.ask(ApiKey.DESCRIBE_CLUSTER, version, endpoint_type=2)).error_code == 114
            assert (await w.ask(ApiKey.DESCRIBE_CLUSTER, version, endpoint_type=7)).error_code == 115

    world(scenario)


def test_describe_topic_partitions_pages(world):
    async def scenario(w):
        for name, count in (("b", 3), ("a", 2), ("c", 1)):
            await w.create(name, num_partitions=count)
        for limit in (1, 2, 3, 5, 6, 100):
            seen, cursor = [], None
            for _ in range(20):
                response = await w.ask(
                    ApiKey.DESCRIBE_TOPIC_PARTITIONS,
                    0,
                    topics=[],
                    response_partition_limit=limit,
                    cursor=cursor,
                )
                page = [(t.name, p.partition_index) for t in response.topics for p in t.partitions]
                assert 0 < len(page) <= limit
                seen += page
                if response.next_cursor is None:
                    break
                cursor = {
                    "topic_name": response.next_cursor.topic_name,
                    "partition_index": response.next_cursor.partition_index,
                }
            assert seen == [("a", 0), ("a", 1), ("b", 0), ("b", 1), ("b", 2), ("c", 0)]
        some = await w.ask(
            ApiKey.DESCRIBE_TOPIC_PARTITIONS,
            0,
            topics=[{"name": "x"}, {"name": "c"}],
            response_partition_limit=10,
            cursor=None,
        )
        assert [(t.name, t.error_code) for t in some.topics] == [("c", 0), ("x", 3)]
        bad = await w.ask(
            ApiKey.DESCRIBE_TOPIC_PARTITIONS,
            0,
            topics=[{"name": "c"}],
            response_partition_limit=10,
            cursor={"topic_name": "c", "partition_index": -2},
        )
        assert [t.error_code for t in bad.topics] == [42]

    world(scenario)


@pytest.mark.parametrize("version", range(6))
def test_init_producer_id(world, version):
    async def scenario(w):
        async def init(transactional_id=None, **more):
            return await w.ask(
                ApiKey.INIT_PRODUCER_ID,
                version,
                transactional_id=transactional_id,
                transaction_timeout_ms=1000,
                **more,
            )

        first, second = await init(), await init()
        assert (first.error_code, first.producer_id, first.producer_epoch) == (0, 0, 0)
        assert second.producer_id == 1
        assert (await init("tx")).error_code == 35
        assert (await init("")).error_code == 42
        if version >= 3:
            assert (await init(producer_id=1, producer_epoch=4)).producer_id == 2

    world(scenario)


def test_list_config_resources(world):
    async def scenario(w):
        await w.create("a")

        async def listed(version, *types):
            response = await w.ask(ApiKey.LIST_CONFIG_RESOURCES, version, resource_types=list(types))
            return response.error_code, [
                (r.resource_type, r.resource_name) for r in response.config_resources
            ]

        assert await listed(1) == (0, [(2, "a"), (4, "0"), (8, "0")])
        assert await listed(1, 2) == (0, [(2, "a")])
        assert await listed(1, 99) == (35, [])
        assert await listed(0) == (0, [])

    world(scenario)


def test_a_closed_controller_answers_every_write(world):
    async def scenario(w):
        await w.create("a")
        await w.controller.close()
        (created,) = await w.create("b")
        assert created.error_code == 41
        deleted = await w.ask(ApiKey.DELETE_TOPICS, 5, topic_names=["a"], timeout_ms=1)
        assert deleted.responses[0].error_code == 41
        grown = await w.ask(
            ApiKey.CREATE_PARTITIONS,
            3,
            topics=[{"name": "a", "count": 2, "assignments": None}],
            timeout_ms=1,
            validate_only=False,
        )
        assert grown.results[0].error_code == 41
        resource = {"resource_type": 2, "resource_name": "a", "configs": []}
        altered = await w.ask(ApiKey.ALTER_CONFIGS, 2, resources=[resource], validate_only=False)
        assert altered.responses[0].error_code == 41
        producer = await w.ask(ApiKey.INIT_PRODUCER_ID, 4, transactional_id=None, transaction_timeout_ms=1)
        assert producer.error_code == 14

    world(scenario)


def test_everything_is_there_after_a_restart(tmp_path):
    async def scenario():
        w = await World(tmp_path).start()
        (made,) = await w.create("a", num_partitions=3, configs=[{"name": "retention.ms", "value": "5"}])
        w.partitions.get("a", 1).append(memoryview(build_batch([(None, b"v")])))
        await w.controller.ensure_internal_topic("__consumer_offsets")
        await w.controller.set_cluster_config({"default_topic_partitions": 7})
        producer = await w.controller.next_producer_id()
        identity = w.controller.cluster_uuid
        await w.stop()

        w = await World(tmp_path).start()
        assert w.controller.cluster_uuid == identity
        assert w.config.integer("default_topic_partitions") == 7
        assert w.controller.topics["a"].topic_id == made.topic_id
        assert w.partitions.get("a", 1).end_offset == 1
        assert w.partitions.get("a", 1).config.retention_ms == 5
        assert w.partitions.get("__consumer_offsets", 15).config.compacted
        assert await w.controller.next_producer_id() > producer
        await w.stop()

    asyncio.run(asyncio.wait_for(scenario(), WAIT_SECONDS_MAX))
