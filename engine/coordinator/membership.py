"""JoinGroup, SyncGroup, Heartbeat and LeaveGroup of the classic protocol, decided on one shard.

Every rule is Apache Kafka's. Deviations: a request that takes the place of a parked one of the same member makes the
parked one answer REBALANCE_IN_PROGRESS (Kafka never answers it), and there are bounds where Kafka has none.
"""

from dataclasses import replace

from engine.coordinator.group import Group
from engine.coordinator.member import Member
from engine.coordinator.messages import (
    HeartbeatRequest,
    JoinRequest,
    JoinResponse,
    LeaveRequest,
    LeaveResponse,
    LeavingMember,
    LeftMember,
    SyncRequest,
    SyncResponse,
)
from engine.coordinator.rebalance import Rebalance, join_response, joined_members, sync_response
from engine.coordinator.records import STRING_BYTES_MAX, group_key, group_value
from engine.coordinator.shard_state import ShardState
from engine.coordinator.states import GroupState
from engine.coordinator.timers import TimerKey, TimerKind
from engine.coordinator.writes import Replacement
from engine.wire.error_codes import ErrorCode

_MEMBER_ID_SUFFIX_BYTES = 37
"""A hyphen and a UUID."""
_PROTOCOL_BYTES = 64
"""What a protocol takes in memory besides its name and subscription, or more."""


def is_storable(text: str | None) -> bool:
    """Whether `text` fits the strings of a group record."""
    return text is None or len(text) * 3 <= STRING_BYTES_MAX or len(text.encode()) <= STRING_BYTES_MAX


