"""What is asked of the coordinator and what it answers: plain values, no protocol versions.

The handlers of `engine.kafka` translate each version of each API to these and back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.coordinator.member import MemberProtocol
from engine.coordinator.states import GroupState
from engine.model.ids import TopicPartition
from engine.wire.error_codes import ErrorCode

NO_GENERATION = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRequest:
    """JoinGroup (KIP-62, KIP-345, KIP-394, KIP-800, KIP-814)."""

    group_id: str
    member_id: str = ""
    group_instance_id: str | None = None
    client_id: str
    client_host: str
    session_timeout_ms: int
    rebalance_timeout_ms: int
    """Version 0 has none: give the session timeout."""
    protocol_type: str
    protocols: tuple[MemberProtocol, ...]
    requires_member_id: bool = True
    """Version 4 and up: a dynamic member must come back with the id it is given."""
    can_skip_assignment: bool = True
    """Version 9 and up: a returning static leader can be told to keep the assignment."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedMember:
    """A member as its leader sees it."""

    member_id: str
    group_instance_id: str | None
    metadata: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinResponse:
    """The answer to JoinGroup; `members` is filled for the leader only."""

    error: ErrorCode = ErrorCode.NONE
    member_id: str = ""
    generation: int = NO_GENERATION
    protocol_type: str | None = None
    protocol_name: str | None = None
    leader: str = ""
    skip_assignment: bool = False
    members: tuple[JoinedMember, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRequest:
    """SyncGroup; `protocol_type` and `protocol_name` are None below version 5."""

    group_id: str
    generation: int
    member_id: str
    group_instance_id: str | None = None
    protocol_type: str | None = None
    protocol_name: str | None = None
    assignments: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResponse:
    """The answer to SyncGroup."""

    error: ErrorCode = ErrorCode.NONE
    protocol_type: str | None = None
    protocol_name: str | None = None
    assignment: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatRequest:
    """Heartbeat; the answer is an error code."""

    group_id: str
    generation: int
    member_id: str
    group_instance_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingMember:
    """One member of a LeaveGroup; an administrator names a static member by instance id alone."""

    member_id: str = ""
    group_instance_id: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveRequest:
    """LeaveGroup, batch form (one member below version 3)."""

    group_id: str
    members: tuple[LeavingMember, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftMember:
    """What became of one `LeavingMember`, with the ids as they were sent."""

    member_id: str
    group_instance_id: str | None
    error: ErrorCode


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveResponse:
    """The answer to LeaveGroup."""

    error: ErrorCode = ErrorCode.NONE
    members: tuple[LeftMember, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetToCommit:
    """One partition of an OffsetCommit. `leader_epoch` is -1 when unknown."""

    partition: TopicPartition
    offset: int
    leader_epoch: int = -1
    metadata: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetCommitRequest:
    """OffsetCommit; generation -1 without a member id is a commit from outside the group protocol."""

    group_id: str
    generation: int = NO_GENERATION
    member_id: str = ""
    group_instance_id: str | None = None
    offsets: tuple[OffsetToCommit, ...]
    is_unknown_group_not_found: bool = True
    """Version 9 and up: a member of an unknown group is told GROUP_ID_NOT_FOUND, below it ILLEGAL_GENERATION."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommittedOffset:
    """An offset as kept. `commit_timestamp_ms` is wall time; `expire_timestamp_ms` only comes from old records."""

    offset: int
    leader_epoch: int = -1
    metadata: str = ""
    commit_timestamp_ms: int
    expire_timestamp_ms: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionErrors:
    """The answer to OffsetCommit and OffsetDelete: one error for all, or one a partition."""

    error: ErrorCode = ErrorCode.NONE
    partitions: Mapping[TopicPartition, ErrorCode] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedOffsets:
    """The answer to OffsetFetch for one group. A partition asked for and absent here has no offset."""

    error: ErrorCode = ErrorCode.NONE
    offsets: Mapping[TopicPartition, CommittedOffset] = field(default_factory=dict)
    unstable: frozenset[TopicPartition] = frozenset()
    """Partitions with an open transactional commit; they answer UNSTABLE_OFFSET_COMMIT under require_stable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDescription:
    """One member of a described group; `metadata` is empty unless the group is Stable."""

    member_id: str
    group_instance_id: str | None
    client_id: str
    client_host: str
    metadata: bytes
    assignment: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDescription:
    """A group as DescribeGroups shows it. An unknown group is Dead with GROUP_ID_NOT_FOUND."""

    group_id: str
    error: ErrorCode = ErrorCode.NONE
    state: GroupState = GroupState.DEAD
    protocol_type: str = ""
    protocol_name: str = ""
    members: tuple[MemberDescription, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupListing:
    """A group as ListGroups shows it; always of type classic."""

    group_id: str
    protocol_type: str
    state: GroupState


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """A group as metrics see it."""

    group_id: str
    state: GroupState
    members: int
    offsets: Mapping[TopicPartition, CommittedOffset]


Response = JoinResponse | SyncResponse | LeaveResponse | PartitionErrors | ErrorCode
"""What a parked request can be answered with."""
