"""`rpk cluster info`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client.kafka import connect
from rpk.client.topic_view import TOPIC_COLUMNS, detailed_views, partition_rows, topic_row
from rpk.config.run import current
from rpk.out.tables import Column, Table, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.client.model import Metadata, Topic
    from rpk.out.tables import View

EXAMPLES = (
    ("rpk cluster info", "brokers and topics"),
    ("rpk cluster info -b --format json", "the brokers only, for scripts"),
)
OUTPUT = {
    "cluster_name": "string or null",
    "controller_id": "integer",
    "brokers": "list of {node_id, host, port, rack}",
    "topics": "list of {name, internal, partitions, replicas, partition_list}",
}


def command(
    topics: Annotated[list[str] | None, typer.Argument(help="Only these topics.")] = None,
    print_cluster: Annotated[bool, typer.Option("--print-cluster", "-c", help="Print the cluster.")] = False,
    print_brokers: Annotated[bool, typer.Option("--print-brokers", "-b", help="Print the brokers.")] = False,
    print_topics: Annotated[bool, typer.Option("--print-topics", "-t", help="Print the topics.")] = False,
    print_internal_topics: Annotated[
        bool, typer.Option("--print-internal-topics", "-i", help="Print the cluster's own topics too.")
    ] = False,
    print_detailed_topics: Annotated[
        bool, typer.Option("--print-detailed-topics", "-d", help="Print every partition.")
    ] = False,
) -> None:
    """Show brokers and topics.

    One Metadata request. The controller carries a star. Without a section named, all are shown, with the cluster's
    own topics.
    """
    run = current()
    with connect(run) as client:
        if topics:
            client.named_topics(topics)
        metadata = client.metadata(topics or None)
    asked = print_cluster or print_brokers or print_topics
    internal = print_internal_topics or not asked
    detailed = print_detailed_topics
    shown = [topic for topic in metadata.topics if topics or internal or not topic.internal]
    sections: list[tuple[str, list[View]]] = []
    if print_cluster or not asked:
        sections.append(("CLUSTER", [Text(metadata.cluster_id or "-")]))
    if print_brokers or not asked:
        sections.append(("BROKERS", [brokers_table(metadata)]))
    if print_topics or topics or print_internal_topics or detailed or not asked:
        sections.append(("TOPICS", topic_views(shown, detailed=detailed)))
    titled = len(sections) > 1
    for title, views in sections:
        if titled and views:
            views[0].title = title
    run.out.document(data(metadata, shown), *(view for _, views in sections for view in views))


def data(metadata: Metadata, topics: list[Topic]) -> dict[str, object]:
    """As JSON shows it."""
    return {
        "cluster_name": metadata.cluster_id,
        "controller_id": metadata.controller_id,
        "brokers": [
            {"node_id": each.node_id, "host": each.host, "port": each.port, "rack": each.rack}
            for each in metadata.brokers
        ],
        "topics": [
            {**topic_row(topic), "internal": topic.internal, "partition_list": partition_rows(topic)}
            for topic in topics
        ],
    }


def brokers_table(metadata: Metadata) -> Table:
    """ID HOST PORT [RACK]; the controller's id has a star."""
    rows = [
        {
            "id": f"{each.node_id}*" if each.node_id == metadata.controller_id else str(each.node_id),
            "host": each.host,
            "port": each.port,
            "rack": each.rack,
        }
        for each in metadata.brokers
    ]
    columns = [Column("ID", "id"), Column("HOST", "host"), Column("PORT", "port")]
    if any(row["rack"] for row in rows):
        columns.append(Column("RACK", "rack"))
    return Table(columns, rows)


def topic_views(topics: list[Topic], *, detailed: bool) -> list[View]:
    """NAME PARTITIONS REPLICAS, or a block a topic."""
    if not detailed:
        return [Table(TOPIC_COLUMNS, [topic_row(topic) for topic in topics])]
    return [view for topic in topics for view in detailed_views(topic)]
