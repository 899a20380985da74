"""Committed offsets and the end of groups: OffsetCommit, OffsetFetch, OffsetDelete, DeleteGroups, retention."""

from collections.abc import Collection, Iterable

from engine.coordinator.group import Group
from engine.coordinator.membership import is_storable, validate_member
from engine.coordinator.messages import (
    CommittedOffset,
    FetchedOffsets,
    OffsetCommitRequest,
    PartitionErrors,
)
from engine.coordinator.records import Record, group_key, offset_key, offset_value
from engine.coordinator.shard_state import ShardState
from engine.coordinator.states import GroupState
from engine.coordinator.timers import TimerKey, TimerKind
from engine.coordinator.writes import Cleanup, Deletion, OffsetsChange
from engine.model.ids import TopicPartition
from engine.wire.error_codes import ErrorCode

_LIVE = frozenset({GroupState.PREPARING_REBALANCE, GroupState.COMPLETING_REBALANCE, GroupState.STABLE})


class OffsetRules:
    """Decides about the offsets of the groups of one shard; the table changes when the records are written."""

    def __init__(self, state: ShardState) -> None:
        self._state = state

    # --- OffsetCommit --------------------------------------------------------------------------------------------

    def commit(self, token: int, request: OffsetCommitRequest) -> None:
        """Answer an OffsetCommit once its records are written."""
        state = self._state
        group = state.groups.get(request.group_id)
        error = self._commit_error(group, request)
        if error is not ErrorCode.NONE:
            state.reply(token, PartitionErrors(error=error))
            return
        if group is not None and request.member_id in group.members:
            state.reset_session(group, group.members[request.member_id])
        now_ms = state.now_ms()
        errors: dict[TopicPartition, ErrorCode] = {}
        records: list[Record] = []
        for entry in request.offsets:
            if not self._is_metadata_allowed(entry.metadata):
                errors[entry.partition] = ErrorCode.OFFSET_METADATA_TOO_LARGE
                continue
            errors[entry.partition] = ErrorCode.NONE
            offset = CommittedOffset(
                offset=entry.offset,
                leader_epoch=entry.leader_epoch,
                metadata=entry.metadata,
                commit_timestamp_ms=now_ms,
            )
            records.append((offset_key(request.group_id, entry.partition), offset_value(offset)))
        self._change_offsets(token, request.group_id, records, errors)

    def _commit_error(self, group: Group | None, request: OffsetCommitRequest) -> ErrorCode:
        if not is_storable(request.group_id):
            return ErrorCode.INVALID_GROUP_ID
        if self._state.is_write_queue_full:
            return ErrorCode.COORDINATOR_NOT_AVAILABLE
        if group is None:
            if request.generation >= 0:
                is_not_found = request.is_unknown_group_not_found
                return ErrorCode.GROUP_ID_NOT_FOUND if is_not_found else ErrorCode.ILLEGAL_GENERATION
            # No group protocol at work: an administrator, or a consumer that assigns partitions to itself.
            is_full = len(self._state.groups) >= self._state.config.groups_max
            return ErrorCode.COORDINATOR_NOT_AVAILABLE if is_full else ErrorCode.NONE
        if group.state is GroupState.DEAD:
            return ErrorCode.COORDINATOR_NOT_AVAILABLE
        return _commit_error_in(group, request)

    def _is_metadata_allowed(self, metadata: str) -> bool:
        return len(metadata) <= self._state.config.offset_metadata_bytes_max and is_storable(metadata)

    def _change_offsets(
        self, token: int, group_id: str, records: list[Record], errors: dict[TopicPartition, ErrorCode]
    ) -> None:
        response = PartitionErrors(partitions=errors)
        if not records:
            self._state.reply(token, response)
            return
        partitions = tuple(partition for partition, error in errors.items() if error is ErrorCode.NONE)
        self._state.begin_offsets(group_id, partitions)
        self._state.write(
            OffsetsChange(token=token, group_id=group_id, partitions=partitions, response=response), records
        )

    def change_done(self, change: OffsetsChange, error: ErrorCode) -> None:
        """The records of a commit or deletion are written, or (`error`) are not."""
        response = change.response if error is ErrorCode.NONE else PartitionErrors(error=error)
        self._state.reply(change.token, response)

    # --- OffsetFetch ---------------------------------------------------------------------------------------------

    def fetch(self, group_id: str, partitions: Collection[TopicPartition] | None) -> FetchedOffsets:
        """The committed offsets of the partitions, or of all (None). An unknown group has none, which is no error."""
        offsets = self._state.table.offsets(group_id)
        if partitions is None:
            return FetchedOffsets(offsets=dict(offsets))
        return FetchedOffsets(
            offsets={partition: offsets[partition] for partition in partitions if partition in offsets}
        )

    # --- OffsetDelete --------------------------------------------------------------------------------------------

    def delete_offsets(self, token: int, group_id: str, partitions: Collection[TopicPartition]) -> None:
        """Answer an OffsetDelete (KIP-496); offsets of topics that live members consume stay."""
        group = self._state.groups.get(group_id)
        if group is None or group.state is GroupState.DEAD:
            self._state.reply(token, PartitionErrors(error=ErrorCode.GROUP_ID_NOT_FOUND))
            return
        if group.state in _LIVE and not group.uses_consumer_protocol:
            self._state.reply(token, PartitionErrors(error=ErrorCode.NON_EMPTY_GROUP))
            return
        if self._state.is_write_queue_full:
            self._state.reply(token, PartitionErrors(error=ErrorCode.COORDINATOR_NOT_AVAILABLE))
            return
        present = self._known_offsets(group_id)
        errors: dict[TopicPartition, ErrorCode] = {}
        records: list[Record] = []
        for partition in partitions:
            if group.is_subscribed_to(partition.topic):
                errors[partition] = ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC
                continue
            errors[partition] = ErrorCode.NONE
            if partition in present:
                records.append((offset_key(group_id, partition), None))
        self._change_offsets(token, group_id, records, errors)

    def _known_offsets(self, group_id: str) -> frozenset[TopicPartition]:
        """Partitions with an offset, and those about to have one: a tombstone must come after both."""
        return frozenset(self._state.table.offsets(group_id)) | self._state.offsets_under_way(group_id)

    # --- DeleteGroups --------------------------------------------------------------------------------------------

    def delete_group(self, token: int, group_id: str) -> None:
        """Answer a DeleteGroups for one group: only an empty one can go."""
        group = self._state.groups.get(group_id)
        if group is None or group.state is GroupState.DEAD:
            self._state.reply(token, ErrorCode.GROUP_ID_NOT_FOUND)
        elif group.state is not GroupState.EMPTY:
            self._state.reply(token, ErrorCode.NON_EMPTY_GROUP)
        elif self._state.is_write_queue_full:
            self._state.reply(token, ErrorCode.COORDINATOR_NOT_AVAILABLE)
        else:
            self._bury(group, token)

    def _bury(self, group: Group, token: int | None) -> None:
        """Write the group's tombstones; Dead meanwhile, so that nobody joins what is about to go."""
        for member_id in tuple(group.pending_members):
            self._state.timers.cancel(TimerKey(TimerKind.SESSION, group.group_id, member_id))
            group.remove(member_id)
        group.transition(GroupState.DEAD, self._state.now_ms())
        records: list[Record] = [
            (offset_key(group.group_id, partition), None)
            for partition in sorted(self._known_offsets(group.group_id))
        ]
        records.append((group_key(group.group_id), None))
        self._state.write(Deletion(token=token, group_id=group.group_id), records)

    def deletion_done(self, deletion: Deletion, error: ErrorCode) -> None:
        """The tombstones are written, or (`error`) are not, and the group is empty as before."""
        group = self._state.groups.get(deletion.group_id)
        if group is not None and group.state is GroupState.DEAD:
            if error is ErrorCode.NONE:
                del self._state.groups[deletion.group_id]
            else:
                since_ms = group.state_timestamp_ms
                group.transition(GroupState.EMPTY, since_ms)
        self._state.reply(deletion.token, error)

    # --- topics that are gone ------------------------------------------------------------------------------------

    def topics_deleted(self, topics: Collection[str]) -> None:
        """Drop the offsets of deleted topics in every group."""
        gone = frozenset(topics)
        for group_id in tuple(self._state.groups):
            self._drop_offsets(group_id, [p for p in self._known_offsets(group_id) if p.topic in gone])

    def topics_present(self, topics: Collection[str]) -> None:
        """Drop the offsets of every topic that is not among `topics`: it was deleted while we were away."""
        present = frozenset(topics)
        for group_id in tuple(self._state.groups):
            self._drop_offsets(group_id, [p for p in self._known_offsets(group_id) if p.topic not in present])

    def _drop_offsets(self, group_id: str, partitions: Iterable[TopicPartition]) -> None:
        records: list[Record] = [(offset_key(group_id, partition), None) for partition in sorted(partitions)]
        if records:
            self._state.write(Cleanup(group_id=group_id), records)

    # --- retention -----------------------------------------------------------------------------------------------

    def expire(self) -> None:
        """Drop the offsets that outlived their retention, and the empty groups that have none left."""
        self._state.set_timer(TimerKey(TimerKind.EXPIRY), self._state.config.offset_expiry_interval_ms)
        retention_ms = self._state.config.offset_retention_ms
        if retention_ms is None:
            return
        for group in tuple(self._state.groups.values()):
            if group.state is GroupState.DEAD or self._state.is_write_queue_full:
                continue
            expired = self._expired(group, retention_ms)
            is_empty = group.state is GroupState.EMPTY and not group.pending_members
            if is_empty and len(expired) == len(self._known_offsets(group.group_id)):
                self._bury(group, None)
            else:
                self._drop_offsets(group.group_id, expired)

    def _expired(self, group: Group, retention_ms: int) -> list[TopicPartition]:
        is_simple = group.protocol_type is None
        is_empty = group.state is GroupState.EMPTY
        knows_topics = group.state is GroupState.STABLE and group.subscribed_topics is not None
        if not (is_simple or is_empty or knows_topics):
            return []
        now_ms = self._state.now_ms()
        under_way = self._state.offsets_under_way(group.group_id)
        expired = []
        for partition, offset in self._state.table.offsets(group.group_id).items():
            if partition in under_way or (knows_topics and group.is_subscribed_to(partition.topic)):
                continue
            since_ms = offset.commit_timestamp_ms
            if is_empty and not is_simple and group.state_timestamp_ms >= 0:
                # Offsets of a group age from when its last member went, however long ago they were committed.
                since_ms = group.state_timestamp_ms
            due_ms = since_ms + retention_ms
            if offset.expire_timestamp_ms >= 0:
                due_ms = offset.expire_timestamp_ms
            if now_ms >= due_ms:
                expired.append(partition)
        return expired


def _commit_error_in(group: Group, request: OffsetCommitRequest) -> ErrorCode:
    if request.generation < 0 and group.state is GroupState.EMPTY:
        return ErrorCode.NONE
    if request.generation >= 0 or request.member_id or request.group_instance_id is not None:
        error = validate_member(group, request.member_id, request.group_instance_id)
        if error is not ErrorCode.NONE:
            return error
        if request.generation != group.generation:
            return ErrorCode.ILLEGAL_GENERATION
    elif group.state is not GroupState.EMPTY:
        return ErrorCode.UNKNOWN_MEMBER_ID
    if group.state is GroupState.COMPLETING_REBALANCE:
        # The generation is right, so the member knows of the rebalance; it is to finish that first.
        return ErrorCode.REBALANCE_IN_PROGRESS
    return ErrorCode.NONE
