"""A few replicas in one place, driven step by step: nothing moves unless told. Paper tests and transcripts use it."""

from dataclasses import dataclass, field

from engine.model.ids import NodeId
from engine.raft.config import RaftConfig, TickClock
from engine.raft.core import RaftCore
from engine.raft.entries import Mark, Position, Run
from engine.raft.log_view import LogView
from engine.raft.membership import Configuration
from engine.raft.messages import Message
from engine.raft.ready import Ready, Role

CONFIG = RaftConfig(election_ticks=10, heartbeat_ticks=2, quiet_ticks=20)


@dataclass
class Node:
    core: RaftCore
    clock: TickClock
    syncs: bool = True
    """Whether writes become durable at once."""
    generation: int = 0
    unsynced_hard: int | None = None
    readies: list[Ready] = field(default_factory=list)

    def sync(self) -> None:
        """Everything written is durable."""
        core = self.core
        number, self.unsynced_hard = self.unsynced_hard, None
        self.generation = core.generation
        core.advance(
            generation=core.generation,
            offset=core.log.end_offset,
            marks=core.log.end.marks,
            hard_state=number,
        )


class Group:
    """Replicas 1 … n and the messages between them, in order; `lost` links drop theirs."""

    def __init__(
        self,
        voters: tuple[int, ...] = (1, 2, 3),
        learners: tuple[int, ...] = (),
        *,
        others: tuple[int, ...] = (),
        logs: dict[int, list[tuple[int, int]]] | None = None,
        terms: dict[int, int] | None = None,
        timeouts: dict[int, int] | None = None,
        config: RaftConfig = CONFIG,
    ) -> None:
        """`logs` maps a node to (term, end offset) pairs: each a term mark and data up to that offset."""
        self.configuration = Configuration(
            voters=tuple(map(NodeId, voters)), learners=tuple(map(NodeId, learners))
        )
        self.wire: list[Message] = []
        self.blocked: set[tuple[int, int]] = set()
        self.nodes: dict[int, Node] = {}
        self.delivered: list[Message] = []
        for number in (*voters, *learners, *others):
            clock = TickClock()
            core = RaftCore(
                NodeId(number),
                config=config,
                clock=clock,
                random_below=lambda limit, number=number: min(
                    (timeouts or {}).get(number, number), limit - 1
                ),
                log=log_of((logs or {}).get(number, []), self.configuration),
                term=(terms or {}).get(number, -1),
            )
            self.nodes[number] = Node(core, clock)
            self.drain(number)

    def __getitem__(self, number: int) -> RaftCore:
        return self.nodes[number].core

    # --- moving ---

    def drain(self, number: int) -> None:
        node = self.nodes[number]
        while node.core.has_ready:
            ready = node.core.ready()
            node.readies.append(ready)
            if ready.hard_state is not None:
                node.unsynced_hard = ready.hard_state.number
            self.wire += [*ready.messages, *ready.heartbeats]
            if node.syncs:
                node.sync()

    def tick(self, number: int, ticks: int = 1) -> None:
        node = self.nodes[number]
        for _ in range(ticks):
            node.clock.now += 1
            deadline = node.core.next_deadline_tick
            if deadline is not None and deadline <= node.clock.now:
                node.core.tick()
            self.drain(number)

    def deliver(self, limit: int = 10_000) -> int:
        """Deliver what is on the wire, and what that leads to."""
        count = 0
        while self.wire and count < limit:
            message = self.wire.pop(0)
            count += 1
            if (message.sender, message.to) in self.blocked or message.to not in self.nodes:
                continue
            self.delivered.append(message)
            self.nodes[message.to].core.step(message)
            self.drain(message.to)
        return count

    def isolate(self, *numbers: int) -> None:
        self.blocked = {(a, b) for a in self.nodes for b in self.nodes if (a in numbers) != (b in numbers)}

    def heal(self) -> None:
        self.blocked = set()

    def elect(self, number: int) -> RaftCore:
        """Make `number` leader, by a campaign; nobody has heard a leader of late."""
        for node in self.nodes.values():
            node.clock.now += 10
        self[number].campaign()
        self.drain(number)
        self.deliver()
        assert self[number].role is Role.LEADER
        return self[number]

    def propose(self, number: int, width: int = 1) -> None:
        core = self[number]
        assert core.refusal(width) is None
        core.propose(core.end_offset, core.end_offset + width, width)
        if self.nodes[number].syncs:
            self.nodes[number].sync()
        self.drain(number)

    def last(self, kind: type) -> Message:
        return next(
            message for message in reversed([*self.delivered, *self.wire]) if isinstance(message, kind)
        )


def log_of(terms: list[tuple[int, int]], configuration: Configuration) -> LogView:
    """A log of term marks with data behind each, up to the offset given."""
    marks, offset = [], 0
    for ordinal, (term, end) in enumerate(terms):
        marks.append(Mark(term, ordinal, offset))
        offset = end
    return LogView(configuration, marks=marks, end_offset=offset)


__all__ = ["CONFIG", "Group", "Mark", "Node", "Position", "Run", "log_of"]
