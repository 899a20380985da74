"""`rpk redpanda admin brokers decommission-status`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client import admin
from rpk.config.run import current
from rpk.out.sizes import human_size
from rpk.out.tables import Column, Table, Text
from rpk.redpanda.brokers_decommission import broker_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.out.tables import View

EXAMPLES = (
    ("rpk redpanda admin brokers decommission-status 4", "which partitions are still to go"),
    ("rpk redpanda admin brokers decommission-status 4 -d -H", "with the bytes moved and left"),
)
OUTPUT = {
    "finished": "boolean",
    "replicas_left": "integer",
    "allocation_failures": "list of strings",
    "partitions": "list of objects",
}


def command(
    broker: Annotated[str, typer.Argument(metavar="BROKER-ID", help="The broker.")],
    detailed: Annotated[
        bool, typer.Option("--detailed", "-d", help="Bytes moved and remaining too.")
    ] = False,
    human_readable: Annotated[
        bool, typer.Option("--human-readable", "-H", help="Sizes as KiB, MiB.")
    ] = False,
) -> None:
    """Show how far a decommission is.

    A broker that has left the cluster is done.
    """
    run = current()
    node = broker_id(broker)
    with admin.connect(run) as client:
        found = client.get(f"/v1/brokers/{node}/decommission")
    if found["finished"]:
        run.out.document(found, Text(f"Node {node} is decommissioned successfully."))
        return
    shown = human_size if human_readable else int
    rows = []
    for each in found.get("partitions") or ():
        size, moved = int(each["partition_size"]), int(each["bytes_moved"])
        rows.append(
            {
                "name": f"{each['ns']}/{each['topic']}",
                "partition": each["partition"],
                "to": each["moving_to"]["node_id"],
                "percent": 100 * moved // size if size else 0,
                "size": shown(size),
                "moved": shown(moved),
                "left": shown(int(each["bytes_left_to_move"])),
            }
        )
    more = (Column("BYTES-MOVED", "moved"), Column("BYTES-REMAINING", "left")) if detailed else ()
    views: list[View] = []
    if found.get("allocation_failures"):
        views.append(Text(*found["allocation_failures"], title="ALLOCATION FAILURES"))
    views.append(
        Table(
            (
                Column("NAMESPACE-TOPIC", "name"),
                Column("PARTITION", "partition"),
                Column("MOVING-TO", "to"),
                Column("COMPLETION-%", "percent"),
                Column("PARTITION-SIZE", "size"),
                *more,
            ),
            rows,
            title="DECOMMISSION PROGRESS",
        )
    )
    run.out.document(found, *views)
