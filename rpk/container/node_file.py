"""The two files a local broker reads: redpanda.yaml, and cluster properties for its first start."""

from __future__ import annotations

import os

from rpk.config.keys import suggestion
from rpk.container.addresses import HOST
from rpk.out.errors import UsageError
from rpk.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from rpk.container.cluster import Cluster, Node

# What makes a laptop pleasant; durability stays as it is in production.
LOCAL_PROPERTIES: dict[str, object] = {
    "auto_create_topics_enabled": True,
    "group_initial_rebalance_delay": 0,
    "group_topic_partitions": 3,
    "storage_min_free_bytes": 10 << 20,
    "topic_partitions_per_shard": 5000,
    "fetch_reads_debounce_timeout": 10,
    "log_segment_size_min": 1,
}


def write(cluster: Cluster, node: Node, *, listen: str = HOST) -> str:
    """Write both files; the path of redpanda.yaml. UsageError as `check`."""
    directory = cluster.node_directory(node)
    os.makedirs(directory, mode=0o700, exist_ok=True)
    document: dict[str, Any] = {
        "redpanda": {
            "data_directory": os.path.join(directory, "data"),
            "node_id": node.node_id,
            "developer_mode": True,
            "kafka_api": [_listener(node.ports.kafka, listen)],
            "advertised_kafka_api": [_listener(node.ports.kafka)],
            "admin": [_listener(node.ports.admin, listen)],
            "rpc_server": _listener(node.ports.rpc),
            "advertised_rpc_api": _listener(node.ports.rpc),
            "seed_servers": [
                {"host": _listener(each.ports.rpc)} for each in cluster.nodes[1:] and cluster.nodes
            ],
        }
    }
    properties, node_texts = split(cluster.settings)
    if len(cluster.nodes) > 1:
        properties = {"default_topic_replications": min(3, len(cluster.nodes)), **properties}
    document = _applied(document, node_texts)
    import yaml

    files.write_text(
        os.path.join(directory, ".bootstrap.yaml"), yaml.safe_dump({**LOCAL_PROPERTIES, **properties})
    )
    path = os.path.join(directory, "redpanda.yaml")
    files.write_text(path, yaml.safe_dump(document, sort_keys=False))
    return path


def check(texts: Iterable[str]) -> None:
    """Raise UsageError for a `--set` that names nothing known or has a value its property refuses."""
    _, node_texts = split(texts)
    _applied({"redpanda": {}}, node_texts)


def split(texts: Iterable[str]) -> tuple[dict[str, object], list[str]]:
    """`--set KEY=VALUE` texts as cluster properties, typed, and the texts left for the node file.

    A cluster property may carry the prefix `redpanda.`; any other key is a dotted path into redpanda.yaml.
    """
    from engine.config.cluster_config import PROPERTY_NAMES, coerce_property
    from engine.config.errors import InvalidProperty

    properties: dict[str, object] = {}
    node_texts: list[str] = []
    for text in texts:
        key, equals, raw = text.partition("=")
        if not equals or not key:
            raise UsageError(
                f"--set {text}: not KEY=VALUE", hint="for example --set auto_create_topics_enabled=false"
            )
        name = key.strip().removeprefix("redpanda.")
        if name in PROPERTY_NAMES:
            try:
                properties[name] = coerce_property(name, _value(text, raw))
            except InvalidProperty as error:
                raise UsageError(f"--set {text}", cause=error.message) from error
        elif "." in key:
            node_texts.append(text)
        else:
            near = suggestion(name, sorted(PROPERTY_NAMES))
            raise UsageError(
                f"--set {text}: there is no cluster property {key!r}",
                hint=f"did you mean {near}?" if near else "a key of redpanda.yaml is given as redpanda.KEY",
            )
    return properties, node_texts


def _value(text: str, raw: str) -> object:
    import yaml

    try:
        value: object = yaml.safe_load(raw)
    except yaml.YAMLError as error:
        raise UsageError(f"--set {text}: the value is not YAML", cause=str(error).split("\n")[0]) from error
    return value


def _applied(document: dict[str, Any], texts: list[str]) -> dict[str, Any]:
    from engine.config.errors import ConfigError
    from engine.config.overrides import apply_sets

    try:
        return apply_sets(document, texts)
    except ConfigError as error:
        raise UsageError(str(error)) from error


def _listener(port: int, address: str = HOST) -> dict[str, object]:
    return {"address": address, "port": port}
