"""Deciding CreateTopics: which topics may be created, with what partitions and configs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.controller.allocator import Candidate, allocate
from engine.controller.commands import UNSET, CreateTopics, NewTopic, TopicOutcome
from engine.controller.limits import TOPIC_CONFIG_CHARS_MAX, Limits
from engine.controller.records import Record
from engine.controller.state import ClusterState
from engine.controller.topics import PartitionMetadata, TopicCreated, TopicMetadata
from engine.model.ids import TopicId
from engine.model.topic_config import TOPIC_PROPERTIES, InvalidConfig, parse_topic_config
from engine.model.topic_name import is_internal, topic_name_error
from engine.wire.error_codes import ErrorCode

REPLICATION_FACTOR = "replication.factor"


class Refusal(Exception):
    """Why one topic of a command is not done; never leaves the deciding functions."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(slots=True)
class Placement:
    """What earlier topics of the same command took, which the state does not show yet."""

    candidates: tuple[Candidate, ...]
    held: Counter[int]
    next_log_id: int

    @classmethod
    def of(cls, state: ClusterState) -> "Placement":
        """As things stand before the command."""
        held = Counter(state.topics.replicas_by_node)
        return cls(
            candidates=tuple(
                Candidate(node_id=broker.node_id, host=broker.host, rack=broker.rack)
                for broker in state.brokers.by_id.values()
                if not broker.draining
            ),
            held=held,
            next_log_id=state.topics.next_log_id,
        )

    def choose(self, partitions: int, replication_factor: int) -> list[tuple[int, ...]]:
        """The allocator's choice over what is held by now."""
        candidates = [
            Candidate(node_id=item.node_id, host=item.host, rack=item.rack, held=self.held[item.node_id])
            for item in self.candidates
        ]
        return allocate(candidates, partitions, replication_factor)

    def check_assignment(self, replicas: Sequence[int]) -> None:
        """Raise `Refusal` (39) unless a client may place a partition so."""
        if not replicas:
            raise Refusal(
                ErrorCode.INVALID_REPLICA_ASSIGNMENT, "a manual assignment has a partition with no replicas"
            )
        if len(set(replicas)) != len(replicas):
            raise Refusal(
                ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                f"a manual assignment names a broker twice: {list(replicas)[:20]}",
            )
        known = {item.node_id for item in self.candidates}
        for node in replicas:
            if node not in known:
                raise Refusal(
                    ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                    f"a manual assignment names broker {node}, but the cluster has brokers {sorted(known)}",
                )

    def check_room(self, partitions: int, replication_factor: int, limits: Limits) -> None:
        """Raise `Refusal` (37) if the brokers' shards cannot take that many more partitions."""
        room = limits.partitions_per_shard * len(self.candidates) - self.held.total()
        if partitions * replication_factor > room:
            raise Refusal(
                ErrorCode.INVALID_PARTITIONS,
                f"{partitions} partitions with {replication_factor} replica(s) would exceed the limit of "
                f"{limits.partitions_per_shard} partitions a broker (topic_partitions_per_shard); "
                f"there is room for {max(room, 0)} more replicas in the cluster",
            )

    def place(self, first_index: int, replica_lists: Sequence[tuple[int, ...]]) -> list[PartitionMetadata]:
        """Give each partition its log id; leaders are the first replicas, epoch 0, everybody in sync."""
        placed = []
        for index, replicas in enumerate(replica_lists, first_index):
            placed.append(
                PartitionMetadata(
                    index=index,
                    log_id=self.next_log_id,
                    leader=replicas[0],
                    replicas=tuple(replicas),
                    isr=tuple(replicas),
                )
            )
            self.next_log_id += 1
            self.held.update(replicas)
        return placed


def decide_create_topics(
    state: ClusterState, command: CreateTopics, limits: Limits
) -> tuple[list[TopicOutcome], list[Record]]:
    """One outcome a topic name, in order of first mention."""
    outcomes: list[TopicOutcome] = []
    records: list[Record] = []
    placement = Placement.of(state)
    mentions = Counter(topic.name for topic in command.topics)
    for topic in {item.name: item for item in command.topics}.values():
        try:
            if mentions[topic.name] > 1:
                raise Refusal(ErrorCode.INVALID_REQUEST, f"the request names topic {topic.name!r} twice")
            created = _create(state, topic, limits, placement, internal=command.internal)
        except Refusal as refusal:
            outcomes.append(TopicOutcome(name=topic.name, error=refusal.code, message=refusal.message))
            continue
        outcomes.append(TopicOutcome(name=topic.name, topic_id=topic.topic_id, topic=created))
        if not command.validate_only:
            records.append(
                TopicCreated(
                    name=created.name,
                    topic_id=created.topic_id,
                    partitions=created.partitions,
                    configs=created.configs,
                )
            )
    return outcomes, records


