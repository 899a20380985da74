"""What other rooms show the metrics at scrape time: plain samples, asked for by a callable each.

The node fills a `MetricsSources`; a source left out yields nothing. All are called on the shard's loop thread.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.metrics.kafka import KafkaMetrics, PartitionCounters


class PartitionSample(NamedTuple):
    """One partition led here."""

    namespace: str
    topic: str
    partition: int
    high_watermark: int
    log_start_offset: int
    size_bytes: int
    segments: int
    counters: PartitionCounters


class GroupSample(NamedTuple):
    """One consumer group coordinated here."""

    group: str
    members: int
    offsets: dict[tuple[str, int], int]
    """(topic, partition) → committed offset."""


class TopicSample(NamedTuple):
    """One topic of the cluster."""

    namespace: str
    topic: str
    partitions: int
    replication_factor: int


class ClusterSample(NamedTuple):
    """The cluster as this broker sees it."""

    brokers: int
    topics: int
    partitions: int
    unavailable_partitions: int


class DiskSample(NamedTuple):
    """The data directory's file system."""

    total_bytes: int
    free_bytes: int
    alert: int
    """0 fine, 1 low, 2 so low that writes are refused."""


class FlushSample(NamedTuple):
    """The write-ahead log since start."""

    flushes: int
    flushed_bytes: int


@dataclass(slots=True, kw_only=True)
class MetricsSources:
    """Everything one shard exposes."""

    kafka: KafkaMetrics
    version: str
    revision: str = ""
    started: float = 0.0
    """Reading of the monotonic clock at process start, in seconds."""
    memory_limit_bytes: int = 0
    partitions: Callable[[], Iterable[PartitionSample]] = field(default=lambda: ())
    groups: Callable[[], Iterable[GroupSample]] = field(default=lambda: ())
    topics: Callable[[], Iterable[TopicSample]] = field(default=lambda: ())
    cluster: Callable[[], ClusterSample | None] = field(default=lambda: None)
    disk: Callable[[], DiskSample | None] = field(default=lambda: None)
    flush: Callable[[], FlushSample | None] = field(default=lambda: None)
    log_lines_dropped: Callable[[], int] = field(default=lambda: 0)
    """Lines for standard error that nobody read in time."""
    aggregate: Callable[[], bool] = field(default=lambda: False)
    """Whether partition labels are to be dropped (`aggregate_metrics`)."""
