"""ElectLeaders 0-2: give leaderships back to the preferred replicas (KIP-183, KIP-460)."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.kafka.context import RequestContext
from engine.kafka.dispatch import ColdApi
from engine.wire.api_keys import ApiKey
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.controller.topics import PartitionMetadata
    from engine.kafka.context import Services
    from engine.wire.cold import Message

PREFERRED = 0
TIMEOUT_MS_MAX = 60_000
POLL_S = 0.02

Result = tuple[ErrorCode, str | None]


async def handle(request: "Message", context: RequestContext) -> Mapping[str, object]:
    """One result a partition; returns when the preferred replicas lead, or time is up."""
    services = context.services
    wanted = _wanted(request, services)
    timeout_s = min(max(request.timeout_ms, 1_000), TIMEOUT_MS_MAX) / 1000
    is_preferred = context.api_version < 1 or request.election_type == PREFERRED
    results = await asyncio.gather(
        *(
            _elect(services, topic, index, timeout_s, preferred=is_preferred)
            for topic, indexes in wanted.items()
            for index in indexes
        )
    )
    places = [(topic, index) for topic, indexes in wanted.items() for index in indexes]
    found = dict(zip(places, results, strict=True))
    everything = request.topic_partitions is None
    return {
        "throttle_time_ms": 0,
        "error_code": 0,
        "replica_election_results": [
            {
                "topic": topic,
                "partition_result": [
                    {
                        "partition_id": index,
                        "error_code": found[topic, index][0],
                        "error_message": found[topic, index][1],
                    }
                    for index in indexes
                    # Asked for all, Kafka leaves out those that needed nothing.
                    if not (everything and found[topic, index][0] is ErrorCode.ELECTION_NOT_NEEDED)
                ],
            }
            for topic, indexes in wanted.items()
        ],
    }


def _wanted(request: "Message", services: "Services") -> dict[str, list[int]]:
    if request.topic_partitions is None:
        return {
            name: list(range(len(topic.partitions))) for name, topic in services.controller.topics.items()
        }
    wanted: dict[str, list[int]] = {}
    for topic in request.topic_partitions:
        known = wanted.setdefault(topic.topic, [])
        known.extend(index for index in dict.fromkeys(topic.partitions) if index not in known)
    return wanted


async def _elect(
    services: "Services", topic: str, index: int, timeout_s: float, *, preferred: bool
) -> Result:
    found = services.controller.topics.get(topic)
    if found is None or not 0 <= index < len(found.partitions):
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"there is no partition {topic[:300]}/{index}"
    placed = found.partitions[index]
    leader = services.controller.leader_of(placed)
    target = placed.replicas[0]
    if leader.node_id == target or (leader.node_id >= 0 and not preferred):
        return ErrorCode.ELECTION_NOT_NEEDED, "it has the leader it should have"
    if leader.node_id < 0:
        if preferred:
            return ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE, "no majority of its replicas is there"
        return ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE, "no replica can be elected without losing records"
    if not services.controller.alive(target) or services.transfer_leadership is None:
        return ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE, f"broker {target} is not there"
    why = await services.transfer_leadership(placed.log_id, leader.node_id, target)
    if why is not None:
        return ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE, why
    return await _awaited(services, placed, target, timeout_s)


async def _awaited(
    services: "Services", placed: "PartitionMetadata", target: int, timeout_s: float
) -> Result:
    deadline = services.loop.time() + timeout_s
    while services.loop.time() < deadline:
        if services.controller.leader_of(placed).node_id == target:
            return ErrorCode.NONE, None
        await asyncio.sleep(POLL_S)
    return ErrorCode.REQUEST_TIMED_OUT, f"broker {target} does not lead it yet"


API = ColdApi(
    key=ApiKey.ELECT_LEADERS,
    versions=(0, 2),
    handle=handle,
    kips=(183, 460),
    deviations=("an unclean election is never held: it is answered 83",),
)
