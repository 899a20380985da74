"""The log as the core sees it: marks, where data starts and ends, and how much of both is durable.

It holds no data. Marks below the log's start are folded into three facts: their number, the last one's term, the members.
"""

from collections.abc import Sequence

from engine.base.errors import invariant
from engine.raft.entries import ORIGIN, Mark, Position, Run
from engine.raft.membership import Configuration


class LogView:
    """One replica's log. Invariants: start ≤ durable ≤ end (except while a reset is on its way to disk)."""

    __slots__ = (
        "_durable_marks",
        "_durable_offset",
        "configuration",
        "end_offset",
        "generation",
        "marks",
        "start",
        "start_configuration",
        "start_term",
    )

    def __init__(
        self,
        configuration: Configuration,
        *,
        start: Position = ORIGIN,
        start_term: int = -1,
        marks: Sequence[Mark] = (),
        end_offset: int | None = None,
    ) -> None:
        self.start = start
        """Everything before it is committed and may be gone."""
        self.start_term = start_term
        """Term of the last entry before `start`; -1 at the origin."""
        self.start_configuration = configuration
        self.marks: list[Mark] = list(marks)
        """Those behind `start`: ordinals from `start.marks` on."""
        self.end_offset = start.offset if end_offset is None else end_offset
        self.generation = 0
        """Counts cuts and resets."""
        self._durable_offset = self.end_offset
        self._durable_marks = start.marks + len(self.marks)
        self.configuration = configuration
        """In force: the last one in the log, committed or not (thesis 4.1)."""
        self._find_configuration()

    @classmethod
    def restore(
        cls,
        configuration: Configuration,
        *,
        start: Position,
        start_term: int,
        marks: Sequence[Mark],
        end_offset: int,
        epochs: Sequence[tuple[int, int]] = (),
    ) -> "LogView":
        """The longest sound log that what is on disk allows.

        `marks` are those found, of any ordinal; `epochs` is (epoch, first offset) of the data, rising. A mark whose data
        before it is lost goes, and all behind it; so does data of an epoch whose term mark is lost: then `end_offset`
        of the result is lower than the argument, and the caller truncates the data to it.
        """
        sound: list[Mark] = []
        term, offset = start_term, start.offset
        for mark in sorted(marks, key=lambda one: one.ordinal):
            if mark.ordinal < start.marks:
                continue
            if mark.ordinal != start.marks + len(sound) or mark.offset < offset or mark.term < term:
                break
            sound.append(mark)
            term, offset = mark.term, mark.offset
        for epoch, first_offset in epochs:
            before = [mark.term for mark in sound if mark.offset <= first_offset]
            if epoch > (before[-1] if before else start_term):
                end_offset = min(end_offset, max(first_offset, start.offset))
        sound = [mark for mark in sound if mark.offset <= end_offset]
        return cls(configuration, start=start, start_term=start_term, marks=sound, end_offset=end_offset)

    # --- where things are ---

    @property
    def end(self) -> Position:
        """Behind the last entry."""
        return Position(self.end_offset, self.start.marks + len(self.marks))

    @property
    def last_term(self) -> int:
        """Term of the last entry; -1 of an empty log at the origin."""
        return self.marks[-1].term if self.marks else self.start_term

    @property
    def durable(self) -> Position:
        """The longest prefix whose data and marks a crash cannot take back."""
        offset, marks = self._durable_offset, self._durable_marks
        at = marks - self.start.marks
        if (
            at == len(self.marks)
            and (not at or self.marks[-1].offset <= offset)
            and offset >= self.start.offset
        ):
            return Position(offset, marks)
        if offset < self.start.offset or at < 0:
            return ORIGIN
        if at < len(self.marks) and self.marks[at].offset < offset:
            return self.marks[at].before
        while at and self.marks[at - 1].offset > offset:
            at -= 1
        return Position(offset, self.start.marks + at)

    def term_at(self, position: Position) -> int:
        """Term of the entry before `position`, which is not before the start."""
        at = position.marks - self.start.marks
        return self.marks[at - 1].term if at else self.start_term

    def contains(self, position: Position, term: int) -> bool:
        """Whether this log has an entry of `term` ending at `position`: then it equals the asker's log up to there."""
        at = position.marks - self.start.marks
        if at < 0 or at > len(self.marks):
            return False
        lowest = self.marks[at - 1].offset if at else self.start.offset
        return lowest <= position.offset <= self.data_limit(position.marks) and self.term_at(position) == term

    def data_limit(self, marks: int) -> int:
        """Where the data behind the first `marks` marks ends: at the next mark, or at the end."""
        at = marks - self.start.marks
        return self.marks[at].offset if at < len(self.marks) else self.end_offset

    def configuration_before(self, commit: Position) -> Configuration:
        """The members before the newest change, if `commit` does not cover it; else those in force."""
        changes = [mark for mark in self.marks if mark.configuration is not None]
        if not changes or changes[-1].after <= commit:
            return self.configuration
        if len(changes) > 1:
            return changes[-2].configuration or self.configuration
        return self.start_configuration

    def changes_members(self, after: int, upto: int) -> bool:
        """Whether one of the marks with ordinals [after, upto) changes the members."""
        first = self.start.marks
        return any(
            mark.configuration is not None for mark in self.marks[max(after - first, 0) : upto - first]
        )

    @property
    def has_unsynced_change(self) -> bool:
        """Whether a configuration mark is not durable yet."""
        end = self.start.marks + len(self.marks)
        return self._durable_marks < end and self.changes_members(self._durable_marks, end)

    def marks_from(self, position: Position) -> tuple[Mark, ...]:
        """The marks that stand right at `position`."""
        at = position.marks - self.start.marks
        stop = at
        while stop < len(self.marks) and self.marks[stop].offset == position.offset:
            stop += 1
        return tuple(self.marks[at:stop])

    def end_of_term(self, term: int) -> tuple[int, Position]:
        """(the newest term here that is not newer than `term`, where it ends); of none: (start_term, start)."""
        end = self.end
        for mark in reversed(self.marks):
            if mark.term <= term:
                return mark.term, end
            end = mark.before
        return self.start_term, end if self.start_term <= term else self.start

    # --- changes ---

    def append_mark(self, mark: Mark) -> None:
        """Add `mark` at the end."""
        invariant(mark.before == self.end, f"mark {mark} does not stand at the end {self.end}")
        invariant(mark.term >= self.last_term, "terms only grow along a log")
        self.marks.append(mark)
        if mark.configuration is not None:
            self.configuration = mark.configuration

    def append_run(self, run: Run) -> None:
        """Add data at the end."""
        if not run.base_offset == self.end_offset < run.next_offset:
            invariant(False, f"{run} at the end {self.end_offset}")  # noqa: FBT003  # the condition was tested above, off the hot path
        invariant(run.term == self.last_term, "data is of the term of the mark before it")
        self.end_offset = run.next_offset

    def cut(self, end: Position) -> None:
        """Forget everything behind `end`."""
        invariant(self.start <= end <= self.end, f"cut at {end} of a log {self.start}…{self.end}")
        del self.marks[end.marks - self.start.marks :]
        self.end_offset = end.offset
        self._durable_offset = min(self._durable_offset, end.offset)
        self._durable_marks = min(self._durable_marks, end.marks)
        self.generation += 1
        self._find_configuration()

    def reset(self, start: Position, start_term: int, configuration: Configuration) -> None:
        """Be empty and start at `start`; nothing is durable until the new generation is reported."""
        self.start, self.start_term, self.start_configuration = start, start_term, configuration
        self.marks.clear()
        self.end_offset = start.offset
        self._durable_offset = self._durable_marks = -1
        self.generation += 1
        self._find_configuration()

    def move_start(self, offset: int) -> None:
        """Data below `offset` is gone; marks in front of it are folded."""
        invariant(offset <= self.end_offset, "the start moves beyond the end")
        if offset <= self.start.offset:
            return
        folded = 0
        for mark in self.marks:
            if mark.offset >= offset:
                break
            folded += 1
            self.start_term = mark.term
            if mark.configuration is not None:
                self.start_configuration = mark.configuration
        del self.marks[:folded]
        self.start = Position(offset, self.start.marks + folded)

    def note_durable(self, offset: int | None, marks: int | None) -> None:
        """Data below `offset` and the first `marks` marks are durable (of the current generation)."""
        if offset is not None and offset > self._durable_offset:
            if offset > self.end_offset:
                invariant(False, f"durable to {offset}, the log ends at {self.end_offset}")  # noqa: FBT003  # the condition was tested above, off the hot path
            self._durable_offset = offset
        if marks is not None and marks > self._durable_marks:
            invariant(marks <= self.end.marks, f"{marks} marks durable of {self.end.marks}")
            self._durable_marks = marks

    def prefix(self, offset: int, marks: int) -> Position:
        """The longest prefix with data below `offset` and at most the first `marks` marks."""
        at = max(min(marks - self.start.marks, len(self.marks)), 0)
        while at and self.marks[at - 1].offset > offset:
            at -= 1
        limit = self.data_limit(self.start.marks + at)
        return Position(max(min(offset, limit), self.start.offset), self.start.marks + at)

    def _find_configuration(self) -> None:
        self.configuration = self.start_configuration
        for mark in reversed(self.marks):
            if mark.configuration is not None:
                self.configuration = mark.configuration
                return
