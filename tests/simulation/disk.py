"""A disk under one replica: writes queue up, a sync makes them durable in order, a crash keeps what it likes of the rest.

Marks, hard state and small data share a write-ahead log and become durable in the order written. Large data may reach its
segment file on its own: a crash can keep data and lose the mark written before it. Cuts and resets are barriers.
"""

from dataclasses import dataclass, field, replace
from random import Random
from typing import NamedTuple

from engine.model.ids import NodeId
from engine.raft.entries import ORIGIN, Mark, Position
from engine.raft.membership import Configuration


class Batch(NamedTuple):
    """Records of one proposal."""

    base_offset: int
    next_offset: int
    term: int
    payload: str


@dataclass
class Image:
    """What is on a disk, or would be if all writes were done."""

    configuration: Configuration
    """As of `start`."""
    term: int = -1
    vote: NodeId | None = None
    start: Position = ORIGIN
    start_term: int = -1
    start_hash: int = 0
    marks: list[Mark] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)

    def copy(self) -> "Image":
        return replace(self, marks=list(self.marks), batches=list(self.batches))

    @property
    def end_offset(self) -> int:
        return self.batches[-1].next_offset if self.batches else self.start.offset

    @property
    def mark_count(self) -> int:
        return self.start.marks + len(self.marks)


class HardStateWrite(NamedTuple):
    number: int
    term: int
    vote: NodeId | None

    def apply(self, image: Image) -> None:
        image.term, image.vote = self.term, self.vote


class MarkWrite(NamedTuple):
    mark: Mark

    def apply(self, image: Image) -> None:
        if self.mark.ordinal == image.mark_count:
            image.marks.append(self.mark)


class DataWrite(NamedTuple):
    batch: Batch

    def apply(self, image: Image) -> None:
        if self.batch.base_offset >= image.end_offset:
            image.batches.append(self.batch)


class CutWrite(NamedTuple):
    end: Position
    generation: int

    def apply(self, image: Image) -> None:
        del image.marks[max(self.end.marks - image.start.marks, 0) :]
        image.batches = [batch for batch in image.batches if batch.next_offset <= self.end.offset]


class StartWrite(NamedTuple):
    """The log starts at `start`; with a generation it was reset to it, and is empty."""

    start: Position
    start_term: int
    start_hash: int
    configuration: Configuration
    generation: int | None

    def apply(self, image: Image) -> None:
        image.start, image.start_term, image.start_hash = self.start, self.start_term, self.start_hash
        image.configuration = self.configuration
        if self.generation is not None:
            image.marks, image.batches = [], []
        image.marks = [mark for mark in image.marks if mark.ordinal >= self.start.marks]
        image.batches = [batch for batch in image.batches if batch.next_offset > self.start.offset]


Write = HardStateWrite | MarkWrite | DataWrite | CutWrite | StartWrite


class Disk:
    """One replica's disk. `volatile` is what readers see, `durable` what a crash leaves at least."""

    def __init__(self, configuration: Configuration) -> None:
        self.durable = Image(configuration)
        self.volatile = Image(configuration)
        self.queue: list[Write] = []
        self.generation = 0
        """Of the last cut or reset that is done."""
        self.hard_number = 0
        self.syncing = 0
        """How many of the queue the running sync covers; 0: none runs."""
        self.epoch = 0
        """Counts what makes running syncs void: crashes and lost tails."""

    def write(self, write: Write) -> None:
        write.apply(self.volatile)
        self.queue.append(write)

    def begin_sync(self) -> None:
        self.syncing = len(self.queue)

    def end_sync(self) -> None:
        done, self.queue = self.queue[: self.syncing], self.queue[self.syncing :]
        self.syncing = 0
        for write in done:
            write.apply(self.durable)
            if isinstance(write, HardStateWrite):
                self.hard_number = write.number
            elif isinstance(write, CutWrite | StartWrite) and write.generation is not None:
                self.generation = write.generation

    def crash(self, random: Random) -> None:
        """Keep a prefix of what was not synced, and perhaps data right behind it that went its own way."""
        kept = random.randint(0, len(self.queue))
        for write in self.queue[:kept]:
            write.apply(self.durable)
        if random.random() < 0.5:
            for write in self.queue[kept : random.randint(kept, len(self.queue))]:
                if isinstance(write, CutWrite | StartWrite):
                    break
                if isinstance(write, DataWrite) and write.batch.base_offset == self.durable.end_offset:
                    write.apply(self.durable)
        self._restart()

    def lose_tail(self) -> bool:
        """Roll back to what is durable (no space); not while a cut, a reset or a hard state waits."""
        if any(not isinstance(write, DataWrite | MarkWrite) for write in self.queue):
            return False
        self._restart()
        return True

    def _restart(self) -> None:
        self.queue.clear()
        self.syncing = 0
        self.epoch += 1
        self.volatile = self.durable.copy()
