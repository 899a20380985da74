"""The rebalance of one group: gathering members, beginning a generation, handing out its assignment.

prepare ──▶ (all joined, or time is up) ──▶ complete ──▶ assignment_arrived ──▶ assignment_written
"""

import logging

from engine.base.errors import invariant
from engine.coordinator.group import Group
from engine.coordinator.member import Member
from engine.coordinator.messages import JoinedMember, JoinResponse, SyncResponse
from engine.coordinator.records import group_key, group_value
from engine.coordinator.shard_state import ShardState
from engine.coordinator.states import MAY_REBALANCE, GroupState
from engine.coordinator.timers import TimerKey, TimerKind
from engine.coordinator.writes import Assignment, Snapshot
from engine.wire.error_codes import ErrorCode

_log = logging.getLogger(__name__)


class Rebalance:
    """Moves groups of one shard between their states."""

    def __init__(self, state: ShardState) -> None:
        self._state = state

    # --- gathering -----------------------------------------------------------------------------------------------

    def advance(self, group: Group, reason: str) -> None:
        """Begin a rebalance, or end one that waits for nobody any more."""
        if group.state in MAY_REBALANCE:
            self.prepare(group, reason)
        else:
            self.complete_if_all_joined(group)

    def prepare(self, group: Group, reason: str) -> None:
        """Ask every member to join again. The first rebalance of an empty group waits for company instead."""
        _log.info(
            "group %r prepares to rebalance from generation %d: %s", group.group_id, group.generation, reason
        )
        if group.state is GroupState.COMPLETING_REBALANCE:
            self.fail_syncs(group, ErrorCode.REBALANCE_IN_PROGRESS)
        self._state.timers.cancel(TimerKey(TimerKind.SYNC, group.group_id))
        is_initial = group.state is GroupState.EMPTY
        group.transition(GroupState.PREPARING_REBALANCE, self._state.now_ms())
        if is_initial:
            delay_ms = self._state.config.initial_rebalance_delay_ms
            group.new_member_added = False
            group.initial_delay_left_ms = max(group.rebalance_timeout_ms - delay_ms, 0)
            self._wait_for_joins(group, delay_ms)
        elif group.has_all_joined:
            self.complete(group)
        else:
            self._wait_for_joins(group, group.rebalance_timeout_ms)

    def _wait_for_joins(self, group: Group, timeout_ms: int) -> None:
        self._state.set_timer(TimerKey(TimerKind.JOIN, group.group_id), timeout_ms)

    def complete_if_all_joined(self, group: Group) -> None:
        """End the gathering if nobody is missing. The initial delay always runs its course."""
        if (
            group.state is GroupState.PREPARING_REBALANCE
            and group.has_all_joined
            and not group.is_initial_rebalance
        ):
            self.complete(group)

    def join_timeout(self, group: Group) -> None:
        """The time to join is up: extend the initial delay while members arrive, else go on without the missing."""
        if group.state is not GroupState.PREPARING_REBALANCE:
            return
        if group.is_initial_rebalance and group.new_member_added and group.initial_delay_left_ms > 0:
            delay_ms = min(self._state.config.initial_rebalance_delay_ms, group.initial_delay_left_ms)
            group.new_member_added = False
            group.initial_delay_left_ms -= delay_ms
            self._wait_for_joins(group, delay_ms)
            return
        self.complete(group)

    def complete(self, group: Group) -> None:
        """Begin the next generation with the members that joined; static members that did not stay (KIP-345)."""
        self._state.timers.cancel(TimerKey(TimerKind.JOIN, group.group_id))
        for member in tuple(group.members.values()):
            if member.join_token is None and not member.is_static:
                _log.info("member %r of group %r did not rejoin in time", member.member_id, group.group_id)
                self.drop(group, member)
        if group.members and not group.elect_joined_leader():
            # Only static members are left and none came. Their sessions will end the wait.
            self._wait_for_joins(group, group.rebalance_timeout_ms)
            return
        group.begin_generation(self._state.now_ms())
        self._state.rebalances += 1
        if not group.members:
            self._state.write(
                Snapshot(group_id=group.group_id),
                [(group_key(group.group_id), group_value(group.stored()))],
            )
            return
        for member in group.members.values():
            self._state.reply(group.take_join(member), join_response(group, member))
            self._state.reset_session(group, member)
            member.is_new = False
            group.pending_syncs.add(member.member_id)
        self._state.set_timer(TimerKey(TimerKind.SYNC, group.group_id), group.rebalance_timeout_ms)

    # --- the assignment ------------------------------------------------------------------------------------------

    def assignment_arrived(self, group: Group, assignments: dict[str, bytes]) -> None:
        """The leader's assignment is here: store it. Members it does not name get an empty one."""
        if group.assignment_write is not None:
            return  # the leader asks again while its assignment is being written
        complete = {member_id: assignments.get(member_id, b"") for member_id in group.members}
        value = group_value(group.stored(complete))
        if len(value) > self._state.config.group_record_bytes_max:
            _log.error("the state of group %r takes %d bytes, too many to store", group.group_id, len(value))
            self.assignment_failed(group, group.generation, ErrorCode.UNKNOWN_SERVER_ERROR)
            return
        group.assignment_write = self._state.write(
            Assignment(group_id=group.group_id, generation=group.generation, assignments=complete),
            [(group_key(group.group_id), value)],
        )

    def assignment_written(self, group: Group, written: Assignment) -> None:
        """Hand the stored assignment out, unless the group has gone on since."""
        if group.state is not GroupState.COMPLETING_REBALANCE or group.generation != written.generation:
            return
        group.assignment_write = None
        for member in group.members.values():
            member.assignment = written.assignments.get(member.member_id, b"")
            self._answer_sync(group, member, sync_response(group, member))
        group.transition(GroupState.STABLE, self._state.now_ms())

    def assignment_failed(self, group: Group, generation: int, error: ErrorCode) -> None:
        """The assignment could not be stored: tell who waits, and rebalance."""
        if group.state is not GroupState.COMPLETING_REBALANCE or group.generation != generation:
            return
        group.assignment_write = None
        self.fail_syncs(group, error)
        self.prepare(group, "the assignment could not be stored")

    def fail_syncs(self, group: Group, error: ErrorCode) -> None:
        """Answer every parked SyncGroup with `error` and forget the assignments."""
        for member in group.members.values():
            member.assignment = b""
            self._answer_sync(group, member, SyncResponse(error=error))

    def _answer_sync(self, group: Group, member: Member, response: SyncResponse) -> None:
        if member.sync_token is not None:
            self._state.reply(member.sync_token, response)
            member.sync_token = None
            # Its session may have run out unheeded while it was parked.
            self._state.reset_session(group, member)

    def synced(self, group: Group, member: Member) -> None:
        """Note that a member has asked for its assignment; the wait ends with the last one."""
        group.pending_syncs.discard(member.member_id)
        if not group.pending_syncs:
            self._state.timers.cancel(TimerKey(TimerKind.SYNC, group.group_id))

    def sync_timeout(self, group: Group) -> None:
        """Members that joined and then never synced are dropped, and the others rebalance."""
        if group.state not in (GroupState.COMPLETING_REBALANCE, GroupState.STABLE) or not group.pending_syncs:
            return
        for member_id in tuple(group.pending_syncs):
            member = group.members.get(member_id)
            if member is not None:
                self.drop(group, member)
        self.prepare(group, "members did not sync in time")

    # --- members going -------------------------------------------------------------------------------------------

    def drop(self, group: Group, member: Member) -> None:
        """Remove a member. Whoever waits in its name is told that it is unknown, and so comes back as a new one."""
        self._state.reply(group.take_join(member), JoinResponse(error=ErrorCode.UNKNOWN_MEMBER_ID))
        self._state.reply(member.sync_token, SyncResponse(error=ErrorCode.UNKNOWN_MEMBER_ID))
        member.sync_token = None
        self._state.timers.cancel(TimerKey(TimerKind.SESSION, group.group_id, member.member_id))
        group.remove(member.member_id)

    def after_departure(self, group: Group, reason: str) -> None:
        """Members have gone: rebalance, or stop waiting for them."""
        if group.state in (GroupState.STABLE, GroupState.COMPLETING_REBALANCE):
            self.prepare(group, reason)
        elif group.state is GroupState.PREPARING_REBALANCE:
            self.complete_if_all_joined(group)


def join_response(group: Group, member: Member) -> JoinResponse:
    """The current generation as `member` is told of it: the leader hears of everybody."""
    invariant(group.leader_id is not None, "a generation has a leader")
    is_leader = member.member_id == group.leader_id
    return JoinResponse(
        member_id=member.member_id,
        generation=group.generation,
        protocol_type=group.protocol_type,
        protocol_name=group.protocol_name,
        leader=group.leader_id or "",
        members=joined_members(group) if is_leader else (),
    )


def joined_members(group: Group) -> tuple[JoinedMember, ...]:
    """Every member with its subscription for the generation's protocol."""
    return tuple(
        JoinedMember(
            member_id=member.member_id,
            group_instance_id=member.group_instance_id,
            metadata=member.metadata(group.protocol_name),
        )
        for member in group.members.values()
    )


def sync_response(group: Group, member: Member) -> SyncResponse:
    """A member's assignment in the current generation."""
    return SyncResponse(
        protocol_type=group.protocol_type,
        protocol_name=group.protocol_name,
        assignment=member.assignment,
    )
