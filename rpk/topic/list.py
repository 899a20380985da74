"""`rpk topic list`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client.kafka import connect
from rpk.client.topic_view import TOPIC_COLUMNS, detailed_views, partition_rows, topic_row
from rpk.config.run import current
from rpk.out.errors import UsageError
from rpk.out.tables import Table
from rpk.topic.selection import matching_topics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.client.kafka import KafkaClient
    from rpk.client.model import Topic

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
        found = chosen(client, topics or [], regex=regex, internal=internal)
    rows = [topic_row(topic) for topic in found]
    if detailed:
        data = [{**topic_row(topic), "partition_list": partition_rows(topic)} for topic in found]
        run.out.emit(data, *(view for topic in found for view in detailed_views(topic)))
    else:
        run.out.emit(rows, Table(TOPIC_COLUMNS, rows))


def chosen(client: KafkaClient, names: list[str], *, regex: bool, internal: bool) -> list[Topic]:
    """The topics asked for; NotFound for a name that is not there."""
    if regex:
        return matching_topics(client.metadata(), names, internal=internal)
    if names:
        return client.named_topics(names)
    return [topic for topic in client.metadata().topics if internal or not topic.internal]
