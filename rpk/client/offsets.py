"""Offsets of partitions: first, next, by time; asked of each partition's leader."""

from __future__ import annotations

from dataclasses import dataclass

from kafka.protocol.consumer import ListOffsetsRequest

from rpk.client import messages
from rpk.client.kafka_errors import NOT_LEADER_CODES, broker_error
from rpk.client.model import TopicPartition
from rpk.out.errors import RpkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rpk.client.kafka import KafkaClient


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOffset:
    """An answer; offset and timestamp are -1 when there is no such record."""

    offset: int
    timestamp: int
    leader_epoch: int


class Offsets:
    """Requests about offsets."""

    def __init__(self, client: KafkaClient) -> None:
        self._client = client

    def by_leader(
        self, partitions: Sequence[TopicPartition]
    ) -> tuple[dict[int, list[TopicPartition]], dict[TopicPartition, RpkError]]:
        """Partitions by the node leading them, and the error of each that has no leader or does not exist."""
        metadata = self._client.metadata(sorted({topic for topic, _ in partitions}))
        leaders: dict[TopicPartition, int] = {}
        errors: dict[TopicPartition, RpkError] = {}
        topic_errors = {topic.name: topic.error for topic in metadata.topics if topic.error is not None}
        for topic in metadata.topics:
            for partition in topic.partitions:
                leaders[topic.name, partition.index] = partition.leader
        grouped: dict[int, list[TopicPartition]] = {}
        for name, index in partitions:
            leader = leaders.get((name, index))
            if name in topic_errors:
                errors[name, index] = topic_errors[name]
            elif leader is None:
                errors[name, index] = broker_error(3, f"there is no partition {name}/{index}")
            elif leader < 0:
                errors[name, index] = broker_error(5, f"partition {name}/{index} has no leader")
            else:
                grouped.setdefault(leader, []).append((name, index))
        return grouped, errors

    def list(
        self, timestamps: Mapping[TopicPartition, int], *, read_committed: bool = False
    ) -> dict[TopicPartition, ListedOffset | RpkError]:
        """Per partition the first offset at or after a timestamp in ms, or EARLIEST, LATEST, MAX_TIMESTAMP.

        Leaders that moved are asked again until the deadline; brokers that cannot be reached become errors.
        """
        found: dict[TopicPartition, ListedOffset | RpkError] = {}

        def attempt() -> RpkError | None:
            missing = [item for item in timestamps if not isinstance(found.get(item), ListedOffset)]
            grouped, errors = self.by_leader(missing)
            found.update(errors)
            for leader, partitions in grouped.items():
                try:
                    self._ask(leader, {item: timestamps[item] for item in partitions}, found, read_committed)
                except RpkError as error:
                    found.update(dict.fromkeys(partitions, error))
            return next(
                (e for e in found.values() if isinstance(e, RpkError) and e.code in NOT_LEADER_CODES), None
            )

        try:
            self._client.retry(attempt, "listing offsets")
        except RpkError as error:
            if not found or error not in found.values():
                raise
        return found

    def _ask(
        self,
        leader: int,
        timestamps: Mapping[TopicPartition, int],
        found: dict[TopicPartition, ListedOffset | RpkError],
        read_committed: bool,  # noqa: FBT001 - private, one caller
    ) -> None:
        topics: dict[str, list[object]] = {}
        for (topic, index), timestamp in timestamps.items():
            topics.setdefault(topic, []).append(
                ListOffsetsRequest.ListOffsetsTopic.ListOffsetsPartition(
                    partition_index=index, current_leader_epoch=-1, timestamp=timestamp, max_num_offsets=1
                )
            )
        response = messages.call(
            self._client.node(leader),
            ListOffsetsRequest,
            9,
            lowest=1,
            replica_id=-1,
            isolation_level=int(read_committed),
            topics=[
                ListOffsetsRequest.ListOffsetsTopic(name=name, partitions=items)
                for name, items in topics.items()
            ],
        )
        for topic in response.topics:
            for item in topic.partitions:
                key = (topic.name, item.partition_index)
                if item.error_code:
                    found[key] = broker_error(item.error_code, f"cannot list offsets of {key[0]}/{key[1]}")
                else:
                    epoch = getattr(item, "leader_epoch", -1)
                    found[key] = ListedOffset(
                        offset=item.offset, timestamp=item.timestamp, leader_epoch=epoch
                    )
