"""The cluster properties that decisions depend on, taken from the effective values once per command."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from engine.model.topic_name import CONSUMER_OFFSETS

TOPIC_CONFIG_CHARS_MAX = 65_536
"""All configs of one topic, names and values together, in characters: one record of the log stays one batch."""


def _integer(properties: Mapping[str, object], name: str, default: int) -> int:
    value = properties.get(name)
    return value if isinstance(value, int) else default


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Defaults and bounds for topics; the defaults here are those of the property table."""

    default_partitions: int = 1
    default_replication_factor: int = 1
    minimum_replication_factor: int = 1
    internal_replication_factor: int = 3
    group_topic_partitions: int = 16
    partitions_per_shard: int = 1000
    delete_topic_enable: bool = True
    nodelete_topics: frozenset[str] = frozenset({"_redpanda.audit_log", CONSUMER_OFFSETS, "_schemas"})

    @classmethod
    def of(cls, properties: Mapping[str, object]) -> Self:
        """From cluster property names and their effective typed values; what is missing takes the default."""
        nodelete = properties.get("kafka_nodelete_topics")
        return cls(
            default_partitions=_integer(properties, "default_topic_partitions", 1),
            default_replication_factor=_integer(properties, "default_topic_replications", 1),
            minimum_replication_factor=_integer(properties, "minimum_topic_replications", 1),
            internal_replication_factor=_integer(properties, "internal_topic_replication_factor", 3),
            group_topic_partitions=_integer(properties, "group_topic_partitions", 16),
            partitions_per_shard=_integer(properties, "topic_partitions_per_shard", 1000),
            delete_topic_enable=properties.get("delete_topic_enable") is not False,
            nodelete_topics=frozenset(str(name) for name in nodelete)
            if isinstance(nodelete, (list, tuple, set, frozenset))
            else frozenset({"_redpanda.audit_log", CONSUMER_OFFSETS, "_schemas"}),
        )
