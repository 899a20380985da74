"""IncrementalAlterConfigs 0-1: set, delete, append, subtract (KIP-339)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.controller.commands import ConfigChange, TopicConfigChanges
from engine.kafka.alter_configs import alter
from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey

if TYPE_CHECKING:
    from engine.wire.cold import Message


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """One response a resource, in order."""
    resources = [
        (
            resource.resource_type,
            TopicConfigChanges(
                name=resource.resource_name,
                changes=tuple(
                    ConfigChange(name=item.name, operation=item.config_operation, value=item.value)
                    for item in resource.configs
                ),
            ),
        )
        for resource in request.resources
    ]
    responses = await alter(context.services.controller, resources, validate_only=request.validate_only)
    return {"throttle_time_ms": 0, "responses": responses}


API = ColdApi(
    key=ApiKey.INCREMENTAL_ALTER_CONFIGS,
    versions=(0, 1),
    handle=handle,
    kips=(339,),
    deviations=("broker configs are refused with 40: the Admin API changes cluster properties",),
)
