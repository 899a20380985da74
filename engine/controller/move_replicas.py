"""Deciding where partitions' replicas go: begin a move, take it back, note that it is done.

The number of replicas may change with a move, as Kafka's own reassignment tool lets it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from engine.controller.commands import FinishMove, MoveOutcome, MoveReplicas, ReplicaMove
from engine.controller.create_topics import Placement, Refusal
from engine.controller.decision import Decision
from engine.controller.records import Record
from engine.controller.state import ClusterState
from engine.controller.topics import PartitionMetadata, ReplicasSet, TopicMetadata
from engine.model.ids import TopicId
from engine.wire.error_codes import ErrorCode

Placed = tuple[int, tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class _Checked:
    topic: TopicMetadata
    placed: Placed | None
    """None: it is there already."""


def decide_moves(state: ClusterState, command: MoveReplicas) -> Decision:
    """One outcome a partition, in the order asked."""
    outcomes: list[MoveOutcome] = []
    placed: dict[UUID, list[Placed]] = {}
    placement = Placement.of(state)
    seen: set[tuple[str, int]] = set()
    for move in command.moves:
        try:
            if (move.topic, move.partition) in seen:
                raise Refusal(
                    ErrorCode.INVALID_REQUEST,
                    f"{move.topic[:300]}/{move.partition} is named twice",
                )
            seen.add((move.topic, move.partition))
            checked = _check(state, move, placement)
        except Refusal as refusal:
            outcomes.append(
                MoveOutcome(
                    topic=move.topic, partition=move.partition, error=refusal.code, message=refusal.message
                )
            )
            continue
        outcomes.append(MoveOutcome(topic=move.topic, partition=move.partition))
        if checked.placed is not None:
            placed.setdefault(checked.topic.topic_id, []).append(checked.placed)
    records: list[Record] = [
        ReplicasSet(topic_id=topic_id, partitions=tuple(each)) for topic_id, each in placed.items()
    ]
    return Decision(records=records, moves=outcomes)


def _check(state: ClusterState, move: ReplicaMove, placement: Placement) -> _Checked:
    topic = state.topics.by_name.get(move.topic)
    if topic is None or not 0 <= move.partition < len(topic.partitions):
        raise Refusal(
            ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
            f"there is no partition {move.topic[:300]}/{move.partition}",
        )
    now = topic.partitions[move.partition]
    if move.replicas is None:
        if not now.previous:
            raise Refusal(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, "the partition is not moving")
        return _Checked(topic, (now.index, now.previous, now.replicas))
    placement.check_assignment(move.replicas)
    if now.previous:
        if set(move.replicas) == set(now.replicas):
            return _Checked(topic, _reordered(now, move.replicas, now.previous))
        raise Refusal(
            ErrorCode.REASSIGNMENT_IN_PROGRESS, "the partition is moving already: cancel that move first"
        )
    if set(move.replicas) == set(now.replicas):
        return _Checked(topic, _reordered(now, move.replicas, ()))
    return _Checked(topic, (now.index, move.replicas, now.replicas))


def _reordered(now: PartitionMetadata, replicas: tuple[int, ...], previous: tuple[int, ...]) -> Placed | None:
    return None if replicas == now.replicas else (now.index, replicas, previous)


def decide_finish_move(state: ClusterState, command: FinishMove) -> Decision:
    """Writes nothing when the partition is gone, is not moving, or has another target by now."""
    topic = state.topics.by_id.get(TopicId(command.topic_id))
    if topic is None or not 0 <= command.partition < len(topic.partitions):
        return Decision(records=[], refusal="there is no such partition", unknown=True)
    now = topic.partitions[command.partition]
    if not now.previous or set(now.replicas) != set(command.replicas):
        return Decision(records=[])
    return Decision(
        records=[ReplicasSet(topic_id=topic.topic_id, partitions=((now.index, now.replicas, ()),))]
    )


def moving(topics: Iterable[TopicMetadata]) -> list[tuple[TopicMetadata, PartitionMetadata]]:
    """Every partition on its way."""
    return [(topic, each) for topic in topics for each in topic.partitions if each.previous]
