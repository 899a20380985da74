"""`rpk cluster partitions move-status`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client import admin
from rpk.cluster.partitions_list import numbers
from rpk.cluster.places import topic_of
from rpk.config.run import current
from rpk.out.errors import UsageError
from rpk.out.sizes import human_size
from rpk.out.tables import Column

EXAMPLES = (
    ("rpk cluster partitions move-status", "every partition on its way"),
    ("rpk cluster partitions move-status orders -H", "one topic, sizes for people"),
)
OUTPUT = {
    "ns": "string",
    "topic": "string",
    "partition": "integer",
    "moving_from": "list of integers",
    "moving_to": "list of integers",
    "completion_percent": "integer",
    "partition_size": "integer",
    "bytes_moved": "integer",
    "bytes_left_to_move": "integer",
}


def command(
    topics: Annotated[list[str] | None, typer.Argument(help="Topics, or ns/topic.")] = None,
    print_all: Annotated[bool, typer.Option("--print-all", "-a", hidden=True)] = False,
    human_readable: Annotated[
        bool, typer.Option("--human-readable", "-H", help="Sizes as KiB, MiB.")
    ] = False,
    partitions: Annotated[
        list[str] | None, typer.Option("--partition", "-p", metavar="LIST", help="Only these partitions.")
    ] = None,
) -> None:
    """Show how far moves are.

    Nothing on its way: says so on stderr, prints an empty table, exits 0.
    """
    del print_all
    run = current()
    if partitions and not topics:
        raise UsageError("--partition needs a topic")
    wanted, named = numbers("--partition", partitions), {topic_of(text) for text in topics or ()}
    with admin.connect(run) as client:
        found = client.get("/v1/partitions/reconfigurations") or []
    rows = []
    for each in found:
        if named and (each["ns"], each["topic"]) not in named:
            continue
        if wanted and each["partition"] not in wanted:
            continue
        size, moved = int(each["partition_size"]), int(each["bytes_moved"])
        shown = human_size if human_readable else int
        rows.append(
            {
                "ns": each["ns"],
                "topic": each["topic"],
                "partition": each["partition"],
                "moving_from": [replica["node_id"] for replica in each.get("previous_replicas") or ()],
                "moving_to": [replica["node_id"] for replica in each.get("current_replicas") or ()],
                "completion_percent": 100 * moved // size if size else 0,
                "partition_size": size,
                "bytes_moved": moved,
                "bytes_left_to_move": int(each["bytes_left_to_move"]),
                "_name": f"{each['ns']}/{each['topic']}",
                "_size": shown(size),
                "_moved": shown(moved),
                "_left": shown(int(each["bytes_left_to_move"])),
            }
        )
    if not rows:
        run.out.notice("there are no ongoing partition movements")
    from rpk.out.tables import Table

    columns = (
        Column("NAMESPACE-TOPIC", "_name"),
        Column("PARTITION", "partition"),
        Column("MOVING-FROM", "moving_from"),
        Column("MOVING-TO", "moving_to"),
        Column("COMPLETION-%", "completion_percent"),
        Column("PARTITION-SIZE", "_size"),
        Column("BYTES-MOVED", "_moved"),
        Column("BYTES-REMAINING", "_left"),
    )
    data = [{key: value for key, value in row.items() if not key.startswith("_")} for row in rows]
    run.out.emit(data, Table(columns, rows, title="PARTITION MOVEMENTS"))
