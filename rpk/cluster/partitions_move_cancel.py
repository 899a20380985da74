"""`rpk cluster partitions move-cancel`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client import admin
from rpk.config.run import current
from rpk.out.errors import OperationFailed
from rpk.out.output import ItemResult
from rpk.out.tables import Column

EXAMPLES = (
    ("rpk cluster partitions move-cancel --no-confirm", "all of them"),
    ("rpk cluster partitions move-cancel --node 2", "those to or from broker 2"),
)
OUTPUT = {
    "name": "string",
    "ok": "boolean",
    "error": "object or null",
    "ns": "string",
    "topic": "string",
    "partition": "integer",
    "result": "string",
}


def command(
    node: Annotated[int, typer.Option("--node", help="Only moves to or from this broker; -1 is all.")] = -1,
    no_confirm: Annotated[bool, typer.Option("--no-confirm", help="Do not ask.")] = False,
) -> None:
    """Send moving partitions back.

    Each goes back to the brokers it came from. Nothing to cancel: says so, exits 0.
    """
    run = current()
    what = "all partition moves" if node < 0 else f"the partition moves of broker {node}"
    if not run.out.confirm(f"Cancel {what}?", flag="--no-confirm", assume_yes=no_confirm):
        raise OperationFailed("not confirmed: nothing was cancelled")
    path = "/v1/cluster/cancel_reconfigurations" if node < 0 else f"/v1/brokers/{node}/cancel_partition_moves"
    with admin.connect(run) as client:
        found = client.post(path) or []
    if not found:
        run.out.notice("there are no ongoing partition movements to cancel")
    run.out.results(
        "partition",
        [
            ItemResult(
                f"{row['ns']}/{row['topic']}/{row['partition']}",
                None if row["result"] == "success" else OperationFailed(row["result"]),
                **row,
            )
            for row in found
        ],
        (
            Column("NAMESPACE", "ns"),
            Column("TOPIC", "topic"),
            Column("PARTITION", "partition"),
            Column("RESULT", "status"),
        ),
    )
