"""Records on their way to the log, each with what is to happen when it is there, or is not: data, no callbacks."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.coordinator.member import MemberProtocol
from engine.coordinator.messages import JoinResponse, PartitionErrors
from engine.coordinator.records import Record
from engine.model.ids import TopicPartition


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetsChange:
    """OffsetCommit or OffsetDelete: answer `response` once it is written."""

    token: int
    group_id: str
    partitions: tuple[TopicPartition, ...]
    response: PartitionErrors


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The leader's assignment: makes the group Stable if it is still at `generation`, waiting for it."""

    group_id: str
    generation: int
    assignments: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A static member's new id, already in force; taken back if it cannot be stored."""

    token: int
    group_id: str
    generation: int
    group_instance_id: str
    old_member_id: str
    new_member_id: str
    old_protocols: tuple[MemberProtocol, ...]
    old_rebalance_timeout_ms: int
    old_session_timeout_ms: int
    response: JoinResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The group as it is: it became empty, or the log came to say something older. Nobody waits for it."""

    group_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """Tombstones for a group and its offsets; `token` is None when retention asked for them."""

    token: int | None
    group_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleanup:
    """Tombstones for offsets that outlived their retention or their topic. Nobody waits for them."""

    group_id: str


Purpose = OffsetsChange | Assignment | Replacement | Snapshot | Deletion | Cleanup


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """Records to append, in order, and why. `number` names it in `written` and `write_failed`."""

    number: int
    records: tuple[Record, ...]
    purpose: Purpose
