"""A node of the simulated cluster: the real core, and the driver's duties over a simulated disk and network.

This is the thin adapter: whoever puts the real driver here replaces this file.
"""

from typing import TYPE_CHECKING, NamedTuple

from engine.model.ids import NodeId
from engine.raft.config import TickClock
from engine.raft.core import RaftCore
from engine.raft.entries import Position, Run
from engine.raft.errors import RaftRefusal
from engine.raft.log_view import LogView
from engine.raft.messages import AppendRequest, VoteRequest, VoteResponse
from engine.raft.ready import Ready, Role
from tests.simulation.checkers import Chain, require
from tests.simulation.disk import Batch, CutWrite, DataWrite, Disk, HardStateWrite, MarkWrite, StartWrite

if TYPE_CHECKING:
    from tests.simulation.world import World


class Envelope(NamedTuple):
    """A message and the bytes that travel with it."""

    message: object
    batches: tuple[Batch, ...] = ()


class Proposal(NamedTuple):
    batch: Batch
    term: int


class Host:
    def __init__(self, world: "World", node: NodeId, disk: Disk) -> None:
        self.world = world
        self.node = node
        self.disk = disk
        self.clock = TickClock()
        self.core: RaftCore | None = None
        self.incarnation = 0
        self.waiting: list[Proposal] = []
        self.reads: dict[object, int] = {}
        self.heard: dict[NodeId, tuple[int, int]] = {}
        self.down: set[NodeId] = set()
        self.chain = Chain(disk.durable.start, 0)
        self.verified: Position = disk.durable.start
        self.received: tuple[Batch, ...] = ()
        self.stepped: object = None
        self.reported_generation = 0

    # --- life ---

    def start(self) -> None:
        image = self.disk.volatile
        epochs: list[tuple[int, int]] = []
        for batch in image.batches:
            if not epochs or epochs[-1][0] != batch.term:
                epochs.append((batch.term, batch.base_offset))
        log = LogView.restore(
            image.configuration,
            start=image.start,
            start_term=image.start_term,
            marks=image.marks,
            end_offset=image.end_offset,
            epochs=epochs,
        )
        for found in (self.disk.durable, self.disk.volatile):
            CutWrite(log.end, 0).apply(found)
        self.incarnation += 1
        self.disk.generation = self.disk.hard_number = self.reported_generation = 0
        self.clock = TickClock()
        self.core = RaftCore(
            self.node,
            config=self.world.config,
            clock=self.clock,
            random_below=self.world.random_below,
            log=log,
            term=image.term,
            vote=image.vote,
        )
        self.world.terms.is_in(self.node, self.core.term)
        self.heard = {}
        self.down = set()
        self._rebuild_chain()
        self.drain()

    def crash(self) -> None:
        self.core = None
        self.waiting.clear()
        self.reads.clear()
        self.disk.crash(self.world.random)

    def _rebuild_chain(self) -> None:
        core = self.core
        log = core.log
        self.chain = Chain(log.start, self.disk.volatile.start_hash)
        self.verified = log.start
        marks, batches = list(log.marks), list(self.disk.volatile.batches)
        while marks or batches:
            if marks and (not batches or marks[0].offset <= batches[0].base_offset):
                mark = marks.pop(0)
                self._note(mark.after, mark.term, mark)
            else:
                batch = batches.pop(0)
                position = Position(batch.next_offset, self.chain.end.marks)
                require(batch.term == log.term_at(position), f"node {self.node} restarts with {batch}")
                self._note(position, batch.term, batch)
        require(self.chain.end == log.end, f"node {self.node}: log ends at {log.end}, disk {self.chain.end}")

    def _note(self, position: Position, term: int, entry: object) -> None:
        self.world.logs.has(self.node, term, position, self.chain.append(position, entry))

    # --- inputs ---

    def tick(self) -> None:
        self.clock.now += 1
        self._listen()
        deadline = self.core.next_deadline_tick
        if deadline is not None and deadline <= self.clock.now:
            self.core.tick()
        self.drain()

    def _listen(self) -> None:
        now = self.clock.now
        for peer, (heard_at, _) in list(self.heard.items()):
            if now - heard_at > self.world.config.election_ticks:
                del self.heard[peer]
                self.down.add(peer)
                self.core.peer_down(peer)

    def hear_node(self, peer: NodeId, incarnation: int) -> None:
        known = self.heard.get(peer)
        self.heard[peer] = (self.clock.now, incarnation)
        if known is not None and known[1] != incarnation:
            self.core.peer_down(peer)
            self.drain()
            self.core.peer_up(peer)
        elif peer in self.down:
            self.down.discard(peer)
            self.core.peer_up(peer)
        self.drain()

    def receive(self, envelope: Envelope) -> None:
        self.received = envelope.batches
        self.stepped = envelope.message
        self.core.step(envelope.message)
        self.drain()
        self.received = ()
        self.stepped = None

    def propose(self, payload: str, width: int) -> None:
        core = self.core
        if core.refusal(len(payload)) is not None:
            return
        base = core.end_offset
        batch = Batch(base, base + width, core.term, payload)
        self.disk.write(DataWrite(batch))
        core.propose(base, base + width, len(payload))
        self._note(Position(base + width, self.chain.end.marks), core.term, batch)
        self.waiting.append(Proposal(batch, core.term))
        if self.world.random.random() < 0.7:
            self.drain()

    def read(self, token: object) -> None:
        try:
            self.core.read_index(token)
        except RaftRefusal:
            return
        self.reads[token] = self.world.acknowledged.high
        self.drain()

    def synced(self) -> None:
        """A sync is done."""
        disk = self.disk
        before = disk.durable.end_offset, disk.durable.mark_count
        disk.end_sync()
        core = self.core
        if disk.hard_number:
            core.advance(hard_state=disk.hard_number)
        if disk.generation == core.generation:
            after = disk.durable.end_offset, disk.durable.mark_count
            if after != before or disk.generation != self.reported_generation:
                self.reported_generation = disk.generation
                core.advance(generation=disk.generation, offset=after[0], marks=after[1])
        self.drain()

    def lose_tail(self) -> None:
        core = self.core
        if core.generation != self.disk.generation or not self.disk.lose_tail():
            return
        image = self.disk.durable
        core.tail_lost(image.end_offset, image.mark_count)
        self.disk.generation = self.reported_generation = core.generation
        self._cut(core.log.end)
        CutWrite(core.log.end, core.generation).apply(self.disk.volatile)
        self.verified = min(self.verified, core.commit)
        self.drain()

    def move_start(self) -> None:
        """Retention: what is committed and durable may go."""
        core = self.core
        places = [batch.next_offset for batch in self.disk.volatile.batches]
        limit = min(core.commit.offset, core.log.durable.offset)
        places = [place for place in places if core.log.start.offset < place <= limit]
        if not places or core.generation != self.disk.generation:
            return
        core.start_moved(self.world.random.choice(places))
        log = core.log
        self.disk.write(
            StartWrite(
                log.start, log.start_term, self.chain.prefixes[log.start], log.start_configuration, None
            )
        )
        self.drain()

    # --- the driver ---

    def drain(self) -> None:
        while self.core is not None and self.core.has_ready:
            self._act(self.core.ready())
        if self.core is not None:
            self.world.schedule_sync(self)

    def _act(self, ready: Ready) -> None:
        core, disk, world = self.core, self.disk, self.world
        if ready.hard_state is not None:
            disk.write(HardStateWrite(ready.hard_state.number, ready.hard_state.term, ready.hard_state.vote))
        if ready.reset is not None:
            start, term, configuration, generation = ready.reset
            require(start > self.verified, f"node {self.node} resets to {start}, committed {self.verified}")
            prefix = world.logs.prefix(term, start)
            disk.write(StartWrite(start, term, prefix, configuration, generation))
            self.chain = Chain(start, prefix)
            self.verified = start
            self.waiting.clear()
        if ready.truncation is not None:
            disk.write(CutWrite(ready.truncation.end, ready.truncation.generation))
            self._cut(ready.truncation.end)
        for mark in ready.marks:
            disk.write(MarkWrite(mark))
            self._note(mark.after, mark.term, mark)
        if ready.run is not None:
            self._append(ready.run)
        for message in ready.messages:
            world.terms.says(self.node, core.term)
            if isinstance(message, VoteResponse) and message.granted:
                self._granted(message)
            if isinstance(message, AppendRequest) and message.run is not None:
                batches = self._payload(message.run)
                if batches is not None:
                    world.send(message, batches)
            else:
                world.send(message)
        for heartbeat in ready.heartbeats:
            world.send(heartbeat)
        for request in ready.reads:
            world.later(
                world.random.randint(0, 2 if world.is_healing else 30), self._find, self.incarnation, request
            )
        if ready.leadership is not None and ready.leadership.role is Role.LEADER:
            world.elections.leads(self.node, ready.leadership.term)
            world.committed.agrees(self.node, self.chain)
            world.led(self)
        if ready.hard_state or ready.marks or ready.reset or ready.truncation:
            world.touched(self)
        if ready.commit is not None:
            self._commit(ready.commit)
        for token, offset in ready.read_indexes:
            before = self.reads.pop(token)
            if offset is not None:
                world.acknowledged.read(self.node, offset, before)
                world.count("reads")

    def _granted(self, response: VoteResponse) -> None:
        if not response.prevote:
            self.world.elections.votes(self.node, response.term, response.to)
        request, log = self.stepped, self.core.log
        if isinstance(request, VoteRequest) and request.sender == response.to:
            require(
                (request.last_term, request.last) >= (log.last_term, log.end),
                f"node {self.node} votes for node {response.to}, which has less",
            )

    def _append(self, run: Run) -> None:
        batches = [batch for batch in self.received if batch.base_offset >= run.base_offset]
        offset = run.base_offset
        for batch in batches:
            require(batch.base_offset == offset, f"{batch} does not follow offset {offset}")
            offset = batch.next_offset
            self.disk.write(DataWrite(batch))
            self._note(Position(batch.next_offset, self.chain.end.marks), batch.term, batch)
        require(offset == run.next_offset, f"the batches end at {offset}, the run at {run.next_offset}")

    def _payload(self, run: Run) -> tuple[Batch, ...] | None:
        batches = tuple(
            batch
            for batch in self.disk.volatile.batches
            if run.base_offset <= batch.base_offset < run.next_offset
        )
        whole = (
            batches
            and batches[0].base_offset == run.base_offset
            and batches[-1].next_offset == run.next_offset
        )
        return batches if whole else None

    def _find(self, incarnation: int, request: object) -> None:
        """A read for a follower that is behind: whole batches, or nothing this time."""
        if self.core is None or incarnation != self.incarnation:
            return
        found, size = [], 0
        for batch in self.disk.volatile.batches:
            if batch.base_offset < request.offset or batch.next_offset > request.upto:
                continue
            if found and size + len(batch.payload) > request.bytes_max:
                break
            found.append(batch)
            size += len(batch.payload)
        run = None
        if found and found[0].base_offset == request.offset and self.world.random.random() < 0.9:
            run = Run(request.offset, found[-1].next_offset, found[0].term, size)
        self.core.read_done(request.peer, request.offset, run)
        self.drain()

    def _cut(self, end: Position) -> None:
        self.chain.cut(end)
        self.waiting = [one for one in self.waiting if one.batch.next_offset <= end.offset]

    def _commit(self, commit: Position) -> None:
        world = self.world
        if commit < self.verified:
            require(commit >= self.core.log.durable, f"node {self.node}: commit went back to {commit}")
        world.committed.commits(self.node, self.chain, commit, self.verified)
        self.verified = commit
        core = self.core
        waiting = []
        for proposal in self.waiting:
            if proposal.term != core.term:
                continue
            if proposal.batch.next_offset <= commit.offset:
                batch = proposal.batch
                world.acknowledged.acknowledge(batch.base_offset, batch.next_offset, batch.payload)
                world.count("acknowledged")
            else:
                waiting.append(proposal)
        self.waiting = waiting
