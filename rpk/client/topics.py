"""Create, delete and grow topics, delete records. Each answer is a value per topic: None, or what went wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

from kafka.protocol.admin import (
    CreatePartitionsRequest,
    CreateTopicsRequest,
    DeleteRecordsRequest,
    DeleteTopicsRequest,
)

from rpk.client import messages
from rpk.client.kafka_errors import broker_error
from rpk.client.model import TopicPartition
from rpk.out.errors import RpkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rpk.client.kafka import KafkaClient


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTopic:
    """A topic to create; -1 leaves partitions or replicas to the broker; `assignments` replaces both."""

    name: str
    partitions: int = -1
    replicas: int = -1
    configs: Mapping[str, str] = field(default_factory=dict)
    assignments: Mapping[int, Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedTopic:
    """What came of a NewTopic; numbers are -1 and `configs` empty where the broker does not say."""

    name: str
    error: RpkError | None
    topic_id: str = ""
    partitions: int = -1
    replicas: int = -1
    configs: Mapping[str, str | None] = field(default_factory=dict)


class Topics:
    """Requests about topics."""

    def __init__(self, client: KafkaClient) -> None:
        self._client = client

    def _timeout_ms(self) -> int:
        return max(int(self._client.deadline.left_s() * 1000) - 100, 100)

    def create(self, topics: Sequence[NewTopic], *, validate_only: bool = False) -> list[CreatedTopic]:
        """Create topics, in the order asked."""
        wanted = [
            CreateTopicsRequest.CreatableTopic(
                name=topic.name,
                num_partitions=-1 if topic.assignments else topic.partitions,
                replication_factor=-1 if topic.assignments else topic.replicas,
                assignments=[
                    CreateTopicsRequest.CreatableTopic.CreatableReplicaAssignment(
                        partition_index=index, broker_ids=list(nodes)
                    )
                    for index, nodes in topic.assignments.items()
                ],
                configs=[
                    CreateTopicsRequest.CreatableTopic.CreatableTopicConfig(name=name, value=value)
                    for name, value in topic.configs.items()
                ],
            )
            for topic in topics
        ]
        response = self._client.call_controller(
            CreateTopicsRequest,
            7,
            lambda answer: [item.error_code for item in answer.topics],
            topics=wanted,
            timeout_ms=self._timeout_ms(),
            validate_only=validate_only,
        )
        answers = {item.name: item for item in response.topics}
        return [_created(topic.name, answers.get(topic.name)) for topic in topics]

    def delete(self, names: Sequence[str]) -> dict[str, RpkError | None]:
        """Delete topics."""
        response = self._client.call_controller(
            DeleteTopicsRequest,
            6,
            lambda answer: [item.error_code for item in answer.responses],
            topics=[DeleteTopicsRequest.DeleteTopicState(name=name, topic_id=None) for name in names],
            topic_names=list(names),
            timeout_ms=self._timeout_ms(),
        )
        return {
            item.name: _error(
                item.error_code, f"cannot delete topic {item.name}", getattr(item, "error_message", None)
            )
            for item in response.responses
        }

    def set_partitions(
        self, totals: Mapping[str, int], *, validate_only: bool = False
    ) -> dict[str, RpkError | None]:
        """Grow topics to a total number of partitions."""
        response = self._client.call_controller(
            CreatePartitionsRequest,
            3,
            lambda answer: [item.error_code for item in answer.results],
            topics=[
                CreatePartitionsRequest.CreatePartitionsTopic(name=name, count=total, assignments=None)
                for name, total in totals.items()
            ],
            timeout_ms=self._timeout_ms(),
            validate_only=validate_only,
        )
        return {
            item.name: _error(
                item.error_code, f"cannot add partitions to topic {item.name}", item.error_message
            )
            for item in response.results
        }

    def delete_records(self, before: Mapping[TopicPartition, int]) -> dict[TopicPartition, int | RpkError]:
        """Delete records below the offsets (-1: all); the new first offset of each partition, or its error."""
        found: dict[TopicPartition, int | RpkError] = {}
        by_leader, found_errors = self._client.offsets.by_leader(list(before))
        found.update(found_errors)
        for leader, partitions in by_leader.items():
            response = messages.call(
                self._client.node(leader),
                DeleteRecordsRequest,
                2,
                topics=[
                    DeleteRecordsRequest.DeleteRecordsTopic(
                        name=topic,
                        partitions=[
                            DeleteRecordsRequest.DeleteRecordsTopic.DeleteRecordsPartition(
                                partition_index=index, offset=before[topic, index]
                            )
                            for index in indexes
                        ],
                    )
                    for topic, indexes in _grouped(partitions).items()
                ],
                timeout_ms=self._timeout_ms(),
            )
            for topic in response.topics:
                for item in topic.partitions:
                    what = f"cannot delete records of {topic.name}/{item.partition_index}"
                    error = _error(item.error_code, what, None)
                    found[topic.name, item.partition_index] = error or item.low_watermark
        return found


def _grouped(partitions: Sequence[TopicPartition]) -> dict[str, list[int]]:
    grouped: dict[str, list[int]] = {}
    for topic, index in partitions:
        grouped.setdefault(topic, []).append(index)
    return grouped


def _error(code: int, what: str, message: str | None) -> RpkError | None:
    return broker_error(code, what, message) if code else None


def _created(name: str, item: object) -> CreatedTopic:
    if item is None:
        return CreatedTopic(
            name=name, error=broker_error(-1, f"cannot create topic {name}", "the broker did not say")
        )
    code = getattr(item, "error_code", 0)
    message = getattr(item, "error_message", None)
    topic_id = getattr(item, "topic_id", None)
    configs = {config.name: config.value for config in getattr(item, "configs", None) or ()}
    return CreatedTopic(
        name=name,
        error=_error(code, f"cannot create topic {name}", message),
        topic_id=topic_id.hex if topic_id is not None and topic_id.int else "",
        partitions=getattr(item, "num_partitions", -1) or -1,
        replicas=getattr(item, "replication_factor", -1) or -1,
        configs=configs,
    )
