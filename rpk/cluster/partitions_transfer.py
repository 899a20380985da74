"""`rpk cluster partitions transfer-leadership`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client import admin
from rpk.cluster.places import node_id, place, quoted
from rpk.config.run import current
from rpk.out.errors import UsageError

EXAMPLES = (
    ("rpk cluster partitions transfer-leadership orders -p 0:2", "partition 0 of orders to broker 2"),
    ("rpk cluster partitions transfer-leadership -p orders/0:2", "the same"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string"}


def command(
    topic: Annotated[str, typer.Argument(help="The topic of a bare partition number.")] = "",
    partition: Annotated[
        str, typer.Option("--partition", "-p", metavar="[[NS/]TOPIC/]P:NODE", help="Which, and to whom.")
    ] = "",
) -> None:
    """Hand a partition's leadership over.

    The broker named must have a replica. Without :NODE the cluster picks one. Exit 1 when it is refused.
    """
    run = current()
    if not partition:
        raise UsageError("which partition?", hint="-p orders/0:2")
    before, colon, after = partition.rpartition(":")
    namespace, name, index = place(before if colon else partition, [topic] if topic else [])
    query = {"target": node_id(after)} if colon else {}
    with admin.connect(run) as client:
        client.request(
            "POST",
            f"/v1/partitions/{quoted(namespace)}/{quoted(name)}/{index}/transfer_leadership",
            query=query,
        )
    to = f" to broker {after}" if colon else ""
    run.out.done(f"Successfully started the partition leadership transfer{to}.")
