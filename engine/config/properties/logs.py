"""Properties of the log: segments, retention, compaction, flushing, disk space."""

from engine.config.properties.make import (
    DAY_MS,
    GIBIBYTE,
    INT_MAX,
    KIBIBYTE,
    LONG_MAX,
    MEBIBYTE,
    on,
    whole,
    words,
)
from engine.config.property import PropertyValue


def _cleanup_policy(value: PropertyValue) -> str | None:
    policies = [word.strip() for word in str(value).split(",")]
    if set(policies) <= {"delete", "compact"} and len(set(policies)) == len(policies):
        return None
    return f"out of range: '{str(value)[:100]}' (delete, compact or \"compact,delete\")"


def _minus_one_or_more(value: PropertyValue) -> str | None:
    return None if value is None or (isinstance(value, int) and value >= -1) else f"out of range: '{value}'"


PROPERTIES = (
    whole(
        "log_segment_size",
        128 * MEBIBYTE,
        "Default of segment.bytes.",
        minimum=1,
        maximum=INT_MAX,
        units="bytes",
    ),
    whole(
        "log_segment_size_min",
        MEBIBYTE,
        "Smallest segment.bytes in effect.",
        minimum=1,
        nullable=True,
        units="bytes",
    ),
    whole("log_segment_size_max", None, "Largest segment.bytes in effect.", minimum=1, units="bytes"),
    whole(
        "compacted_log_segment_size",
        256 * MEBIBYTE,
        "Segment size of compacted topics that do not set segment.bytes.",
        minimum=MEBIBYTE,
        units="bytes",
    ),
    whole(
        "log_segment_ms",
        14 * DAY_MS,
        "Default of segment.ms.",
        minimum=60_000,
        nullable=True,
        units="milliseconds",
    ),
    whole("log_segment_ms_min", 600_000, "Smallest segment.ms in effect.", units="milliseconds"),
    whole(
        "log_segment_ms_max", 365 * DAY_MS, "Largest segment.ms in effect.", minimum=1, units="milliseconds"
    ),
    words("log_cleanup_policy", "delete", "Default of cleanup.policy.", refuse=_cleanup_policy),
    words(
        "log_compression_type",
        "producer",
        "Default of compression.type.",
        allowed=("none", "gzip", "snappy", "lz4", "zstd", "producer"),
    ),
    words(
        "log_message_timestamp_type",
        "CreateTime",
        "Default of message.timestamp.type.",
        allowed=("CreateTime", "LogAppendTime"),
    ),
    whole(
        "log_retention_ms",
        7 * DAY_MS,
        "Default of retention.ms; -1 or null keeps records for ever.",
        minimum=-1,
        nullable=True,
        units="milliseconds",
        aliases=("delete_retention_ms",),
        refuse=_minus_one_or_more,
    ),
    whole(
        "retention_bytes", None, "Default of retention.bytes; null is no limit.", minimum=-1, units="bytes"
    ),
    whole(
        "log_compaction_interval_ms",
        10_000,
        "How often retention and compaction look at the logs.",
        minimum=1,
        maximum=DAY_MS,
        units="milliseconds",
    ),
    whole("tombstone_retention_ms", None, "Default of delete.retention.ms.", minimum=1, units="milliseconds"),
    whole(
        "log_message_timestamp_before_max_ms",
        LONG_MAX,
        "How far in the past a record's time may lie.",
        units="milliseconds",
    ),
    whole(
        "log_message_timestamp_after_max_ms",
        3_600_000,
        "How far in the future a record's time may lie.",
        units="milliseconds",
    ),
    whole(
        "raft_replica_max_pending_flush_bytes",
        256 * KIBIBYTE,
        "Default of flush.bytes.",
        minimum=1,
        nullable=True,
        units="bytes",
    ),
    whole(
        "raft_replica_max_flush_delay_ms",
        100,
        "Default of flush.ms.",
        minimum=1,
        units="milliseconds",
        visibility="tunable",
    ),
    words(
        "write_caching_default",
        "false",
        "Acknowledge before fsync; disabled overrides the topics' write.caching.",
        allowed=("true", "false", "disabled"),
    ),
    whole(
        "storage_min_free_bytes",
        5 * GIBIBYTE,
        "Below this much free disk space writes are refused.",
        minimum=10 * MEBIBYTE,
        units="bytes",
        visibility="tunable",
    ),
    whole(
        "storage_space_alert_free_threshold_percent",
        5,
        "Below this share of free disk space the alert metric says low.",
        maximum=50,
        units="percent",
        visibility="tunable",
    ),
    on("space_management_enable", "Trim logs early when the disk fills up."),
)
