from pathlib import Path

import pytest
import yaml

from engine.config.node_config import load_node_config
from rpk.container import node_file
from rpk.container.cluster import Cluster, Node, Ports
from rpk.out.errors import UsageError

PORTS = Ports(kafka=19092, admin=19644, proxy=18082, schema_registry=18081, rpc=13145)


def cluster(directory: Path, *settings: str) -> Cluster:
    return Cluster(directory=str(directory), nodes=(Node(node_id=0, ports=PORTS),), settings=settings)


def test_the_broker_understands_what_is_written(tmp_path):
    made = cluster(
        tmp_path, "redpanda.rack=a", "redpanda.default_topic_partitions=6", "log_segment_ms=600000"
    )
    path = Path(node_file.write(made, made.nodes[0]))
    config = load_node_config(path)
    assert config.rack == "a"
    assert config.kafka_api[0].address.port == PORTS.kafka
    properties = yaml.safe_load((path.parent / ".bootstrap.yaml").read_text())
    assert properties["default_topic_partitions"] == 6
    assert properties["log_segment_ms"] == 600_000


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("novalue", "KEY=VALUE"),
        ("=1", "KEY=VALUE"),
        ("auto_create_topic_enabled=true", "no cluster property"),
        ("default_topic_partitions=many", "default_topic_partitions"),
        ("default_topic_partitions=[", "YAML"),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_starts(text, word):
    with pytest.raises(UsageError) as raised:
        node_file.check([text])
    assert word in raised.value.message


def test_a_near_miss_is_named():
    with pytest.raises(UsageError) as raised:
        node_file.check(["auto_create_topic_enabled=true"])
    assert raised.value.hint == "did you mean auto_create_topics_enabled?"
