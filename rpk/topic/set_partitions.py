"""`rpk topic set-partitions`, and what it shares with add-partitions."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client.kafka import connect
from rpk.config.run import Run, current
from rpk.out.errors import OperationFailed
from rpk.out.output import ItemResult
from rpk.out.tables import Column
from rpk.topic.selection import unknown_topic, without_repeats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from rpk.out.errors import RpkError

EXAMPLES = (
    ("rpk topic set-partitions orders -n 12", "twelve partitions, however many there are; safe to run again"),
    ("rpk topic set-partitions orders -n 12 --dry-run", "let the cluster check it, change nothing"),
)
OUTPUT = {
    "name": "string",
    "ok": "boolean",
    "error": "object or null",
    "before": "integer",
    "after": "integer",
}
PLAN = (
    Column("TOPIC", "name"),
    Column("BEFORE", "before"),
    Column("AFTER", "after"),
    Column("STATUS", "status"),
)
GUARDED = ("__consumer_offsets", "_schemas", "__transaction_state", "coprocessor_internal_topic")


def command(
    topics: Annotated[list[str], typer.Argument(help="Names of the topics.")],
    num: Annotated[int, typer.Option("--num", "-n", min=1, help="Partitions each shall have.")],
    force: Annotated[bool, typer.Option("--force", "-f", help="Also topics of the cluster's own.")] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", "--dry", help="Let the cluster check it, show before and after, change nothing."
        ),
    ] = False,
) -> None:
    """Grow topics to a number of partitions.

    A topic that has that many is left alone; one that has more is an error, since partitions cannot be removed.
    """
    grow(current(), topics, lambda _: num, force=force, dry_run=dry_run)


def grow(run: Run, topics: list[str], total: Callable[[int], int], *, force: bool, dry_run: bool) -> None:
    """Bring each topic to `total(partitions it has)` and print a row a topic."""
    names = without_repeats(topics)
    totals: dict[str, int] = {}
    results: dict[str, RpkError | None] = {}
    with connect(run) as client:
        there = {topic.name: len(topic.partitions) for topic in client.metadata(None).topics}
        for name in names:
            if name not in there:
                results[name] = unknown_topic(name, there)
            elif name in GUARDED and not force:
                results[name] = OperationFailed(
                    f"topic {name} belongs to the cluster", hint="add --force", name="INTERNAL_TOPIC"
                )
            elif total(there[name]) == there[name]:
                results[name] = None
            else:
                totals[name] = total(there[name])
        if totals:
            results.update(client.topics.set_partitions(totals, validate_only=dry_run))
    items = []
    for name in names:
        before, error = there.get(name, 0), results.get(name)
        after = before if error is not None else totals.get(name, before)
        items.append(ItemResult(name, error, before=before, after=after))
    run.out.results("topic", items, PLAN if dry_run else None)
