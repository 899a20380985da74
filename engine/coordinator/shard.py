"""One offsets partition's coordinator as a sans-IO state machine.

In: requests with a token each, `written` and `write_failed` for what went to the log, `run_timers` when time has
passed. Out: one frozen `Ready` a step, with answers by token and records to append. No asyncio, no files, no wall
clock of its own: the runtime, a test or a simulator drives it.

Records, then replay: what is stored changes only when its records are in the log, by `GroupTable.replay`. A group's
membership between two generations is not stored, as in Kafka; a restart brings back the last stored generation.
"""

from collections.abc import Callable, Collection
from uuid import UUID

from engine.base.clock import Clock
from engine.coordinator.config import GroupConfig
from engine.coordinator.group import Group
from engine.coordinator.membership import Membership
from engine.coordinator.messages import (
    FetchedOffsets,
    GroupDescription,
    GroupListing,
    GroupView,
    MemberDescription,
)
from engine.coordinator.offset_rules import OffsetRules
from engine.coordinator.rebalance import Rebalance
from engine.coordinator.records import group_key, group_value
from engine.coordinator.shard_state import ShardState
from engine.coordinator.states import GroupState
from engine.coordinator.table import GroupTable
from engine.coordinator.timers import TimerKey, TimerKind
from engine.coordinator.writes import (
    Assignment,
    Cleanup,
    Deletion,
    OffsetsChange,
    Purpose,
    Replacement,
    Snapshot,
    Write,
)
from engine.model.ids import TopicPartition
from engine.wire.error_codes import ErrorCode


