import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.cluster_config import (
    CLUSTER_PROPERTIES,
    ClusterConfig,
    check_change,
    coerce_property,
    schema,
)
from engine.config.errors import InvalidProperty
from engine.config.first_start import DEV_CONTAINER
from engine.model.topic_config import TOPIC_PROPERTIES, TopicConfig


def test_defaults_pass_their_own_checks():
    for name, entry in CLUSTER_PROPERTIES.items():
        assert entry.description
        if entry.default is None:
            assert entry.nullable, name
        else:
            assert coerce_property(name, entry.default) == entry.default


def test_topic_defaults_agree_with_the_cluster_table():
    assert TopicConfig.resolve({}, ClusterConfig().values) == TopicConfig()
    for entry in TOPIC_PROPERTIES.values():
        assert entry.cluster_default is None or entry.cluster_default in CLUSTER_PROPERTIES


@pytest.mark.parametrize(
    ("name", "raw", "typed"),
    [
        ("auto_create_topics_enabled", "true", True),
        ("log_segment_size", "1048576", 1048576),
        ("log_retention_ms", None, None),
        ("log_retention_ms", "null", None),
        ("log_retention_ms", "-1", -1),
        ("delete_retention_ms", 7, 7),
        ("superusers", "alice", ["alice"]),
        ("superusers", ["a", "b"], ["a", "b"]),
        ("write_caching_default", True, "true"),
        ("log_cleanup_policy", "compact,delete", "compact,delete"),
        ("cluster_id", None, None),
    ],
)
def test_coercion(name, raw, typed):
    assert coerce_property(name, raw) == typed


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("log_segment_size", "big", "expected type integer, for example '134217728'"),
        ("log_segment_size", 0, "out of range: '0'"),
        ("log_segment_size", True, "expected type integer"),
        ("log_segment_size", None, "expected type integer"),
        ("auto_create_topics_enabled", "maybe", "expected type boolean, for example 'true'"),
        ("log_compression_type", "zip", "out of range: 'zip'"),
        ("kafka_nodelete_topics", "lone", "expected type array"),
        ("kafka_nodelete_topics", [1], "expected type array"),
        ("default_topic_replications", 2, "odd"),
        ("enable_sasl", "true", "not available"),
        ("Not A Name", 1, "Unknown property"),
        ("unheard_of", {"a": 1}, "Unknown property"),
    ],
)
def test_refusals(name, raw, said):
    with pytest.raises(InvalidProperty) as caught:
        coerce_property(name, raw)
    assert said in caught.value.message


def test_unknown_but_harmless_properties_are_stored_and_echoed():
    values, remove, errors = check_change(
        {"later_thing": 5, "log_segment_size": "x"}, ["delete_retention_ms"]
    )
    assert values == {"later_thing": 5}
    assert remove == ["log_retention_ms"]
    assert list(errors) == ["log_segment_size"]
    config = ClusterConfig(values, 3)
    assert config.shown(include_defaults=False) == {"later_thing": 5}
    assert config.version == 3


def test_replace_is_live_and_keeps_the_view():
    config = ClusterConfig()
    view = config.values
    config.replace({"delete_retention_ms": 9, "log_segment_size": "junk"}, 1)
    assert view["log_retention_ms"] == 9
    assert view["log_segment_size"] == 134217728
    assert config.invalid == ["log_segment_size"]
    assert config.get("delete_retention_ms") == 9
    with pytest.raises(InvalidProperty):
        config.get("nope")


def test_restart_is_needed_only_for_what_is_read_at_start():
    config = ClusterConfig()
    config.replace({"log_retention_ms": 1}, 1)
    assert not config.needs_restart
    config.replace({"enable_idempotence": False}, 2)
    assert config.needs_restart
    config.replace({}, 3)
    assert not config.needs_restart


def test_secrets_are_hidden():
    config = ClusterConfig({"cloud_storage_secret_key": "abc"})
    assert config.shown(include_defaults=True)["cloud_storage_secret_key"] == "[secret]"
    assert ClusterConfig().shown(include_defaults=True)["cloud_storage_secret_key"] is None


def test_schema_shape():
    properties = schema()["properties"]
    assert properties["superusers"]["items"] == {"type": "string"}
    assert properties["log_retention_ms"]["aliases"] == ["delete_retention_ms"]
    assert properties["write_caching_default"]["enum_values"] == ["true", "false", "disabled"]
    assert {"type", "description", "nullable", "needs_restart", "visibility", "is_secret"} <= set(
        properties["cluster_id"]
    )


def test_the_dev_container_values_are_legal():
    values, _, errors = check_change(DEV_CONTAINER, ())
    assert not errors
    assert values == dict(DEV_CONTAINER)


anything = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.lists(st.text(max_size=5))
)


@given(st.sampled_from(sorted(CLUSTER_PROPERTIES)), anything)
def test_any_value_is_typed_or_refused_and_typing_is_stable(name, raw):
    try:
        value = coerce_property(name, raw)
    except InvalidProperty:
        return
    assert coerce_property(name, value) == value
