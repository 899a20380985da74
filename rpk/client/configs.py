"""Describe and alter configurations of topics and brokers; altering is always incremental (KIP-339, UX-42)."""

from __future__ import annotations

from dataclasses import dataclass

from kafka.protocol.admin import DescribeConfigsRequest, IncrementalAlterConfigsRequest

from rpk.client import messages
from rpk.client.kafka_errors import broker_error
from rpk.out.errors import RpkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rpk.client.connection import Connection
    from rpk.client.kafka import KafkaClient

TOPIC = 2
BROKER = 4
SET, DELETE, APPEND, SUBTRACT = 0, 1, 2, 3

_SOURCES = {
    1: "DYNAMIC_TOPIC_CONFIG",
    2: "DYNAMIC_BROKER_CONFIG",
    3: "DYNAMIC_DEFAULT_BROKER_CONFIG",
    4: "STATIC_BROKER_CONFIG",
    5: "DEFAULT_CONFIG",
    6: "DYNAMIC_BROKER_LOGGER_CONFIG",
    7: "DYNAMIC_CLIENT_METRICS_CONFIG",
    8: "DYNAMIC_GROUP_CONFIG",
}
_TYPES = {
    1: "boolean",
    2: "string",
    3: "int",
    4: "short",
    5: "long",
    6: "double",
    7: "list",
    8: "class",
    9: "password",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One key; `value` is None when it is sensitive or unset; `source` is Kafka's name of where it is set."""

    name: str
    value: str | None
    source: str
    type: str
    read_only: bool
    sensitive: bool
    documentation: str | None = None
    synonyms: tuple[tuple[str, str | None, str], ...] = ()

    @property
    def is_default(self) -> bool:
        """True when nobody set it on this topic or broker."""
        return self.source in (
            "DEFAULT_CONFIG",
            "STATIC_BROKER_CONFIG",
            "DYNAMIC_DEFAULT_BROKER_CONFIG",
            "UNKNOWN",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One operation on one key: SET, DELETE (back to the default), APPEND or SUBTRACT (lists)."""

    name: str
    operation: int
    value: str | None = None


class Configs:
    """Requests about configurations; `kind` is TOPIC or BROKER, names are topic names or node ids."""

    def __init__(self, client: KafkaClient) -> None:
        self._client = client

    def _connection(self, kind: int, name: str) -> Connection:
        return self._client.node(int(name)) if kind == BROKER and name else self._client.bootstrap()

    def describe(
        self,
        kind: int,
        names: Sequence[str],
        *,
        keys: Sequence[str] | None = None,
        documentation: bool = False,
        synonyms: bool = False,
    ) -> dict[str, list[Config] | RpkError]:
        """Configs by resource name, keys ascending."""
        found: dict[str, list[Config] | RpkError] = {}
        batches = [[name] for name in names] if kind == BROKER else [list(names)] if names else []
        for batch in batches:
            response = messages.call(
                self._connection(kind, batch[0]),
                DescribeConfigsRequest,
                4,
                resources=[
                    DescribeConfigsRequest.DescribeConfigsResource(
                        resource_type=kind,
                        resource_name=name,
                        configuration_keys=list(keys) if keys else None,
                    )
                    for name in batch
                ],
                include_synonyms=synonyms,
                include_documentation=documentation,
            )
            for item in response.results:
                if item.error_code:
                    what = f"cannot describe the configuration of {item.resource_name}"
                    found[item.resource_name] = broker_error(item.error_code, what, item.error_message)
                else:
                    found[item.resource_name] = sorted(
                        map(_config, item.configs), key=lambda config: config.name
                    )
        return found

    def alter(
        self, kind: int, changes: Mapping[str, Sequence[Change]], *, validate_only: bool = False
    ) -> dict[str, RpkError | None]:
        """Apply changes by resource name."""
        found: dict[str, RpkError | None] = {}
        batches = [[name] for name in changes] if kind == BROKER else [list(changes)] if changes else []
        for batch in batches:
            response = messages.call(
                self._connection(kind, batch[0]),
                IncrementalAlterConfigsRequest,
                1,
                resources=[
                    IncrementalAlterConfigsRequest.AlterConfigsResource(
                        resource_type=kind,
                        resource_name=name,
                        configs=[
                            IncrementalAlterConfigsRequest.AlterConfigsResource.AlterableConfig(
                                name=change.name, config_operation=change.operation, value=change.value
                            )
                            for change in changes[name]
                        ],
                    )
                    for name in batch
                ],
                validate_only=validate_only,
            )
            for item in response.responses:
                what = f"cannot alter the configuration of {item.resource_name}"
                found[item.resource_name] = (
                    broker_error(item.error_code, what, item.error_message) if item.error_code else None
                )
        return found


def _config(item: object) -> Config:
    source = getattr(item, "config_source", -1)
    if source in (-1, None):
        source = 5 if getattr(item, "is_default", False) else 0
    return Config(
        name=str(getattr(item, "name", "")),
        value=getattr(item, "value", None),
        source=_SOURCES.get(source, "UNKNOWN"),
        type=_TYPES.get(getattr(item, "config_type", 0), "unknown"),
        read_only=bool(getattr(item, "read_only", False)),
        sensitive=bool(getattr(item, "is_sensitive", False)),
        documentation=getattr(item, "documentation", None),
        synonyms=tuple(
            (synonym.name, synonym.value, _SOURCES.get(synonym.source, "UNKNOWN"))
            for synonym in getattr(item, "synonyms", None) or ()
        ),
    )
