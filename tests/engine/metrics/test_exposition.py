from prometheus_client.parser import text_string_to_metric_families

from engine.metrics import family as family_module
from engine.metrics.exposition import render
from engine.metrics.internal import internal_families
from engine.metrics.kafka import KafkaMetrics, PartitionCounters
from engine.metrics.public import public_families
from engine.metrics.sources import (
    ClusterSample,
    DiskSample,
    FlushSample,
    GroupSample,
    MetricsSources,
    PartitionSample,
    TopicSample,
)


def sources(**changes):
    kafka = KafkaMetrics()
    kafka.answered(0, 0.001)
    kafka.answered(1, 0.5)
    counters = PartitionCounters()
    counters.produced_bytes, counters.produced_records = 100, 10
    values = {
        "kafka": kafka,
        "version": "v1.2.3",
        "partitions": lambda: [PartitionSample("kafka", "t", p, 42, 2, 100, 1, counters) for p in range(2)],
        "groups": lambda: [GroupSample('g\n"x', 2, {("t", 0): 40, ("gone", 0): 3})],
        "topics": lambda: [TopicSample("kafka", "t", 2, 1)],
        "cluster": lambda: ClusterSample(1, 1, 2, 0),
        "disk": lambda: DiskSample(1000, 500, 0),
        "flush": lambda: FlushSample(3, 300),
    }
    return MetricsSources(**{**values, **changes})


def parsed(text):
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for found in text_string_to_metric_families(text.decode())
        for sample in found.samples
    }


def test_public_names_labels_and_values():
    found = parsed(render(public_families(sources()), prefix="redpanda"))
    place = (("redpanda_namespace", "kafka"), ("redpanda_partition", "0"), ("redpanda_topic", "t"))
    assert found["redpanda_kafka_max_offset", place] == 42
    assert found["redpanda_kafka_records_produced_total", place] == 10
    produced = tuple(sorted((*place, ("redpanda_request", "produce"))))
    assert found["redpanda_kafka_request_bytes_total", produced] == 100
    group = (("redpanda_group", 'g\n"x'),)
    assert found["redpanda_kafka_consumer_group_lag_sum", group] == 2
    assert found["redpanda_kafka_consumer_group_consumers", group] == 2
    assert found["redpanda_kafka_request_latency_seconds_count", (("redpanda_request", "produce"),)] == 1
    assert found["redpanda_cluster_partitions", ()] == 2
    assert found["redpanda_storage_disk_free_bytes", ()] == 500
    assert ("redpanda_application_uptime_seconds_total", ()) in found
    assert all(name.startswith("redpanda_") for name, _ in found)


def test_help_and_type_lines():
    text = render(public_families(sources()), prefix="redpanda").decode()
    assert "# TYPE redpanda_kafka_request_latency_seconds histogram" in text
    assert "# TYPE redpanda_kafka_records_produced_total counter" in text
    assert "# HELP redpanda_cluster_brokers" in text


def test_aggregation_drops_partition_labels():
    text = render(public_families(sources(aggregate=lambda: True)), prefix="redpanda")
    found = parsed(text)
    place = (("redpanda_namespace", "kafka"), ("redpanda_topic", "t"))
    assert found["redpanda_kafka_records_produced_total", place] == 20
    assert b'redpanda_partition="1"' not in text


def test_internal_names():
    found = parsed(render(internal_families(sources(), lambda key: f"api_{key}"), prefix="vectorized"))
    assert found["vectorized_kafka_handler_requests_total", (("handler", "api_1"),)] == 1
    assert found["vectorized_storage_flushes_total", ()] == 3
    assert all(name.startswith("vectorized_") for name, _ in found)


def test_series_are_bounded(monkeypatch):
    monkeypatch.setattr(family_module, "SERIES_MAX", 1)
    found = parsed(render(public_families(sources()), prefix="redpanda"))
    assert found["redpanda_metrics_left_out", ()] > 0


def test_without_sources():
    empty = MetricsSources(kafka=KafkaMetrics(), version="v0")
    assert parsed(render(public_families(empty), prefix="redpanda"))
    assert parsed(render(internal_families(empty, str), prefix="vectorized"))
