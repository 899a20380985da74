"""Who leads instead: the hint a NOT_LEADER answer carries, so that a client need not ask for metadata first (KIP-951)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.kafka.cluster_view import brokers_of
from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.kafka.context import Services
    from engine.wire.primitives import NodeEndpoint

HINTED = frozenset({ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.FENCED_LEADER_EPOCH})


def leader_of(services: "Services", topic: str, index: int) -> tuple[int, int]:
    """(node id, epoch) of the partition's leader where it is another broker that lives; else (-1, -1)."""
    controller = services.controller
    found = controller.topics.get(topic)
    if found is None or not 0 <= index < len(found.partitions):
        return -1, -1
    leader = controller.leader_of(found.partitions[index])
    if leader.node_id in {-1, services.node_id} or not controller.alive(leader.node_id):
        return -1, -1
    return leader.node_id, leader.term


def endpoints(services: "Services", listener: str, node_ids: Iterable[int]) -> "list[NodeEndpoint]":
    """Where clients of the listener reach those brokers."""
    wanted = set(node_ids)
    return [
        (broker.node_id, broker.host, broker.port, broker.rack)
        for broker in brokers_of(services, listener)
        if broker.node_id in wanted
    ]
