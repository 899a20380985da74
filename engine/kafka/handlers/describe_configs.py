"""DescribeConfigs 1-4 for topics, this broker and its log level: sources, synonyms (KIP-226), types (KIP-569)."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from engine.kafka import config_entries
from engine.kafka.config_entries import ConfigEntry
from engine.kafka.context import RequestContext, Services
from engine.kafka.dispatch import ColdApi
from engine.model.topic_name import topic_name_error
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.wire.cold import Message


class _Refused(Exception):
    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """One result a resource, in order."""
    results: list[Mapping[str, object]] = []
    for resource in request.resources:
        code, message, entries = ErrorCode.NONE, None, list[ConfigEntry]()
        try:
            entries = list(_entries(resource.resource_type, resource.resource_name, context.services))
        except _Refused as refused:
            code, message = refused.code, str(refused)
        wanted = frozenset(resource.configuration_keys or ())
        results.append(
            {
                "error_code": code,
                "error_message": message,
                "resource_type": resource.resource_type,
                "resource_name": resource.resource_name,
                "configs": [
                    _config(
                        entry, synonyms=request.include_synonyms, documentation=request.include_documentation
                    )
                    for entry in entries
                    if not wanted or entry.name in wanted
                ],
            }
        )
    return {"throttle_time_ms": 0, "results": results}


def _entries(kind: int, name: str, services: Services) -> Iterable[ConfigEntry]:
    if kind == config_entries.TOPIC:
        topic = services.controller.topics.get(name)
        if topic is None:
            if (message := topic_name_error(name)) is not None:
                raise _Refused(ErrorCode.INVALID_TOPIC_EXCEPTION, message[:300])
            raise _Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"there is no topic {name[:300]!r}")
        return config_entries.topic_entries(topic, services.controller, services.cluster_config.values)
    if kind in {config_entries.BROKER, config_entries.BROKER_LOGGER}:
        if name != str(services.node_id) and (name or kind == config_entries.BROKER_LOGGER):
            raise _Refused(
                ErrorCode.INVALID_REQUEST,
                f"this is broker {services.node_id}, not {name[:100]!r}: ask that one",
            )
        if kind == config_entries.BROKER_LOGGER:
            return config_entries.logger_entries()
        return config_entries.broker_entries(services)
    raise _Refused(ErrorCode.INVALID_REQUEST, f"configs of resource type {kind} are not supported")


def _config(entry: ConfigEntry, *, synonyms: bool, documentation: bool) -> Mapping[str, object]:
    return {
        "name": entry.name,
        "value": entry.value,
        "read_only": entry.read_only,
        "config_source": entry.source,
        "is_sensitive": False,
        "synonyms": [
            {"name": name, "value": value, "source": source} for name, value, source in entry.synonyms
        ]
        if synonyms
        else [],
        "config_type": entry.type,
        "documentation": entry.documentation if documentation else None,
    }


API = ColdApi(
    key=ApiKey.DESCRIBE_CONFIGS,
    versions=(1, 4),
    handle=handle,
    kips=(133, 226, 569),
    deviations=(
        "the source of a topic config is 1 when the topic sets it, else 5 also where the cluster sets the default",
        "a broker shows the configs that have a cluster property or a place in the node file",
    ),
)
