"""ListOffsets: an offset for a time, or for one of the names that negative times stand for.

Versions 1-11. KIP-79, KIP-98 (isolation), KIP-207, KIP-320, KIP-405 (-4), KIP-734 (-3), KIP-1005 (-5), KIP-1023 (-6).
"""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.kafka.dispatch import ColdApi
from engine.partition.errors import PartitionError
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.kafka.context import RequestContext
    from engine.wire.cold import Message

_FIRST_VERSION = {-3: 7, -4: 8, -5: 9, -6: 11}
"""Negative timestamps and the first version that knows them."""


async def handle(request: "Message", context: "RequestContext") -> Mapping[str, object]:
    """Answer every partition of the request, wrong ones with their error."""
    asked = Counter(
        (topic.name, partition.partition_index) for topic in request.topics for partition in topic.partitions
    )
    return {
        "topics": [
            {
                "name": topic.name,
                "partitions": [
                    _twice(partition)
                    if asked[topic.name, partition.partition_index] > 1
                    else _list(topic.name, partition, request.isolation_level, context)
                    for partition in topic.partitions
                ],
            }
            for topic in request.topics
        ]
    }


def _list(topic: str, asked: Any, isolation: int, context: "RequestContext") -> dict[str, object]:  # noqa: ANN401  # a decoded struct
    index = asked.partition_index
    if context.api_version < _FIRST_VERSION.get(asked.timestamp, 0):
        return _error(index, ErrorCode.UNSUPPORTED_VERSION)
    partition = context.services.partitions.get(topic, index)
    if partition is None:
        return _error(index, context.services.partitions.absence(topic, index))
    fenced = partition.check_leader_epoch(asked.current_leader_epoch)
    if fenced is not None:
        return _error(index, fenced)
    try:
        found = partition.list_offset(asked.timestamp, isolation)
    except PartitionError as error:
        return _error(index, error.code)
    return {
        "partition_index": index,
        "error_code": 0,
        "timestamp": found.timestamp,
        "offset": found.offset,
        "leader_epoch": found.leader_epoch,
    }


def _twice(asked: Any) -> dict[str, object]:  # noqa: ANN401  # a decoded struct
    return _error(asked.partition_index, ErrorCode.INVALID_REQUEST)


def _error(index: int, code: ErrorCode) -> dict[str, object]:
    return {
        "partition_index": index,
        "error_code": int(code),
        "timestamp": -1,
        "offset": -1,
        "leader_epoch": -1,
    }


API = ColdApi(
    key=ApiKey.LIST_OFFSETS, versions=(1, 11), handle=handle, kips=(79, 98, 207, 320, 405, 734, 1005, 1023)
)
