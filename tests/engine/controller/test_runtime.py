"""The running controller over a log in memory: order, commit before answer, restarts, faults, bounds."""

import asyncio
from uuid import UUID

import pytest

from engine.base.errors import OperatingError
from engine.controller import runtime
from engine.controller.brokers import Endpoint
from engine.controller.commands import ConfigChange, NewPartitions, NewTopic, TopicConfigChanges
from engine.controller.errors import (
    ControllerBusy,
    ControllerLogRefused,
    ControllerTimeout,
    ControllerUnavailable,
    RegistrationRefused,
    UnknownRecord,
)
from engine.controller.runtime import Controller
from engine.partition.record_log import AppendRefused
from engine.wire.error_codes import ErrorCode
from tests.support.waiting import WAIT_SECONDS_MAX

HOST = UUID(int=1)


async def started(log, backend, properties=None, host_uuid=HOST, node_id=None):
    controller = Controller(log=log, backend=backend, properties=lambda: properties or {})
    await controller.start(
        host_uuid=host_uuid,
        node_id=node_id,
        host="h",
        rack=None,
        endpoints=[Endpoint(name="kafka", host="localhost", port=9092)],
    )
    return controller


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, WAIT_SECONDS_MAX))


def test_a_cluster_is_founded_once_and_the_node_keeps_its_id(memory_log, backend):
    async def scenario():
        first = await started(memory_log, backend)
        seen = first.cluster_uuid, first.node_id
        assert first.node_id == 0
        await first.close()
        written = len(memory_log.records)
        second = await started(memory_log, backend)
        assert (second.cluster_uuid, second.node_id) == seen
        assert len(memory_log.records) == written
        await second.close()
        with pytest.raises(RegistrationRefused, match="node_id"):
            await started(memory_log, backend, node_id=4)
        other = await started(memory_log, backend, host_uuid=UUID(int=2))
        assert other.node_id == 1
        await other.close()

    run(scenario())


def test_topics_survive_and_partitions_follow(memory_log, backend):
    async def scenario():
        controller = await started(memory_log, backend)
        epoch = controller.epoch
        (a,) = await controller.create_topics([NewTopic(name="a", partitions=3)])
        assert a.ok
        assert a.topic_id.version == 4
        assert controller.epoch > epoch
        assert sorted(backend.open) == [1, 2, 3]
        assert not controller.unready
        await controller.create_partitions([NewPartitions(name="a", count=4)])
        assert sorted(backend.open) == [1, 2, 3, 4]
        change = ConfigChange(name="retention.ms", operation=0, value="7")
        await controller.alter_topic_configs([TopicConfigChanges(name="a", changes=(change,))])
        assert backend.configs["a"].retention_ms == 7
        deleted = []
        controller.on_topics_deleted.append(lambda topics: deleted.extend(item.name for item in topics))
        await controller.create_topics([NewTopic(name="b")])
        await controller.delete_topics(["b"])
        assert deleted == ["b"]
        assert sorted(backend.open) == [1, 2, 3, 4]
        await controller.close()

        backend.open.clear()
        backend.logs |= {5, 77}
        again = await started(memory_log, backend)
        assert sorted(backend.open) == [1, 2, 3, 4]
        assert backend.logs == {1, 2, 3, 4}
        assert again.topics["a"].topic_id == a.topic_id
        assert again.topic_by_id[a.topic_id].configs == {"retention.ms": "7"}
        (new,) = await again.create_topics([NewTopic(name="b")])
        assert new.topic.partitions[0].log_id == 6
        await again.close()

    run(scenario())


def test_producer_ids_are_never_given_twice(memory_log, backend):
    async def scenario():
        seen = []
        for _ in range(3):
            controller = await started(memory_log, backend)
            seen += await asyncio.gather(*(controller.next_producer_id() for _ in range(3)))
            await controller.close()
        assert seen == [0, 1, 2, 1000, 1001, 1002, 2000, 2001, 2002]

    run(scenario())


def test_cluster_config_reaches_listeners_then_topics(memory_log, backend):
    async def scenario():
        properties = {}
        controller = await started(memory_log, backend, properties)
        heard = []

        def listen(values, version):
            heard.append((dict(values), version))
            properties.update(values)

        controller.on_cluster_config.append(listen)
        await controller.create_topics([NewTopic(name="a")])
        assert await controller.set_cluster_config({"log_retention_ms": 99}) == 1
        assert backend.configs["a"].retention_ms == 99
        assert await controller.set_cluster_config({"log_retention_ms": 99}) == 1
        assert await controller.set_cluster_config({"x": True}, ["log_retention_ms"]) == 2
        assert heard == [({"log_retention_ms": 99}, 1), ({"x": True}, 2)]
        await controller.close()
        again = await started(memory_log, backend)
        assert dict(again.cluster_config) == {"x": True}
        assert again.cluster_config_version == 2
        await again.close()

    run(scenario())


def test_the_offsets_topic_is_made_on_demand(memory_log, backend):
    async def scenario():
        controller = await started(memory_log, backend, {"group_topic_partitions": 3})
        topics = await asyncio.gather(
            *(controller.ensure_internal_topic("__consumer_offsets") for _ in range(4))
        )
        assert {topic.topic_id for topic in topics} == {topics[0].topic_id}
        assert len(topics[0].partitions) == 3
        assert topics[0].configs["cleanup.policy"] == "compact"
        assert backend.configs["__consumer_offsets"].compacted
        await controller.close()

    run(scenario())


