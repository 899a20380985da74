"""The features table: who this cluster is, and which feature levels all its brokers agreed on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from engine.controller.records import Json, Record, RecordKind, integer, string


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFounded:
    """The first record of every cluster."""

    cluster_uuid: UUID

    def to_json(self) -> dict[str, Json]:
        """See `Record`."""
        return {"uuid": str(self.cluster_uuid)}

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "ClusterFounded":
        """Inverse of `to_json`."""
        return cls(cluster_uuid=UUID(string(body["uuid"])))


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureLevelSet:
    """A feature is on at `level`; 0 turns it off."""

    name: str
    level: int

    def to_json(self) -> dict[str, Json]:
        """See `Record`."""
        return {"name": self.name, "level": self.level}

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "FeatureLevelSet":
        """Inverse of `to_json`."""
        return cls(name=string(body["name"]), level=integer(body["level"]))


KINDS = (
    RecordKind(name="cluster_founded", version=1, type=ClusterFounded, from_json=ClusterFounded.from_json),
    RecordKind(name="feature_level", version=1, type=FeatureLevelSet, from_json=FeatureLevelSet.from_json),
)


@dataclass(slots=True)
class Features:
    """The table. Only `replay` changes it."""

    cluster_uuid: UUID | None = None
    """None until the cluster is founded; never changes after."""
    levels: dict[str, int] = field(default_factory=dict)

    def replay(self, record: Record) -> bool:
        """Apply one record; False if it is not this table's."""
        match record:
            case ClusterFounded():
                self.cluster_uuid = record.cluster_uuid
            case FeatureLevelSet():
                self.levels[record.name] = record.level
                if not record.level:
                    del self.levels[record.name]
            case _:
                return False
        return True

    def snapshot(self) -> Iterator[Record]:
        """Records that rebuild this table from nothing."""
        if self.cluster_uuid is not None:
            yield ClusterFounded(cluster_uuid=self.cluster_uuid)
        for name, level in self.levels.items():
            yield FeatureLevelSet(name=name, level=level)
