"""What a group keeps in the shard's key-value records: where its log starts, its marks, its term and vote; pure.

    key 0              start of the log: offset i64, marks i32, term i64, configuration as of there
    key 1              hard state: term i64, vote i32 (-1: none)
    key 2³² + ordinal  one mark

Key 0 is written before anything else, so a log without it never was a group's on this broker.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.model.ids import NodeId
from engine.raft.codec import CodecError, Reader, encode_configuration, encode_mark
from engine.raft.entries import ORIGIN, Mark, Position
from engine.raft.membership import Configuration

START_KEY = 0
HARD_STATE_KEY = 1
MARKS_KEY = 1 << 32

_START = struct.Struct(">qiq")
_HARD_STATE = struct.Struct(">qi")


@dataclass(slots=True, kw_only=True)
class StoredGroup:
    """A group as it is on disk, without its data."""

    configuration: Configuration
    """The members as of `start`."""
    start: Position = ORIGIN
    start_term: int = -1
    marks: list[Mark] = field(default_factory=list)
    term: int = -1
    vote: NodeId | None = None

    def records(self) -> dict[int, bytes]:
        """All of it, as key-value records."""
        records = {
            START_KEY: encode_start(self.start, self.start_term, self.configuration),
            HARD_STATE_KEY: encode_hard_state(self.term, self.vote),
        }
        records.update((mark_key(mark.ordinal), encode_mark(mark)) for mark in self.marks)
        return records


def mark_key(ordinal: int) -> int:
    """The key of a mark."""
    return MARKS_KEY + ordinal


def encode_start(start: Position, start_term: int, configuration: Configuration) -> bytes:
    """The value of key 0."""
    return _START.pack(*start, start_term) + encode_configuration(configuration)


def encode_hard_state(term: int, vote: NodeId | None) -> bytes:
    """The value of key 1."""
    return _HARD_STATE.pack(term, -1 if vote is None else vote)


def encode_marks(marks: Sequence[Mark]) -> dict[int, bytes]:
    """Records of these marks."""
    return {mark_key(mark.ordinal): encode_mark(mark) for mark in marks}


def load(records: Mapping[int, bytes]) -> StoredGroup | None:
    """What the records say; None when there is no group. Raises `CodecError`."""
    if START_KEY not in records:
        return None
    reader = Reader(records[START_KEY])
    offset, marks, start_term = reader.take(_START)
    stored = StoredGroup(
        configuration=reader.configuration(), start=Position(offset, marks), start_term=start_term
    )
    if HARD_STATE_KEY in records:
        reader = Reader(records[HARD_STATE_KEY])
        stored.term, vote = reader.take(_HARD_STATE)
        stored.vote = None if vote < 0 else NodeId(vote)
    for key in sorted(key for key in records if key >= MARKS_KEY):
        mark = Reader(records[key]).mark()
        if mark.ordinal != key - MARKS_KEY:
            raise CodecError(f"mark {mark.ordinal} is stored as {key - MARKS_KEY}")
        stored.marks.append(mark)
    return stored
