"""A topic's configuration: parsing of single values, and the effective whole the storage and partition rooms obey."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from engine.model.config_value import LONG_MAX, ConfigValue, InvalidConfig, shown
from engine.model.topic_properties import TOPIC_PROPERTIES, TopicProperty

__all__ = [
    "TOPIC_PROPERTIES",
    "InvalidConfig",
    "TopicConfig",
    "TopicProperty",
    "effective_value",
    "format_topic_config",
    "parse_topic_config",
]


def parse_topic_config(name: str, raw: str) -> ConfigValue:
    """The typed value of the topic config `name` given as text.

    A tristate's "off" stays -1; lists become tuples. Raises `InvalidConfig` for an unknown name (with the nearest
    known one) and for a value out of bounds.
    """
    entry = TOPIC_PROPERTIES.get(name)
    if entry is None:
        near = get_close_matches(name[:256], TOPIC_PROPERTIES, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise InvalidConfig(name, f"unknown topic config {shown(name)}{hint}")
    return entry.validate(name, raw)


def format_topic_config(value: object) -> str:
    """A typed value as DescribeConfigs prints it: true/false, comma lists, -1 for null."""
    if value is None:
        return "-1"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)
    if isinstance(value, frozenset):
        return ",".join(sorted(str(item) for item in value))
    return str(value)


def _cluster_value(entry: TopicProperty, cluster: Mapping[str, object]) -> object:
    """The cluster's default in the topic's terms, or the property's own when the cluster says nothing."""
    if entry.cluster_default is None or entry.cluster_default not in cluster:
        return entry.default
    value = cluster[entry.cluster_default]
    if entry.name == "write.caching":
        return value in (True, "true")
    if entry.name == "delete.retention.ms" and value is None:
        return entry.default
    if value is None:
        return -1 if entry.type == "long" else entry.default
    if isinstance(value, str) and entry.is_list:
        return entry.validate(entry.name, value)
    return value


def effective_value(name: str, overrides: Mapping[str, str], cluster: Mapping[str, object]) -> object:
    """The typed value that counts for `name`: the topic's own, else the cluster's, else the property's default.

    `cluster` maps cluster property names to typed values. Raises `InvalidConfig`.
    """
    entry = TOPIC_PROPERTIES.get(name)
    raw = overrides.get(name)
    if raw is not None or entry is None:
        return parse_topic_config(name, raw or "")
    return _cluster_value(entry, cluster)


def _integer(value: object) -> int:
    return value if isinstance(value, int) else 0


def _clamped(value: int, cluster: Mapping[str, object], minimum: str, maximum: str) -> int:
    low, high = cluster.get(minimum), cluster.get(maximum)
    if isinstance(high, int):
        value = min(value, high)
    return max(value, low) if isinstance(low, int) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicConfig:
    """Effective, typed configs of one topic. None means "no limit". Durations are ms, sizes bytes."""

    cleanup_policy: frozenset[str] = frozenset({"delete"})
    compression_type: str = "producer"
    retention_ms: int | None = 604_800_000
    retention_bytes: int | None = None
    segment_bytes: int = 134_217_728
    segment_ms: int | None = 1_209_600_000
    max_message_bytes: int = 1_048_576
    message_timestamp_type: str = "CreateTime"
    message_timestamp_before_max_ms: int = LONG_MAX
    message_timestamp_after_max_ms: int = 3_600_000
    delete_retention_ms: int | None = 86_400_000
    min_compaction_lag_ms: int = 0
    max_compaction_lag_ms: int = LONG_MAX
    min_cleanable_dirty_ratio: float = 0.5
    write_caching: bool = False
    flush_ms: int = 100
    flush_bytes: int = 262_144
    min_insync_replicas: int = 1

    @property
    def compacted(self) -> bool:
        """Whether the log keeps the latest record of each key."""
        return "compact" in self.cleanup_policy

    @property
    def deletes(self) -> bool:
        """Whether retention removes old segments."""
        return "delete" in self.cleanup_policy

    @classmethod
    def resolve(cls, overrides: Mapping[str, str], cluster: Mapping[str, object]) -> "TopicConfig":
        """The effective configs of a topic whose own settings are `overrides` (name → text).

        `cluster` maps cluster property names to typed values; what it lacks takes the property's default.
        Raises `InvalidConfig` when an override does not parse.
        """

        def value(name: str) -> object:
            return effective_value(name, overrides, cluster)

        def number(name: str) -> int:
            return _integer(value(name))

        def limit(name: str) -> int | None:
            found = value(name)
            return found if isinstance(found, int) and found >= 0 else None

        segment_ms = limit("segment.ms")
        if segment_ms is not None:
            segment_ms = _clamped(segment_ms, cluster, "log_segment_ms_min", "log_segment_ms_max")
        policy = value("cleanup.policy")
        segment_bytes = number("segment.bytes")
        compacted_bytes = cluster.get("compacted_log_segment_size")
        if "segment.bytes" not in overrides and isinstance(policy, (tuple, list)) and "compact" in policy:
            segment_bytes = compacted_bytes if isinstance(compacted_bytes, int) else segment_bytes
        ratio = value("min.cleanable.dirty.ratio")
        compression = str(value("compression.type"))
        return cls(
            cleanup_policy=frozenset(policy) if isinstance(policy, (tuple, list)) else frozenset({"delete"}),
            compression_type="none" if compression == "uncompressed" else compression,
            retention_ms=limit("retention.ms"),
            retention_bytes=limit("retention.bytes"),
            segment_bytes=_clamped(segment_bytes, cluster, "log_segment_size_min", "log_segment_size_max"),
            segment_ms=segment_ms,
            max_message_bytes=number("max.message.bytes"),
            message_timestamp_type=str(value("message.timestamp.type")),
            message_timestamp_before_max_ms=number("message.timestamp.before.max.ms"),
            message_timestamp_after_max_ms=number("message.timestamp.after.max.ms"),
            delete_retention_ms=limit("delete.retention.ms"),
            min_compaction_lag_ms=number("min.compaction.lag.ms"),
            max_compaction_lag_ms=number("max.compaction.lag.ms"),
            min_cleanable_dirty_ratio=float(ratio) if isinstance(ratio, (int, float)) else 0.5,
            write_caching=cluster.get("write_caching_default") != "disabled"
            and value("write.caching") is True,
            flush_ms=number("flush.ms"),
            flush_bytes=number("flush.bytes"),
            min_insync_replicas=number("min.insync.replicas"),
        )
