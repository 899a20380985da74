"""The replicas of this broker: those that move are led to their place, what is led here is told, a broker at rest hands over.

One pass a few times a second over what there is to do; nothing to do costs nothing but the look at who is in sync.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from engine.controller import group_members
from engine.controller.errors import ControllerError
from engine.controller.gossip import DrainReport, Gossip
from engine.controller.topics import TopicMetadata
from engine.model.ids import NodeId
from engine.raft.errors import RaftRefusal

if TYPE_CHECKING:
    from engine.controller.runtime import Controller
    from engine.controller.topics import PartitionMetadata
    from engine.partition.manager import PartitionManager
    from engine.partition.partition import Partition
    from engine.raft.driver import GroupManager
    from engine.raft.group import Group

logger = logging.getLogger(__name__)

PASS_S = 0.1
IN_SYNC_EVERY_S = 1.0
SLACK_RECORDS = 5_000
"""A follower this far behind what is committed, or less, still counts as in sync for those who look."""
TRANSFERS_MAX = 100
"""Leaderships handed over in one pass."""
FIRST_LEADER_TRIES_S = 3.0
"""How long the preferred leader of a new group tries to be its first."""


class Replicas:
    """See the module. Loop thread only; `start`, `close`."""

    def __init__(
        self,
        controller: "Controller",
        partitions: "PartitionManager",
        groups: "GroupManager",
        gossip: Gossip,
        controller_partition: Callable[[], "Partition"],
    ) -> None:
        self._controller = controller
        self._partitions = partitions
        self._groups = groups
        self._gossip = gossip
        self._controller_partition = controller_partition
        self._task: asyncio.Task[None] | None = None
        self._moving: set[tuple[str, int]] = set()
        self._first: dict[int, float] = {}
        self._finishing: set[asyncio.Task[None]] = set()
        self.drain = DrainReport()
        """How far this broker has handed over, while it is in maintenance."""

    def start(self) -> None:
        """Begin."""
        self._partitions.on_leadership.append(self.leadership_changed)
        self._task = asyncio.get_running_loop().create_task(self._run(), name="replicas")

    async def close(self) -> None:
        """End."""
        for task in [*self._finishing, *([self._task] if self._task is not None else [])]:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    # ---- who leads

    def opened(self, partition: "Partition", *, preferred: int, is_new: bool) -> None:
        """A replica is open: what leads at once is told; a new group's preferred leader stands for it at once.

        So does the only voter of a group: nobody else will.
        """
        log_id, group = partition.log.log_id, partition.group
        if partition.leads:
            self._tell(partition)
        elif group is not None and (
            group.configuration.voters == (group.node,) or (is_new and preferred == group.node)
        ):
            self._first[log_id] = asyncio.get_running_loop().time() + FIRST_LEADER_TRIES_S
            group.campaign()

    def leadership_changed(self, partition: "Partition") -> None:
        """A replica of this broker began or ceased to lead."""
        if partition.leads:
            self._first.pop(partition.log.log_id, None)
            self._tell(partition)
        else:
            self._gossip.stopped_leading(partition.log.log_id, partition.leader_epoch)

    def closed(self, log_id: int) -> None:
        """A replica was deleted."""
        self._first.pop(log_id, None)
        self._gossip.forget(log_id)

    def _tell(self, partition: "Partition") -> None:
        group = partition.group
        members = (self._controller.node_id,) if group is None else self._in_sync(group)
        self._gossip.lead(partition.log.log_id, partition.leader_epoch, members)

    def _in_sync(self, group: "Group") -> tuple[int, ...]:
        leading = group.core.leading
        if leading is not None and not leading.progress:
            return (group.node,)
        if group.high_watermark == 0:
            return group.configuration.voters
        return group_members.in_sync(group, slack=SLACK_RECORDS)

    # ---- the pass

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        looked_at = 0.0
        while True:
            await asyncio.sleep(PASS_S)
            try:
                self._stand(loop.time())
                if loop.time() - looked_at > IN_SYNC_EVERY_S:
                    looked_at = loop.time()
                    self._look()
                self._move()
                self._hand_over()
            except Exception:
                logger.exception("a pass over the replicas failed")
                await asyncio.sleep(1)

    def _stand(self, now: float) -> None:
        for log_id, until in list(self._first.items()):
            group = self._groups.groups.get(log_id)
            if group is None or group.leader is not None or now > until:
                del self._first[log_id]
            else:
                group.campaign()

    def _look(self) -> None:
        """Tell changes of who is in sync, and find what moves."""
        for partition in self._partitions:
            if partition.leads and partition.group is not None:
                self._tell(partition)
        self._moving = {
            (topic.name, each.index)
            for topic in self._controller.topics.values()
            for each in topic.partitions
            if each.previous and self._controller.node_id in each.holders
        }

    def _move(self) -> None:
        for name, index in self._moving:
            topic = self._controller.topics.get(name)
            if topic is None or index >= len(topic.partitions):
                continue
            placed = topic.partitions[index]
            partition = self._partitions.get(name, index)
            if not placed.previous or partition is None or partition.group is None:
                continue
            if group_members.step(partition.group, placed.replicas):
                self._finish(topic, placed)

    def _finish(self, topic: TopicMetadata, placed: "PartitionMetadata") -> None:
        if len(self._finishing) > TRANSFERS_MAX:
            return
        name = f"finish {topic.name}/{placed.index}"
        if any(task.get_name() == name for task in self._finishing):
            return
        task = asyncio.get_running_loop().create_task(self._finished(topic, placed), name=name)
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    async def _finished(self, topic: TopicMetadata, placed: "PartitionMetadata") -> None:
        try:
            await self._controller.finish_move(
                topic.topic_id, placed.index, placed.replicas, timeout_ms=5_000
            )
            logger.info("%s/%d has moved to %s", topic.name, placed.index, placed.replicas)
        except ControllerError as error:
            logger.info(
                "%s/%d has moved; the controller does not know yet: %s", topic.name, placed.index, error
            )

    # ---- maintenance

    def _hand_over(self) -> None:
        broker = self._controller.brokers.get(self._controller.node_id)
        if broker is None or not (broker.maintenance or broker.draining):
            if self.drain.draining:
                self.drain = DrainReport()
                self._gossip.tell_soon()
            return
        led = [each for each in self._partitions if each.leads]
        groups = [each.group for each in led if each.group is not None]
        own = self._controller_partition()
        if own.leads and own.group is not None:
            groups.append(own.group)
        eligible = transferring = failed = 0
        for group in groups:
            heirs = [
                node
                for node in group_members.in_sync(group, slack=SLACK_RECORDS)
                if node in group.configuration.voters and node != group.node and self._may_lead(node)
            ]
            if not heirs:
                continue
            eligible += 1
            if transferring < TRANSFERS_MAX:
                try:
                    group.transfer_leadership(NodeId(min(heirs, key=self._load)))
                    transferring += 1
                except RaftRefusal:
                    failed += 1
        if not broker.maintenance:
            return
        report = DrainReport(
            draining=True,
            finished=eligible == 0,
            partitions=len(led),
            eligible=eligible,
            transferring=transferring,
            failed=failed,
        )
        if report != self.drain:
            self.drain = report
            self._gossip.tell_soon()

    def _may_lead(self, node_id: int) -> bool:
        broker = self._controller.brokers.get(NodeId(node_id))
        return (
            broker is not None
            and not broker.maintenance
            and not broker.draining
            and self._gossip.alive(node_id)
        )

    def _load(self, node_id: int) -> int:
        return sum(1 for _ in self._controller.leaders.led_by(node_id))

    async def resign(self, seconds: float) -> None:
        """Hand over every leadership there is an heir for, before this broker stops; at most for `seconds`."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        own = self._controller_partition()
        while loop.time() < deadline:
            led = [each.group for each in (*self._partitions, own) if each.leads and each.group is not None]
            waiting = 0
            for group in led:
                heirs = [
                    node
                    for node in group_members.in_sync(group, slack=SLACK_RECORDS)
                    if node in group.configuration.voters and node != group.node and self._may_lead(node)
                ]
                if heirs:
                    waiting += 1
                    with suppress(RaftRefusal):
                        group.transfer_leadership(NodeId(min(heirs, key=self._load)))
            if not waiting:
                return
            await asyncio.sleep(PASS_S / 2)

    # ---- leaderships asked for

    def transfer(self, log_id: int, target: int | None) -> str | None:
        """Hand over the leadership of a group led here; why not, or None."""
        group = self._groups.groups.get(log_id)
        if group is None or not group.leads:
            return "this broker does not lead it"
        if target is None:
            heirs = [
                node
                for node in group_members.in_sync(group, slack=SLACK_RECORDS)
                if node != group.node and node in group.configuration.voters and self._may_lead(node)
            ]
            if not heirs:
                return "no other replica is in sync"
            target = min(heirs, key=self._load)
        if target == group.node:
            return None
        if target not in group.configuration.voters:
            return f"broker {target} has no replica of it"
        try:
            group.transfer_leadership(NodeId(target))
        except RaftRefusal as refusal:
            return str(refusal)
        return None
