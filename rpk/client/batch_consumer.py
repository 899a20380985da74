"""Fetches whole record batches for layouts that ask for producers, attributes, watermarks or control records.

One Fetch request (version 11, KIP-392) a leader and round, over the same connections as every other request. It
has the face of `RecordConsumer` without groups.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from rpk.client.batch_records import BatchHeader, BatchRecord, Watermarks, batches, records
from rpk.client.deadline import Deadline
from rpk.client.kafka import connect
from rpk.client.kafka_errors import broker_error, is_retriable
from rpk.client.model import TopicPartition
from rpk.client.wire import Reader, WireError, old_string
from rpk.out.errors import OperationFailed, RpkError, TransientError

if TYPE_CHECKING:
    from rpk.client.record_consumer import ConsumerOptions
    from rpk.config.run import Run

API_FETCH = 1
VERSION = 11
_REQUEST_S = 10.0
_DOWN_MAX_S = 10.0


class BatchConsumer:
    """One consumer; `reached` maps a partition to the offset up to which everything was handed out."""

    def __init__(self, run: Run, options: ConsumerOptions, *, control_records: bool) -> None:
        self._client = connect(run)
        self._options = options
        self._control_records = control_records
        self._next: dict[TopicPartition, int] = {}
        self._grouped: dict[int, list[TopicPartition]] | None = None
        self._failing_since_s: float | None = None
        self.reached: dict[TopicPartition, int] = {}

    def offsets_at(
        self, partitions: Iterable[TopicPartition], timestamp_ms: int
    ) -> dict[TopicPartition, int]:
        """The first offset of each partition at or after a time; EARLIEST and LATEST are times too. -1: none."""
        self._client.deadline = Deadline(_REQUEST_S)
        found = self._client.offsets.list(
            dict.fromkeys(partitions, timestamp_ms), read_committed=self._options.read_committed
        )
        offsets = {}
        for key, item in found.items():
            if isinstance(item, RpkError):
                raise item
            offsets[key] = item.offset
        return offsets

    def assign(self, starts: Mapping[TopicPartition, int]) -> None:
        """Read these partitions from these offsets."""
        self._next = dict(starts)
        self._grouped = None

    def finish(self, partitions: Iterable[TopicPartition]) -> None:
        """Stop fetching these partitions."""
        for key in partitions:
            self._next.pop(key, None)
        self._grouped = None

    def commit(self, offsets: Mapping[TopicPartition, int], *, wait: bool) -> None:
        """There is no group to commit for."""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def fetch(self, timeout_s: float) -> list[BatchRecord]:
        """What one round over the leaders brought."""
        found: list[BatchRecord] = []
        try:
            if self._grouped is None:
                self._find_leaders()
            grouped = self._grouped or {}
            wait_ms = max(
                1, int(min(timeout_s * 1000, self._options.fetch_max_wait_ms) / max(1, len(grouped)))
            )
            for leader, keys in list(grouped.items()):
                found += self._fetch_from(leader, keys, wait_ms)
        except RpkError as error:
            self._pause_or_raise(error, timeout_s)
        else:
            self._failing_since_s = None
        return found

    def _pause_or_raise(self, error: RpkError, timeout_s: float) -> None:
        """Leaders move and brokers restart: go on asking for a while."""
        now_s = time.monotonic()
        self._failing_since_s = self._failing_since_s or now_s
        if not error.retryable or now_s - self._failing_since_s > _DOWN_MAX_S:
            raise error
        self._client.close()
        self._client.forget()
        self._grouped = None
        time.sleep(timeout_s)

    def _find_leaders(self) -> None:
        self._client.deadline = Deadline(_REQUEST_S)
        grouped, errors = self._client.offsets.by_leader(list(self._next))
        for error in errors.values():
            raise error
        self._grouped = grouped

    def _fetch_from(self, leader: int, keys: list[TopicPartition], wait_ms: int) -> list[BatchRecord]:
        connection = self._client.node(leader)
        connection.deadline = Deadline(_REQUEST_S + wait_ms / 1000)
        version = connection.version_of(API_FETCH, VERSION, VERSION)
        try:
            answer = connection.request(API_FETCH, version, self._request(keys, wait_ms), flexible=False)
            return self._parse(Reader(answer))
        except TransientError:
            self._client.forget(leader)
            raise
        except (WireError, struct.error) as error:
            raise OperationFailed(
                f"the records of broker {leader} cannot be read", cause=str(error)
            ) from error

    def _request(self, keys: list[TopicPartition], wait_ms: int) -> bytes:
        options = self._options
        body = struct.pack(
            ">iiiibii", -1, wait_ms, 1, options.fetch_max_bytes, int(options.read_committed), 0, -1
        )
        by_topic: dict[str, list[int]] = {}
        for topic, partition in keys:
            by_topic.setdefault(topic, []).append(partition)
        body += struct.pack(">i", len(by_topic))
        for topic, partitions in by_topic.items():
            body += old_string(topic) + struct.pack(">i", len(partitions))
            for partition in partitions:
                offset = self._next[topic, partition]
                body += struct.pack(">iiqqi", partition, -1, offset, -1, options.fetch_max_partition_bytes)
        return body + struct.pack(">i", 0) + old_string(options.rack)

    def _parse(self, reader: Reader) -> list[BatchRecord]:
        found: list[BatchRecord] = []
        reader.int32()
        error = reader.int16()
        if error:
            raise broker_error(error, "cannot fetch")
        reader.int32()
        for _ in range(reader.old_count()):
            topic = reader.old_string() or ""
            for _ in range(reader.old_count()):
                found += self._parse_partition(topic, reader)
        return found

    def _parse_partition(self, topic: str, reader: Reader) -> list[BatchRecord]:
        partition, error, high, last_stable, log_start = struct.unpack(">ihqqq", reader.take(30))
        aborted = [struct.unpack(">qq", reader.take(16)) for _ in range(reader.old_count())]
        reader.int32()  # preferred read replica
        data = reader.take(max(0, reader.int32()))
        key = (topic, partition)
        if error:
            failure = broker_error(error, f"cannot read from {topic}/{partition}")
            failure.retryable = is_retriable(error)
            raise failure
        position = self._next.get(key)
        if position is None:
            return []
        marks = Watermarks(log_start=log_start, last_stable=last_stable, high=high)
        found = []
        skipped = _Aborted(aborted) if self._options.read_committed else None
        for header, body in batches(data):
            hidden = skipped is not None and skipped.hides(header, body)
            if (
                header.last_offset >= position
                and not hidden
                and (self._control_records or not header.is_control)
            ):
                for fields in records(header, body):
                    if fields[0] >= position:
                        found.append(BatchRecord(topic, partition, header, marks, fields))
            position = max(position, header.last_offset + 1)
        self._next[key] = self.reached[key] = position
        return found


class _Aborted:
    """Tells records of aborted transactions: from their first offset up to their producer's abort marker."""

    def __init__(self, aborted: list[tuple[int, ...]]) -> None:
        self._waiting = sorted((first, producer) for producer, first in aborted)
        self._open: set[int] = set()

    def hides(self, header: BatchHeader, body: bytes) -> bool:
        """Whether the batch belongs to an aborted transaction; markers end one."""
        while self._waiting and self._waiting[0][0] <= header.last_offset:
            self._open.add(self._waiting.pop(0)[1])
        if header.is_control:
            for fields in records(header, body):
                marker = fields[2] or b""
                if marker[2:4] == b"\x00\x00":  # an abort marker; 1 is a commit
                    self._open.discard(header.producer_id)
            return False
        return header.is_transactional and header.producer_id in self._open
