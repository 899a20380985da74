"""Configs as DescribeConfigs and CreateTopics report them: value, where it comes from, type, documentation."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.model.topic_config import (
    TOPIC_PROPERTIES,
    TopicProperty,
    effective_value,
    format_topic_config,
)

if TYPE_CHECKING:
    from engine.controller.runtime import Controller
    from engine.controller.topics import TopicMetadata
    from engine.kafka.context import Services

TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP = 2, 4, 8, 16, 32
"""Kafka's ConfigResource types."""

SOURCE_TOPIC, SOURCE_CLUSTER, SOURCE_STATIC, SOURCE_DEFAULT, SOURCE_LOGGER = 1, 3, 4, 5, 6
"""Kafka's ConfigSource: topic, dynamic cluster default, static broker, default, broker logger."""

TYPES = {"boolean": 1, "string": 2, "int": 3, "short": 4, "long": 5, "double": 6, "list": 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigEntry:
    """One config of one resource."""

    name: str
    value: str | None
    source: int
    type: int
    documentation: str = ""
    read_only: bool = False
    synonyms: tuple[tuple[str, str, int], ...] = ()
    """(name, value, source) of every level that sets it, the one that counts first."""


def topic_entries(
    topic: "TopicMetadata", controller: "Controller", cluster: Mapping[str, object]
) -> Iterator[ConfigEntry]:
    """A topic's configs in the table's order. `cluster`: effective cluster properties, typed.

    What neither the topic nor the cluster nor the table gives a value is left out, and so are the names that are
    accepted and ignored, unless the topic sets them.
    """
    for name, entry in TOPIC_PROPERTIES.items():
        if name == "replication.factor":
            factor = str(topic.replication_factor)
            yield ConfigEntry(
                name=name,
                value=factor,
                source=SOURCE_DEFAULT,
                type=TYPES[entry.type],
                documentation=entry.documentation,
                read_only=True,
                synonyms=((name, factor, SOURCE_DEFAULT),),
            )
            continue
        own = topic.configs.get(name)
        if own is None and (entry.default is None or entry.effect == "ignored"):
            continue
        synonyms = list(_levels(entry, own, controller, cluster))
        yield ConfigEntry(
            name=name,
            value=synonyms[0][1],
            source=SOURCE_TOPIC if own is not None else SOURCE_DEFAULT,
            type=TYPES[entry.type],
            documentation=entry.documentation,
            read_only=entry.effect == "create_only",
            synonyms=tuple(synonyms),
        )


def _levels(
    entry: TopicProperty, own: str | None, controller: "Controller", cluster: Mapping[str, object]
) -> Iterator[tuple[str, str, int]]:
    if own is not None:
        yield entry.name, own, SOURCE_TOPIC
    if entry.default is None:
        return
    effective = format_topic_config(effective_value(entry.name, {}, cluster))
    if entry.cluster_default is None:
        yield entry.name, effective, SOURCE_DEFAULT
        return
    is_set = entry.cluster_default in controller.cluster_config
    yield entry.cluster_default, effective, SOURCE_CLUSTER if is_set else SOURCE_DEFAULT


_BROKER_PROPERTIES = (
    ("log.segment.bytes", "log_segment_size", "int"),
    ("log.retention.bytes", "retention_bytes", "long"),
    ("log.retention.ms", "log_retention_ms", "long"),
    ("num.partitions", "default_topic_partitions", "int"),
    ("default.replication.factor", "default_topic_replications", "int"),
)


def broker_entries(services: "Services") -> Iterator[ConfigEntry]:
    """The broker's own configs under Kafka's names. All read-only: the Admin API changes them."""
    controller: Controller = services.controller
    node = services.node_config
    yield _static(
        "listeners",
        ",".join(_listener(item.name, item.address.host, item.address.port) for item in node.kafka_api),
        "Where the broker listens.",
    )
    yield _static(
        "advertised.listeners",
        ",".join(_listener(name, item.host, item.port) for name, item in services.advertised.items()),
        "The addresses that clients are told.",
    )
    for name, cluster_name, kind in _BROKER_PROPERTIES:
        yield _cluster(services, controller, name, cluster_name, kind)
    yield _static("log.dirs", str(node.data_directory), "The data directory.")
    yield _cluster(services, controller, "auto.create.topics.enable", "auto_create_topics_enabled", "boolean")


def _listener(name: str, host: str, port: int) -> str:
    return f"{name or 'plain'}://{host}:{port}"


def _static(name: str, value: str, documentation: str) -> ConfigEntry:
    return ConfigEntry(
        name=name,
        value=value,
        source=SOURCE_STATIC,
        type=TYPES["string"],
        documentation=documentation,
        read_only=True,
        synonyms=((name, value, SOURCE_STATIC),),
    )


def _cluster(
    services: "Services", controller: "Controller", name: str, cluster_name: str, kind: str
) -> ConfigEntry:
    value = format_topic_config(services.cluster_config.get(cluster_name))
    source = SOURCE_CLUSTER if cluster_name in controller.cluster_config else SOURCE_DEFAULT
    return ConfigEntry(
        name=name,
        value=value,
        source=source,
        type=TYPES[kind],
        documentation=f"The cluster property {cluster_name}.",
        read_only=True,
        synonyms=((cluster_name, value, source),),
    )


def logger_entries() -> Iterator[ConfigEntry]:
    """The engine's log level, as the one logger there is to see."""
    level = logging.getLevelName(logging.getLogger("engine").getEffectiveLevel())
    yield ConfigEntry(
        name="root",
        value={"WARNING": "WARN", "CRITICAL": "FATAL"}.get(level, level),
        source=SOURCE_LOGGER,
        type=TYPES["string"],
        documentation="The engine's log level.",
        read_only=True,
    )
