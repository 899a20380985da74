"""Cluster properties a brand-new cluster starts with: legacy keys of the node file, `.bootstrap.yaml`, a mode."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from engine.config.cluster_config import check_change
from engine.config.errors import ConfigError
from engine.config.node_config import NodeConfig
from engine.config.property import PropertyValue
from engine.config.yaml_file import read_yaml_mapping

DEV_CONTAINER: Mapping[str, PropertyValue] = MappingProxyType(
    {
        "auto_create_topics_enabled": True,
        "group_topic_partitions": 3,
        "storage_min_free_bytes": 10 * 2**20,
        "topic_partitions_per_shard": 1000,
        "fetch_reads_debounce_timeout": 10,
        "group_initial_rebalance_delay": 0,
        "log_segment_size_min": 1,
        "write_caching_default": "true",
    }
)
"""What ``--mode dev-container`` sets."""


def first_start_properties(node: NodeConfig) -> dict[str, PropertyValue]:
    """Typed overrides for a new cluster; `.bootstrap.yaml` wins over legacy keys. Raises `ConfigError`."""
    found = _checked(node.legacy_cluster_properties, node.file, "redpanda.")
    if node.bootstrap_file.exists():
        found |= read_bootstrap(node.bootstrap_file)
    return found


def read_bootstrap(path: Path) -> dict[str, PropertyValue]:
    """The typed properties of a flat ``property: value`` file. Raises `ConfigError`."""
    return _checked(read_yaml_mapping(path), str(path), "")


def _checked(raw: Mapping[str, object], file: str, prefix: str) -> dict[str, PropertyValue]:
    values, _, errors = check_change(raw, ())
    for name, message in errors.items():
        raise ConfigError(file, prefix + name, message, "correct or remove it")
    return values