def _create(
    state: ClusterState, topic: NewTopic, limits: Limits, placement: Placement, *, internal: bool
) -> TopicMetadata:
    _check_name(state, topic.name, internal=internal)
    configs = checked_configs(topic.configs)
    asked = configs.pop(REPLICATION_FACTOR, None)
    if topic.assignments:
        replica_lists = _manual(topic, placement)
        if asked is not None and int(asked) != len(replica_lists[0]):
            raise Refusal(
                ErrorCode.INVALID_CONFIG, f"{REPLICATION_FACTOR}={asked} contradicts the assignment"
            )
        placement.check_room(len(replica_lists), len(replica_lists[0]), limits)
    else:
        partitions = _partition_count(topic.partitions, limits)
        factor = _replication_factor(topic.replication_factor, asked, placement, limits, internal=internal)
        placement.check_room(partitions, factor, limits)
        replica_lists = placement.choose(partitions, factor)
    return TopicMetadata(
        name=topic.name,
        topic_id=TopicId(topic.topic_id),
        partitions=tuple(placement.place(0, replica_lists)),
        configs=configs,
    )


def _check_name(state: ClusterState, name: str, *, internal: bool) -> None:
    fault = topic_name_error(name)
    if fault is not None:
        raise Refusal(ErrorCode.INVALID_TOPIC_EXCEPTION, fault)
    if name in state.topics.by_name:
        raise Refusal(ErrorCode.TOPIC_ALREADY_EXISTS, f"topic {name!r} already exists")
    if is_internal(name) and not internal:
        raise Refusal(
            ErrorCode.INVALID_TOPIC_EXCEPTION,
            f"{name} is an internal topic: the broker creates it itself when it is needed",
        )


def checked_configs(configs: Sequence[tuple[str, str | None]]) -> dict[str, str]:
    """The configs by name; raises `Refusal` (40) for a bad name or value, (42) for a config named twice."""
    checked: dict[str, str] = {}
    for name, value in configs:
        if name in checked:
            raise Refusal(ErrorCode.INVALID_REQUEST, f"config {name[:200]!r} is given twice")
        if value is None:
            raise Refusal(ErrorCode.INVALID_CONFIG, f"config {name[:200]!r} has no value")
        check_config(name, value)
        checked[name] = value
    check_config_size(checked)
    return checked


def check_config(name: str, value: str) -> None:
    """Raise `Refusal` (40) unless a topic may have that config."""
    try:
        parsed = parse_topic_config(name, value)
    except InvalidConfig as error:
        raise Refusal(ErrorCode.INVALID_CONFIG, error.message) from error
    if name == "redpanda.remote.readreplica" or (name == "redpanda.remote.recovery" and parsed is True):
        raise Refusal(ErrorCode.INVALID_CONFIG, f"{name} needs object storage, which is not configured")


def check_config_size(configs: Mapping[str, str]) -> None:
    """Raise `Refusal` (40) if a topic's configs together are too long for one record."""
    characters = sum(len(name) + len(value) for name, value in configs.items())
    if characters > TOPIC_CONFIG_CHARS_MAX:
        raise Refusal(
            ErrorCode.INVALID_CONFIG,
            f"the topic's configs have {characters} characters, more than {TOPIC_CONFIG_CHARS_MAX}",
        )


def is_list_config(name: str) -> bool:
    """Whether values may be appended to and subtracted from the config."""
    entry = TOPIC_PROPERTIES.get(name)
    return entry is not None and entry.is_list


def _partition_count(asked: int, limits: Limits) -> int:
    if asked == UNSET:
        return limits.default_partitions
    if asked < 1:
        raise Refusal(
            ErrorCode.INVALID_PARTITIONS,
            f"the number of partitions must be at least 1, or -1 for the default; it is {asked}",
        )
    return asked


def _replication_factor(
    asked: int, configured: str | None, placement: Placement, limits: Limits, *, internal: bool
) -> int:
    brokers = len(placement.candidates)
    if configured is not None:
        if asked not in {UNSET, int(configured)}:
            raise Refusal(
                ErrorCode.INVALID_CONFIG,
                f"{REPLICATION_FACTOR}={configured} contradicts the replication factor {asked} asked for",
            )
        asked = int(configured)
    if internal:
        return max(1, min(limits.internal_replication_factor, brokers))
    factor = limits.default_replication_factor if asked == UNSET else asked
    if factor < 1:
        raise Refusal(
            ErrorCode.INVALID_REPLICATION_FACTOR,
            f"the replication factor must be at least 1, or -1 for the default; it is {factor}",
        )
    if factor > brokers:
        raise Refusal(
            ErrorCode.INVALID_REPLICATION_FACTOR,
            f"replication factor {factor} is larger than the {brokers} broker(s) of the cluster",
        )
    if factor < limits.minimum_replication_factor:
        raise Refusal(
            ErrorCode.INVALID_REPLICATION_FACTOR,
            f"replication factor {factor} is below the least allowed, {limits.minimum_replication_factor} "
            "(minimum_topic_replications)",
        )
    return factor


def _manual(topic: NewTopic, placement: Placement) -> list[tuple[int, ...]]:
    if topic.partitions != UNSET or topic.replication_factor != UNSET:
        raise Refusal(
            ErrorCode.INVALID_REQUEST,
            "with a manual assignment the number of partitions and the replication factor must both be -1",
        )
    by_index = dict(topic.assignments)
    if len(by_index) != len(topic.assignments) or set(by_index) != set(range(len(by_index))):
        raise Refusal(
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "a manual assignment must name each partition from 0 up once, without gaps",
        )
    replica_lists = [by_index[index] for index in range(len(by_index))]
    for replicas in replica_lists:
        placement.check_assignment(replicas)
        if len(replicas) != len(replica_lists[0]):
            raise Refusal(
                ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                "a manual assignment must give every partition the same number of replicas",
            )
    return replica_lists
