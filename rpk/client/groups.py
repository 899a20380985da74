"""Consumer groups: list, describe, their committed offsets; asked of each group's coordinator."""

from __future__ import annotations

from dataclasses import dataclass

from kafka.protocol.admin import DeleteGroupsRequest, DescribeGroupsRequest, ListGroupsRequest
from kafka.protocol.consumer import OffsetCommitRequest, OffsetDeleteRequest, OffsetFetchRequest
from kafka.protocol.metadata import FindCoordinatorRequest

from rpk.client import messages
from rpk.client.kafka_errors import NOT_COORDINATOR_CODES, broker_error
from rpk.client.member_protocol import parse_assignment, parse_subscription
from rpk.client.model import TopicPartition
from rpk.out.errors import RpkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rpk.client.kafka import KafkaClient
    from rpk.client.messages import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupListing:
    """One line of the list; state and type are empty where the broker is too old to say."""

    broker: int
    name: str
    protocol_type: str
    state: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member with what it subscribes to and what it is assigned."""

    member_id: str
    instance_id: str | None
    client_id: str
    host: str
    topics: tuple[str, ...]
    assigned: tuple[TopicPartition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDescription:
    """One group; with `error` the rest may be empty. `protocol` is the assignor's name."""

    name: str
    coordinator: int
    state: str
    protocol_type: str
    protocol: str
    members: tuple[Member, ...]
    error: RpkError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A committed offset."""

    offset: int
    leader_epoch: int
    metadata: str


Descriptions = list[GroupDescription]


class Groups:
    """Requests about groups."""

    def __init__(self, client: KafkaClient) -> None:
        self._client = client

    def coordinator(self, group: str) -> int:
        """Node id of the group's coordinator; waits while it loads, until the deadline."""
        found: list[int] = []

        def attempt() -> RpkError | None:
            response = messages.call(
                self._client.bootstrap(),
                FindCoordinatorRequest,
                3,
                key=group,
                key_type=0,
                coordinator_keys=[group],
            )
            if response.error_code:
                message = getattr(response, "error_message", None)
                return broker_error(
                    response.error_code, f"cannot find the coordinator of group {group}", message
                )
            found.append(response.node_id)
            return None

        self._client.retry(attempt, f"finding the coordinator of {group}")
        return found[-1]

    def list(
        self, *, states: Sequence[str] = (), types: Sequence[str] = ()
    ) -> tuple[list[GroupListing], dict[int, RpkError]]:
        """Groups of every broker by name, and the error of each broker that could not be asked."""
        found: list[GroupListing] = []
        errors: dict[int, RpkError] = {}
        for node in sorted(self._client.brokers()):
            try:
                response = messages.call(
                    self._client.node(node),
                    ListGroupsRequest,
                    5,
                    states_filter=list(states),
                    types_filter=list(types),
                )
            except RpkError as error:
                errors[node] = error
                continue
            if response.error_code:
                errors[node] = broker_error(response.error_code, f"cannot list the groups of broker {node}")
            found.extend(
                GroupListing(
                    broker=node,
                    name=item.group_id,
                    protocol_type=item.protocol_type,
                    state=getattr(item, "group_state", "") or "",
                    type=getattr(item, "group_type", "") or "",
                )
                for item in response.groups
            )
        return sorted(found, key=lambda listing: listing.name), errors

    def describe(self, names: Sequence[str]) -> Descriptions:
        """Descriptions in the order asked; a group that is not there is in state Dead (or has an error)."""
        found: list[GroupDescription] = []
        for name in names:
            node = -1

            def attempt(name: str = name) -> RpkError | None:
                nonlocal node
                node = self.coordinator(name)
                response = messages.call(
                    self._client.node(node),
                    DescribeGroupsRequest,
                    6,
                    groups=[name],
                    include_authorized_operations=False,
                )
                described = _described(node, response.groups[0], name)
                if described.error is not None and described.error.code in NOT_COORDINATOR_CODES:
                    return described.error
                found.append(described)
                return None

            try:
                self._client.retry(attempt, f"describing group {name}")
            except RpkError as error:
                found.append(_undescribed(name, node, error))
        return found

    def offsets(
        self, group: str, *, require_stable: bool = False
    ) -> dict[TopicPartition, Committed | RpkError]:
        """Every committed offset of a group; raises RpkError when the group cannot be asked."""
        response = self._at_coordinator(
            group,
            OffsetFetchRequest,
            7,
            lambda answer: getattr(answer, "error_code", 0),
            f"cannot fetch the offsets of group {group}",
            lowest=2,
            group_id=group,
            topics=None,
            require_stable=require_stable,
        )
        found: dict[TopicPartition, Committed | RpkError] = {}
        for topic in response.topics:
            for item in topic.partitions:
                key = (topic.name, item.partition_index)
                if item.error_code:
                    found[key] = broker_error(
                        item.error_code, f"offset of {key[0]}/{key[1]} in group {group}"
                    )
                elif item.committed_offset >= 0:
                    epoch = getattr(item, "committed_leader_epoch", -1)
                    found[key] = Committed(
                        offset=item.committed_offset,
                        leader_epoch=-1 if epoch is None else epoch,
                        metadata=item.metadata or "",
                    )
        return found

    def commit(
        self, group: str, offsets: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, RpkError | None]:
        """Commit offsets for a group without members; the error of each partition."""
        topic_class = OffsetCommitRequest.OffsetCommitRequestTopic
        response = self._at_coordinator(
            group,
            OffsetCommitRequest,
            8,
            lambda answer: _first_moved(i.error_code for topic in answer.topics for i in topic.partitions),
            f"cannot commit offsets of group {group}",
            lowest=2,
            group_id=group,
            generation_id_or_member_epoch=-1,
            member_id="",
            group_instance_id=None,
            retention_time_ms=-1,
            topics=[
                topic_class(
                    name=name,
                    partitions=[
                        topic_class.OffsetCommitRequestPartition(
                            partition_index=index,
                            committed_offset=offsets[name, index],
                            committed_leader_epoch=-1,
                            commit_timestamp=-1,
                            committed_metadata="",
                        )
                        for index in indexes
                    ],
                )
                for name, indexes in _grouped(offsets).items()
            ],
        )
        return _partition_errors(response.topics, f"cannot commit for group {group}")

    def delete(self, names: Sequence[str]) -> dict[str, RpkError | None]:
        """Delete groups; the error of each."""
        found: dict[str, RpkError | None] = {}
        for name in names:
            try:
                self._at_coordinator(
                    name,
                    DeleteGroupsRequest,
                    2,
                    lambda answer: answer.results[0].error_code,
                    f"cannot delete group {name}",
                    groups_names=[name],
                )
                found[name] = None
            except RpkError as error:
                found[name] = error
        return found

    def delete_offsets(
        self, group: str, partitions: Iterable[TopicPartition]
    ) -> dict[TopicPartition, RpkError | None]:
        """Forget committed offsets (KIP-496); the error of each partition."""
        topic_class = OffsetDeleteRequest.OffsetDeleteRequestTopic
        response = self._at_coordinator(
            group,
            OffsetDeleteRequest,
            0,
            lambda answer: answer.error_code,
            f"cannot delete offsets of group {group}",
            group_id=group,
            topics=[
                topic_class(
                    name=name,
                    partitions=[
                        topic_class.OffsetDeleteRequestPartition(partition_index=index) for index in indexes
                    ],
                )
                for name, indexes in _grouped(partitions).items()
            ],
        )
        return _partition_errors(response.topics, f"cannot delete the offset in group {group}")

    def _at_coordinator(
        self,
        group: str,
        request: type,
        highest: int,
        error_of: Callable[[Message], int],
        what: str,
        **fields: Message,
    ) -> Message:
        answers: list[Message] = []

        def attempt() -> RpkError | None:
            answer = messages.call(self._client.node(self.coordinator(group)), request, highest, **fields)
            code = error_of(answer)
            if code:
                return broker_error(code, what)
            answers.append(answer)
            return None

        self._client.retry(attempt, what)
        return answers[-1]


