import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.topic_config import (
    TOPIC_PROPERTIES,
    InvalidConfig,
    TopicConfig,
    effective_value,
    format_topic_config,
    parse_topic_config,
)


def test_defaults_of_the_dataclass_and_of_the_table_agree():
    assert TopicConfig.resolve({}, {}) == TopicConfig()


def test_topic_beats_cluster_beats_default():
    cluster = {"log_retention_ms": 5, "retention_bytes": None, "log_cleanup_policy": "compact,delete"}
    config = TopicConfig.resolve({"retention.ms": "-1"}, cluster)
    assert config.retention_ms is None
    assert config.retention_bytes is None
    assert config.cleanup_policy == {"compact", "delete"}
    assert TopicConfig.resolve({}, cluster).retention_ms == 5


def test_segment_size_and_age_are_clamped_by_the_cluster():
    cluster = {"log_segment_size_min": 1000, "log_segment_size_max": 2000, "log_segment_ms_min": 600_000}
    assert TopicConfig.resolve({"segment.bytes": "1"}, cluster).segment_bytes == 1000
    assert TopicConfig.resolve({"segment.bytes": "99999"}, cluster).segment_bytes == 2000
    assert TopicConfig.resolve({"segment.ms": "1"}, cluster).segment_ms == 600_000
    assert TopicConfig.resolve({"segment.ms": "-1"}, cluster).segment_ms is None


def test_compacted_topics_have_a_segment_size_of_their_own():
    cluster = {"log_segment_size": 1000, "compacted_log_segment_size": 5000, "log_segment_size_max": 4000}
    assert TopicConfig.resolve({}, cluster).segment_bytes == 1000
    assert TopicConfig.resolve({"cleanup.policy": "compact"}, cluster).segment_bytes == 4000
    own = {"cleanup.policy": "compact,delete", "segment.bytes": "2000"}
    assert TopicConfig.resolve(own, cluster).segment_bytes == 2000
    assert TopicConfig.resolve({}, {**cluster, "log_cleanup_policy": "compact"}).segment_bytes == 4000


@pytest.mark.parametrize(
    ("cluster", "topic", "expected"),
    [
        ("false", {}, False),
        ("true", {}, True),
        ("false", {"write.caching": "true"}, True),
        ("true", {"write.caching": "false"}, False),
        ("disabled", {"write.caching": "true"}, False),
    ],
)
def test_write_caching(cluster, topic, expected):
    assert TopicConfig.resolve(topic, {"write_caching_default": cluster}).write_caching is expected


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("retention.ms", "-2"),
        ("retention.ms", "1e3"),
        ("retention.ms", "9" * 19),
        ("retention.ms", "9" * 5000),
        ("retention.ms", "²"),
        ("cleanup.policy", "delete,delete"),
        ("cleanup.policy", ""),
        ("cleanup.policy", "shred"),
        ("compression.type", "zip"),
        ("write.caching", "maybe"),
        ("min.cleanable.dirty.ratio", "1.5"),
        ("min.cleanable.dirty.ratio", "nan"),
        ("compaction.strategy", "header"),
        ("redpanda.leaders.preference", "racks:"),
    ],
)
def test_a_bad_value_names_key_value_and_what_is_allowed(name, raw):
    with pytest.raises(InvalidConfig) as caught:
        parse_topic_config(name, raw)
    assert caught.value.name == name
    assert name in caught.value.message
    assert "must be" in caught.value.message
    assert len(caught.value.message) < 400


def test_an_unknown_name_gets_the_nearest_one():
    with pytest.raises(InvalidConfig, match=r"did you mean retention\.ms"):
        parse_topic_config("retentoin.ms", "1")


@pytest.mark.parametrize(
    "name", ["unclean.leader.election.enable", "preallocate", "message.downconversion.enable"]
)
def test_names_of_apache_kafka_are_accepted(name):
    assert parse_topic_config(name, "true") is True


def test_values_survive_printing_and_reading():
    for name, entry in TOPIC_PROPERTIES.items():
        if entry.default is not None:
            assert parse_topic_config(name, format_topic_config(entry.default)) == entry.default, name


def test_order_and_documentation():
    names = list(TOPIC_PROPERTIES)
    assert names[:3] == ["compression.type", "cleanup.policy", "segment.bytes"]
    assert all(entry.documentation and entry.name == name for name, entry in TOPIC_PROPERTIES.items())


@given(st.sampled_from(sorted(TOPIC_PROPERTIES)), st.text(max_size=40))
def test_any_text_gives_a_value_or_invalid_config(name, raw):
    try:
        value = parse_topic_config(name, raw)
    except InvalidConfig:
        return
    assert effective_value(name, {name: raw}, {}) == value
