"""The producer ids table: one number, below which every id was handed out.

Ids leave in blocks. A broker that dies with part of a block unused leaves a hole: no id is ever given twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.controller.records import Json, Record, RecordKind, integer

PRODUCER_ID_MAX = 2**63 - 1
"""Kafka's: an id is a signed 64-bit number, not negative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerIdsAllocated:
    """A block of ids went to a broker; the next one starts at `next_producer_id`."""

    node_id: int
    next_producer_id: int

    def to_json(self) -> dict[str, Json]:
        """See `Record`."""
        return {"node": self.node_id, "next": self.next_producer_id}

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "ProducerIdsAllocated":
        """Inverse of `to_json`."""
        return cls(node_id=integer(body["node"]), next_producer_id=integer(body["next"]))


KINDS = (
    RecordKind(
        name="producer_ids", version=1, type=ProducerIdsAllocated, from_json=ProducerIdsAllocated.from_json
    ),
)


@dataclass(slots=True)
class ProducerIds:
    """The table. Only `replay` changes it."""

    next_producer_id: int = 0
    last_node_id: int = -1
    """Who took the last block."""

    def replay(self, record: Record) -> bool:
        """Apply one record; False if it is not this table's."""
        match record:
            case ProducerIdsAllocated():
                self.next_producer_id = record.next_producer_id
                self.last_node_id = record.node_id
            case _:
                return False
        return True

    def snapshot(self) -> Iterator[Record]:
        """Records that rebuild this table from nothing."""
        if self.next_producer_id:
            yield ProducerIdsAllocated(node_id=self.last_node_id, next_producer_id=self.next_producer_id)
