"""What a group's log is made of: runs of data, and marks of zero width beside them (ADR 5).

A **run** stands for one or more whole record batches of one term; the core never sees their bytes. A **mark** opens a
term or changes the members and stands before the data at its offset. Together they are one sequence:

    offset    0          10         10         25
    log       [T1] data  data       [T2] [C]   data        T: term mark, C: configuration mark
    marks     0  1       1          1    2 3   3

A **position** is a place between two entries: (offset of the next data, number of marks before it). Along one log both
parts only grow, so positions of one log compare as tuples. Two logs that have the same term at the same position are
equal up to it: a term has one leader, each of its entries moves the position, and its first entry is its term mark.
"""

from typing import NamedTuple

from engine.raft.membership import Configuration


class Position(NamedTuple):
    """A place in a log, before the data at `offset` and behind the first `marks` marks."""

    offset: int
    marks: int

    def __str__(self) -> str:
        return f"{self.offset}+{self.marks}"


class Mark(NamedTuple):
    """An entry of zero width. With `configuration` it changes the members, without it opens its term."""

    term: int
    ordinal: int
    """Its number among the group's marks, from 0."""
    offset: int
    """It stands before the data at this offset."""
    configuration: Configuration | None = None

    @property
    def before(self) -> Position:
        """The position in front of it."""
        return Position(self.offset, self.ordinal)

    @property
    def after(self) -> Position:
        """The position behind it."""
        return Position(self.offset, self.ordinal + 1)


class Run(NamedTuple):
    """Whole batches of one term, back to back in the log: data of [base_offset, next_offset).

    After compaction the first batch may start later than `base_offset`, and there may be gaps inside.
    """

    base_offset: int
    next_offset: int
    term: int
    bytes: int
    """Size of the batches, all told."""


ORIGIN = Position(0, 0)
"""Where a new group's log starts."""
