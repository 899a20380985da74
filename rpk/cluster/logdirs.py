"""`rpk cluster logdirs describe`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client.kafka import connect
from rpk.config.run import current
from rpk.out.errors import ItemsFailed, NotFound, UsageError
from rpk.out.sizes import human_size
from rpk.out.tables import Column

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rpk.client.kafka import KafkaClient

EXAMPLES = (
    ("rpk cluster logdirs describe", "every replica on every broker"),
    ("rpk cluster logdirs describe --aggregate-into topic --sort-by-size -H", "the largest topics first"),
)
OUTPUT = {
    "broker": "integer",
    "dir": "string",
    "topic": "string",
    "partition": "integer",
    "size_bytes": "integer",
    "error": "string or null",
}
LEVELS = ("broker", "dir", "topic", "partition")
HEADERS = {"broker": "BROKER", "dir": "DIR", "topic": "TOPIC", "partition": "PARTITION"}


def command(
    broker: Annotated[int, typer.Option("--broker", "-b", help="Only this broker; -1 is all.")] = -1,
    topics: Annotated[
        list[str] | None, typer.Option("--topics", metavar="LIST", help="Only these topics.")
    ] = None,
    aggregate_into: Annotated[
        str | None, typer.Option("--aggregate-into", help="Sum up to broker, dir, topic or partition.")
    ] = None,
    sort_by_size: Annotated[bool, typer.Option("--sort-by-size", help="Largest first.")] = False,
    human_readable: Annotated[
        bool, typer.Option("--human-readable", "-H", help="Sizes as KiB, MiB, GiB.")
    ] = False,
) -> None:
    """Show how much disk each replica takes.

    Every broker is asked for its own directories. A directory that cannot be read is a row with an error and makes
    the command fail.
    """
    run = current()
    if aggregate_into is not None and aggregate_into not in LEVELS:
        raise UsageError(f"--aggregate-into {aggregate_into}: there are {', '.join(LEVELS)}")
    names = [name.strip() for text in topics or () for name in text.split(",") if name.strip()]
    with connect(run) as client:
        rows = collect(client, broker, names)
    rows = aggregate(rows, aggregate_into or "partition")
    if sort_by_size:
        rows.sort(key=lambda row: -int(str(row["size_bytes"])))
    columns = [Column(HEADERS[level], level) for level in LEVELS if any(level in row for row in rows)]
    columns.append(Column("SIZE", "size"))
    if any(row["error"] for row in rows):
        columns.append(Column("ERROR", "error"))
    shown = [
        {**row, "size": human_size(int(str(row["size_bytes"]))) if human_readable else row["size_bytes"]}
        for row in rows
    ]
    if run.out.structured:
        run.out.emit(rows)
    else:
        run.out.table(columns, shown)
    if failed := [row for row in rows if row["error"]]:
        raise ItemsFailed(f"{len(failed)} log directories could not be read", cause=str(failed[0]["error"]))


def collect(client: KafkaClient, broker: int, names: Sequence[str]) -> list[dict[str, object]]:
    """A row a replica; NotFound for a broker or topic that is not there."""
    if broker >= 0 and broker not in client.brokers():
        raise NotFound(f"there is no broker {broker}", hint="rpk cluster info -b shows the brokers")
    wanted: dict[str, list[int]] | None = None
    if names:
        wanted = {
            topic.name: [partition.index for partition in topic.partitions]
            for topic in client.named_topics(names)
        }
    rows: list[dict[str, object]] = []
    for directory in client.log_dirs.describe(brokers=[broker] if broker >= 0 else None, topics=wanted):
        place: dict[str, object] = {"broker": directory.broker, "dir": directory.directory}
        if directory.error is not None:
            error = directory.error.cause or directory.error.message
            rows.append({**place, "size_bytes": 0, "error": error})
        rows += [
            {
                **place,
                "topic": each.topic,
                "partition": each.partition,
                "size_bytes": each.size_bytes,
                "error": None,
            }
            for each in sorted(directory.replicas, key=lambda each: (each.topic, each.partition))
        ]
    return rows


def aggregate(rows: Sequence[Mapping[str, object]], level: str) -> list[dict[str, object]]:
    """Rows summed up to a level; the columns below it are gone. Errors stay rows of their own."""
    kept = LEVELS[: LEVELS.index(level) + 1]
    if level == "topic":
        kept = ("topic",)
    sums: dict[tuple[object, ...], dict[str, object]] = {}
    for row in rows:
        columns = {name: row[name] for name in kept if name in row}
        key = (*columns.items(), row["error"])
        entry = sums.setdefault(key, {**columns, "size_bytes": 0, "error": row["error"]})
        entry["size_bytes"] = int(str(entry["size_bytes"])) + int(str(row["size_bytes"]))
    return list(sums.values())
