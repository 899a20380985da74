"""`rpk topic delete`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client.kafka import connect
from rpk.config.run import current
from rpk.out.errors import OperationFailed
from rpk.out.output import ItemResult
from rpk.topic.selection import matching_topics, unknown_topic, without_repeats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.client.kafka import KafkaClient
    from rpk.config.run import Run
    from rpk.out.errors import RpkError

EXAMPLES = (
    ("rpk topic delete orders", "one topic, without a question"),
    ("rpk topic delete -r 'test-.*'", "shows what matches, then asks for the number of topics"),
    ("rpk topic delete -r 'test-.*' --dry-run", "only show what matches"),
)
OUTPUT = {"name": "string", "ok": "boolean", "error": "object or null"}
NAMED_MAX = 10


def command(
    topics: Annotated[list[str], typer.Argument(help="Names, or regular expressions with -r.")],
    regex: Annotated[
        bool, typer.Option("--regex", "-r", help="Names are regular expressions over the whole name.")
    ] = False,
    allow_internal: Annotated[
        bool, typer.Option("--allow-internal", help="Delete the cluster's own topics too.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--dry", help="Show what would go, delete nothing.")
    ] = False,
) -> None:
    """Delete topics.

    A few topics given by name go at once. Regular expressions, and more than ten names, first list what they
    mean and then want the number of topics typed, or --yes. The cluster's own topics are spared unless
    --allow-internal is given.
    """
    run = current()
    with connect(run) as client:
        metadata = client.metadata(None)
        there = {topic.name: topic for topic in metadata.topics}
        if regex:
            names = [topic.name for topic in matching_topics(metadata, topics, internal=allow_internal)]
            if not names:
                run.out.notice("no topic matches")
        else:
            names = without_repeats(topics)
        refused: dict[str, RpkError] = {}
        for name in names:
            if name not in there:
                refused[name] = unknown_topic(name, there)
            elif there[name].internal and not allow_internal:
                refused[name] = OperationFailed(
                    f"topic {name} belongs to the cluster", hint="add --allow-internal", name="INTERNAL_TOPIC"
                )
        going = [name for name in names if name not in refused]
        if dry_run:
            errors: dict[str, RpkError | None] = dict.fromkeys(going)
        else:
            confirm(run, going, many=regex or len(names) > NAMED_MAX)
            errors = delete(client, going)
    run.out.results("topic", [ItemResult(name, refused.get(name, errors.get(name))) for name in names])


def confirm(run: Run, names: list[str], *, many: bool) -> None:
    """Have the number of topics typed when they were not spelled out; OperationFailed when it was not."""
    if not many or not names or run.options.yes:
        return
    for name in names:
        run.out.notice(f"  {name}")
    noun = "topic" if len(names) == 1 else "topics"
    if not run.out.confirm_count(f"This deletes {len(names)} {noun} and all their records.", len(names)):
        raise OperationFailed("nothing was deleted: the number typed is another one", name="CANCELED")


def delete(client: KafkaClient, names: list[str]) -> dict[str, RpkError | None]:
    """Delete; an empty list asks the cluster nothing."""
    return client.topics.delete(names) if names else {}