def test_a_full_disk_refuses_and_nothing_happened(memory_log, backend):
    async def scenario():
        controller = await started(memory_log, backend)
        memory_log.faults = [AppendRefused(ErrorCode.KAFKA_STORAGE_ERROR, "no space")]
        with pytest.raises(ControllerLogRefused, match="no space"):
            await controller.create_topics([NewTopic(name="a")])
        assert not controller.topics
        assert (await controller.create_topics([NewTopic(name="a")]))[0].ok
        await controller.close()

    run(scenario())


def test_an_append_in_doubt_stops_the_controller(memory_log, backend):
    async def scenario():
        controller = await started(memory_log, backend)
        memory_log.faults = [OperatingError("the disk is on fire")]
        with pytest.raises(ControllerUnavailable, match="fire"):
            await controller.create_topics([NewTopic(name="a")])
        with pytest.raises(ControllerUnavailable, match="fire"):
            await controller.create_topics([NewTopic(name="b")])
        assert not controller.topics
        await controller.close()

    run(scenario())


def test_a_partition_that_does_not_open_undoes_its_topic(memory_log, backend):
    async def scenario():
        controller = await started(memory_log, backend)
        backend.broken = {"bad"}
        bad, good = await controller.create_topics([NewTopic(name="bad"), NewTopic(name="good")])
        assert bad.error == 56
        assert "no such luck" in bad.message
        assert good.ok
        assert list(controller.topics) == ["good"]
        assert not controller.unready
        await controller.close()

    run(scenario())


def test_a_partition_that_does_not_open_at_start_is_unready(memory_log, backend):
    async def scenario():
        controller = await started(memory_log, backend)
        await controller.create_topics([NewTopic(name="a"), NewTopic(name="b")])
        await controller.close()
        backend.broken = {"a"}
        again = await started(memory_log, backend)
        assert again.unready == {1}
        await again.close()

    run(scenario())


def test_deadlines_and_bounds(memory_log, backend, monkeypatch):
    monkeypatch.setattr(runtime, "TIMEOUT_MS_MIN", 20)
    gate = asyncio.Event()

    class Slow(type(memory_log)):
        async def append(self, records):
            await gate.wait()
            return await super().append(records)

    async def scenario():
        gate.set()
        slow = Slow()
        controller = await started(slow, backend)
        gate.clear()
        with pytest.raises(ControllerTimeout):
            await controller.create_topics([NewTopic(name="begun")], timeout_ms=20)
        with pytest.raises(ControllerTimeout):
            await controller.create_topics([NewTopic(name="waiting")], timeout_ms=20)
        flood = [
            asyncio.ensure_future(controller.create_topics([NewTopic(name="f")], validate_only=True))
            for _ in range(runtime.QUEUE_COMMANDS_MAX + 5)
        ]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gate.set()
        answers = await asyncio.gather(*flood, return_exceptions=True)
        assert sum(isinstance(answer, ControllerBusy) for answer in answers) == 6
        assert list(controller.topics) == ["begun"]
        await controller.close()
        with pytest.raises(ControllerUnavailable, match="shutting down"):
            await controller.create_topics([NewTopic(name="late")])

    run(scenario())


def test_a_large_request_is_several_appends(memory_log, backend, monkeypatch):
    monkeypatch.setattr(runtime, "APPEND_BYTES_MAX", 500)

    async def scenario():
        controller = await started(memory_log, backend)
        before = memory_log.appends
        outcomes = await controller.create_topics([NewTopic(name=f"t{at}") for at in range(20)])
        assert all(outcome.ok for outcome in outcomes)
        assert memory_log.appends - before > 3
        assert len(controller.topics) == 20
        await controller.close()

    run(scenario())


def test_the_log_is_cut_back_to_a_snapshot(memory_log, backend, monkeypatch):
    monkeypatch.setattr(runtime, "SNAPSHOT_AFTER_RECORDS", 50)

    async def scenario():
        controller = await started(memory_log, backend)
        await controller.create_topics([NewTopic(name="kept", partitions=2)])
        for _ in range(60):
            await controller.create_topics([NewTopic(name="t")])
            await controller.delete_topics(["t"])
        assert memory_log.start > 0
        assert len(memory_log.records) < 60
        kept = dict(controller.topics)
        await controller.close()
        again = await started(memory_log, backend)
        assert again.topics == kept
        (new,) = await again.create_topics([NewTopic(name="u")])
        assert new.topic.partitions[0].log_id == 63
        await again.close()

    run(scenario())


def test_a_newer_log_is_refused(memory_log, backend):
    async def scenario():
        await memory_log.append([(b"from_the_future", b"\x01{}")])
        with pytest.raises(UnknownRecord, match="newer version"):
            await started(memory_log, backend)

    run(scenario())


def test_a_defect_stops_the_controller_and_is_told(memory_log, backend, monkeypatch):
    async def scenario():
        controller = await started(memory_log, backend)
        told = []
        controller.on_failure = told.append

        def defect(*_):
            raise ZeroDivisionError

        monkeypatch.setattr(runtime, "decide", defect)
        with pytest.raises(ControllerUnavailable):
            await controller.create_topics([NewTopic(name="a")])
        assert isinstance(told[0], ZeroDivisionError)
        with pytest.raises(ControllerUnavailable, match="failed"):
            await controller.create_topics([NewTopic(name="a")])
        await controller.close()

    run(scenario())
