"""kafka-python, the pure Python client."""

import time

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

from tests.interop.scenario import DEADLINE_SECONDS, PARTITIONS, check_all_arrived, records

pytestmark = [
    pytest.mark.interop,
    pytest.mark.timeout(180),
    # The client leaves a socket to the garbage collector when it closes.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def consumer(bootstrap: str, group: str, topic: str) -> KafkaConsumer:
    return KafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        session_timeout_ms=6000,
        heartbeat_interval_ms=500,
        max_poll_records=20,
        # A member that joins before it has the topic's metadata is assigned nothing until it asks again.
        metadata_max_age_ms=2000,
    )


def test_produce_and_consume_in_a_rebalancing_group(bootstrap, topic):
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])

    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", compression_type="gzip")
    acks = [producer.send(topic, value, key) for key, value in records()]
    producer.flush(30)
    assert all(ack.get(10).offset >= 0 for ack in acks)
    producer.close()

    received: list[bytes] = []
    members = [consumer(bootstrap, f"group-{topic}", topic)]

    def poll_until(condition) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, "the group did not settle in time"
            for each in members:
                for batch in each.poll(50).values():
                    received.extend(record.value for record in batch)

    poll_until(lambda: len(members[0].assignment()) == PARTITIONS)
    members.append(consumer(bootstrap, f"group-{topic}", topic))
    poll_until(lambda: [len(each.assignment()) for each in members] == [2, 2])
    expected = {value for _, value in records()}
    poll_until(lambda: expected <= set(received))
    check_all_arrived(received)
    for each in members:
        each.close()

    assert topic in admin.list_topics()
    admin.delete_topics([topic])
    deadline = time.monotonic() + DEADLINE_SECONDS
    while topic in admin.list_topics():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    admin.close()
