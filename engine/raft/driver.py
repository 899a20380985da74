"""All groups of one shard: opens and closes them, moves their time, carries their messages.

Time is a tick every `tick_ms`, in which only the groups whose deadline is due are looked at: quiet groups cost nothing.
What happens in one turn of the loop (proposals, completions of the disk) is handed to the cores together at its end,
and what they say then leaves in one frame a peer.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.base.errors import invariant
from engine.model.ids import NodeId
from engine.raft.codec import CodecError, decode
from engine.raft.config import TickClock
from engine.raft.core import RaftCore
from engine.raft.durable_records import StoredGroup, load
from engine.raft.entries import Mark, Position
from engine.raft.group import Group
from engine.raft.heartbeat import NodeWatch
from engine.raft.log_view import LogView
from engine.raft.membership import Configuration
from engine.raft.outbox import Outbox
from engine.raft.ports import DriverConfig, GroupOwner
from engine.raft.recent import RecentBatches, RecentBudget
from engine.raft.recovery import Recovery
from engine.rpc.methods import Method
from engine.rpc.network import Network

if TYPE_CHECKING:
    from engine.storage.log import Log
    from engine.storage.storage import Storage

logger = logging.getLogger("engine.raft")


class GroupManager:
    """One a shard. Loop thread only. `start` it; `close` it before the storage."""

    def __init__(
        self,
        *,
        node: NodeId,
        storage: "Storage",
        network: Network,
        loop: asyncio.AbstractEventLoop,
        config: DriverConfig | None = None,
        randomness: random.Random | None = None,
    ) -> None:
        self.node = node
        self.storage = storage
        self.loop = loop
        self.config = config or DriverConfig()
        self.clock = TickClock()
        self.groups: dict[int, Group] = {}
        """By group id, which is the log's."""
        self.on_leader_changed: list[Callable[[Group], None]] = []
        """Called when a group of this shard has another leader or term, as far as is known here."""
        self.abdicating: dict[Group, int] = {}
        """Groups whose leader is here and whose disk failed, and how often another was asked to lead."""
        self.refused_runs = 0
        """AppendRequests with data that were dropped because the disk was behind, since the start."""
        self._random = randomness or random.Random()
        self.outbox = Outbox(network, self._random.getrandbits(63), self.config.frame_bytes_max)
        self.recovery = Recovery(
            storage,
            loop,
            bytes_per_second=self.config.recovery_bytes_per_second,
            reads_max=self.config.recovery_reads_max,
        )
        raft = self.config.raft
        self.nodes = NodeWatch(raft.election_ticks, self._node_down, self._node_up)
        self._budget = RecentBudget(self.config.recent_bytes_max)
        self._dirty: dict[Group, None] = {}
        self._turn_scheduled = False
        self._due: dict[int, list[Group]] = {}
        self._by_node: dict[NodeId, dict[Group, None]] = {}
        self._members: dict[Group, tuple[NodeId, ...]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._next_tick = 0.0
        self._closed = False
        network.on_message(Method.RAFT, self._received)

    # Life.

    def start(self) -> None:
        """Let time pass: tick by the loop's clock. A simulator calls `tick` itself instead."""
        self._next_tick = self.loop.time()
        self._schedule_tick()

    async def close(self) -> None:
        """Take no part any more. Logs stay as they are."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        await self.recovery.close()
        for group in tuple(self.groups.values()):
            await self.close_group(group.group_id)
        self.outbox.flush()

    async def open(
        self,
        log: "Log",
        owner: GroupOwner,
        *,
        voters: tuple[NodeId, ...],
        learners: tuple[NodeId, ...] = (),
    ) -> Group:
        """Take part in the group of this log.

        `voters` and `learners` are the members the group began with, the same on all its first replicas; of a replica
        that is added later, empty. What is on disk wins over both. A log that has data and never was a group's
        becomes the first replica of one. Raises `StorageError`, `CodecError`, `OSError`.
        """
        invariant(log.log_id not in self.groups, f"group {log.log_id} is open already")
        stored = load(self.storage.key_value.items(log.log_id))
        is_new = stored is None
        if stored is None:
            stored = _found(
                log, Configuration(voters=tuple(sorted(voters)), learners=tuple(sorted(learners)))
            )
        if log.end_offset < stored.start.offset:  # a reset was interrupted
            await log.truncate(log.start_offset)
            await log.restart_at(stored.start.offset)
        view = LogView.restore(
            stored.configuration,
            start=stored.start,
            start_term=stored.start_term,
            marks=stored.marks,
            end_offset=log.end_offset,
            epochs=log.epochs.entries(),
        )
        if view.end_offset < log.end_offset:
            logger.warning(
                "%s: offsets %d to %d lost their place in the group's log and go",
                log.partition,
                view.end_offset,
                log.end_offset,
            )
            await log.truncate(view.end_offset)
        if log.start_offset > view.start.offset:
            view.move_start(log.start_offset)
        marks_lost = any(mark.ordinal >= view.end.marks for mark in stored.marks)
        first = view.start.marks
        stored.marks = [mark for mark in stored.marks if mark.ordinal < first] + view.marks
        core = RaftCore(
            self.node,
            config=self.config.raft,
            clock=self.clock,
            random_below=self._random.randrange,
            log=view,
            term=stored.term,
            vote=stored.vote,
        )
        recent = RecentBatches(self._budget, self.config.recent_group_bytes_max)
        group = Group(self, log, core, stored, recent, owner)
        self.groups[log.log_id] = group
        group.store.start_moved(view)
        if is_new or marks_lost:
            group.store.found()
        self.members_changed(group)
        self.watch(group)
        self.schedule(group)
        if view.configuration.voters == (self.node,):
            self.loop.call_soon(group.campaign)  # nobody else to wait for
        return group

    async def close_group(self, group_id: int) -> None:
        """Take no part in the group any more; its log stays. Nothing happens if it is not open."""
        group = self.groups.pop(group_id, None)
        if group is None:
            return
        for node in self._members.pop(group, ()):
            self._forget_member(group, node)
        self._dirty.pop(group, None)
        self.abdicating.pop(group, None)
        await group.close()

    # Time.

    def tick(self) -> None:
        """Another tick has passed."""
        now = self.clock.now = self.clock.now + 1
        for group in self._due.pop(now, ()):
            if group.scheduled_tick != now or self.groups.get(group.group_id) is not group:
                continue
            group.scheduled_tick = -1
            deadline = group.core.next_deadline_tick
            if deadline is not None and deadline <= now:
                group.tick()
            else:
                self.watch(group)
        if now % self.config.raft.heartbeat_ticks == 0:
            for node in self._by_node:
                if node not in self.outbox.sent_nodes:
                    self.outbox.beat(node)
            self.outbox.sent_nodes.clear()
            self.nodes.check(now)
            for group, attempt in tuple(self.abdicating.items()):
                self.abdicating[group] = attempt + 1
                group.abdicate(attempt)
        self.outbox.flush()

    def watch(self, group: Group) -> None:
        """Look at the group again when its deadline comes; called when that may have moved nearer."""
        deadline = group.core.next_deadline_tick
        if deadline is None:
            return
        deadline = max(deadline, self.clock.now + 1)
        if group.scheduled_tick < 0 or deadline < group.scheduled_tick:
            group.scheduled_tick = deadline
            self._due.setdefault(deadline, []).append(group)

    def _schedule_tick(self) -> None:
        now = self.loop.time()
        # After standing still, lost ticks are not made up for: messages that wait are to be read first.
        self._next_tick = max(self._next_tick + self.config.tick_ms / 1000, now)
        self._timer = self.loop.call_at(self._next_tick, self._tick_due)

    def _tick_due(self) -> None:
        self._schedule_tick()
        self.tick()

    # Turns.

    def schedule(self, group: Group) -> None:
        """Let `group.turn` run at the end of this turn of the loop."""
        self._dirty[group] = None
        if not self._turn_scheduled:
            self._turn_scheduled = True
            self.loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._turn_scheduled = False
        dirty, self._dirty = self._dirty, {}
        for group in dirty:
            group.turn()
        self.outbox.flush()

    # Messages.

    def _received(self, sender: int, data: memoryview) -> None:
        node = NodeId(sender)
        try:
            incarnation, messages = decode(data, node, self.node)
            self.nodes.heard(node, incarnation, self.clock.now)
            for group_id, message, payload in messages:
                group = self.groups.get(group_id)
                if group is not None:
                    group.step(message, payload, node)
        except CodecError as error:
            logger.warning("node %d sent a frame that cannot be read: %s", sender, error)
        if self.outbox and not self._turn_scheduled:
            self._turn_scheduled = True
            self.loop.call_soon(self._turn)

    # Nodes.

    def node_lost(self, node: int) -> None:
        """The connection to the node broke: do not wait until its silence is noticed."""
        self.nodes.lost(NodeId(node))

    def node_back(self, node: int) -> None:
        """There is a connection to the node (again): let it hear of us at once."""
        if NodeId(node) in self._by_node:
            self.outbox.beat(NodeId(node))
            self.outbox.flush()

    def _node_down(self, node: NodeId) -> None:
        logger.info("node %d is not heard", node)
        for group in tuple(self._by_node.get(node, ())):
            group.peer_down(node)

    def _node_up(self, node: NodeId) -> None:
        logger.info("node %d is heard again", node)
        for group in tuple(self._by_node.get(node, ())):
            group.peer_up(node)

    def members_changed(self, group: Group) -> None:
        """The group has other members now."""
        before = self._members.get(group, ())
        members = self._members[group] = tuple(
            node for node in group.configuration.members if node != self.node
        )
        for node in set(before) - set(members):
            self._forget_member(group, node)
        for node in members:
            self._by_node.setdefault(node, {})[group] = None
            self.nodes.add(node, self.clock.now)

    def _forget_member(self, group: Group, node: NodeId) -> None:
        groups = self._by_node.get(node)
        if groups is not None:
            groups.pop(group, None)
            if not groups:
                del self._by_node[node]
                self.nodes.remove(node)

    def leader_changed(self, group: Group) -> None:
        """The group has another leader or term."""
        for listener in self.on_leader_changed:
            listener(group)


def _found(log: "Log", configuration: Configuration) -> StoredGroup:
    """A group that begins with this log: empty, or one that had no other replica so far.

    Each epoch of the data is given the term mark it would have had.
    """
    stored = StoredGroup(configuration=configuration, start=Position(log.start_offset, 0))
    for epoch, first_offset in log.epochs.entries():
        offset = max(first_offset, log.start_offset)
        stored.marks.append(Mark(epoch, len(stored.marks), offset))
        stored.term = epoch
    return stored
