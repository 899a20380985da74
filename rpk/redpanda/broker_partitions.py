"""`rpk redpanda admin partitions list`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client.kafka import connect
from rpk.config.run import current
from rpk.out.errors import NotFound
from rpk.out.tables import Column
from rpk.redpanda.brokers_decommission import broker_id

EXAMPLES = (
    ("rpk redpanda admin partitions list 1", "every replica on broker 1"),
    ("rpk redpanda admin partitions list 1 --leader-only", "only what it leads"),
)
OUTPUT = {"topic": "string", "partition": "integer", "is_leader": "boolean"}


def command(
    broker: Annotated[str, typer.Argument(metavar="BROKER-ID", help="The broker.")],
    leader_only: Annotated[bool, typer.Option("--leader-only", "-l", help="Only what it leads.")] = False,
) -> None:
    """List the replicas of a broker.

    Reads the cluster's metadata over the Kafka API.
    """
    run = current()
    node = broker_id(broker)
    with connect(run) as client:
        metadata = client.metadata()
    if node not in {each.node_id for each in metadata.brokers}:
        raise NotFound(f"there is no broker {node}")
    rows = [
        {"topic": topic.name, "partition": each.index, "is_leader": each.leader == node}
        for topic in metadata.topics
        for each in topic.partitions
        if node in each.replicas and (each.leader == node or not leader_only)
    ]
    run.out.table(
        (Column("TOPIC", "topic"), Column("PARTITION", "partition"), Column("IS-LEADER", "is_leader")), rows
    )
