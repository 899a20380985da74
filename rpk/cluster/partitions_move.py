"""`rpk cluster partitions move`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client import admin
from rpk.cluster.places import place, quoted
from rpk.config.run import current
from rpk.out.errors import OperationFailed, RpkError, UsageError
from rpk.out.output import ItemResult
from rpk.out.tables import Column

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.client.admin import AdminClient

EXAMPLES = (
    ("rpk cluster partitions move orders -p 0:1,2,3", "partition 0 of orders to brokers 1, 2 and 3"),
    ("rpk cluster partitions move -p orders/0:1,2,3 -p bills/4:2,3,1", "several topics at once"),
)
OUTPUT = {
    "name": "string",
    "ok": "boolean",
    "error": "object or null",
    "ns": "string",
    "topic": "string",
    "partition_id": "integer",
    "old_replicas": "list of integers",
    "new_replicas": "list of integers",
}


def command(
    topics: Annotated[list[str] | None, typer.Argument(help="The topic of bare partition numbers.")] = None,
    partitions: Annotated[
        list[str] | None,
        typer.Option("--partition", "-p", metavar="[[NS/]TOPIC/]P:NODE[-CORE],...", help="What goes where."),
    ] = None,
) -> None:
    """Move replicas to other brokers.

    The first broker becomes the preferred leader. The number of replicas must stay. Returns when the moves have
    begun; move-status shows how far they are.
    """
    run = current()
    if not partitions:
        raise UsageError("what goes where?", hint="-p orders/0:1,2,3")
    moves = [parse(text, topics or []) for text in partitions]
    results = []
    with admin.connect(run) as client:
        for (namespace, topic, partition), nodes in moves:
            path = f"/v1/partitions/{quoted(namespace)}/{quoted(topic)}/{partition}"
            old: list[int] = []
            error: RpkError | None = None
            try:
                old = begin(client, path, nodes)
            except RpkError as failure:
                error = failure
            results.append(
                ItemResult(
                    f"{namespace}/{topic}/{partition}",
                    error,
                    ns=namespace,
                    topic=topic,
                    partition_id=partition,
                    old_replicas=old,
                    new_replicas=nodes,
                )
            )
    run.out.results(
        "partition",
        results,
        (
            Column("NAMESPACE", "ns"),
            Column("TOPIC", "topic"),
            Column("PARTITION", "partition_id"),
            Column("OLD-REPLICAS", "old_replicas"),
            Column("NEW-REPLICAS", "new_replicas"),
            Column("STATUS", "status"),
        ),
    )


def begin(client: AdminClient, path: str, nodes: list[int]) -> list[int]:
    """Begin one move; where the replicas were. Raises RpkError."""
    old = [replica["node_id"] for replica in client.get(path)["replicas"]]
    if len(nodes) != len(old):
        raise OperationFailed(f"it has {len(old)} replicas, {len(nodes)} brokers are given")
    client.post(f"{path}/replicas", [{"node_id": node, "core": 0} for node in nodes])
    return old


def parse(text: str, topics: list[str]) -> tuple[tuple[str, str, int], list[int]]:
    """`[[ns/]topic/]P:node[-core],…` as (place, nodes)."""
    before, colon, after = text.rpartition(":")
    words = [word.strip().partition("-")[0] for word in after.split(",")]
    if not colon or not all(word.isascii() and word.isdigit() for word in words):
        raise UsageError(f"{text}: not PARTITION:NODE,NODE,...", hint="for example orders/0:1,2,3")
    return place(before, topics), [int(word) for word in words]
