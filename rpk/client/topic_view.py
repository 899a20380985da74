"""Topics as rows and tables: `rpk topic` and `rpk cluster info` draw them alike."""

from __future__ import annotations

from rpk.out.tables import Column, Pairs, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rpk.client.model import Topic
    from rpk.out.tables import View

Row = dict[str, object]

TOPIC_COLUMNS = (Column("NAME", "name"), Column("PARTITIONS", "partitions"), Column("REPLICAS", "replicas"))


def topic_row(topic: Topic) -> Row:
    """{name, partitions, replicas}."""
    return {
        "name": topic.name,
        "partitions": len(topic.partitions),
        "replicas": topic.replication_factor,
    }


def partition_rows(topic: Topic) -> list[Row]:
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


def partition_columns(rows: Sequence[Mapping[str, object]]) -> list[Column]:
    """PARTITION LEADER EPOCH REPLICAS, and OFFLINE-REPLICAS and LOAD-ERROR where a row has one."""
    columns = [
        Column("PARTITION", "partition"),
        Column("LEADER", "leader"),
        Column("EPOCH", "epoch"),
        Column("REPLICAS", "replicas"),
    ]
    if any(row["offline_replicas"] for row in rows):
        columns.append(Column("OFFLINE-REPLICAS", "offline_replicas"))
    if any(row["load_error"] for row in rows):
        columns.append(Column("LOAD-ERROR", "load_error"))
    return columns


def summary_pairs(topic: Topic) -> list[tuple[str, object]]:
    """NAME [INTERNAL] PARTITIONS [REPLICAS]."""
    pairs: list[tuple[str, object]] = [("NAME", topic.name)]
    if topic.internal:
        pairs.append(("INTERNAL", True))
    pairs.append(("PARTITIONS", len(topic.partitions)))
    if topic.partitions:
        pairs.append(("REPLICAS", topic.replication_factor))
    return pairs


def detailed_views(topic: Topic) -> list[View]:
    """The block of one topic: its summary and its partitions."""
    rows = partition_rows(topic)
    return [Pairs(summary_pairs(topic)), Table(partition_columns(rows), rows)]
