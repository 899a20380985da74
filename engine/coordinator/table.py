"""What the log says: stored groups and committed offsets. `replay` is the only thing that changes it."""

import logging
from collections.abc import Mapping

from engine.coordinator.errors import GroupRecordError
from engine.coordinator.messages import CommittedOffset
from engine.coordinator.records import (
    GroupKey,
    OffsetKey,
    StoredGroup,
    parse_group,
    parse_key,
    parse_offset,
)
from engine.model.ids import TopicPartition

_log = logging.getLogger(__name__)

_NO_OFFSETS: Mapping[TopicPartition, CommittedOffset] = {}


class GroupTable:
    """The durable half of one offsets partition: a pure function of the records replayed, in order."""

    def __init__(self) -> None:
        self.groups: dict[str, StoredGroup] = {}
        self._offsets: dict[str, dict[TopicPartition, CommittedOffset]] = {}
        self.skipped_records = 0
        """Records that do not decode, or that a newer protocol wrote."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GroupTable):
            return NotImplemented
        return self.groups == other.groups and self._offsets == other._offsets

    __hash__ = None  # type: ignore[assignment]  # mutable, compared by content

    def offsets(self, group_id: str) -> Mapping[TopicPartition, CommittedOffset]:
        """The offsets of a group; empty when it has none."""
        return self._offsets.get(group_id, _NO_OFFSETS)

    def groups_with_offsets(self) -> tuple[str, ...]:
        """Every group that has an offset."""
        return tuple(self._offsets)

    def replay(self, key: bytes | None, value: bytes | None) -> OffsetKey | GroupKey | None:
        """Apply one record and say what it was about.

        A record that does not decode is passed over, counted and logged: one bad record must not take away every
        group on the partition.
        """
        try:
            parsed = parse_key(key) if key is not None else None
            if isinstance(parsed, OffsetKey):
                self._replay_offset(parsed, value)
            elif isinstance(parsed, GroupKey):
                self._replay_group(parsed, value)
            else:
                self.skipped_records += 1
        except GroupRecordError as bad:
            self.skipped_records += 1
            _log.warning("a record of the offsets topic was passed over: %s", bad)
            return None
        return parsed

    def _replay_offset(self, key: OffsetKey, value: bytes | None) -> None:
        if value is not None:
            self._offsets.setdefault(key.group_id, {})[key.partition] = parse_offset(value)
            return
        offsets = self._offsets.get(key.group_id)
        if offsets is not None:
            offsets.pop(key.partition, None)
            if not offsets:
                del self._offsets[key.group_id]

    def _replay_group(self, key: GroupKey, value: bytes | None) -> None:
        if value is not None:
            self.groups[key.group_id] = parse_group(value)
        else:
            self.groups.pop(key.group_id, None)
