"""Cluster properties that limit what clients may do: noproduce topics, answer size, throughput."""

import asyncio
import struct
import time

import pytest
import uvloop

from engine.kafka.limits import KafkaLimits
from engine.kafka.throttle import NodeThrottle, make_throttle
from engine.net.limits import NetLimits
from engine.wire import cold
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode
from engine.wire.header import is_flexible, request_header
from engine.wire.record_batch import build_batch
from tests.support.bare_engine import BareEngine
from tests.support.waiting import WAIT_SECONDS_MAX


class Client:
    """One connection, one request at a time, by the cold codec."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def ask(self, key, version, body):
        frame = request_header(key, version, 7, "test") + cold.encode_request(key, version, body)
        self.writer.write(struct.pack(">i", len(frame)) + frame)
        size = struct.unpack(">i", await self.reader.readexactly(4))[0]
        answer = await self.reader.readexactly(size)
        return cold.decode_response(key, version, answer, 5 if is_flexible(key, version) else 4)

    async def produce(self, size, topic="t"):
        batch = bytes(build_batch([(b"k", bytes(size))], timestamp_ms=int(time.time() * 1000)))
        partitions = [{"index": 0, "records": batch}]
        answer = await self.ask(
            ApiKey.PRODUCE,
            9,
            {
                "transactional_id": None,
                "acks": -1,
                "timeout_ms": 30_000,
                "topic_data": [{"name": topic, "partition_data": partitions}],
            },
        )
        return answer, answer.responses[0].partition_responses[0]

    async def fetch(self, offset=0):
        partition = {
            "partition": 0,
            "current_leader_epoch": -1,
            "fetch_offset": offset,
            "last_fetched_epoch": -1,
            "log_start_offset": -1,
            "partition_max_bytes": 1 << 30,
        }
        answer = await self.ask(
            ApiKey.FETCH,
            12,
            {
                "max_wait_ms": 0,
                "min_bytes": 1,
                "max_bytes": 1 << 30,
                "isolation_level": 0,
                "session_id": 0,
                "session_epoch": -1,
                "topics": [{"topic": "t", "partitions": [partition]}],
                "forgotten_topics_data": [],
                "rack_id": "",
            },
        )
        return answer, answer.responses[0].partitions[0]


@pytest.fixture
def with_limits(tmp_path):
    def run(limits, scenario):
        async def main():
            engine = await BareEngine(tmp_path / "data", NetLimits()).start()
            engine.services.limits = limits
            engine.services.throttle = make_throttle(limits, engine.services.clock.monotonic())
            reader, writer = await asyncio.open_connection("127.0.0.1", engine.port)
            try:
                await engine.topic("t")
                await asyncio.wait_for(scenario(engine, Client(reader, writer)), WAIT_SECONDS_MAX)
            finally:
                writer.close()
                await engine.stop()

        uvloop.run(main())

    return run


def test_a_noproduce_topic_refuses_clients_and_is_read(with_limits):
    async def scenario(engine, client):
        await engine.topic("u")
        _, refused = await client.produce(10)
        assert refused.error_code == ErrorCode.TOPIC_AUTHORIZATION_FAILED
        assert refused.base_offset == -1
        _, taken = await client.produce(10, "u")
        assert taken.error_code == 0
        _, found = await client.fetch()
        assert (found.error_code, found.high_watermark) == (0, 0)

    with_limits(KafkaLimits(noproduce_topics=frozenset({"t"})), scenario)


def test_fetch_max_bytes_bounds_an_answer(with_limits):
    async def scenario(engine, client):
        for _ in range(5):
            await client.produce(1000)
        _, found = await client.fetch()
        assert 2000 < len(found.records) <= 3500
        engine.services.limits = KafkaLimits()
        _, found = await client.fetch()
        assert len(found.records) > 5000

    with_limits(KafkaLimits(fetch_bytes_max=3500), scenario)


def test_producers_beyond_the_rate_are_told_and_not_read(with_limits):
    async def scenario(engine, client):
        answer, _ = await client.produce(10)
        assert answer.throttle_time_ms == 0
        started = time.monotonic()
        answer, partition = await client.produce(250_000)
        assert partition.error_code == 0
        assert 500 < answer.throttle_time_ms <= 1600
        # The answer came at once; the next request is read when the time is over.
        answer, _ = await client.produce(10)
        assert time.monotonic() - started >= 0.5
        # Without a limit nobody waits any more.
        engine.services.throttle = None
        answer, _ = await client.produce(250_000)
        assert answer.throttle_time_ms == 0

    with_limits(KafkaLimits(bytes_in_per_second=100_000), scenario)


def test_consumers_beyond_the_rate_are_told_and_not_read(with_limits):
    async def scenario(engine, client):
        await client.produce(150_000)
        started = time.monotonic()
        answer, partition = await client.fetch()
        assert len(partition.records) > 150_000
        assert 0 < answer.throttle_time_ms <= 600
        answer, _ = await client.fetch(1)
        assert answer.throttle_time_ms == 0
        assert time.monotonic() - started >= 0.3

    with_limits(KafkaLimits(bytes_out_per_second=100_000), scenario)


def test_only_data_is_throttled(with_limits):
    async def scenario(engine, client):
        await client.produce(190_000)
        reader, writer = await asyncio.open_connection("127.0.0.1", engine.port)
        other = Client(reader, writer)
        started = time.monotonic()
        for _ in range(3):
            answer = await other.ask(ApiKey.METADATA, 9, {"topics": []})
        assert answer.cluster_id == "bare"
        assert time.monotonic() - started < 30
        writer.close()

    with_limits(KafkaLimits(bytes_in_per_second=1_000, throttle_ms_max=1000), scenario)


def test_the_bucket_fills_with_time_and_forgives_beyond_the_longest_delay():
    throttle = NodeThrottle(KafkaLimits(bytes_in_per_second=1000, throttle_ms_max=5000), 0.0)
    assert throttle.received(1000, 0.0) == 0
    assert throttle.received(500, 0.0) == 500
    assert throttle.received(0, 0.25) == 250
    assert throttle.received(0, 100.0) == 0
    assert throttle.received(1000, 100.0) == 0
    assert throttle.received(10**9, 100.0) == 5000
    assert throttle.received(0, 104.0) == 1000
    assert throttle.sent(10**9, 100.0) == 0
    assert make_throttle(KafkaLimits(), 0.0) is None