def _first_moved(codes: Iterable[int]) -> int:
    return next((code for code in codes if code in NOT_COORDINATOR_CODES), 0)


def _grouped(partitions: Iterable[TopicPartition]) -> dict[str, list[int]]:
    grouped: dict[str, list[int]] = {}
    for topic, index in partitions:
        grouped.setdefault(topic, []).append(index)
    return grouped


def _partition_errors(topics: Iterable[Message], what: str) -> dict[TopicPartition, RpkError | None]:
    return {
        (topic.name, item.partition_index): broker_error(
            item.error_code, f"{what}: {topic.name}/{item.partition_index}"
        )
        if item.error_code
        else None
        for topic in topics
        for item in topic.partitions
    }


def _undescribed(name: str, node: int, error: RpkError) -> GroupDescription:
    return GroupDescription(
        name=name, coordinator=node, state="", protocol_type="", protocol="", members=(), error=error
    )


def _described(node: int, item: Message, name: str) -> GroupDescription:
    error = None
    if item.error_code:
        error = broker_error(
            item.error_code, f"cannot describe group {name}", getattr(item, "error_message", None)
        )
    members = tuple(
        Member(
            member_id=member.member_id,
            instance_id=getattr(member, "group_instance_id", None),
            client_id=member.client_id,
            host=member.client_host,
            topics=parse_subscription(bytes(member.member_metadata or b""))
            if item.protocol_type == "consumer"
            else (),
            assigned=parse_assignment(bytes(member.member_assignment or b""))
            if item.protocol_type == "consumer"
            else (),
        )
        for member in item.members
    )
    return GroupDescription(
        name=item.group_id,
        coordinator=node,
        state=item.group_state,
        protocol_type=item.protocol_type,
        protocol=item.protocol_data,
        members=members,
        error=error,
    )
