"""The topics table: what topics there are, their ids, configs, and where each partition lives.

Log ids name a partition's log on disk. They are handed out once: a topic recreated under the same name gets new
ones, so no log is ever taken for another. Topic ids are random UUIDs with the same promise.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from engine.base.errors import invariant
from engine.controller.records import Json, Record, RecordKind, integer, integers, items, string, strings
from engine.model.ids import TopicId
from engine.model.topic_name import is_internal

FIRST_LOG_ID = 1
"""Log id 0 is the controller's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionMetadata:
    """One partition as the controller placed it. Who leads it now is known by `leaders`, not here."""

    index: int
    log_id: int
    """Names the log on disk; unique over all partitions that ever were."""
    leader: int
    """Node id of the preferred leader."""
    leader_epoch: int = 0
    """Of the first leader."""
    replicas: tuple[int, ...]
    """Node ids, the preferred leader first."""
    isr: tuple[int, ...]
    previous: tuple[int, ...] = ()
    """Where the replicas were before the move that is going on; empty while there is none."""

    @property
    def holders(self) -> tuple[int, ...]:
        """Every node that keeps a replica now: those it moves to, and those it moves from."""
        if not self.previous:
            return self.replicas
        return tuple(dict.fromkeys(self.replicas + self.previous))

    def to_json(self) -> dict[str, Json]:
        """Short names: a topic may have thousands of these."""
        body: dict[str, Json] = {
            "i": self.index,
            "log": self.log_id,
            "l": self.leader,
            "e": self.leader_epoch,
            "r": list(self.replicas),
            "isr": list(self.isr),
        }
        if self.previous:
            body["p"] = list(self.previous)
        return body

    @classmethod
    def from_json(cls, body: object) -> "PartitionMetadata":
        """Inverse of `to_json`."""
        if not isinstance(body, dict):
            raise TypeError("a partition is an object")
        return cls(
            index=integer(body["i"]),
            log_id=integer(body["log"]),
            leader=integer(body["l"]),
            leader_epoch=integer(body["e"]),
            replicas=integers(body["r"]),
            isr=integers(body["isr"]),
            previous=integers(body.get("p", [])),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicMetadata:
    """One topic."""

    name: str
    topic_id: TopicId
    partitions: tuple[PartitionMetadata, ...]
    """By index, no gaps, at least one."""
    configs: Mapping[str, str]
    """Only what was set on the topic itself."""

    @property
    def internal(self) -> bool:
        """Whether it is one of the engine's own."""
        return is_internal(self.name)

    @property
    def replication_factor(self) -> int:
        """Replicas of the first partition."""
        return len(self.partitions[0].replicas)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicCreated:
    """A topic with its first partitions."""

    name: str
    topic_id: UUID
    partitions: tuple[PartitionMetadata, ...]
    configs: Mapping[str, str]

    def to_json(self) -> dict[str, Json]:
        """See `Record`."""
        return {
            "name": self.name,
            "id": self.topic_id.hex,
            "partitions": [partition.to_json() for partition in self.partitions],
            "configs": dict(self.configs),
        }

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "TopicCreated":
        """Inverse of `to_json`."""
        return cls(
            name=string(body["name"]),
            topic_id=UUID(hex=string(body["id"])),
            partitions=tuple(PartitionMetadata.from_json(item) for item in items(body["partitions"])),
            configs=strings(body["configs"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicDeleted:
    """A topic and all its partitions are gone."""

    topic_id: UUID

    def to_json(self) -> dict[str, Json]:
        """See `Record`."""
        return {"id": self.topic_id.hex}

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "TopicDeleted":
        """Inverse of `to_json`."""
        return cls(topic_id=UUID(hex=string(body["id"])))


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionsAdded:
    """Partitions after those the topic had."""

    topic_id: UUID
    partitions: tuple[PartitionMetadata, ...]

    def to_json(self) -> dict[str, Json]:
        """See `Record`."""
        return {"id": self.topic_id.hex, "partitions": [item.to_json() for item in self.partitions]}

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "PartitionsAdded":
        """Inverse of `to_json`."""
        return cls(
            topic_id=UUID(hex=string(body["id"])),
            partitions=tuple(PartitionMetadata.from_json(item) for item in items(body["partitions"])),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicConfigsSet:
    """The topic's own configs, all of them: what is not listed is no longer set."""

    topic_id: UUID
    configs: Mapping[str, str]

    def to_json(self) -> dict[str, Json]:
        """See `Record`."""
        return {"id": self.topic_id.hex, "configs": dict(self.configs)}

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "TopicConfigsSet":
        """Inverse of `to_json`."""
        return cls(topic_id=UUID(hex=string(body["id"])), configs=strings(body["configs"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicasSet:
    """Partitions begin to move, move back, or have arrived."""

    topic_id: UUID
    partitions: tuple[tuple[int, tuple[int, ...], tuple[int, ...]], ...]
    """(index, replicas, previous) each; `previous` is empty when the partition is where it should be."""

    def to_json(self) -> dict[str, Json]:
        """See `Record`."""
        return {
            "id": self.topic_id.hex,
            "partitions": [
                [index, list(replicas), list(previous)] for index, replicas, previous in self.partitions
            ],
        }

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "ReplicasSet":
        """Inverse of `to_json`."""
        partitions = []
        for item in items(body["partitions"]):
            index, replicas, previous = items(item)
            partitions.append((integer(index), integers(replicas), integers(previous)))
        return cls(topic_id=UUID(hex=string(body["id"])), partitions=tuple(partitions))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIdsUsed:
    """Log ids below `next_log_id` were handed out. Only snapshots need it: creations say it themselves."""

    next_log_id: int

    def to_json(self) -> dict[str, Json]:
        """See `Record`."""
        return {"next": self.next_log_id}

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "LogIdsUsed":
        """Inverse of `to_json`."""
        return cls(next_log_id=integer(body["next"]))


KINDS = (
    RecordKind(name="topic_created", version=2, type=TopicCreated, from_json=TopicCreated.from_json),
    RecordKind(name="topic_deleted", version=1, type=TopicDeleted, from_json=TopicDeleted.from_json),
    RecordKind(name="partitions_added", version=2, type=PartitionsAdded, from_json=PartitionsAdded.from_json),
    RecordKind(name="topic_configs", version=1, type=TopicConfigsSet, from_json=TopicConfigsSet.from_json),
    RecordKind(name="replicas", version=1, type=ReplicasSet, from_json=ReplicasSet.from_json),
    RecordKind(name="log_ids", version=1, type=LogIdsUsed, from_json=LogIdsUsed.from_json),
)


@dataclass(slots=True)
class Topics:
    """The table. Only `replay` changes it."""

    by_name: dict[str, TopicMetadata] = field(default_factory=dict)
    by_id: dict[TopicId, TopicMetadata] = field(default_factory=dict)
    next_log_id: int = FIRST_LOG_ID
    replicas_by_node: dict[int, int] = field(default_factory=dict)
    """How many partition replicas each node holds; nodes with none are absent."""

    def replay(self, record: Record) -> bool:
        """Apply one record; False if it is not this table's."""
        match record:
            case TopicCreated():
                invariant(record.name not in self.by_name, f"topic {record.name} created twice")
                self._keep(
                    TopicMetadata(
                        name=record.name,
                        topic_id=TopicId(record.topic_id),
                        partitions=record.partitions,
                        configs=record.configs,
                    )
                )
                self._count(record.partitions, 1)
            case TopicDeleted():
                topic = self.by_id.pop(TopicId(record.topic_id))
                del self.by_name[topic.name]
                self._count(topic.partitions, -1)
            case PartitionsAdded():
                topic = self.by_id[TopicId(record.topic_id)]
                self._keep(replace(topic, partitions=topic.partitions + record.partitions))
                self._count(record.partitions, 1)
            case TopicConfigsSet():
                self._keep(replace(self.by_id[TopicId(record.topic_id)], configs=record.configs))
            case ReplicasSet():
                self._place(record)
            case LogIdsUsed():
                self.next_log_id = max(self.next_log_id, record.next_log_id)
            case _:
                return False
        return True

    def held_by(self, node_id: int) -> list[tuple[TopicMetadata, PartitionMetadata]]:
        """The partitions of which `node_id` keeps a replica, or will."""
        return [
            (topic, partition)
            for topic in self.by_name.values()
            for partition in topic.partitions
            if node_id in partition.holders
        ]

    def _place(self, record: ReplicasSet) -> None:
        topic = self.by_id[TopicId(record.topic_id)]
        partitions = list(topic.partitions)
        for index, replicas, previous in record.partitions:
            old = partitions[index]
            self._count((old,), -1)
            partitions[index] = replace(
                old, leader=replicas[0], replicas=replicas, isr=replicas, previous=previous
            )
            self._count((partitions[index],), 1)
        self._keep(replace(topic, partitions=tuple(partitions)))

    def _keep(self, topic: TopicMetadata) -> None:
        self.by_name[topic.name] = topic
        self.by_id[topic.topic_id] = topic

    def _count(self, partitions: tuple[PartitionMetadata, ...], step: int) -> None:
        for partition in partitions:
            self.next_log_id = max(self.next_log_id, partition.log_id + 1)
            for node in partition.replicas:
                held = self.replicas_by_node.get(node, 0) + step
                if held:
                    self.replicas_by_node[node] = held
                else:
                    self.replicas_by_node.pop(node, None)

    def snapshot(self) -> Iterator[Record]:
        """Records that rebuild this table from nothing."""
        yield LogIdsUsed(next_log_id=self.next_log_id)
        for topic in self.by_name.values():
            yield TopicCreated(
                name=topic.name,
                topic_id=topic.topic_id,
                partitions=topic.partitions,
                configs=topic.configs,
            )
