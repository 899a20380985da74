"""Fetches records in batches, from chosen offsets or as a member of a group.

`fetch` returns the client's own messages, which are `RecordView`s. Ends of partitions arrive as events and are
kept in `reached`, because the record before an end offset may be a gap (compaction, transaction markers) that no
message ever fills.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rpk.client.model import EARLIEST, LATEST, TopicPartition
from rpk.client.records import library, library_error, librdkafka_settings
from rpk.out.errors import TransientError, UsageError

if TYPE_CHECKING:
    from rpk.config.run import Run

__all__ = ["BALANCERS", "EARLIEST", "LATEST", "ConsumerOptions", "RecordConsumer"]

_PARTITION_EOF = -191
_TRANSPORT = -195
_ALL_BROKERS_DOWN = -187
Message = Any
BATCH = 10_000
BALANCERS = ("cooperative-sticky", "range", "roundrobin")
_DOWN_MAX_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerOptions:
    """How to consume; sizes in bytes, times in milliseconds. `group` None reads without one."""

    group: str | None = None
    balancer: str = "cooperative-sticky"
    reset_to_end: bool = False
    fetch_max_bytes: int = 1 << 20
    fetch_max_wait_ms: int = 5000
    fetch_max_partition_bytes: int = 1 << 20
    read_committed: bool = False
    rack: str = ""


class RecordConsumer:
    """One consumer. `reached` maps a partition to the offset at which its end was met last."""

    def __init__(self, run: Run, options: ConsumerOptions) -> None:
        cimpl = library()
        self._message_error = cimpl.Message.error
        self._topic_partition = cimpl.TopicPartition
        self._exception = cimpl.KafkaException
        self.reached: dict[TopicPartition, int] = {}
        self._down_since_s: float | None = None
        self._last_error: Any = None
        self._timeout_s = run.timeout_s()
        config: dict[str, Any] = dict(librdkafka_settings(run.settings))
        config |= {
            "group.id": options.group or "rpk-without-a-group",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
            "allow.auto.create.topics": False,
            "auto.offset.reset": "latest" if options.reset_to_end else "earliest",
            "isolation.level": "read_committed" if options.read_committed else "read_uncommitted",
            "fetch.max.bytes": max(options.fetch_max_bytes, 1024),
            "message.max.bytes": max(1000, min(1_000_000, options.fetch_max_bytes)),
            "max.partition.fetch.bytes": options.fetch_max_partition_bytes,
            "fetch.wait.max.ms": options.fetch_max_wait_ms,
            # The client pauses a second after its queue was full for a moment; a pipe is emptied faster.
            "fetch.queue.backoff.ms": 2,
            "queued.min.messages": 1_000_000,
            "queued.max.messages.kbytes": 32 << 10,
            "partition.assignment.strategy": options.balancer,
            "error_cb": self._on_error,
        }
        if options.rack:
            config["client.rack"] = options.rack
        try:
            self._consumer = cimpl.Consumer(config)
        except (cimpl.KafkaException, ValueError) as error:
            raise UsageError("these consumer settings do not work", cause=str(error)) from error

    def _on_error(self, error: Any) -> None:  # noqa: ANN401 - librdkafka's KafkaError
        self._last_error = error
        if error.code() == _ALL_BROKERS_DOWN and self._down_since_s is None:
            self._down_since_s = time.monotonic()

    def offsets_at(
        self, partitions: Iterable[TopicPartition], timestamp_ms: int
    ) -> dict[TopicPartition, int]:
        """The first offset of each partition at or after a time; EARLIEST and LATEST are times too. -1: none."""
        wanted = [self._topic_partition(topic, partition, timestamp_ms) for topic, partition in partitions]
        try:
            found = self._consumer.offsets_for_times(wanted, timeout=self._timeout_s) if wanted else []
        except self._exception as error:
            raise library_error(error.args[0], "cannot list the offsets of the partitions") from error
        for item in found:
            if item.error is not None:
                raise library_error(item.error, f"cannot list the offsets of {item.topic}/{item.partition}")
        return {(item.topic, item.partition): item.offset for item in found}

    def assign(self, starts: Mapping[TopicPartition, int]) -> None:
        """Read these partitions from these offsets."""
        self._consumer.assign([self._topic_partition(*key, offset) for key, offset in starts.items()])

    def finish(self, partitions: Iterable[TopicPartition]) -> None:
        """Stop fetching these partitions."""
        self._consumer.incremental_unassign([self._topic_partition(*key) for key in partitions])

    def subscribe(self, topics: list[str], before_revoke: Callable[[], None]) -> None:
        """Join the group; `before_revoke` is called before partitions are given up."""

        def revoked(_consumer: object, _partitions: object) -> None:
            before_revoke()

        self._consumer.subscribe(topics, on_revoke=revoked)

    def fetch(self, timeout_s: float) -> list[Message]:
        """What has arrived, waiting for the first record at most `timeout_s`; empty when nothing came."""
        messages: list[Message] = self._consumer.consume(BATCH, 0)
        if not messages:
            first = self._consumer.poll(timeout_s)
            if first is None:
                self._check_down()
                return []
            messages = [first, *self._consumer.consume(BATCH, 0)]
        if any(map(self._message_error, messages)):
            messages = self._events(messages)
        if messages:
            self._down_since_s = None
        return messages

    def _events(self, messages: list[Message]) -> list[Message]:
        records: list[Message] = []
        for message in messages:
            error = message.error()
            if error is None:
                records.append(message)
            elif error.code() == _PARTITION_EOF:
                self._down_since_s = None
                topic, partition, offset = message.topic(), message.partition(), message.offset()
                if topic is not None and partition is not None and offset is not None:
                    self.reached[topic, partition] = offset
            elif error.code() in (_TRANSPORT, _ALL_BROKERS_DOWN):
                self._on_error(error)
            elif not error.retriable() or error.fatal():
                where = f"{message.topic()}/{message.partition()}" if message.topic() else "the cluster"
                raise library_error(error, f"cannot read from {where}")
        return records

    def _check_down(self) -> None:
        if self._down_since_s is not None and time.monotonic() - self._down_since_s > _DOWN_MAX_S:
            cause = self._last_error.str() if self._last_error is not None else None
            raise TransientError(
                f"no broker has answered for {_DOWN_MAX_S:g}s", cause=cause, name="ALL_BROKERS_DOWN"
            )

    def commit(self, offsets: Mapping[TopicPartition, int], *, wait: bool) -> None:
        """Commit the next offsets to read. wait: until the coordinator has answered."""
        items = [self._topic_partition(*key, offset) for key, offset in offsets.items()]
        if not items:
            return
        try:
            self._consumer.commit(offsets=items, asynchronous=not wait)
        except self._exception as error:
            raise library_error(error.args[0], "cannot commit the offsets of what was printed") from error

    def close(self) -> None:
        """Leave the group and let go of the connections."""
        self._consumer.close()
