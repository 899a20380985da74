"""aiokafka, the asyncio client."""

import asyncio
import time

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.interop.scenario import DEADLINE_SECONDS, PARTITIONS, check_all_arrived, records

pytestmark = [pytest.mark.interop, pytest.mark.timeout(180)]


def consumer(bootstrap: str, group: str, topic: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        session_timeout_ms=6000,
        heartbeat_interval_ms=500,
    )


async def rebalancing_group(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, PARTITIONS, 1)])

    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, compression_type="lz4")
    await producer.start()
    acks = [await producer.send(topic, value, key) for key, value in records()]
    await asyncio.wait_for(asyncio.gather(*acks), 30)
    await producer.stop()

    received: list[bytes] = []
    members = [consumer(bootstrap, f"group-{topic}", topic)]
    await members[0].start()

    async def poll_until(condition) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, "the group did not settle in time"
            for each in members:
                for batch in (await each.getmany(timeout_ms=50, max_records=20)).values():
                    received.extend(record.value for record in batch)

    await poll_until(lambda: len(members[0].assignment()) == PARTITIONS)
    second = consumer(bootstrap, f"group-{topic}", topic)
    starting = asyncio.create_task(second.start())
    await poll_until(starting.done)
    members.append(second)
    await poll_until(lambda: [len(each.assignment()) for each in members] == [2, 2])
    expected = {value for _, value in records()}
    await poll_until(lambda: expected <= set(received))
    check_all_arrived(received)
    for each in members:
        await each.stop()

    await admin.delete_topics([topic])
    deadline = time.monotonic() + DEADLINE_SECONDS
    while topic in await admin.list_topics():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)
    await admin.close()


def test_produce_and_consume_in_a_rebalancing_group(bootstrap, topic):
    asyncio.run(rebalancing_group(bootstrap, topic))
