"""Reads records from a stream and produces them, printing acknowledgements as they come.

Input is consumed as it arrives; while nothing arrives, acknowledgements are waited for. Nothing is buffered
beyond one chunk of input and what the producer has in flight.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from rpk.client.record_producer import OutgoingRecord, RecordProducer
from rpk.out.errors import OperationFailed, RpkError
from rpk.out.records.incoming import InputRecord, Reader
from rpk.topic.acknowledged import Acknowledgements
from rpk.topic.interrupt import Interrupt
from rpk.topic.record_streams import InputStream

_ACK_WAIT_S = 0.01
_INTERRUPTED_FLUSH_S = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDefaults:
    """What records get that do not say it themselves. `topic_wins`: the command line's topic beats the record's."""

    topic: str | None = None
    topic_wins: bool = False
    key: bytes | None = None
    partition: int = -1
    headers: tuple[tuple[str, bytes | None], ...] = ()
    empty_is_null: bool = False


class ProduceSession:
    """One run of produce."""

    def __init__(
        self,
        reader: Reader,
        producer: RecordProducer,
        acks: Acknowledgements,
        defaults: RecordDefaults,
        check_topic: Callable[[str], None],
    ) -> None:
        self._reader = reader
        self._producer = producer
        self._acks = acks
        self._defaults = defaults
        self._check_topic = check_topic
        self._checked: set[str] = {defaults.topic} if defaults.topic else set()
        own_topic = "topic" in reader.fields and not (defaults.topic_wins and defaults.topic)
        self._plain = (
            not own_topic
            and not defaults.headers
            and not reader.fields & {"headers", "timestamp", "partition"}
        )
        self._own_topic = own_topic
        self._reading_error: RpkError | None = None

    def run(self, source: InputStream, interrupt: Interrupt) -> RpkError | None:
        """Produce until the input ends, a signal or a hopeless failure; returns the error to end with."""
        while not interrupt.signal_number and not self._acks.hopeless and self._reading_error is None:
            wait_s = 0.0 if self._producer.in_flight else None
            chunk = source.read(wait_s)
            if chunk is None:
                self._producer.poll(_ACK_WAIT_S)
                self._acks.drain()
                continue
            if not chunk:
                self._take(self._reader.finish(), 0)
                break
            self._take(self._reader.feed(chunk), len(chunk))
        self._flush(interrupt)
        return self._acks.error(self._reading_error)

    def _take(self, records: list[InputRecord], size_bytes: int) -> None:
        self._reading_error = self._reader.error
        if not records:
            return
        self._acks.read += len(records)
        try:
            if self._plain and self._defaults.topic is not None:
                self._send_plain(self._defaults.topic, cast("list[OutgoingRecord]", records), size_bytes)
            else:
                self._send_each(records)
        except RpkError as error:
            self._reading_error = error
        self._acks.drain()

    def _send_plain(self, topic: str, records: list[OutgoingRecord], size_bytes: int) -> None:
        defaults = self._defaults
        if defaults.key is not None and "key" not in self._reader.fields:
            for record in records:
                record["key"] = defaults.key
        if defaults.empty_is_null:
            for record in records:
                record["value"] = record.get("value") or None
        for error in self._producer.send_plain(topic, records, size_bytes, defaults.partition):
            self._acks.refuse(error, topic)

    def _send_each(self, records: list[InputRecord]) -> None:
        defaults = self._defaults
        for record in records:
            topic = (record.get("topic") if self._own_topic else None) or defaults.topic
            if topic is None:
                raise OperationFailed("a record has no topic, and none is on the command line")
            if topic not in self._checked:
                self._check_topic(topic)
                self._checked.add(topic)
            outgoing = cast("OutgoingRecord", record)
            if outgoing.get("key") is None and defaults.key is not None:
                outgoing["key"] = defaults.key
            if defaults.empty_is_null:
                outgoing["value"] = outgoing.get("value") or None
            if "partition" not in outgoing and defaults.partition >= 0:
                outgoing["partition"] = defaults.partition
            if defaults.headers:
                outgoing["headers"] = [*defaults.headers, *outgoing.get("headers", ())]
            refused: Any = self._producer.send(topic, outgoing)
            if refused is not None:
                self._acks.refuse(refused, topic)
        self._producer.poll(0)

    def _flush(self, interrupt: Interrupt) -> None:
        """Wait for what is in flight; after a signal not for long."""
        waited_s = 0.0
        while self._producer.in_flight:
            self._producer.poll(0.1)
            self._acks.drain()
            if interrupt.signal_number:
                waited_s += 0.1
                if waited_s > _INTERRUPTED_FLUSH_S:
                    self._producer.purge()
        self._acks.drain()
        self._acks.settle()
