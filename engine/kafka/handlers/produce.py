"""Produce: every partition's batch is checked, given its offset and appended at once; the answer waits for the disk.

Versions 3-13, advertised from 0 because some librdkafka releases gate compression on that; 0-2 close the
connection, as with Apache Kafka 4. KIP-98 idempotence, KIP-467 record errors (8), KIP-516 topic ids (13).

acks=-1 is answered once a majority of the replicas has the batch as durably as its topic demands, acks=1 once the leader
has: with one replica they mean the same. acks=0 has no answer; an error then closes the connection, so that the client notices.
"""

from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

# Modules, not names: their .pxd files bind the same names to C when compiled.
import engine.partition.partition as partition_room
import engine.wire.produce as wire_produce
from engine.kafka import leader_hints
from engine.kafka.dispatch import HotApi
from engine.model.topic_name import INTERNAL_TOPICS
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode
from engine.wire.errors import RecordError

if TYPE_CHECKING:
    from engine.kafka.call import Call
    from engine.partition.manager import PartitionManager
    from engine.wire.primitives import NodeEndpoint

VERSIONS = (3, 13)
_TIMED_OUT = object()
HINTS_FROM = 10
"""First version whose answer can name the new leader."""
LEADER_TIMEOUT_MS_MIN = 5_000
"""acks=1 has no time limit in Kafka; here it waits for the disk, so a short one is not taken literally."""


class _Produce:
    """One request whose batches are appended and not all committed."""

    __slots__ = ("acks", "call", "has_answer", "moved", "results", "timer_bucket", "waiting")

    def __init__(self, call: "Call", acks: int) -> None:
        self.call = call
        self.acks = acks
        self.has_answer = acks != 0
        """False for acks=0: its turn in line then passes silently, but not before the disk has caught up."""
        self.moved = False
        """Some partition is led by another broker."""
        self.timer_bucket = -1
        self.results: list[tuple[str | None, UUID | None, list[wire_produce.ProducedPartition]]] = []
        self.waiting: dict[wire_produce.ProducedPartition, object] = {}
        """Partitions not yet committed."""

    def append_all(self, request: wire_produce.ProduceRequest) -> None:
        """Append every partition's batch, in the order of the request."""
        partitions = self.call.services.partitions
        refused = self.call.services.limits.noproduce_topics
        for name, topic_id, batches in request.topics:
            answers: list[wire_produce.ProducedPartition] = []
            self.results.append((name, topic_id, answers))
            topic, error = _resolve(partitions, name, topic_id)
            if topic in refused:
                error = ErrorCode.TOPIC_AUTHORIZATION_FAILED
            served = partitions.served(topic)
            for index, records in batches:
                answer = wire_produce.ProducedPartition(index)
                answers.append(answer)
                if error is not None:
                    _refuse(answer, error, None)
                else:
                    found = served.get(index)
                    if found is None:
                        self.moved = True
                        _refuse(answer, partitions.absence(topic, index), None)
                    else:
                        self._append(found, answer, records)

    def _append(
        self,
        found: partition_room.Partition,
        answer: wire_produce.ProducedPartition,
        records: memoryview | None,
    ) -> None:
        try:
            appended = found.append(records, self.call.api_version)
        except RecordError as refusal:
            self.moved = self.moved or refusal.code in leader_hints.HINTED
            _refuse(answer, refusal.code, refusal)
            return
        answer.base_offset = appended.base_offset
        answer.log_append_time_ms = appended.append_time_ms
        answer.log_start_offset = found.log.start_offset
        self.waiting[answer] = None
        committed = partial(self._committed, answer)
        if self.acks == -1:
            found.when_committed(appended.next_offset, committed)
        else:
            found.when_durable(appended.next_offset, committed)

    def _first_error(self) -> wire_produce.ProducedPartition | None:
        """The first partition that was refused."""
        for _, _, answers in self.results:
            for answer in answers:
                if answer.error_code:
                    return answer
        return None

    def answer_or_wait(self, timeout_ms: int) -> None:
        """Answer if nothing is left to wait for, else within `timeout_ms`."""
        if self.waiting:
            self.call.services.timers.add(self, timeout_ms)
        else:
            self._answer()

    def _committed(self, answer: wire_produce.ProducedPartition, code: ErrorCode) -> None:
        waiting = self.waiting
        if waiting.pop(answer, _TIMED_OUT) is _TIMED_OUT:
            return
        if code:
            self.moved = self.moved or code in leader_hints.HINTED
            _refuse(answer, code, None)
        if not waiting and self.timer_bucket >= 0:
            self.call.services.timers.remove(self)
            self._answer()

    def timed_out(self) -> None:
        """Those not committed by now may be so later; the client is told that it is not known."""
        for answer in self.waiting:
            _refuse(answer, ErrorCode.REQUEST_TIMED_OUT, None)
        self.waiting = {}
        self._answer()

    def _answer(self) -> None:
        if not self.has_answer:
            self._pass_silently()
            return
        call = self.call
        throttle_ms = 0 if call.services.throttle is None else call.connection.throttle_ms
        nodes = self._hint() if self.moved and call.api_version >= HINTS_FROM else ()
        call.respond_body(
            wire_produce.encode_produce_response(call.api_version, self.results, throttle_ms, nodes)
        )

    def _hint(self) -> "list[NodeEndpoint]":
        """Say of partitions that are led elsewhere who leads them (KIP-951)."""
        services = self.call.services
        named: set[int] = set()
        for name, topic_id, answers in self.results:
            topic = services.partitions.topic_name(topic_id) if topic_id is not None else name
            for answer in answers:
                if topic is not None and answer.error_code in leader_hints.HINTED:
                    answer.leader_id, answer.leader_epoch = leader_hints.leader_of(
                        services, topic, answer.partition
                    )
                    named.add(answer.leader_id)
        return leader_hints.endpoints(services, self.call.connection.listener, named) if named else []

    def _pass_silently(self) -> None:
        error = self._first_error()
        if error is None:
            self.call.respond_nothing()
        else:
            name = ErrorCode(error.error_code).name  # type: ignore[call-arg]  # looks a member up, makes none
            self.call.close(f"a produce request with acks=0 failed: {name}")


