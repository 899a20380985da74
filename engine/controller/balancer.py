"""Which replicas should move, and which leaderships: pure plans over the state and what is known of the brokers.

Three reasons to move a replica, in this order: its broker is being decommissioned; an operator asked for an even
spread; a broker joined (`partition_autobalancing_mode` node_add) and holds less than the others. A plan is small:
it is made again whenever some of its moves are done, so it never has to be right about the future.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from engine.controller.allocator import Candidate, replacement
from engine.controller.commands import ReplicaMove
from engine.controller.state import ClusterState

MOVES_MAX = 50
"""Partitions on their way at once (partition_autobalancing_concurrent_moves)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovePlan:
    """What to move now, and what cannot."""

    moves: tuple[ReplicaMove, ...] = ()
    stuck: tuple[tuple[str, int], ...] = ()
    """(topic, partition) of a leaving broker for which there is nowhere to go."""


def plan_moves(state: ClusterState, alive: Collection[int], *, even: bool) -> MovePlan:
    """Moves off brokers that leave; with `even`, also towards brokers that hold less."""
    planner = _Planner(state, alive)
    planner.empty_leaving()
    if even and not planner.moves:
        planner.spread()
    return MovePlan(moves=tuple(planner.moves), stuck=tuple(planner.stuck))


class _Planner:
    """One plan in the making: what is held where once its moves are done."""

    def __init__(self, state: ClusterState, alive: Collection[int]) -> None:
        self.moves: list[ReplicaMove] = []
        self.stuck: list[tuple[str, int]] = []
        self._topics = list(state.topics.by_name.values())
        self._held = Counter(state.topics.replicas_by_node)
        self._room = MOVES_MAX - sum(
            1 for topic in self._topics for each in topic.partitions if each.previous
        )
        self._leads = Counter(each.replicas[0] for topic in self._topics for each in topic.partitions)
        self._known = _candidates_by_id(state)
        self._leaving = {broker.node_id for broker in state.brokers.by_id.values() if broker.draining}
        self._open = [node for node in self._known if node not in self._leaving and node in alive]

    def empty_leaving(self) -> None:
        """Replicas off brokers that are being decommissioned."""
        if not self._leaving:
            return
        for topic in self._topics:
            for each in topic.partitions:
                away = next((node for node in each.replicas if node in self._leaving), None)
                if away is None or each.previous:
                    continue
                to = self._replacement(each.replicas, away)
                if to is None:
                    self.stuck.append((topic.name, each.index))
                elif len(self.moves) < self._room:
                    self._move(topic.name, each.index, each.replicas, away, to)

    def spread(self) -> None:
        """Replicas from the brokers that hold most to those that hold least, by at least two apart."""
        if len(self._open) < 2:
            return
        for topic in self._topics:
            for each in topic.partitions:
                if len(self.moves) >= self._room:
                    return
                if each.previous:
                    continue
                away = max(each.replicas, key=lambda node: self._held[node])
                to = self._replacement(each.replicas, away)
                if to is None or to in each.replicas or self._held[away] - self._held[to] < 2:
                    continue
                if _as_spread(self._known, each.replicas, away, to):
                    self._move(topic.name, each.index, each.replicas, away, to)

    def _replacement(self, replicas: tuple[int, ...], away: int) -> int | None:
        stay = [self._known[node] for node in replicas if node != away and node in self._known]
        candidates = [replace(self._known[node], held=self._held[node]) for node in self._open]
        return replacement(candidates, stay)

    def _move(self, topic: str, index: int, replicas: tuple[int, ...], away: int, to: int) -> None:
        self._held[away] -= 1
        self._held[to] += 1
        # Whoever leads least comes first, or the newcomer would lead all that moves to it.
        self._leads[replicas[0]] -= 1
        moved = [to if node == away else node for node in replicas]
        first = min(moved, key=lambda node: self._leads[node])
        self._leads[first] += 1
        ordered = (first, *(node for node in moved if node != first))
        self.moves.append(ReplicaMove(topic=topic, partition=index, replicas=ordered))


def _candidates_by_id(state: ClusterState) -> Mapping[int, Candidate]:
    return {
        broker.node_id: Candidate(node_id=broker.node_id, host=broker.host, rack=broker.rack)
        for broker in state.brokers.by_id.values()
    }


def _as_spread(known: Mapping[int, Candidate], replicas: tuple[int, ...], away: int, to: int) -> bool:
    """Whether a move keeps as many racks and hosts under the partition as it has."""
    before = [known[node] for node in replicas if node in known]
    after = [
        known[to if node == away else node] for node in replicas if (to if node == away else node) in known
    ]

    def spread(nodes: list[Candidate]) -> tuple[int, int]:
        return len({one.rack for one in nodes}), len({one.host for one in nodes})

    return spread(after) >= spread(before)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderMove:
    """Leadership of one partition to hand over."""

    topic: str
    partition: int
    log_id: int
    leader: int
    target: int


def plan_leaders(
    state: ClusterState,
    leaders: Mapping[int, int],
    alive: Collection[int],
    in_sync: Mapping[int, Collection[int]],
    *,
    at_most: int,
) -> list[LeaderMove]:
    """Leaderships that are not with the partition's preferred replica and can go there.

    `leaders`, `in_sync`: by log id. The allocator spreads preferred leaders evenly, so this is all of balancing.
    """
    resting = {one.node_id for one in state.brokers.by_id.values() if one.maintenance or one.draining}
    plan: list[LeaderMove] = []
    for topic in state.topics.by_name.values():
        for each in topic.partitions:
            if len(plan) >= at_most:
                return plan
            leader = leaders.get(each.log_id, -1)
            preferred = each.replicas[0]
            if leader < 0 or leader == preferred or each.previous:
                continue
            if preferred in resting or preferred not in alive:
                continue
            if preferred in in_sync.get(each.log_id, ()):
                plan.append(
                    LeaderMove(
                        topic=topic.name,
                        partition=each.index,
                        log_id=each.log_id,
                        leader=leader,
                        target=preferred,
                    )
                )
    return plan
