"""Fetch: committed batches as they lie on disk, by sendfile; waits in the purgatory while there are too few.

Versions 4-18. KIP-74 (the first batch whole), KIP-227 (sessions), KIP-320 (leader epochs), KIP-392 (rack, answered
by the leader itself), KIP-516 (topic ids, 13), KIP-595 (diverging epoch).
"""

from typing import TYPE_CHECKING, cast
from uuid import UUID

from engine.kafka import leader_hints
from engine.kafka.dispatch import CloseConnection, HotApi
from engine.partition.delayed_fetch import ParkedFetch
from engine.partition.errors import PartitionError
from engine.partition.partition import READ_COMMITTED, Partition
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode
from engine.wire.fetch import (
    FetchedPartition,
    FetchPartition,
    FetchResponse,
    decode_fetch,
    encode_fetch_response,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.kafka.call import Call
    from engine.kafka.fetch_session import FetchContext, Key
    from engine.net.output import Part
    from engine.partition.manager import PartitionManager
    from engine.wire.primitives import NodeEndpoint

VERSIONS = (4, 18)
WAIT_MS_MAX = 300_000
HINTS_FROM = 16
"""First version whose answer can name the brokers behind its hints."""


class _Fetch(ParkedFetch):
    """One request, from its arrival to its answer."""

    __slots__ = ("_asked", "_available", "_context", "_isolation", "_min_bytes", "call")

    def __init__(self, call: "Call", context: "FetchContext") -> None:
        super().__init__()
        self.call = call
        self._context = context
        self._isolation = context.request.isolation_level
        self._min_bytes = context.request.min_bytes
        self._asked: dict[Partition, FetchPartition] = {}
        self._available: dict[Partition, int] = {}

    def start(self) -> None:
        """Answer at once if there is enough to tell, else wait."""
        read, partitions = self._read()
        request = self._context.request
        found = sum(answer.records_bytes for _, answer in read)
        if (
            found >= request.min_bytes
            or request.max_wait_ms <= 0
            or not partitions
            or any(answer.error_code or answer.diverging_epoch is not None for _, answer in read)
        ):
            self._answer(read)
            return
        if self._min_bytes > 1:
            self._available = {
                partition: answer.records_bytes
                for partition, (_, answer) in zip(partitions, read, strict=True)
            }
        self._asked = {
            partition: asked for partition, (_, asked) in zip(partitions, self._context.asked(), strict=True)
        }
        services = self.call.services
        wait_ms = min(request.max_wait_ms, WAIT_MS_MAX)
        if services.purgatory.park(self, tuple(self._asked), wait_ms):
            self.call.connection.on_lost[self] = self._abandon
        else:
            self._answer(read)

    def enough(self, partition: Partition) -> bool:
        """`partition` has more to read, or is no longer what it was."""
        asked = self._asked[partition]
        offset = asked.fetch_offset
        if partition.failed or not partition.leads or offset < partition.log_start_offset:
            return True
        if self._min_bytes <= 1:
            return offset < partition.readable_upto(self._isolation)
        try:
            read = partition.read(offset, max(asked.max_bytes, 1), self._isolation)
        except PartitionError:
            return True
        self._available[partition] = 0 if read is None else read.bytes
        return sum(self._available.values()) >= self._min_bytes

    def finish(self) -> None:
        """Answer with what there is now."""
        self.call.connection.on_lost.pop(self, None)
        read, _ = self._read()
        self._answer(read)

    def _abandon(self) -> None:
        self.call.services.purgatory.cancel(self)

    def _read(self) -> "tuple[list[tuple[Key, FetchedPartition]], list[Partition]]":
        """Every partition's answer, and the partitions behind them (fewer, if some are unknown)."""
        services = self.call.services
        manager = services.partitions
        room = min(self._context.request.max_bytes, services.limits.fetch_bytes_max)
        nothing_yet = True
        answers: list[tuple[Key, FetchedPartition]] = []
        partitions: list[Partition] = []
        for key, asked in self._context.asked():
            partition, error = _resolve(manager, key[0], asked.partition)
            if partition is None:
                answers.append((key, FetchedPartition(asked.partition, error)))
                continue
            partitions.append(partition)
            answer = self._read_one(partition, asked, room, nothing_yet=nothing_yet)
            if answer.records_bytes:
                nothing_yet = False
                room -= answer.records_bytes
            answers.append((key, answer))
        return answers, partitions

    def _read_one(
        self, partition: Partition, asked: FetchPartition, room: int, *, nothing_yet: bool
    ) -> FetchedPartition:
        fenced = partition.check_leader_epoch(asked.current_leader_epoch)
        if fenced is not None:
            return FetchedPartition(asked.partition, fenced)
        isolation = self._isolation
        answer = FetchedPartition(
            asked.partition,
            0,
            partition.high_watermark,
            partition.last_stable_offset,
            partition.log_start_offset,
            aborted=() if isolation == READ_COMMITTED else None,
        )
        if asked.last_fetched_epoch >= 0:
            epoch, end_offset = partition.epoch_end_offset(asked.last_fetched_epoch)
            if epoch < 0:
                return FetchedPartition(
                    asked.partition,
                    ErrorCode.OFFSET_OUT_OF_RANGE,
                    log_start_offset=partition.log_start_offset,
                )
            if epoch < asked.last_fetched_epoch or end_offset < asked.fetch_offset:
                answer.diverging_epoch = (epoch, end_offset)
                return answer
        limit = min(asked.max_bytes, room)
        if limit <= 0 and not nothing_yet:
            return answer
        try:
            read = partition.read(asked.fetch_offset, max(limit, 1), isolation)
        except PartitionError as error:
            return FetchedPartition(asked.partition, error.code, log_start_offset=partition.log_start_offset)
        # Only the first batch of the whole answer may go beyond the limits.
        if read is not None and read.bytes and (nothing_yet or read.bytes <= limit):
            answer.records = read.slices
            answer.records_bytes = read.bytes
            partition.counters.fetched_bytes += read.bytes
            partition.counters.fetched_records += read.next_offset - asked.fetch_offset
        return answer

    def _answer(self, read: "list[tuple[Key, FetchedPartition]]") -> None:
        context = self._context
        topics = [
            (None, topic, answers) if isinstance(topic, UUID) else (topic, None, answers)
            for topic, answers in context.answers(read).items()
        ]
        connection = self.call.connection
        throttle_ms = 0
        if self.call.services.throttle is not None:
            throttle_ms = connection.charge_answer(sum(answer.records_bytes for _, answer in read))
        nodes = self._hint(read) if self.call.api_version >= HINTS_FROM else ()
        _respond(
            self.call,
            FetchResponse(topics, session_id=context.session_id, throttle_ms=throttle_ms, nodes=nodes),
        )

    def _hint(self, read: "list[tuple[Key, FetchedPartition]]") -> "Sequence[NodeEndpoint]":
        """Say of partitions that are led elsewhere who leads them (KIP-951)."""
        named: set[int] = set()
        services = self.call.services
        for (topic, _), answer in read:
            if answer.error_code not in leader_hints.HINTED:
                continue
            name = services.partitions.topic_name(topic) if isinstance(topic, UUID) else topic
            if name is not None:
                answer.leader_id, answer.leader_epoch = leader_hints.leader_of(
                    services, name, answer.partition
                )
                named.add(answer.leader_id)
        return leader_hints.endpoints(services, self.call.connection.listener, named) if named else ()


def _resolve(
    manager: "PartitionManager", topic: str | UUID, index: int
) -> tuple[Partition | None, ErrorCode]:
    if isinstance(topic, UUID):
        name = manager.topic_name(topic)
        if name is None:
            return None, ErrorCode.UNKNOWN_TOPIC_ID
        topic = name
    found = manager.get(topic, index)
    return found, ErrorCode.NONE if found is not None else manager.absence(topic, index)


def _respond(call: "Call", response: FetchResponse) -> None:
    chunks, size = encode_fetch_response(call.api_version, response)
    call.respond_chunks(cast("Sequence[Part]", chunks), size)


def handle(call: "Call") -> None:
    """Answer now or park."""
    request = decode_fetch(call.api_version, call.frame, call.body_at)
    if request.replica_id >= 0:
        if call.api_version < 7:
            raise CloseConnection(f"replica {request.replica_id} fetches as a follower, which is not served")
        _respond(call, FetchResponse(error_code=ErrorCode.CLUSTER_AUTHORIZATION_FAILED))
        return
    context = call.services.fetch_sessions.open(request, version=call.api_version)
    if context.error_code:
        _respond(call, FetchResponse(error_code=context.error_code))
        return
    _Fetch(call, context).start()


API = HotApi(
    key=ApiKey.FETCH,
    versions=VERSIONS,
    handle=handle,
    kips=(74, 227, 320, 392, 516, 595, 951),
    deviations=(
        "followers are refused with 31: replication does not use this API",
        "a session keyed by topic ids answers 100 for a recreated topic, never 103",
    ),
)
