"""`rpk cluster partitions list`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client import admin
from rpk.cluster.places import quoted, topic_of
from rpk.config.run import current
from rpk.out.errors import UsageError
from rpk.out.tables import Column

EXAMPLES = (
    ("rpk cluster partitions list orders", "one topic"),
    ("rpk cluster partitions list --all --node-ids 1", "all that broker 1 has a replica of"),
)
OUTPUT = {
    "ns": "string",
    "topic": "string",
    "partition_id": "integer",
    "leader_id": "integer or null",
    "replicas": "list of {node_id, core}",
    "disabled": "boolean",
}


def command(
    topics: Annotated[list[str] | None, typer.Argument(help="Topics, or ns/topic.")] = None,
    everything: Annotated[bool, typer.Option("--all", "-a", help="Every topic.")] = False,
    disabled_only: Annotated[bool, typer.Option("--disabled-only", help="Only disabled ones.")] = False,
    partitions: Annotated[
        list[str] | None, typer.Option("--partition", "-p", metavar="LIST", help="Only these partitions.")
    ] = None,
    nodes: Annotated[
        list[str] | None,
        typer.Option("--node-ids", "-n", metavar="LIST", help="Only with a replica on all of these."),
    ] = None,
) -> None:
    """List partitions with leaders and replicas.

    Asks the brokers through the Admin API. `-` where a partition has no leader.
    """
    run = current()
    if not topics and not everything:
        raise UsageError("which topics?", hint="name some, or give --all")
    wanted = numbers("--partition", partitions)
    on = numbers("--node-ids", nodes)
    query = {"disabled": "true"} if disabled_only else {}
    found = []
    with admin.connect(run) as client:
        if everything:
            found = client.get("/v1/cluster/partitions", with_internal="true", **query)
        for text in topics or ():
            namespace, topic = topic_of(text)
            if not everything:
                found += client.get(f"/v1/cluster/partitions/{quoted(namespace)}/{quoted(topic)}", **query)
    rows = []
    for each in sorted(found, key=lambda row: (row["ns"], row["topic"], row["partition_id"])):
        replicas = each.get("replicas") or []
        if wanted and each["partition_id"] not in wanted:
            continue
        if on and not on <= {replica["node_id"] for replica in replicas}:
            continue
        shown = [f"{replica['node_id']}-{replica['core']}" for replica in replicas]
        rows.append({"leader_id": None, **each, "replica_core": shown})
    run.out.table(
        (
            Column("NAMESPACE", "ns"),
            Column("TOPIC", "topic"),
            Column("PARTITION", "partition_id"),
            Column("LEADER-ID", "leader_id"),
            Column("REPLICA-CORE", "replica_core"),
            Column("DISABLED", "disabled"),
        ),
        rows,
    )


def numbers(flag: str, texts: list[str] | None) -> set[int]:
    """The numbers of a repeatable, comma-separated flag."""
    words = [word.strip() for text in texts or () for word in text.split(",") if word.strip()]
    for word in words:
        if not word.isascii() or not word.isdigit():
            raise UsageError(f"{flag} {word}: not a number")
    return {int(word) for word in words}
