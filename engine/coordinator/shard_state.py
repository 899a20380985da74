"""What the parts of a shard share: the table, the live groups, the timers, and what is to go out."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from engine.base.clock import Clock
from engine.coordinator.config import GroupConfig
from engine.coordinator.group import Group
from engine.coordinator.member import Member
from engine.coordinator.messages import Response
from engine.coordinator.records import Record
from engine.coordinator.table import GroupTable
from engine.coordinator.timers import TimerKey, TimerKind, Timers
from engine.coordinator.writes import Purpose, Write
from engine.model.ids import TopicPartition


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What a shard wants done after a step: answers to give, records to append, both in order."""

    replies: tuple[tuple[int, Response], ...]
    writes: tuple[Write, ...]


class ShardState:
    """The state of one offsets partition's coordinator. Only `GroupTable.replay` changes the durable part."""

    def __init__(self, config: GroupConfig, clock: Clock, new_uuid: Callable[[], UUID]) -> None:
        self.config = config
        self.clock = clock
        self.new_uuid = new_uuid
        self.table = GroupTable()
        self.groups: dict[str, Group] = {}
        self.timers = Timers()
        self.open_writes: dict[int, Write] = {}
        """Writes the log has not answered for."""
        self.abandoned_writes: set[int] = set()
        """Open writes whose request was told that they took too long."""
        self.rebalances = 0
        """Generations begun since the start, for metrics."""
        self._writes_by_group: Counter[str] = Counter()
        self._offsets_under_way: dict[str, Counter[TopicPartition]] = {}
        self._replies: list[tuple[int, Response]] = []
        self._writes: list[Write] = []
        self._last_write = 0

    # --- going out -----------------------------------------------------------------------------------------------

    def take_ready(self) -> Ready:
        """Everything that was to go out since the last call."""
        ready = Ready(replies=tuple(self._replies), writes=tuple(self._writes))
        self._replies.clear()
        self._writes.clear()
        return ready

    def reply(self, token: int | None, response: Response) -> None:
        """Answer a parked request; None, nobody parked, is fine."""
        if token is not None:
            self._replies.append((token, response))

    def write(self, purpose: Purpose, records: Sequence[Record]) -> int:
        """Send records to the log; returns the write's number."""
        self._last_write += 1
        write = Write(number=self._last_write, records=tuple(records), purpose=purpose)
        self.open_writes[write.number] = write
        self._writes_by_group[purpose.group_id] += 1
        self._writes.append(write)
        self.set_timer(TimerKey(TimerKind.WRITE, number=write.number), self.config.write_timeout_ms)
        return write.number

    def close_write(self, number: int) -> Write | None:
        """Take write `number` off the open ones; None if it is not among them."""
        write = self.open_writes.pop(number, None)
        if write is not None:
            group_id = write.purpose.group_id
            self.timers.cancel(TimerKey(TimerKind.WRITE, number=number))
            self._writes_by_group[group_id] -= 1
            if not self._writes_by_group[group_id]:
                del self._writes_by_group[group_id]
        return write

    @property
    def is_write_queue_full(self) -> bool:
        """Whether requests that may be refused should be."""
        return len(self.open_writes) >= self.config.queued_writes_max

    # --- time ----------------------------------------------------------------------------------------------------

    def now_ms(self) -> int:
        """Wall time, for what is stored."""
        return self.clock.wall_ms()

    def set_timer(self, key: TimerKey, after_ms: float) -> None:
        """Make `key` run out `after_ms` from now."""
        self.timers.set(key, self.clock.monotonic() + max(after_ms, 0) / 1000)

    def reset_session(self, group: Group, member: Member, timeout_ms: int | None = None) -> None:
        """Begin a member's session timeout anew; `timeout_ms` stands in for the member's own."""
        after_ms = member.session_timeout_ms if timeout_ms is None else timeout_ms
        self.set_timer(TimerKey(TimerKind.SESSION, group.group_id, member.member_id), after_ms)

    # --- groups --------------------------------------------------------------------------------------------------

    def group_for_write(self, group_id: str) -> Group | None:
        """The group, made if there is none; None when there are too many to make one more."""
        group = self.groups.get(group_id)
        if group is None and len(self.groups) < self.config.groups_max:
            group = self.groups[group_id] = Group(group_id, self.now_ms())
        return group

    def is_vacant(self, group: Group) -> bool:
        """Whether the group has no member and nothing stored: all it may have are ids nobody came back with."""
        return (
            not group.members
            and group.group_id not in self.table.groups
            and not self.table.offsets(group.group_id)
        )

    def forget_if_vacant(self, group: Group) -> None:
        """Drop a group that has nobody, has stored nothing and is not about to."""
        is_quiet = not group.pending_members and group.group_id not in self._writes_by_group
        if is_quiet and self.is_vacant(group) and self.groups.get(group.group_id) is group:
            del self.groups[group.group_id]

    def offsets_under_way(self, group_id: str) -> frozenset[TopicPartition]:
        """Partitions of the group with a commit that is not written yet."""
        return frozenset(self._offsets_under_way.get(group_id, ()))

    def begin_offsets(self, group_id: str, partitions: Sequence[TopicPartition]) -> None:
        """Note that offsets of these partitions are on their way to the log."""
        self._offsets_under_way.setdefault(group_id, Counter()).update(partitions)

    def end_offsets(self, group_id: str, partitions: Sequence[TopicPartition]) -> None:
        """Note that they are there, or will not be."""
        under_way = self._offsets_under_way[group_id]
        under_way.subtract(partitions)
        for partition in partitions:
            if under_way[partition] <= 0:
                del under_way[partition]
        if not under_way:
            del self._offsets_under_way[group_id]
