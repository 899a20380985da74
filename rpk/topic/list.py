"""`rpk topic list`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client.kafka import connect
from rpk.config.run import current
from rpk.out.errors import UsageError
from rpk.out.tables import Column, Pairs, Table
from rpk.topic.selection import matching_topics, unknown_topic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.client.model import Metadata, Topic
    from rpk.out.tables import View

EXAMPLES = (
    ("rpk topic list", "all topics but the cluster's own"),
    ("rpk topic list 'orders-.*' -r", "those whose whole name matches"),
    ("rpk topic list --format json", "for scripts"),
)
OUTPUT = {
    "name": "string",
    "partitions": "integer",
    "replicas": "integer",
    "partition_list": "list of {partition, leader, epoch, replicas, offline_replicas, load_error}, with -d",
}
COLUMNS = (Column("NAME", "name"), Column("PARTITIONS", "partitions"), Column("REPLICAS", "replicas"))


def command(
    topics: Annotated[list[str] | None, typer.Argument(help="Only these.")] = None,
    detailed: Annotated[bool, typer.Option("--detailed", "-d", help="Show every partition.")] = False,
    internal: Annotated[
        bool, typer.Option("--internal", "-i", help="Show the cluster's own topics too.")
    ] = False,
    regex: Annotated[
        bool, typer.Option("--regex", "-r", help="Names are regular expressions over the whole name.")
    ] = False,
) -> None:
    """List topics.

    A named topic that does not exist ends the command with 5; a regular expression that matches nothing is an
    empty list.
    """
    run = current()
    if regex and not topics:
        raise UsageError("-r needs an expression", hint="for example: rpk topic list 'orders-.*' -r")
    with connect(run) as client:
        metadata = client.metadata(None if regex or not topics else topics)
    found = chosen(metadata, topics or [], regex=regex, internal=internal)
    rows = [row(topic, detailed=detailed) for topic in found]
    if detailed:
        run.out.emit(rows, *(view for topic in found for view in views(topic)))
    else:
        run.out.emit(rows, Table(COLUMNS, rows))


def chosen(metadata: Metadata, names: list[str], *, regex: bool, internal: bool) -> list[Topic]:
    """The topics asked for; NotFound for a name that is not there."""
    if regex:
        return matching_topics(metadata, names, internal=internal)
    if not names:
        return [topic for topic in metadata.topics if internal or not topic.internal]
    for topic in metadata.topics:
        if topic.error is not None and topic.error.code == 3:
            raise unknown_topic(topic.name, ())
        if topic.error is not None:
            raise topic.error
    return list(metadata.topics)


def row(topic: Topic, *, detailed: bool) -> dict[str, object]:
    """One topic as JSON shows it."""
    found: dict[str, object] = {
        "name": topic.name,
        "partitions": len(topic.partitions),
        "replicas": topic.replication_factor,
    }
    if detailed:
        found["partition_list"] = partition_rows(topic)
    return found


def partition_rows(topic: Topic) -> list[dict[str, object]]:
    """The partitions of a topic, by index."""
    return [
        {
            "partition": partition.index,
            "leader": partition.leader,
            "epoch": partition.leader_epoch,
            "replicas": list(partition.replicas),
            "offline_replicas": list(partition.offline),
            "load_error": partition.error.name if partition.error is not None else None,
        }
        for partition in topic.partitions
    ]


def views(topic: Topic) -> list[View]:
    """The block of one topic under -d."""
    rows = partition_rows(topic)
    columns = [
        Column("PARTITION", "partition"),
        Column("LEADER", "leader"),
        Column("EPOCH", "epoch"),
        Column("REPLICAS", "replicas"),
    ]
    if any(each["offline_replicas"] for each in rows):
        columns.append(Column("OFFLINE-REPLICAS", "offline_replicas"))
    if any(each["load_error"] for each in rows):
        columns.append(Column("LOAD-ERROR", "load_error"))
    summary: list[tuple[str, object]] = [("NAME", topic.name)]
    if topic.internal:
        summary.append(("INTERNAL", True))
    summary += [("PARTITIONS", len(topic.partitions)), ("REPLICAS", topic.replication_factor)]
    return [Pairs(summary), Table(columns, rows)]
