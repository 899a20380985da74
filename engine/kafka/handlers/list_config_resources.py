"""ListConfigResources 0-1: what DescribeConfigs can be asked about (KIP-714, KIP-1142)."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from engine.kafka import config_entries
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.controller.runtime import Controller
    from engine.wire.cold import Message

TYPES = (
    config_entries.TOPIC,
    config_entries.BROKER,
    config_entries.BROKER_LOGGER,
    config_entries.CLIENT_METRICS,
    config_entries.GROUP,
)


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """Resources of the types asked for, all types when none is; version 0 knows client metrics only."""
    wanted = frozenset(request.resource_types or TYPES)
    if context.api_version == 0:
        wanted = frozenset({config_entries.CLIENT_METRICS})
    if not wanted <= frozenset(TYPES):
        return {
            "throttle_time_ms": 0,
            "error_code": ErrorCode.UNSUPPORTED_VERSION,
            "config_resources": [],
        }
    return {
        "throttle_time_ms": 0,
        "error_code": 0,
        "config_resources": [
            {"resource_name": name, "resource_type": kind} for kind, name in _resources(wanted, context)
        ],
    }


def _resources(wanted: frozenset[int], context: RequestContext) -> Iterator[tuple[int, str]]:
    controller: Controller = context.services.controller
    if config_entries.TOPIC in wanted:
        yield from ((config_entries.TOPIC, name) for name in controller.topics)
    for kind in (config_entries.BROKER, config_entries.BROKER_LOGGER):
        if kind in wanted:
            yield from ((kind, str(node_id)) for node_id in controller.brokers)


API = ColdApi(key=ApiKey.LIST_CONFIG_RESOURCES, versions=(0, 1), handle=handle, kips=(714, 1142))
