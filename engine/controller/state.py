"""The cluster's state: the tables together, and `replay`, the only way they change."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.controller import brokers as brokers_table
from engine.controller import cluster_config, snapshot
from engine.controller import features as features_table
from engine.controller import producers as producers_table
from engine.controller import topics as topics_table
from engine.controller.errors import UnknownRecord
from engine.controller.records import Record, RecordCodec

CODEC = RecordCodec(
    (
        *topics_table.KINDS,
        *cluster_config.KINDS,
        *producers_table.KINDS,
        *brokers_table.KINDS,
        *features_table.KINDS,
        *snapshot.KINDS,
    )
)
"""Every kind of record the controller log may hold."""


@dataclass(slots=True)
class ClusterState:
    """All tables. Equal states answer every command equally."""

    topics: topics_table.Topics = field(default_factory=topics_table.Topics)
    config: cluster_config.ClusterProperties = field(default_factory=cluster_config.ClusterProperties)
    producers: producers_table.ProducerIds = field(default_factory=producers_table.ProducerIds)
    brokers: brokers_table.Brokers = field(default_factory=brokers_table.Brokers)
    features: features_table.Features = field(default_factory=features_table.Features)
    _parts: list[snapshot.SnapshotPart] = field(default_factory=list, compare=False)
    """Of a snapshot not yet whole."""

    def replay(self, record: Record) -> None:
        """Apply one record of the log. The sole mutator. Raises `UnknownRecord`."""
        if isinstance(record, snapshot.SnapshotPart):
            self._replay_part(record)
            return
        tables = (self.topics, self.config, self.producers, self.brokers, self.features)
        if not any(table.replay(record) for table in tables):
            raise UnknownRecord(f"no table takes a {type(record).__name__}")

    def _replay_part(self, part: snapshot.SnapshotPart) -> None:
        if part.index == 0:
            self._parts = []
        if part.index != len(self._parts):
            raise UnknownRecord(f"part {part.index} of a snapshot follows {len(self._parts)} parts")
        self._parts.append(part)
        if len(self._parts) < part.count:
            return
        parts, self._parts = self._parts, []
        self.topics = topics_table.Topics()
        self.config = cluster_config.ClusterProperties()
        self.producers = producers_table.ProducerIds()
        self.brokers = brokers_table.Brokers()
        self.features = features_table.Features()
        for record in snapshot.records_of(parts, CODEC):
            self.replay(record)

    def snapshot(self) -> Iterator[Record]:
        """Records that rebuild this state from nothing, without the history."""
        yield from self.features.snapshot()
        yield from self.brokers.snapshot()
        yield from self.config.snapshot()
        yield from self.producers.snapshot()
        yield from self.topics.snapshot()
