"""Sends records and hands back their acknowledgements in the order they arrive.

The C client batches, compresses and retries. What is on its way is bounded here, in records and bytes, so that
its own queue never refuses one and order is kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rpk.client.records import library, librdkafka_settings
from rpk.out.errors import UsageError

if TYPE_CHECKING:
    from rpk.config.run import Run

COMPRESSIONS = ("none", "gzip", "snappy", "lz4", "zstd")
RECORDS_IN_FLIGHT_MAX = 200_000
BYTES_IN_FLIGHT_MAX = 64 << 20
DELIVERY_TIMEOUT_DEFAULT_MS = 120_000
_BATCH = 10_000
_ROOM_WAIT_S = 0.05
_PLAIN_ARGUMENTS: tuple[str, ...] = ("value", "key", "partition", "timestamp")

OutgoingRecord = dict[str, Any]
"""value, key, partition, timestamp, headers; absent means unset, None null."""

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerOptions:
    """How to produce. `acks` -1, 0 or 1; `max_message_bytes` -1 for the default of 1 MB; timeouts in milliseconds.

    `reports` is False when nobody reads the acknowledgements of records that went well; `keep_headers` hands
    headers back with them, which the client's own messages lack.
    """

    acks: int = -1
    compression: str = "snappy"
    delivery_timeout_ms: int = DELIVERY_TIMEOUT_DEFAULT_MS
    max_message_bytes: int = -1
    reports: bool = True
    keep_headers: bool = False


class RecordProducer:
    """One producer. `acked` fills with (message, headers): delivered ones, and failed ones (`message.error()`)."""

    def __init__(self, run: Run, options: ProducerOptions) -> None:
        cimpl = library()
        self._exception = cimpl.KafkaException
        self.acked: list[Any] = []
        self.acked_headers: dict[int, Headers] = {}
        self._keep_headers = options.keep_headers
        add = self.acked.append

        def on_delivery(_error: object, message: object) -> None:
            add(message)

        config: dict[str, Any] = dict(librdkafka_settings(run.settings))
        config |= {
            "acks": options.acks,
            "enable.idempotence": options.acks == -1,
            "compression.type": options.compression,
            "message.timeout.ms": options.delivery_timeout_ms,
            # Keys go to the partitions every other Kafka client sends them to.
            "partitioner": "murmur2_random",
            "linger.ms": 5,
            "queue.buffering.max.messages": RECORDS_IN_FLIGHT_MAX * 2,
            "queue.buffering.max.kbytes": 2_000_000,
            "delivery.report.only.error": not options.reports,
            "on_delivery": on_delivery,
            "error_cb": self._on_error,
        }
        if options.max_message_bytes > 0:
            config["message.max.bytes"] = options.max_message_bytes
        try:
            self._producer = cimpl.Producer(config)
        except (cimpl.KafkaException, ValueError) as error:
            raise UsageError("these producer settings do not work", cause=str(error)) from error
        self._sizes: deque[tuple[int, int]] = deque()
        self._bytes = 0
        self._sent = 0
        self.last_error: Any = None

    def _on_error(self, error: object) -> None:
        self.last_error = error

    @property
    def in_flight(self) -> int:
        """Records neither acknowledged nor failed, and reports not yet handed over."""
        return len(self._producer)

    def send_plain(
        self, topic: str, records: list[OutgoingRecord], size_bytes: int, partition: int = -1
    ) -> list[Any]:
        """Send records of value and key alone, all to one partition or each to its key's; the cheapest way.

        size_bytes: about how many bytes they are. Returns the `KafkaError`s of records the client refused.
        """
        refused: list[Any] = []
        for start in range(0, len(records), _BATCH):
            batch = records[start : start + _BATCH] if len(records) > _BATCH else records
            self._make_room(len(batch))
            if self._producer.produce_batch(topic, batch, partition) != len(batch):
                refused += [record["_error"] for record in batch if "_error" in record]
            self._sent += len(batch)
            self._producer.poll(0)
        self._count_bytes(size_bytes)
        return refused

    def send(self, topic: str, record: OutgoingRecord) -> object | None:
        """Send one record; the `KafkaError` when the client refuses it."""
        self._make_room(1)
        headers = record.get("headers")
        arguments: OutgoingRecord = {name: record[name] for name in _PLAIN_ARGUMENTS if name in record}
        if headers:
            arguments["headers"] = headers
            if self._keep_headers:
                arguments["on_delivery"] = self._with_headers(headers)
        try:
            self._producer.produce(topic, **arguments)
        except self._exception as error:
            refused: object = error.args[0]
            return refused
        self._sent += 1
        self._count_bytes(len(record.get("value") or b"") + len(record.get("key") or b""))
        return None

    def _with_headers(self, headers: Headers) -> object:
        def on_delivery(_error: object, message: object) -> None:
            self.acked_headers[len(self.acked)] = headers
            self.acked.append(message)

        return on_delivery

    def poll(self, timeout_s: float) -> None:
        """Let acknowledgements arrive in `acked`, waiting for the first at most `timeout_s`."""
        self._producer.poll(timeout_s)

    def purge(self) -> None:
        """Give up what has not been acknowledged; it fails."""
        self._producer.purge(in_queue=True, in_flight=True, blocking=False)
        self._producer.poll(0)

    def _make_room(self, records: int) -> None:
        while len(self._producer) + records > RECORDS_IN_FLIGHT_MAX or self._bytes > BYTES_IN_FLIGHT_MAX:
            self._producer.poll(_ROOM_WAIT_S)
            self._forget_acked()

    def _count_bytes(self, size_bytes: int) -> None:
        self._bytes += size_bytes
        self._sizes.append((self._sent, size_bytes))
        if len(self._sizes) > 1000:
            self._forget_acked()

    def _forget_acked(self) -> None:
        done = self._sent - len(self._producer)
        while self._sizes and self._sizes[0][0] <= done:
            self._bytes -= self._sizes.popleft()[1]
