"""The controller's group as its leader sees it, on its way to whoever asks."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.base.errors import OperatingError

if TYPE_CHECKING:
    from engine.partition.partition import Partition


class BadQuorum(OperatingError):
    """Bytes that describe no quorum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """(node id, end offset) of each member; -1 where the offset is not known."""

    leader: int
    term: int
    high_watermark: int
    voters: tuple[tuple[int, int], ...]
    observers: tuple[tuple[int, int], ...]


def quorum_of(partition: "Partition", node_id: int) -> Quorum | None:
    """As this broker sees it; None where it does not lead."""
    if not partition.leads:
        return None
    group = partition.group
    end = partition.end_offset
    if group is None:
        return Quorum(
            leader=node_id,
            term=partition.leader_epoch,
            high_watermark=partition.high_watermark,
            voters=((node_id, end),),
            observers=(),
        )
    leading = group.core.leading
    ends = {node_id: end}
    if leading is not None:
        ends |= {int(node): progress.matched.offset for node, progress in leading.progress.items()}
    return Quorum(
        leader=node_id,
        term=group.term,
        high_watermark=partition.high_watermark,
        voters=tuple((int(node), ends.get(int(node), -1)) for node in group.configuration.voters),
        observers=tuple((int(node), ends.get(int(node), -1)) for node in group.configuration.learners),
    )


def encode_quorum(quorum: Quorum | None) -> bytes:
    """The bytes of an answer; empty for None."""
    if quorum is None:
        return b""
    body = [quorum.leader, quorum.term, quorum.high_watermark, quorum.voters, quorum.observers]
    return json.dumps(body).encode()


def decode_quorum(data: memoryview) -> Quorum | None:
    """Inverse of `encode_quorum`. Raises `BadQuorum`."""
    if not data:
        return None
    try:
        leader, term, high_watermark, voters, observers = json.loads(bytes(data))
        return Quorum(
            leader=int(leader),
            term=int(term),
            high_watermark=int(high_watermark),
            voters=tuple((int(node), int(end)) for node, end in voters),
            observers=tuple((int(node), int(end)) for node, end in observers),
        )
    except (ValueError, TypeError) as error:
        raise BadQuorum(f"an answer that makes no sense: {error}") from error
