"""The lag of a group: committed offsets against the ends of the partitions, with who owns each."""

from __future__ import annotations

from dataclasses import dataclass

from rpk.client.model import EARLIEST, LATEST
from rpk.out.errors import RpkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.client.groups import GroupDescription, Member
    from rpk.client.kafka import KafkaClient
    from rpk.client.model import TopicPartition


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionLag:
    """One partition of a group; None where there is no commit, no record, no owner."""

    topic: str
    partition: int
    current_offset: int | None
    log_start_offset: int | None
    log_end_offset: int | None
    lag: int | None
    member: Member | None
    error: str | None

    def row(self) -> dict[str, object]:
        """As JSON shows it."""
        member = self.member
        return {
            "topic": self.topic,
            "partition": self.partition,
            "current_offset": self.current_offset,
            "log_start_offset": self.log_start_offset,
            "log_end_offset": self.log_end_offset,
            "lag": self.lag,
            "member_id": member.member_id if member else None,
            "instance_id": member.instance_id if member else None,
            "client_id": member.client_id if member else None,
            "host": member.host if member else None,
            "error": self.error,
        }


def lags(client: KafkaClient, group: GroupDescription) -> list[PartitionLag]:
    """Every partition the group has a commit or an owner for, by topic and index.

    Without a commit the lag is the whole log, as a consumer that starts at its beginning will find.
    """
    committed = client.groups.offsets(group.name)
    owners = {key: member for member in group.members for key in member.assigned}
    keys = sorted({*committed, *owners})
    first = client.offsets.list(dict.fromkeys(keys, EARLIEST)) if keys else {}
    last = client.offsets.list(dict.fromkeys(keys, LATEST)) if keys else {}
    found = []
    for key in keys:
        errors = [
            item for item in (committed.get(key), first.get(key), last.get(key)) if isinstance(item, RpkError)
        ]
        start, end, offset = _offset(first.get(key)), _offset(last.get(key)), _offset(committed.get(key))
        found.append(
            PartitionLag(
                topic=key[0],
                partition=key[1],
                current_offset=offset,
                log_start_offset=start,
                log_end_offset=end,
                lag=_lag(offset, start, end),
                member=owners.get(key),
                error=errors[0].name if errors else None,
            )
        )
    return found


def _lag(offset: int | None, start: int | None, end: int | None) -> int | None:
    if end is None or start is None:
        return None
    return max(0, end - (start if offset is None else offset))


def _offset(item: object) -> int | None:
    offset = getattr(item, "offset", None)
    return offset if isinstance(offset, int) and offset >= 0 else None


def by_topic(partitions: list[PartitionLag]) -> dict[str, int]:
    """The lag of each topic."""
    totals: dict[str, int] = {}
    for each in partitions:
        totals[each.topic] = totals.get(each.topic, 0) + (each.lag or 0)
    return totals


def position(key: TopicPartition) -> str:
    """`topic/partition`, as messages name it."""
    return f"{key[0]}/{key[1]}"
