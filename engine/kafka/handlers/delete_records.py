"""DeleteRecords: forget everything below an offset.

Versions 0-2. KIP-107.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.kafka.dispatch import ColdApi
from engine.model.topic_name import is_internal
from engine.partition.errors import PartitionError
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.kafka.context import RequestContext
    from engine.wire.cold import Message


async def handle(request: "Message", context: "RequestContext") -> Mapping[str, object]:
    """Trim every partition of the request, one after the other; wrong ones get their error."""
    topics: list[Mapping[str, object]] = []
    for topic in request.topics:
        partitions = [await _delete(topic.name, asked, context) for asked in topic.partitions]
        topics.append({"name": topic.name, "partitions": partitions})
    return {"topics": topics}


async def _delete(topic: str, asked: Any, context: "RequestContext") -> dict[str, object]:  # noqa: ANN401  # a decoded struct
    index = asked.partition_index
    if is_internal(topic):
        return _answer(index, -1, ErrorCode.INVALID_TOPIC_EXCEPTION)
    partition = context.services.partitions.get(topic, index)
    if partition is None:
        return _answer(index, -1, context.services.partitions.absence(topic, index))
    try:
        low_watermark = await partition.delete_records(asked.offset)
    except PartitionError as error:
        return _answer(index, -1, error.code)
    return _answer(index, low_watermark, ErrorCode.NONE)


def _answer(index: int, low_watermark: int, code: ErrorCode) -> dict[str, object]:
    return {"partition_index": index, "low_watermark": low_watermark, "error_code": int(code)}


API = ColdApi(key=ApiKey.DELETE_RECORDS, versions=(0, 2), handle=handle, kips=(107,))
