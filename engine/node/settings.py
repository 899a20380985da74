"""Cluster properties → the rooms' own limits. One function a room; called at start and after each change."""

from collections.abc import Mapping

from engine.config.cluster_config import ClusterConfig
from engine.config.property import PropertyValue
from engine.controller.records import Json
from engine.coordinator.config import GroupConfig
from engine.kafka.limits import KafkaLimits
from engine.net.limits import NetLimits
from engine.node.memory import MemoryPlan
from engine.storage.config import StorageConfig


def _limit(config: ClusterConfig, name: str) -> int | None:
    value = config.get(name)
    return value if isinstance(value, int) else None


def group_config(config: ClusterConfig) -> GroupConfig:
    """The coordinator's."""
    retention_sec = _limit(config, "group_offset_retention_sec")
    return GroupConfig(
        initial_rebalance_delay_ms=config.integer("group_initial_rebalance_delay"),
        min_session_timeout_ms=config.integer("group_min_session_timeout_ms"),
        max_session_timeout_ms=config.integer("group_max_session_timeout_ms"),
        new_member_join_timeout_ms=config.integer("group_new_member_join_timeout"),
        offset_retention_ms=None if retention_sec is None else retention_sec * 1000,
        offset_expiry_interval_ms=config.integer("group_offset_retention_check_ms"),
    )


def net_limits(config: ClusterConfig, memory: MemoryPlan) -> NetLimits:
    """The network's."""
    return NetLimits(
        request_bytes_max=min(config.integer("kafka_request_max_bytes"), memory.network_bytes),
        memory_bytes_max=memory.network_bytes,
        connections_max=_limit(config, "kafka_connections_max"),
        connections_per_ip_max=_limit(config, "kafka_connections_max_per_ip"),
    )


def kafka_limits(config: ClusterConfig) -> KafkaLimits:
    """The Kafka API's."""
    topics = config.get("kafka_noproduce_topics")
    return KafkaLimits(
        noproduce_topics=frozenset(map(str, topics)) if isinstance(topics, (list, tuple)) else frozenset(),
        fetch_bytes_max=config.integer("fetch_max_bytes"),
        bytes_in_per_second=_limit(config, "kafka_throughput_limit_node_in_bps"),
        bytes_out_per_second=_limit(config, "kafka_throughput_limit_node_out_bps"),
        throttle_ms_max=config.integer("max_kafka_throttle_delay_ms"),
    )


def storage_config(config: ClusterConfig, memory: MemoryPlan) -> StorageConfig:
    """The storage's."""
    return StorageConfig(
        min_free_bytes=config.integer("storage_min_free_bytes"),
        pending_bytes_max=memory.pending_bytes,
        compaction_map_bytes_max=memory.compaction_bytes,
    )


def as_json(values: Mapping[str, PropertyValue]) -> dict[str, Json]:
    """Typed property values as the controller's log keeps them."""
    return {name: list(value) if isinstance(value, list) else value for name, value in values.items()}
