"""The cluster as one client sees it: brokers by the listener it came in on, partitions with their leaders."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from engine.wire.error_codes import ErrorCode

if TYPE_CHECKING:
    from engine.controller.runtime import Controller
    from engine.controller.topics import PartitionMetadata, TopicMetadata
    from engine.kafka.context import Services


class BrokerAddress(NamedTuple):
    """A broker and where the client reaches it."""

    node_id: int
    host: str
    port: int
    rack: str | None


def brokers_of(services: "Services", listener: str) -> list[BrokerAddress]:
    """Every broker that has the listener, by node id. This one's address is the live one."""
    controller: Controller = services.controller
    found = []
    for node_id, broker in sorted(controller.brokers.items()):
        own = services.advertised.get(listener) if node_id == services.node_id else None
        endpoint = own or broker.endpoint(listener)
        if endpoint is not None:
            found.append(BrokerAddress(node_id, endpoint.host, endpoint.port, broker.rack))
    return found


def partition_entries(
    controller: "Controller",
    topic: "TopicMetadata",
    reachable: frozenset[int],
    partitions: "Iterable[PartitionMetadata] | None" = None,
) -> list[dict[str, object]]:
    """Partitions of `topic` (all, or those given) with the fields Metadata and DescribeTopicPartitions share.

    A partition whose leader does not serve it yet has error 5 and leader -1; one whose leader has no address on
    the client's listener has 72. `reachable`: node ids that have one.
    """
    entries: list[dict[str, object]] = []
    known = controller.brokers
    alive = {node for node in known if controller.alive(node)}
    for partition in topic.partitions if partitions is None else partitions:
        led = controller.leader_of(partition)
        code, leader = ErrorCode.NONE, led.node_id
        if leader not in alive:
            code, leader = ErrorCode.LEADER_NOT_AVAILABLE, -1
        elif leader not in reachable:
            code, leader = ErrorCode.LISTENER_NOT_FOUND, -1
        replicas = partition.holders
        entries.append(
            {
                "error_code": code,
                "partition_index": partition.index,
                "leader_id": leader,
                "leader_epoch": max(led.term, partition.leader_epoch),
                "replica_nodes": replicas,
                "isr_nodes": [node for node in replicas if node in alive and node in led.in_sync],
                "offline_replicas": [node for node in replicas if node not in alive],
            }
        )
    return entries
