"""What producing came to: counts, the line printed for each acknowledgement, and the first failures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rpk.client.record_producer import COMPRESSIONS, RecordProducer
from rpk.client.records import library_error
from rpk.out.errors import AuthError, NotFound, OperationFailed, RpkError
from rpk.out.records.view import Headers, Render

FAILURES_SHOWN_MAX = 10
# Of these the next record may still be delivered: too large (10, 18), bad timestamp (32), invalid record (87).
_OF_ONE_RECORD = frozenset((10, 18, 32, 87))
Message = Any


class AckedRecord:
    """An acknowledgement with what only the producer knows: headers and codec."""

    __slots__ = (
        "_codec",
        "_headers",
        "_message",
        "key",
        "leader_epoch",
        "offset",
        "partition",
        "timestamp",
        "topic",
        "value",
    )

    def __init__(self, message: Message, headers: Headers | None, codec: int) -> None:
        self._message = message
        self._headers = headers
        self._codec = codec
        self.topic = message.topic
        self.partition = message.partition
        self.offset = message.offset
        self.key = message.key
        self.value = message.value
        self.timestamp = message.timestamp
        self.leader_epoch = message.leader_epoch

    def headers(self) -> Headers | None:
        """Headers as they were sent."""
        return self._headers

    def attributes(self) -> int:
        """Codec asked for and timestamp type."""
        return self._codec | (8 if self._message.timestamp()[0] == 2 else 0)

    def producer_id(self) -> int:
        """Not known: the client library keeps it to itself."""
        return -1

    def producer_epoch(self) -> int:
        """Not known."""
        return -1

    def log_start(self) -> None:
        """Not part of an acknowledgement."""

    def last_stable(self) -> None:
        """Not part of an acknowledgement."""

    def high_watermark(self) -> None:
        """Not part of an acknowledgement."""


class Acknowledgements:
    """Prints each batch of acknowledgements in the order they came and counts."""

    def __init__(
        self,
        producer: RecordProducer,
        render: Render | None,
        write: Callable[[bytes], None],
        failed: Callable[[str], None],
        *,
        wrap: bool,
        compression: str,
    ) -> None:
        self._producer = producer
        self._render = render
        self._write = write
        self._failed = failed
        self._wrap = wrap
        self._codec = COMPRESSIONS.index(compression)
        self.read = 0
        self.acked = 0
        self.failed = 0
        self.first_failure: RpkError | None = None
        self.hopeless = False

    def drain(self) -> None:
        """Print what has been acknowledged since the last call."""
        messages = self._producer.acked
        if not messages:
            return
        batch = messages.copy()
        messages.clear()
        headers = self._producer.acked_headers.copy()
        self._producer.acked_headers.clear()
        failures = [message for message in batch if message.error() is not None]
        records: Sequence[Any] = batch
        if failures:
            for message in failures:
                self.refuse(message.error(), f"{message.topic()}")
            records = [message for message in batch if message.error() is None]
        self.acked += len(records)
        if self._render is None:
            return
        if self._wrap:
            records = [
                AckedRecord(message, headers.get(at), self._codec)
                for at, message in enumerate(batch)
                if message.error() is None
            ]
        if records:
            self._write(self._render(records))

    def refuse(self, error: Any, topic: str) -> None:  # noqa: ANN401 - librdkafka's KafkaError
        """Count a record that was not produced."""
        self.failed += 1
        failure = library_error(error, f"cannot produce to topic {topic}")
        self.first_failure = self.first_failure or failure
        self.hopeless = self.hopeless or int(error.code()) not in _OF_ONE_RECORD
        if self.failed <= FAILURES_SHOWN_MAX:
            self._failed(f"a record was not produced to {topic}: {failure.cause}")
        elif self.failed == FAILURES_SHOWN_MAX + 1:
            self._failed("more records were not produced; they are counted, not listed")

    def settle(self) -> None:
        """Nothing is in flight any more: without reports of what went well, all that did not fail did."""
        if self._render is None:
            self.acked = self.read - self.failed

    @property
    def summary(self) -> str:
        """Records read, acked and failed (UX-04)."""
        return f"records read {self.read}, acked {self.acked}, failed {self.failed}"

    def error(self, reading: RpkError | None) -> RpkError | None:
        """The error to end with: of reading, or of delivery; None when all went well."""
        first = reading or self.first_failure
        if first is None:
            return None
        if reading is not None:
            reading.cause = f"{reading.cause}; {self.summary}" if reading.cause else self.summary
            return reading
        kind = (
            type(first) if self.acked == 0 and isinstance(first, (AuthError, NotFound)) else OperationFailed
        )
        return kind(
            f"{self.failed} of {self.read} records were not produced",
            cause=f"{first.cause}; {self.summary}",
            hint=first.hint,
            name=first.name,
            code=first.code,
        )
