"""What the controller can be asked to do. A command carries all it needs, random ids included, so deciding is pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias
from uuid import UUID

from engine.controller.brokers import Endpoint
from engine.controller.records import Json
from engine.controller.topics import TopicMetadata
from engine.model.ids import NO_TOPIC_ID
from engine.wire.error_codes import ErrorCode

UNSET = -1
"""A count the client leaves to the cluster's defaults (KIP-464)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTopic:
    """One topic to create."""

    name: str
    topic_id: UUID = NO_TOPIC_ID
    """Used if it is created; fresh and random, filled in by the runtime."""
    partitions: int = UNSET
    replication_factor: int = UNSET
    assignments: tuple[tuple[int, tuple[int, ...]], ...] = ()
    """(partition, node ids) in the client's order; empty: the allocator chooses."""
    configs: tuple[tuple[str, str | None], ...] = ()
    """In the client's order, repeats included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTopics:
    """Create each topic, or say why not; one topic's failure does not touch the others."""

    topics: tuple[NewTopic, ...]
    validate_only: bool = False
    internal: bool = False
    """Asked by the engine itself, for one of its own topics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTopics:
    """Delete topics by name or by id, in the client's order."""

    targets: tuple[str | UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPartitions:
    """Grow one topic to `count` partitions."""

    name: str
    count: int
    assignments: tuple[tuple[int, ...], ...] | None = None
    """Node ids of each partition added; None: the allocator chooses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePartitions:
    """Grow topics."""

    topics: tuple[NewPartitions, ...]
    validate_only: bool = False


class ConfigOperation(IntEnum):
    """IncrementalAlterConfigs (KIP-339)."""

    SET = 0
    DELETE = 1
    APPEND = 2
    SUBTRACT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigChange:
    """One config of one topic."""

    name: str
    operation: int
    """A `ConfigOperation`, or whatever number the client sent."""
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicConfigChanges:
    """The changes of one topic."""

    name: str
    changes: tuple[ConfigChange, ...]
    replace: bool = False
    """What is not listed is unset (the older AlterConfigs)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterTopicConfigs:
    """Change topics' configs; each topic wholly or not at all."""

    topics: tuple[TopicConfigChanges, ...]
    validate_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetClusterConfig:
    """Set and unset cluster properties. Values were validated against the property table by the caller."""

    upserts: Mapping[str, Json] = field(default_factory=dict)
    removes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocateProducerIds:
    """Hand a block of `count` ids to a broker."""

    node_id: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterBroker:
    """A broker starts: found the cluster if there is none, give the broker its id, take its addresses."""

    host_uuid: UUID
    node_id: int | None
    """As configured; None: the controller assigns one."""
    host: str
    rack: str | None
    endpoints: tuple[Endpoint, ...]
    cluster_uuid: UUID
    """Used if the cluster is not yet founded; fresh and random."""
    rpc: Endpoint | None = None
    """Where other brokers reach it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMaintenance:
    """Have a broker hand over its leaderships, or let it lead again."""

    node_id: int
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDecommission:
    """Begin to take a broker out of the cluster, or keep it after all."""

    node_id: int
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveBroker:
    """Forget a decommissioned broker that holds nothing any more. Asked by the controller itself."""

    node_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaMove:
    """Where one partition's replicas are to be."""

    topic: str
    partition: int
    replicas: tuple[int, ...] | None
    """The preferred leader first; None: back to where they were (cancel)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveReplicas:
    """Move partitions; one partition's failure does not touch the others."""

    moves: tuple[ReplicaMove, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishMove:
    """A partition's group has the members it was to have. Asked by its leader."""

    topic_id: UUID
    partition: int
    replicas: tuple[int, ...]
    """What it has, in any order; anything but the present target is passed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFeatureLevel:
    """Turn a feature on (`level` ≥ 1) or off (0)."""

    name: str
    level: int


Command: TypeAlias = (
    CreateTopics
    | DeleteTopics
    | CreatePartitions
    | AlterTopicConfigs
    | SetClusterConfig
    | AllocateProducerIds
    | RegisterBroker
    | SetFeatureLevel
    | SetMaintenance
    | SetDecommission
    | RemoveBroker
    | MoveReplicas
    | FinishMove
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveOutcome:
    """What became of one partition of a MoveReplicas."""

    topic: str
    partition: int
    error: ErrorCode = ErrorCode.NONE
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicOutcome:
    """What became of one topic of a command."""

    name: str | None
    """None only for a topic asked for by an id nobody has."""
    topic_id: UUID | None = None
    error: ErrorCode = ErrorCode.NONE
    message: str | None = None
    """For people; None on success."""
    topic: TopicMetadata | None = None
    """As it is (or, validating only, would be) after the command; None on failure and after deletion."""

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.error is ErrorCode.NONE
