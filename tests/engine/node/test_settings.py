from dataclasses import fields

from engine.config.cluster_config import ClusterConfig
from engine.coordinator.config import GroupConfig
from engine.kafka.limits import KafkaLimits
from engine.net.limits import NetLimits
from engine.node.memory import MEBIBYTE, available_bytes, plan_memory
from engine.node.readiness import process_age_s, ready_line
from engine.node.settings import as_json, group_config, kafka_limits, net_limits, storage_config


def test_properties_reach_the_rooms():
    config = ClusterConfig(
        {
            "group_initial_rebalance_delay": 7,
            "group_offset_retention_sec": None,
            "kafka_connections_max": 5,
            "kafka_request_max_bytes": 2048,
            "storage_min_free_bytes": 20 * MEBIBYTE,
        }
    )
    plan = plan_memory(512 * MEBIBYTE)
    assert group_config(config).initial_rebalance_delay_ms == 7
    assert group_config(config).offset_retention_ms is None
    assert net_limits(config, plan).connections_max == 5
    assert net_limits(config, plan).request_bytes_max == 2048
    assert storage_config(config, plan).min_free_bytes == 20 * MEBIBYTE
    assert {entry.name for entry in fields(GroupConfig)} > {"initial_rebalance_delay_ms"}


def test_properties_reach_the_kafka_room():
    config = ClusterConfig()
    assert kafka_limits(config) == KafkaLimits()
    config.replace(
        {
            "kafka_noproduce_topics": ["audit"],
            "fetch_max_bytes": 5000,
            "kafka_throughput_limit_node_in_bps": 7,
            "kafka_throughput_limit_node_out_bps": 8,
            "max_kafka_throttle_delay_ms": 9,
        },
        1,
    )
    assert kafka_limits(config) == KafkaLimits(
        noproduce_topics=frozenset({"audit"}),
        fetch_bytes_max=5000,
        bytes_in_per_second=7,
        bytes_out_per_second=8,
        throttle_ms_max=9,
    )


def test_memory_shares_fit_into_the_bound():
    plan = plan_memory(256 * MEBIBYTE)
    assert plan.network_bytes + plan.pending_bytes + plan.compaction_bytes < plan.limit_bytes
    large = plan_memory(None)
    assert large.limit_bytes == available_bytes()
    assert large.network_bytes <= NetLimits().memory_bytes_max


def test_the_ready_line_is_stable():
    line = ready_line(3, ["127.0.0.1:1", "127.0.0.1:2"], ["127.0.0.1:3"], 0.1184)
    assert line.startswith(
        "redpanda ready: node 3 kafka 127.0.0.1:1,127.0.0.1:2 admin 127.0.0.1:3 in 118 ms pid "
    )


def test_the_process_has_an_age():
    assert 0 < process_age_s() < 1_000_000


def test_json_values():
    assert as_json({"a": 1, "b": ["x"], "c": None}) == {"a": 1, "b": ["x"], "c": None}
