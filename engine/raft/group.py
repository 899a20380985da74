"""One replica of one group as the shard sees it: the core, its storage, its owner, and the bytes of what it sends.

It takes no decisions: events go into the core, and what the core says in its Ready is done, field by field.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from engine.base.errors import OperatingError
from engine.model.ids import NodeId
from engine.raft.batches import Batches, split_run
from engine.raft.codec import Trim
from engine.raft.core import RaftCore
from engine.raft.durable_records import StoredGroup
from engine.raft.entries import Run
from engine.raft.errors import NotLeader, RaftRefusal
from engine.raft.group_storage import GroupStorage, StorageEvents
from engine.raft.membership import Configuration
from engine.raft.messages import AppendRequest, Message, TimeoutNow
from engine.raft.progress import Progress, ProgressState
from engine.raft.ready import Ready, Role
from engine.raft.recent import RecentBatches
from engine.storage.errors import OffsetOutOfRange, StorageError
from engine.wire.batch_header import BatchHeader

if TYPE_CHECKING:
    from engine.raft.driver import GroupManager
    from engine.raft.ports import GroupOwner
    from engine.storage.log import Log

logger = logging.getLogger("engine.raft")

Buffer = bytes | bytearray | memoryview


class Group(StorageEvents):
    """Made by `GroupManager.open`. Loop thread only."""

    def __init__(
        self,
        manager: "GroupManager",
        log: "Log",
        core: RaftCore,
        stored: StoredGroup,
        recent: RecentBatches,
        owner: "GroupOwner",
    ) -> None:
        self.group_id = log.log_id
        self.log = log
        self.core = core
        self.owner = owner
        self.recent = recent
        self.store = GroupStorage(manager.storage, log, stored, self, manager.loop)
        self.high_watermark = log.start_offset
        """Committed and durable here."""
        self.leads = False
        """Leads, with everything of earlier leaders below the high watermark."""
        self.error: StorageError | None = None
        """The disk failed: this replica takes no part any more."""
        self.scheduled_tick = -1
        """When the manager's clock looks at it next; the manager's."""
        self.staged: dict[NodeId, tuple[Run, list[Buffer]]] = {}
        """Read from the log for a follower far behind, until the request that carries it leaves."""
        self._manager = manager
        self._payload: Batches | None = None
        self._durable_told = log.durable_offset
        self._leader_told: tuple[NodeId | None, int] = (None, -1)
        self._lost: tuple[int, int] | None = None
        self._trim_to = 0
        self._trimming: asyncio.Task[None] | None = None
        self._closed = False
        log.on_start_moved = self._start_moved
        log.delete_limit = log.compaction_limit = self.high_watermark

    def __repr__(self) -> str:
        return f"Group({self.group_id}, {self.core.role.value}, term {self.core.term}, {self.log})"

    # What owners and others ask.

    @property
    def term(self) -> int:
        """The current term: Kafka's leader epoch."""
        return self.core.term

    @property
    def leader(self) -> NodeId | None:
        """Who leads, as far as is known here."""
        return self.core.leader

    @property
    def configuration(self) -> Configuration:
        """The members in force."""
        return self.core.configuration

    @property
    def node(self) -> NodeId:
        """The node this replica is on."""
        return self.core.node

    def term_at(self, offset: int) -> int:
        """The term of the data at `offset`, which is in the log."""
        term = self.core.log.start_term
        for mark in self.core.log.marks:
            if mark.offset > offset:
                break
            term = mark.term
        return term

    def refusal(self, size: int) -> RaftRefusal | None:
        """Why `size` bytes cannot be appended now; None: they can."""
        if not self.leads or self.store.busy or self.error is not None or self._lost is not None:
            leader = self.core.leader
            return NotLeader(None if leader == self.core.node else leader)
        return self.core.refusal(size)

    def append(self, batch: Buffer, header: BatchHeader) -> None:
        """Append a batch stamped with `log.end_offset` and `term`, after `refusal` said None.

        Raises `StorageError`; then nothing was appended.
        """
        self.log.append(batch, header)
        core = self.core
        size = len(batch)
        core.propose(header.base_offset, header.next_offset, size)
        if core.has_ready:
            self.recent.add(header.base_offset, header.next_offset, batch, self.log.durable_offset)
        self._manager.schedule(self)

    def change_members(self, configuration: Configuration) -> None:
        """Propose new members: one voter more or less, any learners. Raises `RaftRefusal`."""
        self._check_leads()
        self.core.propose_configuration(configuration)
        self.carry_out()

    def transfer_leadership(self, target: NodeId) -> None:
        """Hand over to `target`, in the background; produce is refused meanwhile. Raises `RaftRefusal`."""
        self._check_leads()
        self.core.transfer_leadership(target)
        self.carry_out()

    def read_index(self, done: Callable[[int | None], None]) -> None:
        """Call `done` with the offset below which all that is committed by now lies; None: no proof of leadership."""
        self.core.read_index(done)
        self.carry_out()

    def campaign(self) -> None:
        """Try to be elected now (an operator's wish; elections need no help)."""
        if self.error is None and not self._closed:
            self.core.campaign()
            self.carry_out()
            self._manager.schedule(self)

    def _check_leads(self) -> None:
        if self.core.role is not Role.LEADER:
            raise NotLeader(self.core.leader)

    # Events; the manager calls these.

    def step(self, message: Message | Trim, payload: memoryview, sender: NodeId) -> None:
        """A message from a peer. Senseless ones are dropped."""
        if self.error is not None or self._closed:
            if message.term > self.core.term:
                self._manager.abdicating.pop(self, None)
            return
        if self._lost is not None:
            self._forget_lost(*self._lost)
        if isinstance(message, Trim):
            self._trim(message, sender)
            return
        if isinstance(message, AppendRequest) and message.run is not None:
            if self._manager.storage.congested:  # the disk is behind: as if lost, the leader tries again
                self._manager.refused_runs += 1
                return
            self._payload = split_run(payload, message.run)
            if self._payload is None:
                logger.warning("%s: node %d sent data that is not what it says", self.log.partition, sender)
                return
        self.core.step(message)
        self.carry_out()
        self._payload = None

    def tick(self) -> None:
        """The core's deadline has come."""
        if self.error is None:
            self.core.tick()
            self.carry_out()

    def turn(self) -> None:
        """Once a turn of the loop, if something happened: tell the core what is durable, send what was proposed."""
        if self.error is not None or self._closed:
            return
        if self._lost is not None:
            self._forget_lost(*self._lost)
        store = self.store
        self.core.advance(
            generation=store.generation,
            offset=self.log.durable_offset if not store.busy else None,
            marks=store.marks_durable if not store.busy else None,
            hard_state=store.hard_state_durable,
        )
        self.carry_out()
        self._tell_progress()

    def peer_down(self, node: NodeId) -> None:
        """The node is not heard any more."""
        if self.error is None:
            self.core.peer_down(node)
            self.carry_out()

    def peer_up(self, node: NodeId) -> None:
        """The node is heard again."""
        if self.error is None:
            self.core.peer_up(node)
            self._send_trim()
            self.carry_out()

    def read_done(self, peer: NodeId, offset: int, run: Run | None, data: list[Buffer]) -> None:
        """Batches for a follower far behind were found, or not (None)."""
        if self.error is not None or self._closed:
            return
        if run is not None:
            self.staged[peer] = (run, data)
        self.core.read_done(peer, offset, run)
        self.carry_out()

    async def close(self) -> None:
        """Take no part any more; the log stays."""
        self._closed = True
        self.log.on_start_moved = None
        self.recent.clear()
        if self.leads:
            self._resign()
        await self.store.close()
        if self._trimming is not None:
            await asyncio.wait({self._trimming})

    # Ready.

    def carry_out(self) -> None:
        """Do what the core wants."""
        core = self.core
        while core.has_ready and self.error is None:
            self._do(core.ready())
        self._manager.watch(self)

    def _do(self, ready: Ready) -> None:
        store = self.store
        if ready.hard_state is not None:
            store.write_hard_state(ready.hard_state)
        if ready.reset is not None:
            self.recent.clear()
            store.reset(ready.reset)
        if ready.truncation is not None:
            self.recent.cut(ready.truncation.end.offset)
            store.cut(ready.truncation)
        if ready.marks:
            store.write_marks(ready.marks)
        if ready.run is not None:
            base_offset = ready.run.base_offset
            store.write_batches([one for one in self._payload or () if one[0].base_offset >= base_offset])
        for message in ready.messages:
            self._send(message)
        for heartbeat in ready.heartbeats:
            self._manager.outbox.add(heartbeat.to, self.group_id, heartbeat)
        for request in ready.reads:
            self._manager.recovery.request(self, request)
        if ready.configuration is not None:
            self._manager.members_changed(self)
        if ready.leadership is not None or ready.commit is not None:
            self._tell_progress()
        for read in ready.read_indexes:
            if callable(read.token):
                read.token(read.offset)

    def _send(self, message: Message) -> None:
        payload: list[Buffer] = []
        log_start = 0
        if isinstance(message, AppendRequest):
            log_start = self.log.start_offset
            if message.run is not None:
                found = self._find(message.to, message.run)
                if found is None:
                    logger.debug("%s: %s is gone", self.log.partition, message.run)
                    return
                payload = found
        self._manager.outbox.add(message.to, self.group_id, message, payload, log_start)

    def _find(self, peer: NodeId, run: Run) -> list[Buffer] | None:
        """The bytes of a run: read for this follower, from memory, or from the log."""
        staged = self.staged.get(peer)
        if staged is not None and staged[0] == run:
            del self.staged[peer]
            return staged[1]
        found = self.recent.gather(run.base_offset, run.next_offset)
        if found is None:
            try:
                read = self.log.read(run.base_offset, run.bytes, run.next_offset)
                found = [part.read() for part in read.slices] if read.bytes == run.bytes else None
            except (OffsetOutOfRange, OSError):
                return None
        if found is None or sum(map(len, found)) != run.bytes:
            return None
        return found

    def _tell_progress(self) -> None:
        """Tell the owner what rose, who leads, and whether that is us."""
        core = self.core
        durable = core.log.durable.offset
        if durable > self._durable_told:
            self._durable_told = durable
            self.owner.group_durable(durable)
        committed = min(core.commit.offset, durable)
        if committed > self.high_watermark:
            self.high_watermark = self.log.delete_limit = self.log.compaction_limit = committed
            if self._trim_to:
                self._trim_log()
            self.owner.group_committed(committed)
        leading = core.leading
        if leading is None:
            if self.leads:
                self._resign()
        elif not self.leads:
            if core.commit >= leading.term_start:
                self._take_lead(leading.term_start.offset)
        else:
            self._forget_recent(leading.progress.values())
        if (core.leader, core.term) != self._leader_told:
            self._leader_told = (core.leader, core.term)
            self.owner.group_leader_changed(core.leader, core.term)
            self._manager.leader_changed(self)

    def _forget_recent(self, followers: Iterable[Progress]) -> None:
        """Nobody who keeps up needs what all of those have."""
        behind = [one.durable.offset for one in followers if one.state is ProgressState.REPLICATE]
        self.recent.forget_below(min(behind, default=self.log.end_offset))

    def _resign(self) -> None:
        self.leads = False
        self.recent.clear()
        self.staged.clear()
        self.owner.group_resigned()

    def _take_lead(self, before: int) -> None:
        if self.high_watermark >= before and not self.store.busy:
            self.leads = True
            self._send_trim()
            self.owner.group_leads(self.core.term)

    # Storage events.

    def durable_rose(self) -> None:
        """See `StorageEvents`."""
        self._manager.schedule(self)

    def batch_appended(self, header: BatchHeader) -> None:
        """See `StorageEvents`."""
        self.owner.group_appended(header)

    def log_cut(self, end_offset: int) -> None:
        """See `StorageEvents`."""
        self._durable_told = min(self._durable_told, end_offset)
        self.owner.group_cut(end_offset)

    def log_reset(self, start_offset: int) -> None:
        """See `StorageEvents`."""
        self._durable_told = start_offset
        self.owner.group_reset(start_offset)

    def tail_lost(self, offset: int, marks: int) -> None:
        """See `StorageEvents`. It may come while a Ready is being done, so the core hears of it afterwards."""
        if self._lost is not None:
            offset, marks = min(offset, self._lost[0]), min(marks, self._lost[1])
        self._lost = (offset, marks)
        self._manager.schedule(self)

    def _forget_lost(self, offset: int, marks: int) -> None:
        """The core forgets what the disk lost, and the log is made to end where the core says."""
        self._lost = None
        core = self.core
        self.recent.cut(offset)
        core.tail_lost(offset, marks)
        self.store.cut_to(core.log.end, core.log.generation)
        self.carry_out()
        self._tell_progress()

    def failed(self, error: StorageError) -> None:
        """See `StorageEvents`."""
        if self.error is None:
            self.error = error
            self.recent.clear()
            if self.leads:
                self._resign()
            if self.core.role is Role.LEADER:
                self._manager.abdicating[self] = 0
            self.owner.group_failed(error)

    def abdicate(self, attempt: int) -> None:
        """The disk failed under a leader: ask one voter after the other to stand.

        The node is heard as before, so in a quiet group nobody would notice that its leader is gone.
        """
        core = self.core
        others = [voter for voter in core.configuration.voters if voter != core.node]
        if others:
            to = others[attempt % len(others)]
            self._manager.outbox.add(to, self.group_id, TimeoutNow(sender=core.node, to=to, term=core.term))

    # The log's start.

    def _start_moved(self, log: "Log") -> None:
        core = self.core
        if self.error is None and log.start_offset <= core.commit.offset:
            core.start_moved(log.start_offset)
            self.store.start_moved(core.log)
            self._send_trim()
            self.carry_out()

    def _send_trim(self) -> None:
        """Let the followers drop what this leader has dropped."""
        if self.leads and self.log.start_offset > 0:
            for node in self.core.configuration.members:
                if node != self.core.node:
                    self._manager.outbox.add(node, self.group_id, Trim(self.core.term, self.log.start_offset))

    def _trim(self, trim: Trim, sender: NodeId) -> None:
        if trim.offset > self.log.start_offset and trim.term == self.core.term and sender == self.core.leader:
            self._trim_to = max(self._trim_to, trim.offset)
            self._trim_log()

    def _trim_log(self) -> None:
        busy = self._trimming is not None or self.store.busy or self.leads or self._closed
        if not busy and min(self._trim_to, self.high_watermark) > self.log.start_offset:
            self._trimming = self._manager.loop.create_task(self._trim_prefix())

    async def _trim_prefix(self) -> None:
        try:
            await self.log.trim_prefix(min(self._trim_to, self.high_watermark))
        except (OperatingError, OSError) as error:
            logger.warning("%s cannot be trimmed now: %s", self.log.partition, error)
            return
        finally:
            self._trimming = None
        self._trim_log()  # the high watermark may have risen meanwhile