class Membership:
    """Who is in the groups of one shard."""

    def __init__(self, state: ShardState, rebalance: Rebalance) -> None:
        self._state = state
        self._rebalance = rebalance

    # --- JoinGroup -----------------------------------------------------------------------------------------------

    def join(self, token: int, request: JoinRequest) -> None:
        """Answer, or park, a JoinGroup."""
        error = self._malformed(request)
        group = None
        if error is ErrorCode.NONE:
            if request.member_id:
                group = self._state.groups.get(request.group_id)
                error = ErrorCode.NONE if group is not None else ErrorCode.UNKNOWN_MEMBER_ID
            else:
                group = self._state.group_for_write(request.group_id)
                error = ErrorCode.NONE if group is not None else ErrorCode.COORDINATOR_NOT_AVAILABLE
        if group is not None:
            error = self._refusal(group, request)
        if group is None or error is not ErrorCode.NONE:
            self._state.reply(token, JoinResponse(error=error, member_id=request.member_id))
        elif request.member_id:
            self._join_known(group, token, request)
        else:
            self._join_new(group, token, request)
        if group is not None and group.state is GroupState.EMPTY:
            self._state.forget_if_vacant(group)

    def _malformed(self, request: JoinRequest) -> ErrorCode:
        config = self._state.config
        if not request.group_id or not is_storable(request.group_id):
            return ErrorCode.INVALID_GROUP_ID
        if not config.min_session_timeout_ms <= request.session_timeout_ms <= config.max_session_timeout_ms:
            return ErrorCode.INVALID_SESSION_TIMEOUT
        if not is_storable(request.protocol_type) or not is_storable(request.client_host):
            return ErrorCode.INVALID_REQUEST
        if not all(is_storable(protocol.name) for protocol in request.protocols):
            return ErrorCode.INVALID_REQUEST
        protocols_bytes = sum(
            len(one.name) + len(one.metadata) + _PROTOCOL_BYTES for one in request.protocols
        )
        if protocols_bytes > config.member_protocols_bytes_max:
            return ErrorCode.INVALID_REQUEST
        if not self._is_identity(request.client_id) or not self._is_identity(request.group_instance_id):
            return ErrorCode.INVALID_REQUEST
        return ErrorCode.NONE

    @staticmethod
    def _is_identity(text: str | None) -> bool:
        """Whether a member id can be made of `text`."""
        return text is None or is_storable(text + "-" * _MEMBER_ID_SUFFIX_BYTES)

    def _refusal(self, group: Group, request: JoinRequest) -> ErrorCode:
        if group.state is GroupState.DEAD:
            return ErrorCode.COORDINATOR_NOT_AVAILABLE
        if not self._has_room(group, request.member_id):
            member = group.members.get(request.member_id)
            if member is not None:
                self._rebalance.drop(group, member)
                self._rebalance.complete_if_all_joined(group)
            elif request.member_id in group.pending_members:
                self._forget_pending(group, request.member_id)
                self._rebalance.complete_if_all_joined(group)
            return ErrorCode.GROUP_MAX_SIZE_REACHED
        if not group.supports(request.protocol_type, request.protocols):
            return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
        return ErrorCode.NONE

    def _has_room(self, group: Group, member_id: str) -> bool:
        members_max = self._state.config.group_members_max
        if group.state is GroupState.EMPTY:
            return True
        member = group.members.get(member_id)
        if group.state is GroupState.PREPARING_REBALANCE:
            if member is not None and member.join_token is not None:
                return True
            return group.parked_joins < members_max
        return member is not None or len(group.members) < members_max

    def _new_member_id(self, request: JoinRequest) -> str:
        return f"{request.group_instance_id or request.client_id}-{self._state.new_uuid()}"

    def _join_new(self, group: Group, token: int, request: JoinRequest) -> None:
        member_id = self._new_member_id(request)
        if request.group_instance_id is not None:
            if request.group_instance_id in group.static_members:
                self._replace_static(group, token, request, member_id)
            else:
                self._add(group, token, request, member_id)
        elif not request.requires_member_id:
            self._add(group, token, request, member_id)
        elif len(group.pending_members) >= self._state.config.pending_members_max:
            self._state.reply(token, JoinResponse(error=ErrorCode.GROUP_MAX_SIZE_REACHED))
        else:
            group.pending_members.add(member_id)
            self._state.set_timer(
                TimerKey(TimerKind.SESSION, group.group_id, member_id), request.session_timeout_ms
            )
            self._state.reply(token, JoinResponse(error=ErrorCode.MEMBER_ID_REQUIRED, member_id=member_id))

    def _join_known(self, group: Group, token: int, request: JoinRequest) -> None:
        if request.member_id in group.pending_members and request.group_instance_id is None:
            self._add(group, token, request, request.member_id)
            return
        error = validate_member(group, request.member_id, request.group_instance_id)
        if error is not ErrorCode.NONE:
            self._state.reply(token, JoinResponse(error=error, member_id=request.member_id))
            return
        member = group.members[request.member_id]
        is_unchanged = member.protocols == request.protocols
        if group.state is GroupState.COMPLETING_REBALANCE and is_unchanged:
            # It did not hear the answer to its join. Telling it again spares the others a rebalance.
            self._state.reply(token, join_response(group, member))
        elif group.state is GroupState.STABLE and is_unchanged and group.leader_id != member.member_id:
            self._state.reply(token, join_response(group, member))
        elif group.state is GroupState.STABLE and group.leader_id == member.member_id:
            # A leader rejoins to have something reassigned that only it knows of: new partitions, say.
            self._update(group, token, request, member, f"the leader {member.member_id} rejoined")
        else:
            self._update(group, token, request, member, f"{member.member_id} rejoined with other protocols")

    def _add(self, group: Group, token: int, request: JoinRequest, member_id: str) -> None:
        member = Member(
            member_id=member_id,
            group_instance_id=request.group_instance_id,
            client_id=request.client_id,
            client_host=request.client_host,
            rebalance_timeout_ms=_timeout(request.rebalance_timeout_ms),
            session_timeout_ms=request.session_timeout_ms,
            protocol_type=request.protocol_type,
            protocols=request.protocols,
            is_new=True,
        )
        group.add(member)
        self._park_join(group, member, token)
        if group.is_initial_rebalance:
            group.new_member_added = True
        # It cannot heartbeat before it knows its id, and we do not see its connection go: it may have given up and
        # come again under another id. So a first join stays parked for a bounded time only.
        self._state.reset_session(group, member, self._state.config.new_member_join_timeout_ms)
        self._rebalance.advance(group, _reason(f"{member_id} joined", request.reason))

    def _update(self, group: Group, token: int, request: JoinRequest, member: Member, reason: str) -> None:
        group.update(
            member, request.protocols, _timeout(request.rebalance_timeout_ms), request.session_timeout_ms
        )
        self._park_join(group, member, token)
        self._rebalance.advance(group, _reason(reason, request.reason))

    def _park_join(self, group: Group, member: Member, token: int) -> None:
        replaced = group.park_join(member, token)
        self._state.reply(
            replaced, JoinResponse(error=ErrorCode.REBALANCE_IN_PROGRESS, member_id=member.member_id)
        )

    # --- static members ------------------------------------------------------------------------------------------

    def _replace_static(self, group: Group, token: int, request: JoinRequest, new_member_id: str) -> None:
        """A known instance comes back without its id: it restarted. Its old id is fenced from here on (KIP-345)."""
        instance_id = request.group_instance_id or ""
        old_leader_id = group.leader_id
        member = group.members[group.static_members[instance_id]]
        old = replace(member)
        self._fence(group, member)
        group.rename_static(instance_id, new_member_id)
        self._state.timers.cancel(TimerKey(TimerKind.SESSION, group.group_id, old.member_id))
        group.update(
            member, request.protocols, _timeout(request.rebalance_timeout_ms), request.session_timeout_ms
        )
        self._state.reset_session(group, member)
        keeps_assignment = group.state is GroupState.STABLE and group.select_protocol() == group.protocol_name
        if not keeps_assignment:
            self._park_join(group, member, token)
            self._rebalance.advance(group, _reason(f"static member {instance_id} came back", request.reason))
            return
        response = join_response(group, member)
        if request.can_skip_assignment:
            is_leader = group.leader_id == new_member_id
            members = joined_members(group) if is_leader else ()
            response = replace(response, skip_assignment=is_leader, members=members)
        else:
            # An older client would assign, and SyncGroup of a Stable group ignores that. Named by its old id, the
            # leader takes itself for a follower and keeps what it had.
            response = replace(response, leader=old_leader_id or "", members=())
        self._state.write(
            Replacement(
                token=token,
                group_id=group.group_id,
                generation=group.generation,
                group_instance_id=instance_id,
                old_member_id=old.member_id,
                new_member_id=new_member_id,
                old_protocols=old.protocols,
                old_rebalance_timeout_ms=old.rebalance_timeout_ms,
                old_session_timeout_ms=old.session_timeout_ms,
                response=response,
            ),
            [(group_key(group.group_id), group_value(group.stored()))],
        )

    def _fence(self, group: Group, member: Member) -> None:
        error = ErrorCode.FENCED_INSTANCE_ID
        self._state.reply(group.take_join(member), JoinResponse(error=error, member_id=member.member_id))
        self._state.reply(member.sync_token, SyncResponse(error=error))
        member.sync_token = None

    def replacement_written(self, written: Replacement) -> None:
        """The new id is stored."""
        self._state.reply(written.token, written.response)

    def replacement_failed(self, failed: Replacement, error: ErrorCode) -> None:
        """Take the new id back, unless the group has gone on with it."""
        self._state.reply(failed.token, JoinResponse(error=error))
        group = self._state.groups.get(failed.group_id)
        if (
            group is None
            or group.state is not GroupState.STABLE
            or group.generation != failed.generation
            or group.static_members.get(failed.group_instance_id) != failed.new_member_id
        ):
            return
        self._state.timers.cancel(TimerKey(TimerKind.SESSION, group.group_id, failed.new_member_id))
        member = group.rename_static(failed.group_instance_id, failed.old_member_id)
        group.update(
            member, failed.old_protocols, failed.old_rebalance_timeout_ms, failed.old_session_timeout_ms
        )
        self._state.reset_session(group, member)

    # --- SyncGroup -----------------------------------------------------------------------------------------------

    def sync(self, token: int, request: SyncRequest) -> None:
        """Answer, or park, a SyncGroup."""
        group = self._state.groups.get(request.group_id)
        error = self._sync_error(group, request)
        if group is None or error is not ErrorCode.NONE:
            self._state.reply(token, SyncResponse(error=error))
            return
        member = group.members[request.member_id]
        self._rebalance.synced(group, member)
        if group.state is GroupState.STABLE:
            self._state.reset_session(group, member)
            self._state.reply(token, sync_response(group, member))
            return
        self._state.reply(member.sync_token, SyncResponse(error=ErrorCode.REBALANCE_IN_PROGRESS))
        member.sync_token = token
        if group.leader_id == member.member_id:
            self._rebalance.assignment_arrived(group, dict(request.assignments))

    @staticmethod
    def _sync_error(group: Group | None, request: SyncRequest) -> ErrorCode:
        if not request.group_id:
            return ErrorCode.INVALID_GROUP_ID
        error = validate_generation(group, request)
        if group is None or error is not ErrorCode.NONE:
            return error
        if request.protocol_type is not None and request.protocol_type != group.protocol_type:
            return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
        if request.protocol_name is not None and request.protocol_name != group.protocol_name:
            return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
        if group.state is GroupState.PREPARING_REBALANCE:
            return ErrorCode.REBALANCE_IN_PROGRESS
        return ErrorCode.NONE

    # --- Heartbeat -----------------------------------------------------------------------------------------------

    def heartbeat(self, token: int, request: HeartbeatRequest) -> None:
        """Answer a Heartbeat."""
        group = self._state.groups.get(request.group_id)
        error = validate_generation(group, request) if request.group_id else ErrorCode.INVALID_GROUP_ID
        if group is not None and error is ErrorCode.NONE:
            # While the generation is being completed a member is as alive as when it is stable.
            self._state.reset_session(group, group.members[request.member_id])
            if group.state is GroupState.PREPARING_REBALANCE:
                error = ErrorCode.REBALANCE_IN_PROGRESS
        self._state.reply(token, error)

    # --- LeaveGroup ----------------------------------------------------------------------------------------------

    def leave(self, token: int, request: LeaveRequest) -> None:
        """Answer a LeaveGroup, an error a member."""
        group = self._state.groups.get(request.group_id)
        if not request.group_id:
            self._state.reply(token, LeaveResponse(error=ErrorCode.INVALID_GROUP_ID))
            return
        if group is not None and group.state is GroupState.DEAD:
            self._state.reply(token, LeaveResponse(error=ErrorCode.COORDINATOR_NOT_AVAILABLE))
            return
        left = []
        for leaving in request.members:
            error = ErrorCode.UNKNOWN_MEMBER_ID if group is None else self._leave_one(group, leaving)
            left.append(
                LeftMember(
                    member_id=leaving.member_id,
                    group_instance_id=leaving.group_instance_id,
                    error=error,
                )
            )
        self._state.reply(token, LeaveResponse(members=tuple(left)))
        if group is None:
            return
        if any(one.error is ErrorCode.NONE for one in left):
            reasons = ", ".join(f"{one.member_id} {one.reason}".strip() for one in request.members[:3])
            self._rebalance.after_departure(group, f"left: {reasons:.300}")
        if group.state is GroupState.EMPTY:
            self._state.forget_if_vacant(group)

    def _leave_one(self, group: Group, leaving: LeavingMember) -> ErrorCode:
        member_id = leaving.member_id
        if leaving.group_instance_id is not None:
            if not member_id:  # an administrator knows the instance only
                member_id = group.static_members.get(leaving.group_instance_id, "")
            error = validate_member(group, member_id, leaving.group_instance_id)
            if error is not ErrorCode.NONE:
                return error
        elif member_id in group.pending_members:
            self._forget_pending(group, member_id)
            return ErrorCode.NONE
        member = group.members.get(member_id)
        if member is None:
            return ErrorCode.UNKNOWN_MEMBER_ID
        self._rebalance.drop(group, member)
        return ErrorCode.NONE

    def _forget_pending(self, group: Group, member_id: str) -> None:
        self._state.timers.cancel(TimerKey(TimerKind.SESSION, group.group_id, member_id))
        group.remove(member_id)

    # --- sessions ------------------------------------------------------------------------------------------------

    def session_timeout(self, group: Group, member_id: str) -> None:
        """A member has not been heard of for its session timeout, or a pending one never came back."""
        if member_id in group.pending_members:
            self._forget_pending(group, member_id)
            self._rebalance.complete_if_all_joined(group)
            if group.state is GroupState.EMPTY:
                self._state.forget_if_vacant(group)
            return
        member = group.members.get(member_id)
        if member is None or (member.is_parked and not member.is_new):
            return  # who waits here is alive: the session begins anew with the answer
        self._rebalance.drop(group, member)
        self._rebalance.after_departure(group, f"{member_id} was not heard of in time")


