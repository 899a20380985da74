"""The cluster properties table: what an operator set, and a version that grows with every change.

Values are JSON as the Admin API takes them; the property table of `engine.config` says what they mean. What was
never set is not here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.controller.records import Json, Record, RecordKind, integer, items, string


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterConfigChanged:
    """Properties set and unset together."""

    version: int
    """The table's version after this record."""
    upserts: Mapping[str, Json]
    removes: tuple[str, ...]

    def to_json(self) -> dict[str, Json]:
        """See `Record`."""
        return {"version": self.version, "upserts": dict(self.upserts), "removes": list(self.removes)}

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "ClusterConfigChanged":
        """Inverse of `to_json`."""
        upserts = body["upserts"]
        if not isinstance(upserts, dict):
            raise TypeError("upserts is an object")
        return cls(
            version=integer(body["version"]),
            upserts=upserts,
            removes=tuple(string(name) for name in items(body["removes"])),
        )


KINDS = (
    RecordKind(
        name="cluster_config", version=1, type=ClusterConfigChanged, from_json=ClusterConfigChanged.from_json
    ),
)


@dataclass(slots=True)
class ClusterProperties:
    """The table. Only `replay` changes it."""

    values: dict[str, Json] = field(default_factory=dict)
    version: int = 0

    def replay(self, record: Record) -> bool:
        """Apply one record; False if it is not this table's."""
        match record:
            case ClusterConfigChanged():
                self.values.update(record.upserts)
                for name in record.removes:
                    self.values.pop(name, None)
                self.version = record.version
            case _:
                return False
        return True

    def snapshot(self) -> Iterator[Record]:
        """Records that rebuild this table from nothing."""
        if self.version:
            yield ClusterConfigChanged(version=self.version, upserts=dict(self.values), removes=())
