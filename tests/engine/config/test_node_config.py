from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.cluster_config import PROPERTY_NAMES
from engine.config.errors import ConfigError
from engine.config.first_start import first_start_properties
from engine.config.node_config import load_node_config, node_config

MINIMAL = {"redpanda": {"data_directory": "/var/lib/redpanda/data"}}


def read(**redpanda):
    values = {"redpanda": {"data_directory": "/data", **redpanda}}
    return node_config(values, file="redpanda.yaml", cluster_names=PROPERTY_NAMES)


def test_defaults():
    config = node_config(MINIMAL, file="redpanda.yaml")
    assert config.data_directory == Path("/var/lib/redpanda/data")
    assert [str(listener.address) for listener in config.kafka_api] == ["127.0.0.1:9092"]
    assert config.advertised_kafka_api == config.kafka_api
    assert [str(listener.address) for listener in config.admin] == ["127.0.0.1:9644"]
    assert str(config.advertised_rpc_api) == "127.0.0.1:33145"
    assert config.node_id is None
    assert config.empty_seed_starts_cluster
    assert config.crash_loop_limit == 5
    assert config.remarks == ()


def test_one_listener_or_a_list_of_named_ones():
    assert str(read(kafka_api={"address": "127.0.0.1", "port": 1}).kafka_api[0].address) == "127.0.0.1:1"
    config = read(
        kafka_api=[
            {"name": "in", "address": "0.0.0.0", "port": 9092, "authentication_method": "none"},
            {"name": "out", "address": "0.0.0.0", "port": 9093},
        ],
        advertised_kafka_api=[
            {"name": "out", "address": "example.com", "port": 443},
            {"name": "in", "address": "10.0.0.1", "port": 9092},
        ],
    )
    assert [(entry.name, str(entry.address)) for entry in config.advertised_kafka_api] == [
        ("in", "10.0.0.1:9092"),
        ("out", "example.com:443"),
    ]


def test_seeds_in_both_forms():
    config = read(seed_servers=[{"host": {"address": "a", "port": 1}}, {"address": "b", "port": 2}])
    assert [str(seed) for seed in config.seed_servers] == ["a:1", "b:2"]
    assert str(read(seed_servers=[{"address": "b"}]).seed_servers[0]) == "b:33145"


@pytest.mark.parametrize(
    ("redpanda", "key"),
    [
        ({"kafka_api": {"address": "0.0.0.0", "port": 9092}}, "advertised_kafka_api"),
        ({"advertised_kafka_api": {"address": "0.0.0.0", "port": 9092}}, "advertised_kafka_api"),
        ({"advertised_kafka_api": {"name": "x", "address": "a", "port": 9092}}, "advertised_kafka_api"),
        ({"kafka_api": {"port": 9092}}, "kafka_api[0].address"),
        ({"kafka_api": {"address": "a", "port": 70000}}, "kafka_api[0].port"),
        ({"kafka_api": {"address": "a", "port": "x"}}, "kafka_api[0].port"),
        ({"kafka_api": "localhost:9092"}, "kafka_api"),
        ({"kafka_api": [{"address": "a", "port": 1}, {"name": "b", "address": "a", "port": 1}]}, "kafka_api"),
        ({"kafka_api": {"address": "a", "authentication_method": "magic"}}, "authentication_method"),
        ({"kafka_api_tls": {"enabled": True}}, "kafka_api_tls"),
        ({"kafka_api_tls": {"name": "x"}}, "kafka_api_tls"),
        ({"seed_servers": [{"address": "a"}, {"address": "a"}]}, "seed_servers"),
        ({"node_id": -1}, "node_id"),
        ({"node_id": True}, "node_id"),
        ({"developer_mode": "yes please"}, "developer_mode"),
        ({"data_directory": None}, "data_directory"),
        ({"data_directory": ["x"]}, "data_directory"),
        ({"fips_mode": "sometimes"}, "fips_mode"),
        ({"rpc_server_tls": 3}, "rpc_server_tls"),
    ],
)
def test_errors_name_file_key_problem_and_fix(redpanda, key):
    with pytest.raises(ConfigError) as caught:
        read(**redpanda)
    error = caught.value
    assert error.file == "redpanda.yaml"
    assert key in error.key
    assert error.problem
    assert error.fix
    assert "\n" not in str(error)


def test_unknown_keys_are_remarked_on_with_the_nearest_one():
    config = read(data_directroy="/x", kafka_api={"address": "a", "port": 1, "prot": 2})
    assert any(
        "redpanda.data_directroy" in line and "did you mean data_directory" in line for line in config.remarks
    )
    assert any("kafka_api[0].prot" in line and "port" in line for line in config.remarks)


def test_legacy_cluster_properties_are_collected_and_typed(tmp_path):
    config = read(auto_create_topics_enabled="true", delete_retention_ms=5)
    assert config.remarks == ()
    assert first_start_properties(config) == {"auto_create_topics_enabled": True, "log_retention_ms": 5}
    with pytest.raises(ConfigError, match=r"redpanda\.log_segment_size"):
        first_start_properties(read(log_segment_size="big"))


def test_bootstrap_file_wins_over_legacy_keys(tmp_path):
    path = tmp_path / "redpanda.yaml"
    path.write_text("redpanda: {data_directory: /x, group_topic_partitions: 2}")
    (tmp_path / ".bootstrap.yaml").write_text("group_topic_partitions: 4\nsome_later_property: hi\n")
    config = load_node_config(path, cluster_names=PROPERTY_NAMES)
    assert first_start_properties(config) == {"group_topic_partitions": 4, "some_later_property": "hi"}
    (tmp_path / ".bootstrap.yaml").write_text("group_topic_partitions: 0\n")
    with pytest.raises(ConfigError, match="group_topic_partitions"):
        first_start_properties(config)


def test_sets_from_the_command_line(tmp_path):
    path = tmp_path / "redpanda.yaml"
    path.write_text("redpanda: {data_directory: /x}")
    config = load_node_config(
        path,
        sets=[
            "redpanda.node_id=7",
            "redpanda.kafka_api[0].address=127.0.0.1",
            "redpanda.kafka_api[0].port=1234",
            "redpanda.seed_servers=[{address: a, port: 1}]",
        ],
    )
    assert config.node_id == 7
    assert str(config.kafka_api[0].address) == "127.0.0.1:1234"
    assert len(config.seed_servers) == 1
    for bad in (
        "redpanda.node_id",
        "=x",
        "redpanda..x=1",
        "redpanda.kafka_api[3].port=1",
        "redpanda.node_id.x=1",
    ):
        with pytest.raises(ConfigError):
            load_node_config(path, sets=["redpanda.node_id=7", bad])


def test_services_and_the_flat_view():
    values = {**MINIMAL, "schema_registry": {}, "pandaproxy": None, "rpk": {"tune_network": True}}
    config = node_config(values, file="f")
    assert config.services == {"schema_registry": {}, "pandaproxy": None}
    assert config.rpk == {"tune_network": True}
    assert config.as_flat()["data_directory"] == "/var/lib/redpanda/data"


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["address", "port", "name"]), inner)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(node_config(MINIMAL, file="f").as_flat())), plain, max_size=4))
def test_any_values_give_a_config_or_one_error(redpanda):
    try:
        read(**redpanda)
    except ConfigError as error:
        assert error.fix
