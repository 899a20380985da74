"""Produce, Fetch and their kind over a real socket, against the data path alone."""

import asyncio
import logging
import os
import random
import struct
import time
from uuid import UUID

import pytest
import uvloop

from engine.model.topic_config import TopicConfig
from engine.net.limits import NetLimits
from engine.wire import cold
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode
from engine.wire.header import is_flexible, request_header
from engine.wire.record_batch import build_batch, iter_headers, iter_records
from tests.support.bare_engine import BareEngine
from tests.support.waiting import WAIT_SECONDS_MAX, until


class Client:
    """One connection speaking the cold codec, one request at a time or many."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.sent = {}
        self.correlation_id = 0

    def send(self, key, version, body):
        self.correlation_id += 1
        frame = request_header(key, version, self.correlation_id, "test") + cold.encode_request(
            key, version, body
        )
        self.writer.write(struct.pack(">i", len(frame)) + frame)
        self.sent[self.correlation_id] = (key, version)
        return self.correlation_id

    async def receive(self):
        size = struct.unpack(">i", await self.reader.readexactly(4))[0]
        frame = await self.reader.readexactly(size)
        correlation_id = struct.unpack_from(">i", frame)[0]
        key, version = self.sent.pop(correlation_id)
        at = 5 if is_flexible(key, version) and key != ApiKey.API_VERSIONS else 4
        return correlation_id, cold.decode_response(key, version, frame, at)

    async def ask(self, key, version, body):
        wanted = self.send(key, version, body)
        correlation_id, body = await asyncio.wait_for(self.receive(), WAIT_SECONDS_MAX)
        assert correlation_id == wanted
        return body

    async def closed(self):
        try:
            return await asyncio.wait_for(self.reader.read(), WAIT_SECONDS_MAX) == b""
        except ConnectionError:
            return True


@pytest.fixture
def with_engine(tmp_path):
    def run(scenario, **limits):
        async def main():
            engine = await BareEngine(tmp_path / "data", NetLimits(**limits)).start()
            writers = []

            async def connect():
                reader, writer = await asyncio.open_connection("127.0.0.1", engine.port)
                writers.append(writer)
                return Client(reader, writer)

            try:
                await asyncio.wait_for(scenario(engine, connect), WAIT_SECONDS_MAX)
            finally:
                for writer in writers:
                    writer.close()
                await engine.stop()

        uvloop.run(main())

    return run


def records(*values, **fields):
    return bytes(
        build_batch([(b"k", value) for value in values], timestamp_ms=int(time.time() * 1000), **fields)
    )


def produce(batches, *, acks=-1, topic="t", topic_id=None, timeout_ms=10_000):
    return {
        "transactional_id": None,
        "acks": acks,
        "timeout_ms": timeout_ms,
        "topic_data": [
            {
                "name": topic,
                "topic_id": topic_id,
                "partition_data": [{"index": index, "records": data} for index, data in batches],
            }
        ],
    }


def fetch(asked, *, topic="t", topic_id=None, session=(0, -1), **fields):
    return {
        "max_wait_ms": 0,
        "min_bytes": 1,
        "max_bytes": 1 << 20,
        "isolation_level": 0,
        "session_id": session[0],
        "session_epoch": session[1],
        "topics": [
            {
                "topic": topic,
                "topic_id": topic_id,
                "partitions": [
                    {
                        "partition": index,
                        "current_leader_epoch": -1,
                        "fetch_offset": offset,
                        "last_fetched_epoch": -1,
                        "log_start_offset": -1,
                        "partition_max_bytes": 1 << 20,
                        **more,
                    }
                    for index, offset, more in asked
                ],
            }
        ]
        if asked
        else [],
        "forgotten_topics_data": [],
        "rack_id": "",
        **fields,
    }


def values(partition):
    data = bytes(partition.records or b"")
    return [record.value for at, _ in iter_headers(data) for record in iter_records(data, at)]


def produced(answer):
    return [
        (item.index, item.error_code, item.base_offset)
        for topic in answer.responses
        for item in topic.partition_responses
    ]


def fetched(answer):
    return {item.partition_index: item for topic in answer.responses for item in topic.partitions}


@pytest.mark.parametrize("version", range(3, 14))
def test_every_version_of_produce(with_engine, version):
    async def scenario(engine, connect):
        topic_id = await engine.topic("t", 2)
        client = await connect()
        body = produce([(0, records(b"a", b"b")), (1, records(b"c")), (7, records(b"d"))], topic_id=topic_id)
        answer = await client.ask(ApiKey.PRODUCE, version, body)
        assert produced(answer) == [(0, 0, 0), (1, 0, 0), (7, 3, -1)]
        assert produced(
            await client.ask(ApiKey.PRODUCE, version, produce([(0, records(b"e"))], topic_id=topic_id))
        ) == [(0, 0, 2)]

    with_engine(scenario)


@pytest.mark.parametrize("version", range(4, 19))
def test_every_version_of_fetch(with_engine, version):
    async def scenario(engine, connect):
        topic_id = await engine.topic("t", 2)
        client = await connect()
        await client.ask(ApiKey.PRODUCE, 9, produce([(0, records(b"a", b"b")), (1, records(b"c"))]))
        body = fetch([(0, 0, {}), (1, 0, {}), (5, 0, {})], topic_id=topic_id)
        found = fetched(await client.ask(ApiKey.FETCH, version, body))
        assert values(found[0]) == [b"a", b"b"]
        assert values(found[1]) == [b"c"]
        assert (found[0].high_watermark, found[0].last_stable_offset, found[0].error_code) == (2, 2, 0)
        assert found[5].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

    with_engine(scenario)


def test_large_batches_come_back_as_they_were(with_engine):
    async def scenario(engine, connect):
        await engine.topic("t", 1, TopicConfig(max_message_bytes=10_000_000))
        client = await connect()
        contents = [os.urandom(size) for size in (900_000, 10, 3_000_000)]
        for content in contents:
            client.send(ApiKey.PRODUCE, 9, produce([(0, records(content))]))
        for _ in contents:
            await client.receive()
        found = fetched(
            await client.ask(
                ApiKey.FETCH, 12, fetch([(0, 0, {"partition_max_bytes": 1 << 26})], max_bytes=1 << 26)
            )
        )
        assert values(found[0]) == contents
        # KIP-74: the first batch whole, nothing more.
        found = fetched(
            await client.ask(ApiKey.FETCH, 12, fetch([(0, 0, {"partition_max_bytes": 1})], max_bytes=1))
        )
        assert values(found[0]) == contents[:1]

    with_engine(scenario)


def test_only_the_first_batch_of_an_answer_goes_beyond_its_limits(with_engine):
    async def scenario(engine, connect):
        await engine.topic("t", 3)
        client = await connect()
        await client.ask(ApiKey.PRODUCE, 9, produce([(index, records(b"v" * 1000)) for index in range(3)]))
        body = fetch([(index, 0, {"partition_max_bytes": 1}) for index in range(3)])
        found = fetched(await client.ask(ApiKey.FETCH, 12, body))
        assert [len(values(found[index])) for index in range(3)] == [1, 0, 0]
        assert found[2].high_watermark == 1
        body = fetch([(index, 0, {}) for index in range(3)], max_bytes=2200)
        found = fetched(await client.ask(ApiKey.FETCH, 12, body))
        assert [len(values(found[index])) for index in range(3)] == [1, 1, 0]

    with_engine(scenario)


def test_fetch_errors(with_engine):
    async def scenario(engine, connect):
        topic_id = await engine.topic("t")
        client = await connect()
        for offset, epoch, code in ((1, -1, 1), (-1, -1, 1), (0, 3, 75), (0, 0, 0)):
            body = fetch([(0, offset, {"current_leader_epoch": epoch})])
            assert fetched(await client.ask(ApiKey.FETCH, 12, body))[0].error_code == code
        body = fetch([(0, 0, {})], topic_id=UUID(int=99))
        assert fetched(await client.ask(ApiKey.FETCH, 13, body))[0].error_code == ErrorCode.UNKNOWN_TOPIC_ID
        answer = await client.ask(ApiKey.FETCH, 12, fetch([], session=(123, 4)))
        assert (answer.error_code, answer.session_id) == (ErrorCode.FETCH_SESSION_ID_NOT_FOUND, 0)
        answer = await client.ask(ApiKey.FETCH, 12, fetch([(0, 0, {})], replica_id=2))
        assert answer.error_code == ErrorCode.CLUSTER_AUTHORIZATION_FAILED
        assert topic_id

    with_engine(scenario)


def test_a_fetch_waits_for_data_and_an_incremental_one_says_only_what_is_new(with_engine):
    async def scenario(engine, connect):
        await engine.topic("t", 2)
        consumer, producer = await connect(), await connect()
        first = await consumer.ask(ApiKey.FETCH, 12, fetch([(0, 0, {}), (1, 0, {})], session=(0, 0)))
        assert first.session_id != 0
        assert len(fetched(first)) == 2
        consumer.send(ApiKey.FETCH, 12, fetch([], session=(first.session_id, 1), max_wait_ms=20_000))
        await until(lambda: len(engine.services.purgatory) == 1)
        await producer.ask(ApiKey.PRODUCE, 9, produce([(1, records(b"x"))]))
        _, answer = await asyncio.wait_for(consumer.receive(), WAIT_SECONDS_MAX)
        assert list(fetched(answer)) == [1]
        assert values(fetched(answer)[1]) == [b"x"]
        started = time.monotonic()
        body = fetch([(1, 1, {})], session=(first.session_id, 2), max_wait_ms=60)
        answer = await consumer.ask(ApiKey.FETCH, 12, body)
        assert fetched(answer) == {}
        assert time.monotonic() - started >= 0.05

    with_engine(scenario)


def test_min_bytes_is_waited_for_and_a_lost_client_is_forgotten(with_engine):
    async def scenario(engine, connect):
        await engine.topic("t")
        consumer, gone, producer = await connect(), await connect(), await connect()
        consumer.send(ApiKey.FETCH, 12, fetch([(0, 0, {})], min_bytes=1000, max_wait_ms=20_000))
        gone.send(ApiKey.FETCH, 12, fetch([(0, 0, {})], min_bytes=1 << 20, max_wait_ms=20_000))
        await producer.ask(ApiKey.PRODUCE, 9, produce([(0, records(b"x" * 100))]))
        await until(lambda: len(engine.services.purgatory) == 2)
        gone.writer.close()
        await producer.ask(ApiKey.PRODUCE, 9, produce([(0, records(b"y" * 1000))]))
        _, answer = await asyncio.wait_for(consumer.receive(), WAIT_SECONDS_MAX)
        assert len(values(fetched(answer)[0])) == 2
        await until(lambda: len(engine.services.purgatory) == 0)

    with_engine(scenario)


def test_pipelined_idempotent_batches_keep_their_order_and_duplicates_their_offset(with_engine):
    async def scenario(engine, connect):
        await engine.topic("t")
        client = await connect()
        batches = [
            records(b"%d" % number, producer_id=5, producer_epoch=0, base_sequence=number)
            for number in range(20)
        ]
        for data in batches:
            client.send(ApiKey.PRODUCE, 9, produce([(0, data)]))
        client.send(ApiKey.PRODUCE, 9, produce([(0, batches[17])]))
        client.send(ApiKey.PRODUCE, 9, produce([(0, batches[3])]))
        answers = [await client.receive() for _ in range(22)]
        assert [number for number, _ in answers] == list(range(1, 23))
        assert [produced(answer) for _, answer in answers] == [
            *([(0, 0, number)] for number in range(20)),
            [(0, 0, 17)],
            [(0, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, -1)],
        ]

    with_engine(scenario)


def test_acks(with_engine):
    async def scenario(engine, connect):
        await engine.topic("t")
        client = await connect()
        client.send(ApiKey.PRODUCE, 9, produce([(0, records(b"silent"))], acks=0))
        answer = await client.ask(ApiKey.PRODUCE, 9, produce([(0, records(b"told"))], acks=1))
        assert produced(answer) == [(0, 0, 1)]
        answer = await client.ask(ApiKey.PRODUCE, 9, produce([(0, records(b"what"))], acks=7))
        assert produced(answer) == [(0, ErrorCode.INVALID_REQUIRED_ACKS, -1)]
        client.send(ApiKey.PRODUCE, 9, produce([(4, records(b"nowhere"))], acks=0))
        assert await client.closed()

    with_engine(scenario)


def test_a_produce_that_is_not_durable_in_time_says_so(with_engine):
    async def scenario(engine, connect):
        await engine.topic("t")
        partition = engine.services.partitions.get("t", 0)
        partition.log.on_durable = None
        client = await connect()
        answer = await client.ask(ApiKey.PRODUCE, 9, produce([(0, records(b"v"))], timeout_ms=30))
        assert produced(answer) == [(0, ErrorCode.REQUEST_TIMED_OUT, -1)]
        partition._durable(partition.log)

    with_engine(scenario)


def test_record_errors_are_named_from_version_8(with_engine):
    async def scenario(engine, connect):
        await engine.topic("t", 1, TopicConfig(cleanup_policy=frozenset({"compact"})))
        client = await connect()
        data = bytes(build_batch([(b"k", b"v"), (None, b"v")], timestamp_ms=int(time.time() * 1000)))
        answer = await client.ask(ApiKey.PRODUCE, 8, produce([(0, data)]))
        item = answer.responses[0].partition_responses[0]
        assert item.error_code == ErrorCode.INVALID_RECORD
        assert [error.batch_index for error in item.record_errors] == [1]
        assert item.error_message

    with_engine(scenario)


def test_internal_topics_are_not_for_clients(with_engine):
    async def scenario(engine, connect):
        await engine.topic("__consumer_offsets")
        client = await connect()
        answer = await client.ask(
            ApiKey.PRODUCE, 9, produce([(0, records(b"v"))], topic="__consumer_offsets")
        )
        assert produced(answer) == [(0, ErrorCode.INVALID_TOPIC_EXCEPTION, -1)]

    with_engine(scenario)


def test_offsets_epochs_and_trims(with_engine):
    async def scenario(engine, connect):
        await engine.topic("t")
        client = await connect()
        for _ in range(3):
            await client.ask(ApiKey.PRODUCE, 9, produce([(0, records(b"v"))]))

        async def listed(version, timestamp):
            partition = {"partition_index": 0, "current_leader_epoch": -1, "timestamp": timestamp}
            body = {
                "replica_id": -1,
                "isolation_level": 0,
                "topics": [{"name": "t", "partitions": [partition]}],
                "timeout_ms": 1000,
            }
            item = (await client.ask(ApiKey.LIST_OFFSETS, version, body)).topics[0].partitions[0]
            return item.error_code, item.offset

        for version in range(1, 12):
            assert await listed(version, -1) == (0, 3)
            assert await listed(version, -2) == (0, 0)
        assert await listed(6, -3) == (ErrorCode.UNSUPPORTED_VERSION, -1)
        assert (await listed(7, -3))[0] == 0
        assert await listed(11, -6) == (0, -1)

        trim = {
            "topics": [{"name": "t", "partitions": [{"partition_index": 0, "offset": 2}]}],
            "timeout_ms": 1,
        }
        item = (await client.ask(ApiKey.DELETE_RECORDS, 2, trim)).topics[0].partitions[0]
        assert (item.error_code, item.low_watermark) == (0, 2)
        assert await listed(1, -2) == (0, 2)

        for version in (2, 3, 4):
            body = {
                "replica_id": -1,
                "topics": [
                    {
                        "topic": "t",
                        "partitions": [
                            {"partition": 0, "current_leader_epoch": 0, "leader_epoch": 0},
                            {"partition": 9, "current_leader_epoch": 0, "leader_epoch": 0},
                        ],
                    }
                ],
            }
            good, bad = (await client.ask(ApiKey.OFFSET_FOR_LEADER_EPOCH, version, body)).topics[0].partitions
            assert (good.error_code, good.leader_epoch, good.end_offset) == (0, 0, 3)
            assert bad.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

    with_engine(scenario)


def test_api_versions(with_engine):
    async def scenario(engine, connect):
        client = await connect()
        for version in range(5):
            answer = await client.ask(
                ApiKey.API_VERSIONS,
                version,
                {"client_software_name": "a-b.c", "client_software_version": "1.2"},
            )
            ranges = [(item.api_key, item.min_version, item.max_version) for item in answer.api_keys]
            assert ranges == engine.services.dispatch.advertised()
            assert ranges[0] == (0, 0, 13)
        answer = await client.ask(
            ApiKey.API_VERSIONS, 3, {"client_software_name": "-", "client_software_version": ""}
        )
        assert answer.error_code == ErrorCode.INVALID_REQUEST

    with_engine(scenario)


def test_an_api_versions_from_the_future_is_answered_in_version_0(with_engine):
    async def scenario(engine, connect):
        client = await connect()
        frame = struct.pack(">hhih", ApiKey.API_VERSIONS, 77, 900, -1) + b"\0whatever"
        client.writer.write(struct.pack(">i", len(frame)) + frame)
        client.sent[900] = (ApiKey.API_VERSIONS, 0)
        _, answer = await client.receive()
        assert answer.error_code == ErrorCode.UNSUPPORTED_VERSION
        assert (ApiKey.API_VERSIONS, 0, 4) in [
            (item.api_key, item.min_version, item.max_version) for item in answer.api_keys
        ]
        assert (await client.ask(ApiKey.API_VERSIONS, 0, {})).error_code == 0

    with_engine(scenario)


@pytest.mark.parametrize(
    "frame",
    [
        struct.pack(">hhih", 0, 2, 1, -1),  # Produce 2: advertised, not served
        struct.pack(">hhih", 999, 0, 1, -1),
        struct.pack(">hhih", -1, 0, 1, -1),
        struct.pack(">hhih", 1, 12, 1, 500),  # client id beyond the frame
        struct.pack(">hhih", 1, 12, 1, -1) + b"\0" + b"\xff" * 40,
        struct.pack(">hhih", 0, 9, 1, -1) + b"\0\0\xff\xff\0\0\0\0\xff\xff\xff\xff\x7f",
        struct.pack(">hhih", 2, 1, 1, -1) + b"\0\0\0\0\x7f\xff\xff\xff",
        b"\0" * 8,
    ],
)
def test_hostile_requests_cost_only_their_own_connection(with_engine, frame, caplog):
    caplog.set_level(logging.ERROR, "engine.kafka")

    async def scenario(engine, connect):
        await engine.topic("t")
        client, other = await connect(), await connect()
        client.writer.write(struct.pack(">i", len(frame)) + frame)
        assert await client.closed()
        assert engine.shared.budget.used_bytes == 0
        assert produced(await other.ask(ApiKey.PRODUCE, 9, produce([(0, records(b"v"))]))) == [(0, 0, 0)]

    with_engine(scenario)
    assert not caplog.records


def test_bytes_behind_a_request_are_ignored(with_engine):
    async def scenario(engine, connect):
        client = await connect()
        body = cold.encode_request(ApiKey.METADATA, 12, {"topics": None})
        frame = request_header(ApiKey.METADATA, 12, 1, "x") + body + b"\0\0\0"
        client.writer.write(struct.pack(">i", len(frame)) + frame)
        client.sent[1] = (ApiKey.METADATA, 12)
        _, answer = await client.receive()
        assert answer.controller_id == 1

    with_engine(scenario)


def _mutated(frame, chance):
    kind = chance.randrange(4)
    if kind == 0:
        return frame[: chance.randrange(8, len(frame))]
    changed = bytearray(frame)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(changed))
        changed[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    if kind == 1:
        at = chance.randrange(8, len(changed))
        changed[at:at] = os.urandom(chance.randrange(1, 9))
    return bytes(changed)


@pytest.mark.parametrize("seed", range(4))
def test_mutated_requests_never_break_the_broker(with_engine, seed, caplog):
    caplog.set_level(logging.ERROR)
    chance = random.Random(seed)

    async def scenario(engine, connect):
        topic_id = await engine.topic("t", 2)
        frames = []
        for version in (3, 8, 9, 13):
            body = produce([(0, records(b"a", b"b")), (1, records(b"c"))], topic_id=topic_id)
            frames.append((ApiKey.PRODUCE, version, body))
        for version in (4, 11, 12, 18):
            frames.append(
                (ApiKey.FETCH, version, fetch([(0, 0, {}), (1, 0, {})], topic_id=topic_id, session=(0, 0)))
            )
        frames.append((ApiKey.API_VERSIONS, 3, {"client_software_name": "a", "client_software_version": "b"}))
        listing = {"partition_index": 0, "current_leader_epoch": -1, "timestamp": -1}
        frames.append(
            (
                ApiKey.LIST_OFFSETS,
                7,
                {"replica_id": -1, "isolation_level": 0, "topics": [{"name": "t", "partitions": [listing]}]},
            )
        )
        client = await connect()
        for number in range(250):
            key, version, body = chance.choice(frames)
            good = request_header(key, version, 1, "test") + cold.encode_request(key, version, body)
            frame = _mutated(good, chance)
            try:
                client.writer.write(struct.pack(">i", len(frame)) + frame)
                await client.writer.drain()
            except ConnectionError:
                pass
            if client.writer.is_closing() or client.reader.at_eof() or number % 10 == 9:
                client.writer.close()
                client = await connect()
        client.writer.close()
        survivor = await connect()
        answer = await survivor.ask(ApiKey.PRODUCE, 9, produce([(0, records(b"still here"))]))
        assert produced(answer)[0][:2] == (0, 0)
        survivor.writer.close()
        await until(lambda: not engine.server.connections)
        assert engine.shared.budget.used_bytes == 0
        assert len(engine.services.purgatory) == 0
        assert engine.services.metrics.connections_open == 0

    with_engine(scenario)
    assert [record.getMessage() for record in caplog.records] == []
