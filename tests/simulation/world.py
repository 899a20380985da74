"""A seeded cluster: virtual time, a bad network, bad disks, an operator who changes things, and producers.

One seed is one run. Each draws its own weather (rates of every fault) so that seeds differ in kind. A run is a safety
phase with faults, then everything heals and progress is demanded.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Mapping
from random import Random

from engine.model.ids import NodeId
from engine.raft.config import RaftConfig
from engine.raft.errors import RaftRefusal
from engine.raft.membership import Configuration
from engine.raft.ready import Role
from tests.simulation.checkers import (
    Acknowledged,
    Committed,
    LogsMatch,
    OneLeaderATerm,
    TermsGrow,
    Violation,
    require,
)
from tests.simulation.disk import Batch, Disk
from tests.simulation.host import Envelope, Host

TICK = 10
"""Virtual time units a tick."""
CHAOS_TICKS = 400
ELECT_TICKS = 150
"""After everything is healed somebody leads within this."""
CONVERGE_TICKS = 3000
"""And everybody has everything within this."""


class World:
    def __init__(
        self, seed: int, *, traced: bool = False, weather: Mapping[str, object] | None = None
    ) -> None:
        self.random = random = Random(seed)
        self.now = 0
        self.events: list[tuple[int, int, Callable[..., None], tuple[object, ...]]] = []
        self._sequence = 0
        self.traced = traced
        self.counts: Counter[str] = Counter()
        self.elections = OneLeaderATerm()
        self.terms = TermsGrow()
        self.logs = LogsMatch()
        self.committed = Committed()
        self.acknowledged = Acknowledged()
        self.config = RaftConfig(
            election_ticks=random.choice((5, 10)),
            heartbeat_ticks=random.choice((1, 2)),
            quiet_ticks=random.choice((10, 40)),
            append_bytes_max=random.choice((8, 30, 1000)),
            inflight_messages_max=random.choice((1, 4, 64)),
            inflight_bytes_max=random.choice((20, 1000)),
            uncommitted_bytes_max=random.choice((60, 100_000)),
            tail_runs_max=random.choice((1, 3, 100)),
        )
        # The weather.
        self.drop = random.choice((0.0, 0.01, 0.1, 0.3))
        self.repeat = random.choice((0.0, 0.05))
        self.slow = random.choice((0.0, 0.02, 0.2))
        self.crash = random.choice((0.0, 0.005, 0.02))
        self.cut = random.choice((0.0, 0.01, 0.03))
        self.stall = random.choice((0.0, 0.02, 0.3))
        self.lost_tail = random.choice((0.0, 0.01))
        self.retention = random.choice((0.0, 0.01, 0.05))
        self.change = random.choice((0.0, 0.01, 0.05))
        self.transfer = random.choice((0.0, 0.01, 0.05))
        self.crash_soon = random.choice((0.0, 0.0, 0.02, 0.1))
        """After a vote, a mark, a cut, a reset: where a crash hurts."""
        self.hasty = random.choice((0.0, 0.0, 0.5))
        """Operators act the moment somebody leads, and links break the moment somebody hands over."""
        self.is_herd = random.random() < 0.25
        """Everybody's timeout is nearly the same: votes split."""
        self.load = random.choice((0.02, 0.1, 0.4))
        self.node_count = random.choice((3, 3, 4, 5))
        self.voter_count = random.choice((5, 5, 3, 2, 1))
        for name, value in (weather or {}).items():
            setattr(self, name, value)
        self.is_healing = False
        self.blocked: set[tuple[NodeId, NodeId]] = set()
        nodes = [NodeId(node) for node in range(1, self.node_count + 1)]
        configuration = Configuration(voters=tuple(nodes[: self.voter_count]))
        self.hosts = {node: Host(self, node, Disk(configuration)) for node in nodes}
        self.trace("world", configuration, self.config)

    # --- time ---

    def random_below(self, limit: int) -> int:
        """The random port of the cores."""
        return self.random.randrange(min(limit, 2) if self.is_herd and not self.is_healing else limit)

    def later(self, delay: int, call: Callable[..., None], *arguments: object) -> None:
        self._sequence += 1
        heapq.heappush(self.events, (self.now + delay, self._sequence, call, arguments))

    def trace(self, *what: object) -> None:
        if self.traced:
            print(f"{self.now:6}", *what)

    def count(self, what: str) -> None:
        self.counts[what] += 1

    def run_until(self, end: int) -> None:
        events = self.events
        while events and events[0][0] <= end:
            self.now, _, call, arguments = heapq.heappop(events)
            call(*arguments)
        self.now = end

    def run(self) -> None:
        for host in self.hosts.values():
            host.start()
            self.later(self.random.randint(0, TICK), self._tick, host)
        self.later(0, self._weather)
        self.run_until(CHAOS_TICKS * TICK)
        self._heal()
        self.run_until(self.now + ELECT_TICKS * TICK)
        require(self._leader() is not None, "nobody leads after all is healed")
        give_up = self.now + CONVERGE_TICKS * TICK
        while True:
            self._delete_removed()
            self._propose_at_the_end()
            self.run_until(self.now + 20 * TICK)
            try:
                self._demand_progress()
            except Violation:
                if self.now > give_up:
                    raise
            else:
                return

    def _tick(self, host: Host) -> None:
        self.later(TICK if self.is_healing else self.random.choice((9, 10, 10, 11)), self._tick, host)
        if host.core is None:
            return
        host.tick()
        if host.clock.now % self.config.heartbeat_ticks == 0:
            for peer in self.hosts.values():
                if peer is not host and peer.core is not None and not self._lost(host.node, peer.node):
                    peer.hear_node(host.node, host.incarnation)

    # --- network ---

    def _lost(self, sender: NodeId, to: NodeId) -> bool:
        return (sender, to) in self.blocked or (self.drop > 0 and self.random.random() < self.drop)

    def send(self, message: object, batches: tuple[Batch, ...] = ()) -> None:
        random = self.random
        self.trace("send", message)
        if self._lost(message.sender, message.to):
            return
        envelope = Envelope(message, batches)
        for _ in range(1 + (random.random() < self.repeat)):
            delay = random.randint(1, 4) if random.random() >= self.slow else random.randint(1, 20 * TICK)
            self.later(delay, self._deliver, envelope)

    def _deliver(self, envelope: Envelope) -> None:
        host = self.hosts[envelope.message.to]
        if host.core is not None and (envelope.message.sender, host.node) not in self.blocked:
            self.trace("step", envelope.message)
            host.receive(envelope)
            self.count(type(envelope.message).__name__)

    # --- disks ---

    def schedule_sync(self, host: Host) -> None:
        disk = host.disk
        if disk.queue and not disk.syncing:
            disk.begin_sync()
            slow = self.random.random() < self.stall
            delay = self.random.randint(10, 300) if slow else self.random.randint(1, 6)
            self.later(delay, self._synced, host, disk.epoch)

    def _synced(self, host: Host, epoch: int) -> None:
        if host.core is not None and host.disk.epoch == epoch:
            host.synced()

    # --- what happens ---

    def _weather(self) -> None:
        if self.is_healing:
            return
        self.later(TICK // 2, self._weather)
        random = self.random
        host = random.choice(list(self.hosts.values()))
        if random.random() < self.cut:
            self._cut_network()
        if host.core is None:
            if random.random() < 0.1:
                self._restart(host)
            return
        if random.random() < self.crash:
            self._crash(host)
            return
        if random.random() < self.lost_tail:
            self.trace("tail lost", host.node)
            host.lose_tail()
        if random.random() < self.retention:
            host.move_start()
        self._work(random)

    def _work(self, random: Random) -> None:
        leaders = [
            one for one in self.hosts.values() if one.core is not None and one.core.role is Role.LEADER
        ]
        if not leaders:
            return
        leader = random.choice(leaders)
        if random.random() < self.load:
            for _ in range(random.choice((1, 1, 3))):
                leader.propose(
                    f"p{self._sequence}-{random.random():.6f}"[: random.randint(5, 15)], random.randint(1, 5)
                )
        if len(leaders) > 1 or random.random() < 0.1:
            for one in leaders:
                one.read(object())
        if random.random() < self.transfer:
            self._try(leader, "transfer", leader.core.transfer_leadership, random.choice(list(self.hosts)))
            if random.random() < self.hasty:
                self.later(random.randint(0, 10), self._isolate, leader)
        if random.random() < self.change:
            self._change(leader, random)
        leader.drain()

    def led(self, host: Host) -> None:
        """`host` was elected."""
        self.trace("leads", host.node, host.core.term, host.core.log.end)
        if not self.is_healing and self.random.random() < self.hasty:
            self.later(self.random.randint(0, 5), self._be_hasty, host)

    def _be_hasty(self, host: Host) -> None:
        if host.core is not None and host.core.role is Role.LEADER and not self.is_healing:
            self._change(host, self.random)
            host.propose(f"h{self._sequence}", 1)
            host.drain()
            if self.random.random() < 0.5:
                self._cut_network()

    def touched(self, host: Host) -> None:
        """`host` began to write something that matters."""
        if self.crash_soon and not self.is_healing and self.random.random() < self.crash_soon:
            self.later(self.random.randint(0, 10), self._crash_now, host, host.incarnation)

    def _crash_now(self, host: Host, incarnation: int) -> None:
        if host.core is not None and host.incarnation == incarnation and not self.is_healing:
            self._crash(host)
            if host.core is None and self.random.random() < 0.7:
                self._restart(host)

    def _isolate(self, host: Host) -> None:
        if not self.is_healing:
            others = [node for node in self.hosts if node != host.node]
            self.blocked = {(host.node, node) for node in others} | {(node, host.node) for node in others}
            self.trace("isolated", host.node)

    def _change(self, leader: Host, random: Random) -> None:
        old = leader.core.configuration
        node = random.choice(list(self.hosts))
        new = random.choice((old.adding_voter, old.adding_voter, old.adding_learner, old.removing))(node)
        self._try(leader, "change", leader.core.propose_configuration, new)

    def _try(self, host: Host, what: str, call: Callable[..., None], argument: object) -> None:
        self.trace(what, host.node, argument)
        try:
            call(argument)
            self.count(what)
        except RaftRefusal as refusal:
            self.trace("refused", refusal)

    def _crash(self, host: Host) -> None:
        self.trace("crash", host.node)
        self.count("crash")
        host.crash()
        if self.random.random() < 0.3:
            self._restart(host)

    def _restart(self, host: Host) -> None:
        self.trace("restart", host.node)
        host.start()
        self.trace("started", host.node, host.core.term, host.core.log.start, host.core.log.end)

    def _cut_network(self) -> None:
        random = self.random
        nodes = list(self.hosts)
        kind = random.random()
        self.blocked.clear()
        if kind < 0.4:
            side = set(random.sample(nodes, random.randint(1, len(nodes) - 1)))
            self.blocked = {(a, b) for a in nodes for b in nodes if (a in side) != (b in side)}
        elif kind < 0.6:
            a, b = random.sample(nodes, 2)
            self.blocked = {(a, b)} if random.random() < 0.5 else {(a, b), (b, a)}
        self.trace("blocked", sorted(self.blocked))

    # --- the end ---

    def _heal(self) -> None:
        self.trace("heal")
        self.is_healing = True
        self.blocked.clear()
        self.drop = self.repeat = self.slow = self.stall = 0.0
        for host in self.hosts.values():
            if host.core is None:
                self._restart(host)

    def _delete_removed(self) -> None:
        """The controller deletes replicas that are no members any more."""
        leader = self._leader()
        for host in self.hosts.values():
            if (
                leader is not None
                and host is not leader
                and leader.core.commit == leader.core.log.end
                and host.node not in leader.core.configuration.members
            ):
                host.core = None

    def _propose_at_the_end(self) -> None:
        leader = self._leader()
        if leader is None or "the end" in self.acknowledged.payloads.values():
            return
        if not any(one.batch.payload == "the end" for one in leader.waiting):
            leader.propose("the end", 1)
        if "the end" not in leader.reads:
            leader.read("the end")
        leader.drain()

    def _leader(self) -> Host | None:
        leaders = [
            one for one in self.hosts.values() if one.core is not None and one.core.role is Role.LEADER
        ]
        return max(leaders, key=lambda one: one.core.term, default=None)

    def _demand_progress(self) -> None:
        leader = self._leader()
        require(leader is not None, "nobody leads at the end")
        require("the end" in self.acknowledged.payloads.values(), "the last proposal was not committed")
        require("the end" not in leader.reads, "the last read was not answered")
        end = leader.core.log.end
        for node in leader.core.configuration.members:
            core = self.hosts[node].core
            require(core is not None, f"node {node} is a member again")
            require(
                core.log.end == core.commit == end, f"node {node} is at {core.log.end}, the leader at {end}"
            )
            require(core.leader == leader.node, f"node {node} follows {core.leader}")
            require(core.next_deadline_tick is None, f"node {node} is not quiet: {core.next_deadline_tick}")
        for node in leader.core.configuration.members:
            batches = {batch.base_offset: batch for batch in self.hosts[node].disk.durable.batches}
            start = self.hosts[node].core.log.start.offset
            for offset, payload in self.acknowledged.payloads.items():
                if offset >= start:
                    require(
                        offset in batches and batches[offset].payload == payload,
                        f"node {node} lost the acknowledged record at {offset}",
                    )


def simulate(seed: int, *, traced: bool = False, weather: Mapping[str, object] | None = None) -> World:
    """One run, with `weather` (names of `World`) in place of what the seed draws. A failure says how to see it again."""
    world = World(seed, traced=traced, weather=weather)
    try:
        world.run()
    except Exception as error:
        error.add_note(f"seed {seed} at {world.now}; replay: python -m tests.simulation {seed}")
        raise
    return world
