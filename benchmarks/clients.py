"""Client side of the cells, run in a process of its own pinned to the client's core.

Called as ``python -m benchmarks.clients CELL BOOTSTRAP TOPIC JSON``; prints one JSON object of figures.
"""

import json
import sys
import time
from collections.abc import Callable

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # exported at run time

PARTITIONS = 6
FLUSH_S = 20
"""How long the latency cell waits for the last acks of a broker that does not keep up."""


def create_topic(
    bootstrap: str, topic: str, partitions: int = PARTITIONS, config: dict[str, str] | None = None
) -> None:
    """Make the cell's topic."""
    admin = AdminClient({"bootstrap.servers": bootstrap})  # must outlive its futures
    admin.create_topics([NewTopic(topic, partitions, 1, config=config or {})])[topic].result(30)


class Stopwatch:
    """Wall and CPU time of this process since it was made."""

    def __init__(self) -> None:
        self._begin = time.perf_counter()
        self._cpu = time.process_time()

    def seconds(self) -> float:
        """Wall time so far."""
        return time.perf_counter() - self._begin

    def cpu_percent(self) -> float:
        """Share of one core used so far; near 100 means that the client is the limit."""
        return (time.process_time() - self._cpu) / self.seconds() * 100


def produce(
    bootstrap: str,
    topic: str,
    *,
    size: int,
    records: int,
    partitions: int = PARTITIONS,
    config: dict[str, str] | None = None,
) -> dict[str, float]:
    """Throughput of `records` values of `size` bytes with librdkafka's default batching, acks=all."""
    create_topic(bootstrap, topic, partitions, config)
    producer = Producer(
        {"bootstrap.servers": bootstrap, "acks": "all", "queue.buffering.max.messages": 1_000_000}
    )
    payload = bytes(range(256)) * (size // 256 + 1)
    chunk = [{"value": payload[:size]} for _ in range(1000)]
    failed: list[KafkaError] = []

    def on_delivery(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error)

    producer.list_topics(topic, timeout=10)
    watch = Stopwatch()
    sent = 0
    while sent < records:
        queued = producer.produce_batch(topic, chunk)
        sent += queued
        producer.poll(0.01 if queued < len(chunk) else 0)
    left = producer.flush(120)
    seconds, cpu = watch.seconds(), watch.cpu_percent()
    if left or failed:
        raise SystemExit(f"{left} records left, failures {failed[:1]}")
    return {"records/s": sent / seconds, "MB/s": sent * size / seconds / 1e6, "client CPU %": cpu}


def consume(
    bootstrap: str, topic: str, *, size: int, records: int, partitions: int = PARTITIONS
) -> dict[str, float]:
    """Throughput of reading `records` values back."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"bench-{topic}",
            "enable.auto.commit": False,
            "queued.max.messages.kbytes": 262_144,
            "fetch.message.max.bytes": 8 << 20,
        }
    )
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(partitions)])
    first = len(consumer.consume(1, timeout=30))  # the connection and the first fetch are not measured
    watch = Stopwatch()
    got = 0
    while got < records - first:
        batch = consumer.consume(100_000, timeout=1)
        if not batch and watch.seconds() > 120:
            raise SystemExit(f"only {got} of {records} records arrived")
        got += len(batch)
    seconds, cpu = watch.seconds(), watch.cpu_percent()
    consumer.close()
    return {"records/s": got / seconds, "MB/s": got * size / seconds / 1e6, "client CPU %": cpu}


def latency(bootstrap: str, topic: str, *, rate: int, seconds: int, size: int = 100) -> dict[str, float]:
    """Ack latency at a fixed rate, measured from when each record was due (no coordinated omission)."""
    create_topic(bootstrap, topic)
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 0})
    producer.list_topics(topic, timeout=10)
    value = b"x" * size
    latencies: list[float] = []
    warmup = rate // 2
    total = rate * seconds + warmup
    start = time.perf_counter() + 0.05

    def acked(due: float) -> Callable[[KafkaError | None, Message], None]:
        def done(error: KafkaError | None, _: Message) -> None:
            if error is not None:
                if error.code() == KafkaError._PURGE_QUEUE or error.code() == KafkaError._PURGE_INFLIGHT:
                    return
                raise SystemExit(str(error))
            latencies.append(time.perf_counter() - due)

        return done

    for number in range(total):
        due = start + number / rate
        while (now := time.perf_counter()) < due:
            producer.poll(min(due - now, 0.0005))
        producer.produce(topic, value, on_delivery=acked(due))
        producer.poll(0)
    left = producer.flush(FLUSH_S)
    if left:
        # The broker does not keep up: what is still waiting has waited at least until now.
        producer.purge()
        now = time.perf_counter()
        latencies += [now - start - number / rate for number in range(total - left, total)]
    measured = sorted(latencies[warmup:total])

    def percentile(part: float) -> float:
        return measured[min(len(measured) - 1, int(part * len(measured)))] * 1000

    return {
        "p50 ms": percentile(0.5),
        "p99 ms": percentile(0.99),
        "p99.9 ms": percentile(0.999),
        "unacked %": left / total * 100,
    }


def main() -> None:
    """Run the named cell and print its figures."""
    cell, bootstrap, topic, parameters = sys.argv[1:]
    cells: dict[str, Callable[..., dict[str, float]]] = {
        "produce": produce,
        "consume": consume,
        "latency": latency,
    }
    sys.stdout.write(json.dumps(cells[cell](bootstrap, topic, **json.loads(parameters))) + "\n")


if __name__ == "__main__":
    main()
