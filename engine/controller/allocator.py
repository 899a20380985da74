"""Where new partitions go: a pure function from brokers to replica lists.

Replicas of one partition spread over racks first, over hosts next (shards of one host fail together, so the host
is the failure domain below the rack), then to the broker that holds least. Leaders, the first of each list, spread
the same way. Equal inputs give equal answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.base.errors import invariant


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A broker that may take replicas."""

    node_id: int
    host: str
    rack: str | None = None
    """None: unknown, so it neither shares a rack with another nor differs from it."""
    held: int = 0
    """Replicas it has now."""


def allocate(
    candidates: Sequence[Candidate], partitions: int, replication_factor: int
) -> list[tuple[int, ...]]:
    """Replicas of each of `partitions` new partitions, the leader first.

    `replication_factor` is 1 … number of candidates; racks and hosts repeat only when there are too few of them.
    """
    invariant(
        1 <= replication_factor <= len(candidates),
        f"cannot put {replication_factor} replicas on {len(candidates)} brokers",
    )
    order = sorted(candidates, key=lambda candidate: candidate.node_id)
    held = {candidate.node_id: candidate.held for candidate in order}
    leads = dict.fromkeys(held, 0)
    return [_place(order, held, leads, replication_factor, turn) for turn in range(partitions)]


def _place(
    order: Sequence[Candidate], held: dict[int, int], leads: dict[int, int], replicas: int, turn: int
) -> tuple[int, ...]:
    chosen: list[Candidate] = []
    while len(chosen) < replicas:
        racks = {candidate.rack for candidate in chosen if candidate.rack is not None}
        hosts = {candidate.host for candidate in chosen}

        def cost(at: int) -> tuple[bool, bool, int, int, int]:
            candidate = order[at]
            return (
                candidate.rack in racks,  # noqa: B023 - called only within this turn of the loop
                candidate.host in hosts,  # noqa: B023 - as above
                0 if chosen else leads[candidate.node_id],
                held[candidate.node_id],
                (at - turn) % len(order),
            )

        free = [at for at, candidate in enumerate(order) if candidate not in chosen]
        best = order[min(free, key=cost)]
        if not chosen:
            leads[best.node_id] += 1
        held[best.node_id] += 1
        chosen.append(best)
    return tuple(candidate.node_id for candidate in chosen)


def replacement(candidates: Sequence[Candidate], stay: Sequence[Candidate]) -> int | None:
    """The broker that should join `stay`, the replicas that remain; None when there is none left to join them."""
    taken = {one.node_id for one in stay}
    racks = {one.rack for one in stay if one.rack is not None}
    hosts = {one.host for one in stay}
    free = [one for one in candidates if one.node_id not in taken]
    if not free:
        return None
    best = min(free, key=lambda one: (one.rack in racks, one.host in hosts, one.held, one.node_id))
    return best.node_id
