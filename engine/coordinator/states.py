"""The states of a classic group and every transition between them.

Two rules: all transitions are listed here, and this file knows nothing of members, offsets or time.

    Empty ──▶ PreparingRebalance ──▶ CompletingRebalance ──▶ Stable
      ▲           │    ▲                    │                  │
      └───────────┘    └────────────────────┴──────────────────┘      any ──▶ Dead
"""

from enum import StrEnum

from engine.base.errors import invariant


class GroupState(StrEnum):
    """A group's state; the value is the name clients are shown."""

    EMPTY = "Empty"
    """No members. Offsets may be kept, and members may come."""
    PREPARING_REBALANCE = "PreparingRebalance"
    """Waiting for every member to (re)join."""
    COMPLETING_REBALANCE = "CompletingRebalance"
    """The generation is drawn up; waiting for the leader's assignment."""
    STABLE = "Stable"
    """Every member has, or can ask for, its assignment."""
    DEAD = "Dead"
    """Being deleted. Clients are told to look for the coordinator again."""


MAY_FOLLOW: dict[GroupState, frozenset[GroupState]] = {
    GroupState.EMPTY: frozenset({GroupState.PREPARING_REBALANCE, GroupState.DEAD}),
    GroupState.PREPARING_REBALANCE: frozenset(
        {GroupState.EMPTY, GroupState.COMPLETING_REBALANCE, GroupState.DEAD}
    ),
    GroupState.COMPLETING_REBALANCE: frozenset(
        {GroupState.STABLE, GroupState.PREPARING_REBALANCE, GroupState.DEAD}
    ),
    GroupState.STABLE: frozenset({GroupState.PREPARING_REBALANCE, GroupState.DEAD}),
    # A deletion whose tombstone could not be written leaves the group as it was: empty.
    GroupState.DEAD: frozenset({GroupState.EMPTY}),
}
"""For each state, the states that may come next."""

MAY_REBALANCE = frozenset(
    state for state, following in MAY_FOLLOW.items() if GroupState.PREPARING_REBALANCE in following
)
"""The states a rebalance can start from."""


def check_transition(before: GroupState, after: GroupState) -> None:
    """Raise `InvariantError` unless `after` may follow `before`."""
    invariant(after in MAY_FOLLOW[before], f"a group cannot go from {before} to {after}")
