"""/metrics: the `vectorized_` families, finer grained and for the engine's own people."""

import gc
import time
from collections.abc import Callable, Iterable

from engine.metrics.family import Family, single
from engine.metrics.process import cpu_seconds, resident_bytes
from engine.metrics.sources import MetricsSources, PartitionSample


def internal_families(sources: MetricsSources, api_name: Callable[[int], str]) -> list[Family]:
    """All internal families at this instant; `api_name` names a Kafka API key."""
    kafka = sources.kafka
    latency = Family("vectorized_kafka_handler_latency_seconds", "histogram", "Request time by API.")
    requests = Family("vectorized_kafka_handler_requests_total", "counter", "Requests answered, by API.")
    for api_key, histogram in sorted(kafka.latencies().items()):
        labels = {"handler": api_name(api_key)}
        latency.add_histogram(histogram, labels)
        requests.add(kafka.requests[api_key], labels)
    return [
        single(
            "vectorized_application_uptime",
            "gauge",
            "Milliseconds since the broker started.",
            (time.monotonic() - sources.started) * 1000,
        ),
        single(
            "vectorized_application_build",
            "gauge",
            "The build that runs.",
            1,
            {"version": sources.version, "revision": sources.revision},
        ),
        single(
            "vectorized_reactor_cpu_busy_ms", "gauge", "CPU time used.", cpu_seconds() * 1000, {"shard": "0"}
        ),
        single(
            "vectorized_memory_allocated_memory", "gauge", "Resident bytes.", resident_bytes(), {"shard": "0"}
        ),
        _collections(),
        single(
            "vectorized_application_log_lines_dropped_total",
            "counter",
            "Log lines dropped because standard error was not read.",
            sources.log_lines_dropped(),
        ),
        latency,
        requests,
        *_connections(sources),
        *_storage(sources),
        *_partitions(sources.partitions()),
    ]


def _collections() -> Family:
    found = Family("vectorized_memory_collections_total", "counter", "Garbage collections by generation.")
    for generation, stats in enumerate(gc.get_stats()):
        found.add(stats["collections"], {"generation": str(generation)})
    return found


def _connections(sources: MetricsSources) -> list[Family]:
    kafka = sources.kafka
    return [
        single(
            "vectorized_kafka_rpc_active_connections", "gauge", "Open connections.", kafka.connections_open
        ),
        single(
            "vectorized_kafka_rpc_connects_total",
            "counter",
            "Connections accepted.",
            kafka.connections_accepted,
        ),
        single(
            "vectorized_kafka_rpc_connections_rejected_total",
            "counter",
            "Connections refused.",
            kafka.connections_refused,
        ),
        single(
            "vectorized_kafka_rpc_received_bytes_total", "counter", "Bytes received.", kafka.received_bytes
        ),
        single("vectorized_kafka_rpc_sent_bytes_total", "counter", "Bytes sent.", kafka.sent_bytes),
    ]


def _storage(sources: MetricsSources) -> list[Family]:
    found = []
    disk = sources.disk()
    if disk is not None:
        found.append(
            single("vectorized_storage_disk_total_bytes", "gauge", "Size of the data disk.", disk.total_bytes)
        )
        found.append(
            single(
                "vectorized_storage_disk_free_bytes", "gauge", "Free bytes of the data disk.", disk.free_bytes
            )
        )
    flush = sources.flush()
    if flush is not None:
        found.append(
            single(
                "vectorized_storage_flushes_total", "counter", "Group commits, one sync each.", flush.flushes
            )
        )
        found.append(
            single(
                "vectorized_storage_flushed_bytes_total",
                "counter",
                "Bytes made durable.",
                flush.flushed_bytes,
            )
        )
    return found


def _partitions(samples: Iterable[PartitionSample]) -> list[Family]:
    columns: list[tuple[Family, Callable[[PartitionSample], int]]] = [
        (
            Family("vectorized_cluster_partition_high_watermark", "gauge", "High watermark."),
            lambda sample: sample.high_watermark,
        ),
        (
            Family("vectorized_cluster_partition_start_offset", "gauge", "First offset kept."),
            lambda sample: sample.log_start_offset,
        ),
        (
            Family("vectorized_storage_log_partition_size", "gauge", "Bytes on disk."),
            lambda sample: sample.size_bytes,
        ),
        (
            Family("vectorized_storage_log_log_segments_active", "gauge", "Segments."),
            lambda sample: sample.segments,
        ),
    ]
    for sample in samples:
        labels = {"namespace": sample.namespace, "topic": sample.topic, "partition": str(sample.partition)}
        for family, read in columns:
            family.add(read(sample), labels)
    return [family for family, _ in columns]
