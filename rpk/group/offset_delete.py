"""`rpk group offset-delete`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client.kafka import connect
from rpk.client.kafka_errors import GROUP_ID_NOT_FOUND, broker_error
from rpk.config import row_file
from rpk.config.run import current
from rpk.group.lag import position
from rpk.out.errors import NotFound, RpkError, UsageError
from rpk.out.output import ItemResult, items_failed
from rpk.out.tables import Column, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.client.kafka import KafkaClient
    from rpk.client.model import TopicPartition

EXAMPLES = (
    ("rpk group offset-delete billing -t orders:0,1", "forget the commits of two partitions"),
    ("rpk group offset-delete billing -t orders", "of every partition of the topic"),
)
OUTPUT = {
    "name": "string",
    "ok": "boolean",
    "error": "object or null",
    "topic": "string",
    "partition": "integer",
}


def command(
    group: Annotated[str, typer.Argument(help="The group.")],
    topic: Annotated[
        list[str] | None,
        typer.Option("--topic", "-t", metavar="TOPIC[:LIST]", help="Topic, or partitions of it."),
    ] = None,
    from_file: Annotated[
        str | None, typer.Option("--from-file", "-f", help="Lines of topic and partition.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--dry", help="Show what would go, delete nothing.")
    ] = False,
) -> None:
    """Forget committed offsets of a group.

    Partitions a live member subscribes to are refused by the broker (GROUP_SUBSCRIBED_TO_TOPIC).
    """
    run = current()
    if bool(topic) == bool(from_file):
        raise UsageError("give either --topic or --from-file", hint="for example: -t orders:0,1")
    with connect(run) as client:
        keys = listed(from_file) if from_file is not None else chosen(client, topic or [])
        errors: dict[TopicPartition, RpkError | None] = (
            would_refuse(client, group, keys) if dry_run else client.groups.delete_offsets(group, keys)
        )
    results = [ItemResult(position(key), errors.get(key), topic=key[0], partition=key[1]) for key in keys]
    rows = [{**each.fields, "status": each.status} for each in results]
    columns = (Column("TOPIC", "topic"), Column("PARTITION", "partition"), Column("STATUS", "status"))
    run.out.emit([each.as_json() for each in results], Table(columns, rows))
    if failed := [each for each in results if each.error is not None]:
        raise items_failed("offset", failed, len(results))


def would_refuse(
    client: KafkaClient, group: str, keys: list[TopicPartition]
) -> dict[TopicPartition, RpkError | None]:
    """What the broker would say to each partition: it may not exist, or a live member may subscribe to it."""
    (described,) = client.groups.describe([group])
    if described.error is not None:
        raise described.error
    if described.state == "Dead" and not client.groups.offsets(group):
        raise NotFound(f"group {group} does not exist", name="GROUP_ID_NOT_FOUND", code=GROUP_ID_NOT_FOUND)
    subscribed = {topic for member in described.members for topic in member.topics}
    _, errors = client.offsets.by_leader(keys)
    for topic, index in keys:
        if topic in subscribed:
            errors[topic, index] = broker_error(86, f"cannot delete the offset of {topic}/{index}")
    return {key: errors.get(key) for key in keys}


def chosen(client: KafkaClient, texts: list[str]) -> list[TopicPartition]:
    """`topic` (all its partitions) and `topic:0,1`, in the order asked, each once."""
    keys: list[TopicPartition] = []
    for text in texts:
        name, colon, numbers = text.partition(":")
        if not name or (colon and not numbers):
            raise UsageError(f"--topic {text}: not TOPIC or TOPIC:0,1")
        if not colon:
            (found,) = client.named_topics([name])
            keys += [(name, partition.index) for partition in found.partitions]
            continue
        for number in numbers.split(","):
            if not number.strip().isdecimal():
                raise UsageError(f"--topic {text}: {number!r} is not a partition")
            keys.append((name, int(number)))
    return list(dict.fromkeys(keys))


def listed(path: str) -> list[TopicPartition]:
    """Rows of topic and partition, each once."""
    rows = row_file.read(path, ("topic", "partition"))
    return list(dict.fromkeys((row["topic"], row_file.number(path, row, "partition")) for row in rows))
