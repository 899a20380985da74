"""Every topic config the engine knows, in the order DescribeConfigs reports them. Pure data.

`cluster_default` names the cluster property that supplies the default; `default` stands when the cluster says
nothing. Properties with ``effect="ignored"`` are accepted so that tools written for Apache Kafka do not fail,
and change nothing.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from engine.model.config_value import (
    INT_MAX,
    LONG_MAX,
    ConfigValue,
    Validator,
    boolean,
    decimal,
    integer,
    matching,
    one_of,
    some_of,
    text,
)

PropertyType: TypeAlias = Literal["boolean", "string", "int", "short", "long", "double", "list"]
Effect: TypeAlias = Literal["honoured", "stored", "create_only", "ignored"]

MEBIBYTE = 2**20
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicProperty:
    """One topic config."""

    name: str
    """As Kafka and Redpanda spell it."""
    type: PropertyType
    """What DescribeConfigs reports as its type."""
    default: ConfigValue | None
    """Used when neither the topic nor the cluster sets it; -1 is "off" of the tristate ones; None: not shown."""
    cluster_default: str | None
    """The cluster property that supplies the default."""
    validate: Validator
    documentation: str
    effect: Effect = "honoured"
    """honoured: the engine acts on it; stored: kept for a feature not switched on; create_only; ignored."""

    @property
    def is_list(self) -> bool:
        """Whether IncrementalAlterConfigs may append to it and subtract from it."""
        return self.type == "list"


def _property(
    name: str,
    kind: PropertyType,
    validate: Validator,
    documentation: str,
    *,
    default: ConfigValue | None = None,
    cluster_default: str | None = None,
    effect: Effect = "honoured",
) -> TopicProperty:
    return TopicProperty(
        name=name,
        type=kind,
        default=default,
        cluster_default=cluster_default,
        validate=validate,
        documentation=documentation,
        effect=effect,
    )


_ANY_LONG = integer(-1, LONG_MAX)
_DURATION_MS = integer(0, LONG_MAX)
_LEADERS_PREFERENCE = matching(
    r"none|racks:\s*[A-Za-z0-9._-]+(\s*,\s*[A-Za-z0-9._-]+)*", "none or racks:RACK[,RACK…]"
)
_THROTTLED = matching(
    r"|\*|\d{1,10}:\d{1,10}(\s*,\s*\d{1,10}:\d{1,10})*", "empty, * or a list of PARTITION:BROKER"
)
_SUBJECT_STRATEGY = one_of(
    "TopicNameStrategy",
    "RecordNameStrategy",
    "TopicRecordNameStrategy",
    "io.confluent.kafka.serializers.subject.TopicNameStrategy",
    "io.confluent.kafka.serializers.subject.RecordNameStrategy",
    "io.confluent.kafka.serializers.subject.TopicRecordNameStrategy",
)


def _schema_validation(prefix: str) -> list[TopicProperty]:
    properties = []
    for side in ("key", "value"):
        properties.append(
            _property(
                f"{prefix}.{side}.schema.{'id.' if prefix == 'redpanda' else ''}validation",
                "boolean",
                boolean,
                f"Check the schema id of each record's {side} against the Schema Registry.",
                effect="stored",
            )
        )
        properties.append(
            _property(
                f"{prefix}.{side}.subject.name.strategy",
                "string",
                _SUBJECT_STRATEGY,
                f"How the subject of a record's {side} schema is named.",
                effect="stored",
            )
        )
    return properties


_TABLE: list[TopicProperty] = [
    _property(
        "compression.type",
        "string",
        one_of("producer", "none", "uncompressed", "gzip", "snappy", "lz4", "zstd"),
        "Codec of the topic's batches; producer keeps what arrived.",
        default="producer",
        cluster_default="log_compression_type",
    ),
    _property(
        "cleanup.policy",
        "list",
        some_of("delete", "compact"),
        "What becomes of old segments: delete by retention, compact by key, or both.",
        default=("delete",),
        cluster_default="log_cleanup_policy",
    ),
    _property(
        "segment.bytes",
        "long",
        integer(1, INT_MAX),
        "A segment is rolled at this size; clamped by log_segment_size_min and log_segment_size_max.",
        default=128 * MEBIBYTE,
        cluster_default="log_segment_size",
    ),
    _property(
        "retention.ms",
        "long",
        _ANY_LONG,
        "Age at which records may be deleted; -1 keeps them for ever.",
        default=7 * DAY_MS,
        cluster_default="log_retention_ms",
    ),
    _property(
        "retention.bytes",
        "long",
        _ANY_LONG,
        "Size of a partition above which the oldest segments may be deleted; -1 is no limit.",
        default=-1,
        cluster_default="retention_bytes",
    ),
    _property(
        "message.timestamp.type",
        "string",
        one_of("CreateTime", "LogAppendTime"),
        "Whether a record carries its producer's time or the broker's.",
        default="CreateTime",
        cluster_default="log_message_timestamp_type",
    ),
    _property(
        "max.message.bytes",
        "int",
        integer(0, INT_MAX),
        "The largest record batch accepted, after compression.",
        default=MEBIBYTE,
        cluster_default="kafka_batch_max_bytes",
    ),
    _property(
        "write.caching",
        "boolean",
        boolean,
        "Acknowledge from the page cache, before fsync.",
        default=False,
        cluster_default="write_caching_default",
    ),
    _property(
        "flush.bytes",
        "long",
        integer(1, LONG_MAX),
        "With write.caching: most bytes that stay unflushed.",
        default=256 * 1024,
        cluster_default="raft_replica_max_pending_flush_bytes",
    ),
    _property(
        "flush.ms",
        "long",
        integer(1, LONG_MAX),
        "With write.caching: longest time a write stays unflushed.",
        default=100,
        cluster_default="raft_replica_max_flush_delay_ms",
    ),
    _property(
        "redpanda.remote.read",
        "boolean",
        boolean,
        "Read the topic's old segments from object storage.",
        default=False,
        cluster_default="cloud_storage_enable_remote_read",
        effect="stored",
    ),
    _property(
        "redpanda.remote.write",
        "boolean",
        boolean,
        "Upload the topic's segments to object storage.",
        default=False,
        cluster_default="cloud_storage_enable_remote_write",
        effect="stored",
    ),
    _property(
        "retention.local.target.bytes",
        "long",
        _ANY_LONG,
        "Bytes kept locally of a topic in object storage; -1 is no limit.",
        default=-1,
        cluster_default="retention_local_target_bytes_default",
        effect="stored",
    ),
    _property(
        "retention.local.target.ms",
        "long",
        _ANY_LONG,
        "Age kept locally of a topic in object storage; -1 is no limit.",
        default=DAY_MS,
        cluster_default="retention_local_target_ms_default",
        effect="stored",
    ),
    _property(
        "redpanda.remote.delete",
        "boolean",
        boolean,
        "Delete the topic's objects together with the topic.",
        default=True,
        effect="stored",
    ),
    _property(
        "segment.ms",
        "long",
        _ANY_LONG,
        "A segment is rolled at this age; -1 never; clamped by log_segment_ms_min and log_segment_ms_max.",
        default=14 * DAY_MS,
        cluster_default="log_segment_ms",
    ),
    _property(
        "redpanda.iceberg.mode",
        "string",
        matching(
            r"disabled|key_value|value_schema_id_prefix|value_schema_latest(:[^\s]{1,512})?",
            "one of disabled, key_value, value_schema_id_prefix, value_schema_latest",
        ),
        "How the topic is written to an Iceberg table.",
        default="disabled",
        effect="stored",
    ),
    _property(
        "delete.retention.ms",
        "long",
        _ANY_LONG,
        "How long a compacted topic keeps tombstones after they are clean; -1 for ever.",
        default=DAY_MS,
        cluster_default="tombstone_retention_ms",
    ),
    *_schema_validation("redpanda"),
    *_schema_validation("confluent"),
    _property(
        "initial.retention.local.target.bytes",
        "long",
        _ANY_LONG,
        "Bytes a new replica fetches before it joins; -1 is all.",
        default=-1,
        cluster_default="initial_retention_local_target_bytes_default",
        effect="stored",
    ),
    _property(
        "initial.retention.local.target.ms",
        "long",
        _ANY_LONG,
        "Age of records a new replica fetches before it joins; -1 is all.",
        default=-1,
        cluster_default="initial_retention_local_target_ms_default",
        effect="stored",
    ),
    _property(
        "redpanda.leaders.preference",
        "string",
        _LEADERS_PREFERENCE,
        "Racks that should hold the topic's leaders.",
        default="none",
        cluster_default="default_leaders_preference",
        effect="stored",
    ),
    _property(
        "redpanda.iceberg.delete",
        "boolean",
        boolean,
        "Drop the Iceberg table together with the topic.",
        default=True,
        cluster_default="iceberg_delete",
        effect="stored",
    ),
    _property(
        "redpanda.iceberg.invalid.record.action",
        "string",
        one_of("drop", "dlq_table"),
        "What becomes of records that do not fit the table.",
        effect="stored",
    ),
    _property(
        "redpanda.iceberg.partition.spec",
        "string",
        text,
        "Partitioning of the Iceberg table.",
        effect="stored",
    ),
    _property(
        "redpanda.iceberg.target.lag.ms",
        "long",
        integer(10_000, LONG_MAX),
        "How far the Iceberg table may lag behind the topic.",
        effect="stored",
    ),
    _property(
        "redpanda.remote.allowgaps",
        "boolean",
        boolean,
        "Allow gaps in object storage while uploads are paused.",
        effect="stored",
    ),
    _property(
        "redpanda.storage.mode",
        "string",
        one_of("unset", "local", "tiered", "cloud"),
        "Where the topic's data lives.",
        effect="stored",
    ),
    _property(
        "redpanda.schema.registry.context",
        "string",
        text,
        "The Schema Registry context of the topic's subjects.",
        effect="stored",
    ),
    _property(
        "min.compaction.lag.ms",
        "long",
        _DURATION_MS,
        "Youngest age at which a record may be compacted.",
        default=0,
    ),
    _property(
        "max.compaction.lag.ms",
        "long",
        integer(1, LONG_MAX),
        "Age at which a record must become eligible for compaction.",
        default=LONG_MAX,
    ),
    _property(
        "min.cleanable.dirty.ratio",
        "double",
        decimal(0.0, 1.0),
        "Share of uncompacted bytes at which compaction starts.",
        default=0.5,
    ),
    _property(
        "message.timestamp.before.max.ms",
        "long",
        _DURATION_MS,
        "How far a record's time may lie in the past.",
        default=LONG_MAX,
        cluster_default="log_message_timestamp_before_max_ms",
    ),
    _property(
        "message.timestamp.after.max.ms",
        "long",
        _DURATION_MS,
        "How far a record's time may lie in the future.",
        default=3_600_000,
        cluster_default="log_message_timestamp_after_max_ms",
    ),
    _property(
        "min.insync.replicas",
        "int",
        integer(1, INT_MAX),
        "Accepted; a Raft majority decides.",
        default=1,
    ),
    _property(
        "replication.factor",
        "short",
        integer(1, 32_767),
        "Number of replicas of each partition.",
        effect="create_only",
    ),
    _property(
        "redpanda.remote.recovery",
        "boolean",
        boolean,
        "Create the topic from what object storage holds of it.",
        effect="create_only",
    ),
    _property(
        "redpanda.remote.readreplica",
        "string",
        matching(r"[A-Za-z0-9._-]{1,255}", "a bucket name"),
        "Create a read-only copy of a topic in that bucket.",
        effect="create_only",
    ),
    _property(
        "compaction.strategy",
        "string",
        one_of("offset"),
        "Which of two records of one key survives.",
        effect="create_only",
    ),
]

_ACCEPTED: tuple[tuple[str, PropertyType, Validator], ...] = (
    ("unclean.leader.election.enable", "boolean", boolean),
    ("message.downconversion.enable", "boolean", boolean),
    ("segment.index.bytes", "int", integer(4, INT_MAX)),
    ("segment.jitter.ms", "long", _DURATION_MS),
    ("message.timestamp.difference.max.ms", "long", _DURATION_MS),
    ("message.format.version", "string", text),
    ("leader.replication.throttled.replicas", "list", _THROTTLED),
    ("follower.replication.throttled.replicas", "list", _THROTTLED),
    ("index.interval.bytes", "int", integer(0, INT_MAX)),
    ("flush.messages", "long", integer(1, LONG_MAX)),
    ("file.delete.delay.ms", "long", _DURATION_MS),
    ("preallocate", "boolean", boolean),
    ("remote.storage.enable", "boolean", boolean),
    ("local.retention.ms", "long", integer(-2, LONG_MAX)),
    ("local.retention.bytes", "long", integer(-2, LONG_MAX)),
)

_IGNORED = [
    _property(name, kind, validate, "Accepted for compatibility; changes nothing.", effect="ignored")
    for name, kind, validate in _ACCEPTED
]

TOPIC_PROPERTIES: dict[str, TopicProperty] = {entry.name: entry for entry in _TABLE + _IGNORED}
"""Name → property, in the order DescribeConfigs reports them."""

__all__ = ["TOPIC_PROPERTIES", "Effect", "PropertyType", "TopicProperty"]
