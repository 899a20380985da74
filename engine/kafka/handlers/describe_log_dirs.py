"""DescribeLogDirs 1-4: the one data directory, the size of each partition (KIP-113), disk space (KIP-827)."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey

if TYPE_CHECKING:
    from engine.partition.manager import PartitionManager
    from engine.wire.cold import Message


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """One directory; partitions asked for that are not here are left out."""
    directory: Path = context.services.node_config.data_directory
    total_bytes, usable_bytes = _space(directory)
    return {
        "throttle_time_ms": 0,
        "error_code": 0,
        "results": [
            {
                "error_code": 0,
                "log_dir": str(directory),
                "topics": _topics(request.topics, context.services.partitions),
                "total_bytes": total_bytes,
                "usable_bytes": usable_bytes,
            }
        ],
    }


def _topics(asked: Any, partitions: "PartitionManager") -> list[Mapping[str, object]]:  # noqa: ANN401 - a wire message
    wanted = None
    if asked is not None:
        wanted = {(topic.topic, index) for topic in asked for index in topic.partitions}
    found: dict[str, list[Mapping[str, object]]] = {}
    for partition in partitions:
        name, index = partition.topic_partition
        if wanted is None or (name, index) in wanted:
            found.setdefault(name, []).append(
                {
                    "partition_index": index,
                    "partition_size": partition.log.size_bytes,
                    "offset_lag": 0,
                    "is_future_key": False,
                }
            )
    return [{"name": name, "partitions": entries} for name, entries in found.items()]


def _space(directory: Path) -> tuple[int, int]:
    """(total, usable) bytes of the file system; -1 where it does not say."""
    try:
        usage = shutil.disk_usage(directory)
    except OSError:
        return -1, -1
    return usage.total, usage.free


API = ColdApi(key=ApiKey.DESCRIBE_LOG_DIRS, versions=(1, 4), handle=handle, kips=(113, 827))