class GroupShard:
    """The groups whose id falls on one partition of `__consumer_offsets`.

    Life: `replay` every record of the log, `loaded` once, then requests and timers. After every step the caller takes
    `take_ready`, appends the writes in order, and reports each with `replay` of its records and `written`, or with
    `write_failed`.
    """

    def __init__(self, config: GroupConfig, clock: Clock, new_uuid: Callable[[], UUID]) -> None:
        self._state = ShardState(config, clock, new_uuid)
        self._rebalance = Rebalance(self._state)
        self._membership = Membership(self._state, self._rebalance)
        self._offsets = OffsetRules(self._state)
        self.join = self._membership.join
        self.sync = self._membership.sync
        self.heartbeat = self._membership.heartbeat
        self.leave = self._membership.leave
        self.commit = self._offsets.commit
        self.delete_offsets = self._offsets.delete_offsets
        self.delete_group = self._offsets.delete_group
        self.topics_deleted = self._offsets.topics_deleted
        self.topics_present = self._offsets.topics_present
        self.take_ready = self._state.take_ready

    # --- loading -------------------------------------------------------------------------------------------------

    def replay(self, key: bytes | None, value: bytes | None) -> None:
        """Apply a record that is in the log; any time, in log order."""
        self._state.table.replay(key, value)

    def loaded(self) -> None:
        """The log is replayed: bring the groups to life. Members get a whole session timeout to be heard of."""
        state = self._state
        for group_id in (*state.table.groups, *state.table.groups_with_offsets()):
            self._revive(group_id)
        state.set_timer(TimerKey(TimerKind.EXPIRY), state.config.offset_expiry_interval_ms)
        for group in tuple(state.groups.values()):
            if len(group.members) > state.config.group_members_max:
                self._rebalance.prepare(group, "the group is larger than is allowed now")

    def _revive(self, group_id: str) -> None:
        state = self._state
        if group_id in state.groups:
            return
        stored = state.table.groups.get(group_id)
        if stored is None:
            state.groups[group_id] = Group(group_id, state.now_ms())
            return
        group = state.groups[group_id] = Group.from_stored(group_id, stored)
        for member in group.members.values():
            state.reset_session(group, member)

    def configure(self, config: GroupConfig) -> None:
        """Use other limits and delays from here on."""
        self._state.config = config

    # --- the log's answers ---------------------------------------------------------------------------------------

    def written(self, number: int) -> None:
        """Write `number` is committed, and its records are replayed."""
        write = self._close(number)
        if write is None:
            return
        group_id = write.purpose.group_id
        if group_id in self._state.table.groups or self._state.table.offsets(group_id):
            self._revive(group_id)
        if number in self._state.abandoned_writes:
            self._state.abandoned_writes.discard(number)
            self._written_late(write.purpose)
        else:
            self._settle(write.purpose, ErrorCode.NONE)

    def write_failed(self, number: int, error: ErrorCode) -> None:
        """Write `number` will not be committed."""
        write = self._close(number)
        if write is None:
            return
        if number in self._state.abandoned_writes:
            self._state.abandoned_writes.discard(number)
        else:
            self._settle(write.purpose, error)
        group = self._state.groups.get(write.purpose.group_id)
        if group is not None and group.state is GroupState.EMPTY:
            self._state.forget_if_vacant(group)

    def _close(self, number: int) -> Write | None:
        write = self._state.close_write(number)
        if write is not None and isinstance(write.purpose, OffsetsChange):
            self._state.end_offsets(write.purpose.group_id, write.purpose.partitions)
        return write

    def _settle(self, purpose: Purpose, error: ErrorCode) -> None:
        """Do what the outcome of a write asks for; `error` NONE means that it is in the log."""
        state = self._state
        match purpose:
            case OffsetsChange():
                self._offsets.change_done(purpose, error)
            case Deletion():
                self._offsets.deletion_done(purpose, error)
            case Replacement():
                if error is ErrorCode.NONE:
                    self._membership.replacement_written(purpose)
                else:
                    self._membership.replacement_failed(purpose, error)
            case Assignment():
                group = state.groups.get(purpose.group_id)
                if group is not None and error is ErrorCode.NONE:
                    self._rebalance.assignment_written(group, purpose)
                elif group is not None:
                    self._rebalance.assignment_failed(group, purpose.generation, error)
            case Snapshot() | Cleanup():
                pass  # nobody waits; the next generation, or the next round, writes again

    def _written_late(self, purpose: Purpose) -> None:
        """A write given up on is in the log after all: if it says what is no longer so, say what is."""
        group = self._state.groups.get(purpose.group_id)
        if group is None or isinstance(purpose, OffsetsChange | Cleanup):
            return
        if group.state in (GroupState.STABLE, GroupState.EMPTY) and group.protocol_type is not None:
            self._state.write(
                Snapshot(group_id=group.group_id), [(group_key(group.group_id), group_value(group.stored()))]
            )

    # --- time ----------------------------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """When `run_timers` wants to be called, in seconds of the monotonic clock; may be early."""
        return self._state.timers.next_deadline()

    def run_timers(self) -> None:
        """Do everything whose time has come."""
        state = self._state
        while (key := state.timers.pop_due(state.clock.monotonic())) is not None:
            if key.kind is TimerKind.WRITE:
                self._abandon(key.number)
            elif key.kind is TimerKind.EXPIRY:
                self._offsets.expire()
            elif (group := state.groups.get(key.group_id)) is None:
                continue
            elif key.kind is TimerKind.SESSION:
                self._membership.session_timeout(group, key.member_id)
            elif key.kind is TimerKind.JOIN:
                self._rebalance.join_timeout(group)
            elif key.kind is TimerKind.SYNC:
                self._rebalance.sync_timeout(group)

    def _abandon(self, number: int) -> None:
        write = self._state.open_writes.get(number)
        if write is not None:
            self._state.abandoned_writes.add(number)
            self._settle(write.purpose, ErrorCode.COORDINATOR_NOT_AVAILABLE)

    # --- reading -------------------------------------------------------------------------------------------------

    @property
    def table(self) -> GroupTable:
        """What is stored."""
        return self._state.table

    @property
    def rebalances(self) -> int:
        """Generations begun since the start."""
        return self._state.rebalances

    @property
    def groups(self) -> Collection[Group]:
        """The live groups; to look at only."""
        return self._state.groups.values()

    def fetch(self, group_id: str, partitions: Collection[TopicPartition] | None) -> FetchedOffsets:
        """OffsetFetch: committed offsets of the partitions, or of all (None)."""
        return self._offsets.fetch(group_id, partitions)

    def describe(self, group_id: str) -> GroupDescription:
        """DescribeGroups for one group. Subscriptions are shown of a Stable group only, as Kafka does."""
        group = self._state.groups.get(group_id)
        if group is None or self._state.is_vacant(group):
            return GroupDescription(group_id=group_id, error=ErrorCode.GROUP_ID_NOT_FOUND)
        protocol_name = group.protocol_name if group.state is GroupState.STABLE else None
        return GroupDescription(
            group_id=group_id,
            state=group.state,
            protocol_type=group.protocol_type or "",
            protocol_name=protocol_name or "",
            members=tuple(
                MemberDescription(
                    member_id=member.member_id,
                    group_instance_id=member.group_instance_id,
                    client_id=member.client_id,
                    client_host=member.client_host,
                    metadata=member.metadata(protocol_name) if protocol_name is not None else b"",
                    assignment=member.assignment,
                )
                for member in group.members.values()
            ),
        )

    def list(self) -> tuple[GroupListing, ...]:
        """Every group of the shard."""
        return tuple(
            GroupListing(group_id=group.group_id, protocol_type=group.protocol_type or "", state=group.state)
            for group in self._state.groups.values()
            if not self._state.is_vacant(group)
        )

    def views(self) -> tuple[GroupView, ...]:
        """Every group of the shard with its offsets, for metrics."""
        return tuple(
            GroupView(
                group_id=group.group_id,
                state=group.state,
                members=len(group.members),
                offsets=self._state.table.offsets(group.group_id),
            )
            for group in self._state.groups.values()
        )
