"""What readers of records hand to a producer, and the face all readers share."""

from __future__ import annotations

from typing import Protocol, TypedDict

from rpk.out.records.errors import InputError

RECORD_BYTES_MAX = 256 << 20
"""Most bytes one unfinished record may take in memory; more ends the input with an error."""


class InputRecord(TypedDict, total=False):
    """One record to produce. A field that is absent was not in the input; None is an explicit null.

    The names are those a client library's batch call takes, so that plain records go through untouched.
    """

    value: bytes | None
    key: bytes | None
    partition: int
    timestamp: int
    topic: str
    headers: list[tuple[str, bytes | None]]


class Reader(Protocol):
    """Cuts a byte stream into records.

    `feed` and `finish` return the records completed so far. Bad input sets `error` and ends the stream; the
    records before it are still returned. `fields` names what its records may carry.
    """

    fields: frozenset[str]
    error: InputError | None

    def feed(self, data: bytes) -> list[InputRecord]:
        """Take the next bytes of the stream."""

    def finish(self) -> list[InputRecord]:
        """The stream ended."""
