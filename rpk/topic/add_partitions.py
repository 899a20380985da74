"""`rpk topic add-partitions`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.config.run import current
from rpk.topic.set_partitions import grow

EXAMPLES = (
    ("rpk topic add-partitions orders -n 3", "three more than there are"),
    ("rpk topic add-partitions orders clicks -n 1 --dry-run", "let the cluster check it, change nothing"),
)
OUTPUT = {
    "name": "string",
    "ok": "boolean",
    "error": "object or null",
    "before": "integer",
    "after": "integer",
}


def command(
    topics: Annotated[list[str], typer.Argument(help="Names of the topics.")],
    num: Annotated[int, typer.Option("--num", "-n", min=1, help="Partitions to add to each.")],
    force: Annotated[bool, typer.Option("--force", "-f", help="Also topics of the cluster's own.")] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", "--dry", help="Let the cluster check it, show before and after, change nothing."
        ),
    ] = False,
) -> None:
    """Add partitions to topics.

    Keys that hash to a partition may hash to another afterwards; partitions cannot be removed again. To reach a
    given number however often the command runs, use set-partitions.
    """
    grow(current(), topics, lambda there: there + num, force=force, dry_run=dry_run)
