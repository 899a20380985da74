"""A snapshot as records of the log itself: replay's shortcut, so that what lies before it can be trimmed.

A snapshot is `count` parts, each its own append. Facts may not come between two parts (the runtime writes one
thing at a time), but a crash may: parts wait until the last one is there, and an unfinished run of parts is
forgotten when the next snapshot begins.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.controller.records import Json, Record, RecordCodec, RecordKind, integer, items, string

PART_BYTES_MAX = 256 * 1024
"""A part is closed before it grows past this, in bytes; one record larger than that is a part of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotPart:
    """Some of the records that rebuild the whole state."""

    index: int
    count: int
    entries: tuple[tuple[str, int, str], ...]
    """(kind, version, JSON body) of each record, as the log spells them."""

    def to_json(self) -> dict[str, Json]:
        """See `Record`."""
        return {
            "index": self.index,
            "count": self.count,
            "entries": [[kind, version, body] for kind, version, body in self.entries],
        }

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "SnapshotPart":
        """Inverse of `to_json`."""
        entries = []
        for entry in items(body["entries"]):
            kind, version, text = items(entry)
            entries.append((string(kind), integer(version), string(text)))
        return cls(index=integer(body["index"]), count=integer(body["count"]), entries=tuple(entries))


KINDS = (RecordKind(name="snapshot_part", version=1, type=SnapshotPart, from_json=SnapshotPart.from_json),)


def parts_of(
    records: Iterable[Record], codec: RecordCodec, part_bytes_max: int = PART_BYTES_MAX
) -> list[SnapshotPart]:
    """The parts of a snapshot made of `records`, at least one."""
    parts: list[list[tuple[str, int, str]]] = [[]]
    used = 0
    for record in records:
        key, value = codec.encode(record)
        if parts[-1] and used + len(value) > part_bytes_max:
            parts.append([])
            used = 0
        used += len(value)
        parts[-1].append((key.decode(), value[0], value[1:].decode()))
    return [
        SnapshotPart(index=index, count=len(parts), entries=tuple(entries))
        for index, entries in enumerate(parts)
    ]


def records_of(parts: Iterable[SnapshotPart], codec: RecordCodec) -> Iterator[Record]:
    """The records in the parts, in order; raises `UnknownRecord`."""
    for part in parts:
        for kind, version, body in part.entries:
            yield codec.decode(kind.encode(), bytes((version & 0xFF,)) + body.encode())
