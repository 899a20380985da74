"""Majorities: arithmetic over what members are known to have."""

from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

from engine.model.ids import NodeId
from engine.raft.entries import Position

Known = TypeVar("Known", int, Position)


def majority(voters: int) -> int:
    """How many of `voters` (≥ 1) are more than half."""
    return voters // 2 + 1


def reached(values: Iterable[Known]) -> Known:
    """The largest value that a majority has at least; one value a voter, at least one voter."""
    ordered = sorted(values, reverse=True)
    return ordered[len(ordered) // 2]


def is_quorum(voters: Sequence[NodeId], members: Collection[NodeId]) -> bool:
    """Whether those of `members` who are voters are a majority of `voters`."""
    return sum(voter in members for voter in voters) >= majority(len(voters))