def _resolve(
    partitions: "PartitionManager", name: str | None, topic_id: UUID | None
) -> tuple[str, ErrorCode | None]:
    """The topic's name, or why it may not be produced to."""
    if topic_id is not None:
        name = partitions.topic_name(topic_id)
        if name is None:
            return "", ErrorCode.UNKNOWN_TOPIC_ID
    if name is None or name in INTERNAL_TOPICS:
        return "", ErrorCode.INVALID_TOPIC_EXCEPTION
    return name, None


def _refuse(answer: wire_produce.ProducedPartition, code: ErrorCode, refusal: RecordError | None) -> None:
    answer.error_code = code
    answer.base_offset = -1
    answer.log_append_time_ms = -1
    if refusal is not None:
        answer.error_message = refusal.message
        answer.record_errors = refusal.record_errors


def handle(call: "Call") -> None:
    """Append now; answer when all is committed."""
    request = wire_produce.decode_produce(call.api_version, call.frame, call.body_at)
    acks = request.acks
    produce = _Produce(call, acks)
    if acks not in {-1, 0, 1}:
        produce.results = [
            (
                name,
                topic_id,
                [
                    wire_produce.ProducedPartition(index, ErrorCode.INVALID_REQUIRED_ACKS)
                    for index, _ in batches
                ],
            )
            for name, topic_id, batches in request.topics
        ]
        produce.answer_or_wait(0)
        return
    produce.append_all(request)
    timeout_ms = request.timeout_ms if acks == -1 else max(request.timeout_ms, LEADER_TIMEOUT_MS_MIN)
    produce.answer_or_wait(timeout_ms)


API = HotApi(
    key=ApiKey.PRODUCE,
    versions=VERSIONS,
    advertised_min=0,
    handle=handle,
    kips=(98, 467, 516, 951),
    deviations=("acks=1 is answered when the batch is durable, not when it is in memory",),
)
