"""What the broker that leads the controller sees to: who belongs to the controller's group, moves, leaders, departures.

Plans come from `balancer`, pure; here is when they are made and carried out. Every other broker runs this too and does
nothing until it leads.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from engine.base.errors import OperatingError
from engine.controller import group_members
from engine.controller.balancer import MovePlan, plan_leaders, plan_moves
from engine.controller.brokers import BrokerRegistered
from engine.controller.errors import ControllerError
from engine.controller.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.controller.gossip import Gossip
    from engine.controller.runtime import Controller
    from engine.partition.partition import Partition

logger = logging.getLogger(__name__)

PASS_S = 0.25
VOTERS_MAX = 5
"""Of the controller's group; further brokers are learners."""
BALANCE_EVERY_S = 1.0
LEADERS_EVERY_S = 5.0
LEADERS_AT_ONCE = 50
GOODBYE_S = 2.0
"""How long a broker that was removed still follows the controller's log: it is to read that it was."""
SETTLED_S = 5.0
"""Leaderships are left alone for so long after a broker came, went, or the controller's leader changed."""

Transfer = Callable[[int, int, int], Awaitable[str | None]]
"""(log id, leader, target) → why not, or None."""


class Caretaker:
    """See the module. Loop thread only; `start`, `close`."""

    def __init__(
        self,
        controller: "Controller",
        gossip: "Gossip",
        controller_partition: Callable[[], "Partition"],
        transfer: Transfer,
        properties: Callable[[], Mapping[str, object]],
    ) -> None:
        self._controller = controller
        self._gossip = gossip
        self._controller_partition = controller_partition
        self._transfer = transfer
        self._properties = properties
        self._task: asyncio.Task[None] | None = None
        self._alive: frozenset[int] = frozenset()
        self._unsettled_at = 0.0
        self._balanced_at = 0.0
        self._leaders_at = 0.0
        self._dismissed_at = 0.0
        self.even = False
        """Whether replicas are to be spread evenly: an operator asked, or a broker joined."""
        self.plan = MovePlan()
        """The last plan made here."""

    def start(self) -> None:
        """Begin."""
        self._controller.on_records.append(self._records)
        self._controller.on_leadership.append(self._led)
        self._task = asyncio.get_running_loop().create_task(self._run(), name="caretaker")

    async def close(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    @property
    def seconds_since_pass(self) -> int:
        """Since replicas were last looked at."""
        return int(asyncio.get_running_loop().time() - self._balanced_at) if self._balanced_at else 0

    def _records(self, records: "Sequence[Record]") -> None:
        for record in records:
            if isinstance(record, BrokerRegistered):
                self._unsettled_at = asyncio.get_running_loop().time()
                if self._properties().get("partition_autobalancing_mode") != "off":
                    self.even = True

    def _led(self, _leading: bool) -> None:  # noqa: FBT001 - the signature of the event
        self._unsettled_at = asyncio.get_running_loop().time()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(PASS_S)
            try:
                if self._controller.leading:
                    await self._see_to()
            except OperatingError as error:
                logger.info("the controller's housekeeping waits: %s", error)
                await asyncio.sleep(1)
            except Exception:
                logger.exception("the controller's housekeeping failed")
                await asyncio.sleep(5)

    async def _see_to(self) -> None:
        loop = asyncio.get_running_loop()
        self._members()
        alive = frozenset(node for node in self._controller.brokers if self._gossip.alive(node))
        if alive != self._alive:
            self._alive, self._unsettled_at = alive, loop.time()
        if loop.time() - self._balanced_at > BALANCE_EVERY_S:
            self._balanced_at = loop.time()
            await self._balance(alive)
        settled = loop.time() - self._unsettled_at > SETTLED_S
        if settled and loop.time() - self._leaders_at > LEADERS_EVERY_S:
            self._leaders_at = loop.time()
            await self._lead(alive)

    def _members(self) -> None:
        """The controller's group has every broker: voters the oldest that stay, the rest learners."""
        group = self._controller_partition().group
        if group is None:
            return
        brokers = self._controller.brokers.values()
        staying = sorted(broker.node_id for broker in brokers if not broker.draining)
        # Founders that have not registered yet stay what they were made; whoever left goes a moment later.
        now = asyncio.get_running_loop().time()
        removed = self._controller.state.brokers.removed
        known = {*staying, *(broker.node_id for broker in brokers)}
        for node in group.configuration.members:
            if node not in known and (node not in removed or now - self._dismissed_at < GOODBYE_S):
                staying.append(node)
        leaving = sorted(broker.node_id for broker in brokers if broker.draining)
        voting = [node for node in group.configuration.voters if node in staying]
        others = [node for node in staying if node not in voting]
        # Whoever votes goes on voting; an even number of voters costs a member and gains nothing.
        voters = (voting + others)[: VOTERS_MAX if len(staying) >= VOTERS_MAX else len(staying)]
        learners = [node for node in (*staying, *leaving) if node not in voters]
        if not voters:
            return
        group_members.step(group, voters, learners)

    async def _balance(self, alive: frozenset[int]) -> None:
        state = self._controller.state
        settled = asyncio.get_running_loop().time() - self._unsettled_at > SETTLED_S / 2
        plan = self.plan = plan_moves(state, alive, even=self.even and settled)
        if plan.moves:
            logger.info("moving %d partition(s)", len(plan.moves))
            for outcome in await self._controller.move_replicas(plan.moves):
                if outcome.error:
                    logger.info("%s/%d does not move: %s", outcome.topic, outcome.partition, outcome.message)
        elif self.even and settled and not self._moving():
            self.even = False
        for broker in list(self._controller.brokers.values()):
            if broker.draining and not state.topics.held_by(broker.node_id):
                await self._dismiss(broker.node_id)

    def _moving(self) -> int:
        return sum(
            1 for topic in self._controller.topics.values() for each in topic.partitions if each.previous
        )

    async def _dismiss(self, node_id: int) -> None:
        """Nothing is left on it: out of the controller's group, then out of the table."""
        group = self._controller_partition().group
        if node_id == self._controller.node_id:
            return  # its leadership goes first, see `replicas`
        if group is not None and node_id in group.configuration.voters:
            return
        logger.info("broker %d holds nothing any more and leaves the cluster", node_id)
        self._dismissed_at = asyncio.get_running_loop().time()
        try:
            await self._controller.remove_broker(node_id)
        except ControllerError as error:
            logger.info("broker %d does not leave yet: %s", node_id, error)

    async def _lead(self, alive: frozenset[int]) -> None:
        if self._properties().get("enable_leader_balancer") is False:
            return
        leaders = {}
        in_sync = {}
        for topic in self._controller.topics.values():
            for each in topic.partitions:
                known = self._controller.leader_of(each)
                leaders[each.log_id], in_sync[each.log_id] = known.node_id, known.in_sync
        plan = plan_leaders(self._controller.state, leaders, alive, in_sync, at_most=LEADERS_AT_ONCE)
        for move in plan:
            why = await self._transfer(move.log_id, move.leader, move.target)
            if why is not None:
                logger.info("%s/%d keeps its leader: %s", move.topic, move.partition, why)
