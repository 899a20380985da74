"""/public_metrics: the `redpanda_` families, names and labels as Redpanda's public metrics reference has them."""

import time
from collections import defaultdict

from engine.metrics.family import Family, single
from engine.metrics.histogram import LatencyHistogram
from engine.metrics.process import cpu_seconds, resident_bytes
from engine.metrics.sources import GroupSample, MetricsSources, PartitionSample

PRODUCE, FETCH = 0, 1
_EMPTY = LatencyHistogram()


def public_families(sources: MetricsSources) -> list[Family]:
    """All public families at this instant."""
    partitions = list(sources.partitions())
    watermarks = {(sample.topic, sample.partition): sample.high_watermark for sample in partitions}
    return [
        *_process(sources),
        *_cluster(sources),
        *_disk(sources),
        *_requests(sources),
        *_topics(sources),
        *_partitions(partitions, aggregate=sources.aggregate()),
        *_groups(list(sources.groups()), watermarks),
    ]


def _process(sources: MetricsSources) -> list[Family]:
    resident = resident_bytes()
    shard = {"shard": "0"}
    return [
        single(
            "redpanda_application_uptime_seconds_total",
            "gauge",
            "Seconds since the broker started.",
            time.monotonic() - sources.started,
        ),
        single(
            "redpanda_application_build",
            "gauge",
            "The build that runs.",
            1,
            {"redpanda_version": sources.version, "redpanda_revision": sources.revision},
        ),
        single("redpanda_cpu_busy_seconds_total", "gauge", "CPU time used.", cpu_seconds(), shard),
        single("redpanda_memory_allocated_memory", "gauge", "Resident memory in bytes.", resident, shard),
        single(
            "redpanda_memory_free_memory",
            "gauge",
            "Bytes left below the memory limit.",
            max(sources.memory_limit_bytes - resident, 0),
            shard,
        ),
    ]


def _cluster(sources: MetricsSources) -> list[Family]:
    cluster = sources.cluster()
    if cluster is None:
        return []
    return [
        single("redpanda_cluster_brokers", "gauge", "Brokers of the cluster.", cluster.brokers),
        single("redpanda_cluster_topics", "gauge", "Topics of the cluster.", cluster.topics),
        single("redpanda_cluster_partitions", "gauge", "Partitions of the cluster.", cluster.partitions),
        single(
            "redpanda_cluster_unavailable_partitions",
            "gauge",
            "Partitions without a leader.",
            cluster.unavailable_partitions,
        ),
    ]


def _disk(sources: MetricsSources) -> list[Family]:
    disk = sources.disk()
    if disk is None:
        return []
    return [
        single("redpanda_storage_disk_total_bytes", "gauge", "Size of the data disk.", disk.total_bytes),
        single("redpanda_storage_disk_free_bytes", "gauge", "Free bytes of the data disk.", disk.free_bytes),
        single(
            "redpanda_storage_disk_free_space_alert",
            "gauge",
            "0 fine, 1 low, 2 writes are refused.",
            disk.alert,
        ),
    ]


def _requests(sources: MetricsSources) -> list[Family]:
    kafka = sources.kafka
    latency = Family(
        "redpanda_kafka_request_latency_seconds", "histogram", "Time from a request to its answer."
    )
    seen = kafka.latencies()
    latency.add_histogram(seen.get(PRODUCE, _EMPTY), {"redpanda_request": "produce"})
    latency.add_histogram(seen.get(FETCH, _EMPTY), {"redpanda_request": "consume"})
    server = {"redpanda_server": "kafka"}
    return [
        latency,
        single(
            "redpanda_rpc_active_connections", "gauge", "Open connections.", kafka.connections_open, server
        ),
        single(
            "redpanda_rpc_request_errors_total",
            "counter",
            "Requests that closed their connection.",
            kafka.request_errors,
            server,
        ),
    ]


def _topics(sources: MetricsSources) -> list[Family]:
    partitions = Family("redpanda_kafka_partitions", "gauge", "Partitions of a topic.")
    replicas = Family("redpanda_kafka_replicas", "gauge", "Replicas of a topic's partitions.")
    for sample in sources.topics():
        labels = {"redpanda_namespace": sample.namespace, "redpanda_topic": sample.topic}
        partitions.add(sample.partitions, labels)
        replicas.add(sample.replication_factor, labels)
    return [partitions, replicas]


def _partitions(samples: list[PartitionSample], *, aggregate: bool) -> list[Family]:
    offset = Family("redpanda_kafka_max_offset", "gauge", "High watermark of a partition.")
    replicas = Family(
        "redpanda_kafka_under_replicated_replicas", "gauge", "Replicas that lag behind their leader."
    )
    produced = Family("redpanda_kafka_records_produced_total", "counter", "Records produced.")
    fetched = Family("redpanda_kafka_records_fetched_total", "counter", "Records fetched.")
    traffic = Family("redpanda_kafka_request_bytes_total", "counter", "Bytes produced and consumed.")
    sums: dict[tuple[str, str, str | None], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for sample in samples:
        labels = {
            "redpanda_namespace": sample.namespace,
            "redpanda_topic": sample.topic,
            "redpanda_partition": str(sample.partition),
        }
        if not aggregate:
            offset.add(sample.high_watermark, labels)
            replicas.add(0, labels)
        entry = sums[sample.namespace, sample.topic, None if aggregate else str(sample.partition)]
        counters = sample.counters
        entry[0] += counters.produced_records
        entry[1] += counters.fetched_records
        entry[2] += counters.produced_bytes
        entry[3] += counters.fetched_bytes
    for (namespace, topic, partition), values in sums.items():
        labels = {"redpanda_namespace": namespace, "redpanda_topic": topic}
        if partition is not None:
            labels["redpanda_partition"] = partition
        produced.add(values[0], labels)
        fetched.add(values[1], labels)
        traffic.add(values[2], {**labels, "redpanda_request": "produce"})
        traffic.add(values[3], {**labels, "redpanda_request": "consume"})
    return [offset, replicas, produced, fetched, traffic]


def _groups(samples: list[GroupSample], watermarks: dict[tuple[str, int], int]) -> list[Family]:
    committed = Family(
        "redpanda_kafka_consumer_group_committed_offset", "gauge", "Offset a group has committed."
    )
    consumers = Family("redpanda_kafka_consumer_group_consumers", "gauge", "Members of a group.")
    topics = Family("redpanda_kafka_consumer_group_topics", "gauge", "Topics a group has offsets of.")
    lag_max = Family("redpanda_kafka_consumer_group_lag_max", "gauge", "Largest lag of a group's partitions.")
    lag_sum = Family("redpanda_kafka_consumer_group_lag_sum", "gauge", "Lag of a group over all partitions.")
    for sample in samples:
        group = {"redpanda_group": sample.group}
        consumers.add(sample.members, group)
        topics.add(len({topic for topic, _ in sample.offsets}), group)
        lags = [0]
        for (topic, partition), offset in sample.offsets.items():
            committed.add(offset, {**group, "redpanda_topic": topic, "redpanda_partition": str(partition)})
            lags.append(max(watermarks.get((topic, partition), offset) - offset, 0))
        lag_max.add(max(lags), group)
        lag_sum.add(sum(lags), group)
    return [committed, consumers, topics, lag_max, lag_sum]
