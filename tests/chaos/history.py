"""Load that remembers what it was promised, and the check that the promises were kept."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

FLUSH_SECONDS = 60


@dataclass(slots=True)
class History:
    """What clients were told: acked and read records by place, the last acked commit by partition."""

    acked: dict[tuple[int, int], bytes] = field(default_factory=dict)
    seen: dict[tuple[int, int], bytes] = field(default_factory=dict)
    committed: dict[int, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    sent: int = 0


class Load:
    """An idempotent producer (acks=all) and a committing consumer on one topic, until told to stop."""

    def __init__(
        self,
        bootstrap: str,
        topic: str,
        partitions: int,
        *,
        name: str = "load",
        pause_seconds: float = 0.004,
    ) -> None:
        self.pause_seconds = pause_seconds
        self.bootstrap, self.topic, self.partitions, self.name = bootstrap, topic, partitions, name
        self.history = History()
        self._stopping = threading.Event()
        self._abandoned = False
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._produce, self._commit)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, error: object, *_: object) -> None:
        if error is None:
            self.stop()
        else:
            self._abandoned = True
            self._stopping.set()

    def stop(self) -> None:
        """End the load; everything sent is acked or reported as failed afterwards."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(FLUSH_SECONDS + 30)
            assert not thread.is_alive(), "the load does not end"

    def wait_for_progress(self, records: int = 1, seconds: float = 30) -> None:
        """Return when that many more records are acked than now."""
        wanted = len(self.history.acked) + records
        deadline = time.monotonic() + seconds
        while len(self.history.acked) < wanted:
            assert time.monotonic() < deadline, f"nothing was acked in {seconds} s: {self.history.errors[:3]}"
            time.sleep(0.005)

    def _acked(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self.history.errors.append(str(error))
            return
        place = (message.partition(), message.offset())
        if place in self.history.acked:
            self.history.errors.append(f"two records acked at {place}")
        self.history.acked[place] = message.value()

    def _saw(self, place: tuple[int, int], value: bytes) -> None:
        if self.history.seen.setdefault(place, value) != value:
            self.history.errors.append(f"{place} was read as two different records")

    def _produce(self) -> None:
        producer = Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "enable.idempotence": True,
                "linger.ms": 1,
                "batch.num.messages": 50,
                "reconnect.backoff.ms": 10,
                "reconnect.backoff.max.ms": 100,
                "retry.backoff.ms": 20,
                "message.timeout.ms": 300_000,
                "queue.buffering.max.messages": 5000,  # or a slow machine falls minutes behind
                "log_level": 0,
            }
        )
        number = 0
        while not self._stopping.is_set():
            try:
                producer.produce(
                    self.topic,
                    f"{self.name}-{number}".encode() + b"." * (number % 700),
                    partition=number % self.partitions,
                    on_delivery=self._acked,
                )
                number += 1
            except BufferError:
                producer.poll(0.05)
            producer.poll(0)
            if number % 20 == 0:
                time.sleep(self.pause_seconds)
        self.history.sent = number
        if self._abandoned:
            producer.purge()
            return
        if left := producer.flush(FLUSH_SECONDS):
            self.history.errors.append(f"{left} records neither acked nor failed")

    def _commit(self) -> None:
        consumer = _consumer(self.bootstrap, f"group-{self.topic}")
        consumer.assign([TopicPartition(self.topic, partition, 0) for partition in range(self.partitions)])
        seen: dict[int, int] = {}
        try:
            while not self._stopping.is_set():
                for message in consumer.consume(100, timeout=0.05):
                    if message.error() is None:
                        seen[message.partition()] = message.offset() + 1
                        self._saw((message.partition(), message.offset()), message.value())
                if seen:
                    offsets = [
                        TopicPartition(self.topic, partition, offset) for partition, offset in seen.items()
                    ]
                    try:
                        done = consumer.commit(offsets=offsets, asynchronous=False)
                    except Exception:  # a commit cut off by the kill promises nothing
                        continue
                    for each in done or []:
                        if each.error is None:
                            self.history.committed[each.partition] = each.offset
        finally:
            consumer.close()


def _consumer(bootstrap: str, group: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "reconnect.backoff.ms": 10,
            "reconnect.backoff.max.ms": 100,
            "socket.timeout.ms": 5000,
            "log_level": 0,
            "check.crcs": True,
        }
    )


def read_all(bootstrap: str, topic: str, partitions: int) -> dict[tuple[int, int], bytes]:
    """Every record of the topic by (partition, offset), read up to the high watermarks."""
    consumer = _consumer(bootstrap, f"check-{topic}")
    records: dict[tuple[int, int], bytes] = {}
    try:
        ends = {}
        for partition in range(partitions):
            _, ends[partition] = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=20)
        consumer.assign([TopicPartition(topic, partition, 0) for partition in range(partitions)])
        deadline = time.monotonic() + 120
        waiting = {partition for partition, end in ends.items() if end > 0}
        while waiting:
            assert time.monotonic() < deadline, f"partitions {waiting} could not be read to their end {ends}"
            for message in consumer.consume(10_000, timeout=1):
                assert message.error() is None, message.error()
                records[message.partition(), message.offset()] = message.value()
                if message.offset() >= ends[message.partition()] - 1:
                    waiting.discard(message.partition())
    finally:
        consumer.close()
    return records


def committed_offsets(bootstrap: str, topic: str, partitions: int) -> dict[int, int]:
    """The load's group's committed offsets as the broker has them now."""
    consumer = _consumer(bootstrap, f"group-{topic}")
    try:
        wanted = [TopicPartition(topic, partition) for partition in range(partitions)]
        return {each.partition: each.offset for each in consumer.committed(wanted, timeout=20)}
    finally:
        consumer.close()


def check(history: History, records: dict[tuple[int, int], bytes], committed: dict[int, int]) -> None:
    """Raise on a lost, moved or repeated record, on a gap, and on a commit that went back."""
    missing = [place for place, value in history.acked.items() if records.get(place) != value]
    assert not missing, (
        f"{len(missing)} acked records are not where they were acked, first {sorted(missing)[:5]}"
    )
    moved = [place for place, value in history.seen.items() if records.get(place) != value]
    assert not moved, f"{len(moved)} records that were read are gone or others, first {sorted(moved)[:5]}"
    repeated = [value for value, count in Counter(records.values()).items() if count > 1]
    assert not repeated, f"{len(repeated)} records are there twice, first {repeated[:3]!r}"
    for partition in {place[0] for place in records}:
        offsets = sorted(offset for part, offset in records if part == partition)
        assert offsets == list(range(offsets[-1] + 1)), f"offsets of partition {partition} have gaps"
    for partition, offset in history.committed.items():
        assert committed.get(partition, -1) >= offset, f"the commit of partition {partition} went back"
