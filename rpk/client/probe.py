"""Proof that a cluster works: a record of our own is acked and read back, then its topic is deleted."""

from __future__ import annotations

import os
import time

from rpk.out.errors import TransientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message

POLL_S = 0.05


def round_trip(brokers: str, *, replicas: int = 1, timeout_s: float) -> float:
    """Create a topic, produce records with acks=all, fetch them, delete the topic; seconds until all are acked.

    brokers: `host:port,…`. The topic has `replicas` partitions of as many replicas, and each gets a record, so every
    broker of a cluster of that size acks and serves one. Raises TransientError naming the step that did not happen within `timeout_s`.
    """
    from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.cimpl import NewTopic

    started = time.monotonic()
    deadline = started + timeout_s
    topic = f"_rpk.probe.{os.getpid()}.{time.time_ns() % 1_000_000_000}"
    common: dict[str, str | int | float | bool] = {
        "bootstrap.servers": brokers,
        "log_level": 0,
        "reconnect.backoff.ms": 10,
        "socket.timeout.ms": 5000,
    }
    step = "a topic could not be created"
    admin = AdminClient(common)
    try:
        admin.create_topics([NewTopic(topic, replicas, replicas)], operation_timeout=timeout_s)[topic].result(
            _left(deadline)
        )
        step = "a record was not acked"
        acked: dict[int, int] = {}
        failed: list[str] = []

        def on_delivery(error: KafkaError | None, message: Message) -> None:
            if error is None:
                acked[message.partition() or 0] = message.offset() or 0
            else:
                failed.append(str(error))

        producer = Producer({**common, "acks": "all", "linger.ms": 0})
        for partition in range(replicas):
            producer.produce(topic, b"probe", partition=partition, on_delivery=on_delivery)
        producer.flush(_left(deadline))
        if len(acked) < replicas:
            raise TransientError(step, cause=failed[0] if failed else None)
        seconds = time.monotonic() - started
        step = "the acked record could not be fetched"
        consumer = Consumer(
            {**common, "group.id": topic, "enable.auto.commit": False, "fetch.wait.max.ms": 10}
        )
        consumer.assign([TopicPartition(topic, partition, offset) for partition, offset in acked.items()])
        missing = set(acked)
        while missing:
            message = consumer.poll(POLL_S)
            if message is not None and message.error() is None:
                missing.discard(message.partition() or 0)
            if time.monotonic() > deadline:
                raise TransientError(step)
        consumer.close()
        return seconds
    except KafkaException as error:
        raise TransientError(step, cause=str(error.args[0].str() if error.args else error)) from error
    finally:
        admin.delete_topics([topic])[topic].exception(max(1.0, _left(deadline)))


def _left(deadline: float) -> float:
    return max(0.1, deadline - time.monotonic())
