"""What the Admin API may ask of the cluster, made of the controller, the gossip and the caretaker."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from engine.admin.views import (
    CONTROLLER_PARTITION,
    KAFKA_NAMESPACE,
    BalancerView,
    ChangeRefused,
    DecommissionView,
    MoveResult,
    MoveView,
    PartitionView,
)
from engine.controller.commands import ReplicaMove
from engine.controller.errors import ControllerBusy, ControllerError, ControllerTimeout, Refused
from engine.controller.topics import PartitionMetadata
from engine.model.ids import NodeId
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.node.shard import Shard

TIMEOUT_MS = 10_000


def refused(error: ControllerError) -> ChangeRefused:
    """What the Admin API answers when the controller does not do it."""
    if isinstance(error, Refused):
        return ChangeRefused(404 if error.unknown else 400, str(error))
    if isinstance(error, ControllerTimeout):
        return ChangeRefused(504, str(error))
    if isinstance(error, ControllerBusy):
        return ChangeRefused(429, str(error))
    return ChangeRefused(503, str(error))


class ShardActions:
    """`ClusterActions` of one shard. Loop thread only."""

    def __init__(self, shard: "Shard") -> None:
        self._shard = shard

    async def set_decommission(self, node_id: int, *, enabled: bool) -> None:
        """See `ClusterActions`; a recommission also sends back what is on its way from the broker."""
        controller = self._shard.controller
        try:
            await controller.set_decommission(node_id, enabled=enabled, timeout_ms=TIMEOUT_MS)
        except ControllerError as error:
            raise refused(error) from error
        if not enabled:
            mine = [move for move in self.moves() if node_id in move.previous and node_id not in move.current]
            await self.cancel_moves(mine)

    async def set_maintenance(self, node_id: int, *, enabled: bool) -> None:
        """See `ClusterActions`."""
        try:
            await self._shard.controller.set_maintenance(node_id, enabled=enabled, timeout_ms=TIMEOUT_MS)
        except ControllerError as error:
            raise refused(error) from error

    async def move(self, topic: str, partition: int, replicas: Sequence[int]) -> None:
        """See `ClusterActions`."""
        move = ReplicaMove(topic=topic, partition=partition, replicas=tuple(replicas))
        (outcome,) = await self._move([move])
        if outcome.error is not None:
            raise ChangeRefused(400, outcome.error)

    async def cancel_moves(self, moves: Iterable[MoveView]) -> Sequence[MoveResult]:
        """See `ClusterActions`."""
        asked = [ReplicaMove(topic=one.topic, partition=one.partition, replicas=None) for one in moves]
        return await self._move(asked) if asked else []

    async def _move(self, moves: Sequence[ReplicaMove]) -> Sequence[MoveResult]:
        try:
            outcomes = await self._shard.controller.move_replicas(moves, timeout_ms=TIMEOUT_MS)
        except ControllerError as error:
            raise refused(error) from error
        return [
            MoveResult(
                KAFKA_NAMESPACE,
                one.topic,
                one.partition,
                None if one.error is ErrorCode.NONE else one.message or one.error.name,
            )
            for one in outcomes
        ]

    async def transfer(self, partition: PartitionView, target: int | None) -> None:
        """See `ClusterActions`."""
        shard = self._shard
        if target is not None and NodeId(target) not in shard.controller.brokers:
            raise ChangeRefused(404, f"broker with id {target} not found")
        if (partition.namespace, partition.topic, partition.partition) == CONTROLLER_PARTITION:
            leader = int(shard.controller.controller_id)
        else:
            leader = partition.leader
        if leader < 0:
            raise ChangeRefused(503, "the partition has no leader now")
        if target == leader:
            return
        if target is not None and partition.replicas and target not in partition.replicas:
            raise ChangeRefused(400, f"broker {target} has no replica of the partition")
        why = await shard.cluster_room.transfer(partition.group, leader, target)
        if why is not None:
            raise ChangeRefused(503, why)

    async def rebalance(self) -> None:
        """See `ClusterActions`. The plan is made by the broker that leads the controller."""
        why = await self._shard.cluster_room.rebalance()
        if why is not None:
            raise ChangeRefused(503, why)

    def moves(self) -> Sequence[MoveView]:
        """See `ClusterActions`."""
        return [
            self._view(topic.name, each)
            for topic in self._shard.controller.topics.values()
            for each in topic.partitions
            if each.previous
        ]

    def _view(self, topic: str, placed: PartitionMetadata) -> MoveView:
        replica = self._shard.partitions.replica(topic, placed.index)
        size = moved = 0
        if replica is not None:
            size = replica.log.size_bytes
            group = replica.group
            leading = group.core.leading if group is not None else None
            if leading is not None and replica.end_offset > replica.log_start_offset:
                coming = [node for node in placed.replicas if node not in placed.previous]
                known = [
                    leading.progress[NodeId(node)] for node in coming if NodeId(node) in leading.progress
                ]
                span = replica.end_offset - replica.log_start_offset
                done = [max(each.durable.offset - replica.log_start_offset, 0) / span for each in known]
                moved = int(size * min(done, default=0.0))
        return MoveView(
            KAFKA_NAMESPACE, topic, placed.index, placed.previous, placed.replicas, size, min(moved, size)
        )

    def decommission(self, node_id: int) -> DecommissionView:
        """See `ClusterActions`."""
        controller = self._shard.controller
        broker = controller.brokers.get(NodeId(node_id))
        if broker is None:
            if node_id in controller.state.brokers.removed:
                return DecommissionView(finished=True, replicas_left=0, moves=(), failures=())
            raise ChangeRefused(404, f"Node {node_id} does not exists")
        if not broker.draining:
            raise ChangeRefused(400, f"Node {node_id} is not decommissioning")
        held = controller.state.topics.held_by(node_id)
        moves = [self._view(topic.name, each) for topic, each in held if each.previous]
        stuck = [f"{KAFKA_NAMESPACE}/{topic}/{index}" for topic, index in self._shard.cluster_room.stuck()]
        return DecommissionView(
            finished=False, replicas_left=len(held), moves=tuple(moves), failures=tuple(stuck)
        )

    def balancer(self) -> BalancerView:
        """See `ClusterActions`."""
        shard = self._shard
        room = shard.cluster_room
        moving = len(self.moves())
        down = tuple(node for node in sorted(shard.controller.brokers) if not room.gossip.alive(node))
        if shard.cluster.get("partition_autobalancing_mode") == "off":
            status = "off"
        elif room.stuck():
            status = "stalled"
        else:
            status = "in_progress" if moving else "ready"
        full = []
        for node in sorted(shard.controller.brokers):
            report = room.gossip.report_of(node)
            if report is not None and report.under_pressure:
                full.append(int(node))
        return BalancerView(status, room.caretaker.seconds_since_pass, moving, down, tuple(full))