def validate_member(group: Group, member_id: str, group_instance_id: str | None) -> ErrorCode:
    """Whether the ids name a member: UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID for an id that was replaced."""
    if group_instance_id is not None:
        current = group.static_members.get(group_instance_id)
        if current is None:
            return ErrorCode.UNKNOWN_MEMBER_ID
        if current != member_id:
            return ErrorCode.FENCED_INSTANCE_ID
    return ErrorCode.NONE if member_id in group.members else ErrorCode.UNKNOWN_MEMBER_ID


def validate_generation(group: Group | None, request: SyncRequest | HeartbeatRequest) -> ErrorCode:
    """Whether the request comes from a member of the current generation."""
    if group is None:
        return ErrorCode.UNKNOWN_MEMBER_ID
    if group.state is GroupState.DEAD:
        return ErrorCode.COORDINATOR_NOT_AVAILABLE
    error = validate_member(group, request.member_id, request.group_instance_id)
    if error is ErrorCode.NONE and request.generation != group.generation:
        error = ErrorCode.ILLEGAL_GENERATION
    return error


def _timeout(timeout_ms: int) -> int:
    return max(timeout_ms, 0)


def _reason(reason: str, client_reason: str) -> str:
    return f"{reason}; {client_reason:.200}" if client_reason else reason
