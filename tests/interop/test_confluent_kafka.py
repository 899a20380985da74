"""librdkafka through confluent-kafka."""

import time

import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from tests.interop.scenario import DEADLINE_SECONDS, PARTITIONS, check_all_arrived, records

pytestmark = [pytest.mark.interop, pytest.mark.timeout(180)]


def consumer(bootstrap: str, group: str, strategy: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "partition.assignment.strategy": strategy,
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 500,
        }
    )


def poll_until(consumers: list[Consumer], condition, sink: list[bytes]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "the group did not settle in time"
        for each in consumers:
            message = each.poll(0.05)
            if message is not None:
                assert message.error() is None, message.error()
                sink.append(message.value())


@pytest.mark.parametrize("strategy", ["range", "cooperative-sticky"])
def test_produce_and_consume_in_a_rebalancing_group(bootstrap, topic, strategy):
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(30)

    producer = Producer(
        {"bootstrap.servers": bootstrap, "enable.idempotence": True, "compression.type": "zstd"}
    )
    failures = []
    for key, value in records():
        producer.produce(
            topic, value, key, on_delivery=lambda error, _: failures.append(error) if error else None
        )
    assert producer.flush(30) == 0
    assert failures == []

    received: list[bytes] = []
    first = consumer(bootstrap, f"group-{topic}", strategy)
    second = consumer(bootstrap, f"group-{topic}", strategy)
    try:
        first.subscribe([topic])
        poll_until([first], lambda: len(first.assignment()) == PARTITIONS, received)
        second.subscribe([topic])
        poll_until(
            [first, second], lambda: len(first.assignment()) == 2 and len(second.assignment()) == 2, received
        )
        expected = {value for _, value in records()}
        poll_until([first, second], lambda: expected <= set(received), received)
        check_all_arrived(received)
        first.commit(asynchronous=False)
    finally:
        first.close()
        second.close()

    admin.delete_topics([topic])[topic].result(30)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while topic in admin.list_topics(timeout=10).topics:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_topic_that_exists_is_refused(bootstrap, topic):
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(30)
    with pytest.raises(KafkaException) as raised:
        admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(30)
    assert raised.value.args[0].name() == "TOPIC_ALREADY_EXISTS"
