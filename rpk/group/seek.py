"""`rpk group seek`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client.kafka import connect
from rpk.config.row_file import partition_offsets
from rpk.config.run import current
from rpk.group.lag import position
from rpk.out.errors import NotFound, OperationFailed, RpkError, UsageError
from rpk.out.output import ItemResult, items_failed
from rpk.out.tables import Column, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from rpk.client.groups import Committed
    from rpk.client.kafka import KafkaClient
    from rpk.client.model import TopicPartition
    from rpk.config.run import Run

EXAMPLES = (
    ("rpk group seek billing --to start", "consume everything again"),
    ("rpk group seek billing --to 1700000000000 --topics orders --dry-run", "where that time would put it"),
    ("rpk group seek billing --to-group audit", "take over another group's offsets"),
)
OUTPUT = {
    "name": "string",
    "ok": "boolean",
    "error": "object or null",
    "topic": "string",
    "partition": "integer",
    "prior_offset": "integer or null",
    "current_offset": "integer or null",
}
DIGITS_TO_MS = {10: lambda value: value * 1000, 13: lambda value: value, 19: lambda value: value // 1_000_000}


def command(
    group: Annotated[str, typer.Argument(help="The group; it must have no members.")],
    to: Annotated[
        str | None, typer.Option("--to", help="start, end, or a time of 10 (s), 13 (ms) or 19 (ns) digits.")
    ] = None,
    to_group: Annotated[
        str | None, typer.Option("--to-group", help="Take the offsets of this group.")
    ] = None,
    to_file: Annotated[
        str | None, typer.Option("--to-file", help="Lines of topic, partition, offset.")
    ] = None,
    topics: Annotated[
        list[str] | None, typer.Option("--topics", metavar="LIST", help="Only these topics.")
    ] = None,
    allow_new_topics: Annotated[
        bool, typer.Option("--allow-new-topics", help="Also topics the group has no commit for.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--dry", help="Show the plan, change nothing.")
    ] = False,
) -> None:
    """Move the committed offsets of a group without members.

    --dry-run prints the plan. A group with members is refused before anything is written, since its consumers would
    commit over it. A time moves to the first record written at or after it, to the end where there is none.
    """
    run = current()
    if sum(each is not None for each in (to, to_group, to_file)) != 1:
        raise UsageError("give exactly one of --to, --to-group and --to-file", hint="for example: --to start")
    names = [name.strip() for text in topics or () for name in text.split(",") if name.strip()]
    with connect(run) as client:
        check_empty(client, group)
        committed = {
            key: item for key, item in client.groups.offsets(group).items() if not isinstance(item, RpkError)
        }
        if to is not None:
            wanted = by_time(client, group, committed, to, names, allow_new=allow_new_topics)
        else:
            offsets = partition_offsets(to_file) if to_file is not None else of_group(client, str(to_group))
            wanted = {key: offset for key, offset in offsets.items() if not names or key[0] in names}
            refuse_new_topics(group, committed, wanted, allow_new=allow_new_topics)
        if not wanted:
            raise NotFound(
                f"group {group} has no committed offsets to move",
                hint="name topics with --topics and add --allow-new-topics",
            )
        errors = missing(client, wanted) if dry_run else client.groups.commit(group, wanted)
    report(run, committed, wanted, errors)


def report(
    run: Run,
    committed: dict[TopicPartition, Committed],
    wanted: dict[TopicPartition, int],
    errors: dict[TopicPartition, RpkError | None],
) -> None:
    """TOPIC PARTITION PRIOR-OFFSET CURRENT-OFFSET, with ERROR where a partition failed."""
    results = []
    for key in sorted(wanted):
        prior = committed[key].offset if key in committed else None
        error = errors.get(key)
        now = wanted[key] if error is None else prior
        results.append(
            ItemResult(
                position(key), error, topic=key[0], partition=key[1], prior_offset=prior, current_offset=now
            )
        )
    columns = [
        Column("TOPIC", "topic"),
        Column("PARTITION", "partition"),
        Column("PRIOR-OFFSET", "prior_offset"),
        Column("CURRENT-OFFSET", "current_offset"),
    ]
    failed = [each for each in results if each.error is not None]
    if failed:
        columns.append(Column("ERROR", "error"))
    rows = [{**each.fields, "error": each.status if each.error is not None else ""} for each in results]
    run.out.emit([each.as_json() for each in results], Table(columns, rows))
    if failed:
        raise items_failed("partition", failed, len(results))


def missing(client: KafkaClient, keys: Iterable[TopicPartition]) -> dict[TopicPartition, RpkError | None]:
    """What the broker would say to each partition of a commit: those that do not exist are refused."""
    wanted = dict.fromkeys(keys)
    _, errors = client.offsets.by_leader(list(wanted))
    return {key: errors.get(key) for key in wanted}


def check_empty(client: KafkaClient, group: str) -> None:
    """OperationFailed when consumers are at work."""
    (described,) = client.groups.describe([group])
    if described.error is not None and described.error.code != 69:
        raise described.error
    if described.members:
        raise OperationFailed(
            f"group {group} has {len(described.members)} members",
            hint="stop its consumers first: they would commit over the new offsets",
            name="NON_EMPTY_GROUP",
            code=68,
        )


def by_time(
    client: KafkaClient,
    group: str,
    committed: dict[TopicPartition, Committed],
    to: str,
    names: list[str],
    *,
    allow_new: bool,
) -> dict[TopicPartition, int]:
    """start, end or a time, as an offset for every partition of the topics."""
    from rpk.client.model import EARLIEST, LATEST

    there = {topic for topic, _ in committed}
    new = [name for name in names if name not in there]
    if new and not allow_new:
        raise new_topic(group, new[0])
    keys = [
        (topic.name, partition.index)
        for topic in client.named_topics(names or sorted(there))
        for partition in topic.partitions
    ]
    if to in ("start", "end"):
        return offsets_at(client, keys, EARLIEST if to == "start" else LATEST)
    if not to.isdecimal() or len(to) not in DIGITS_TO_MS:
        raise UsageError(f"--to {to}: not start, end, or a time", hint="times have 10, 13 or 19 digits")
    at = offsets_at(client, keys, DIGITS_TO_MS[len(to)](int(to)))
    newer = [key for key, offset in at.items() if offset < 0]
    return {**at, **(offsets_at(client, newer, LATEST) if newer else {})}


def offsets_at(client: KafkaClient, keys: list[TopicPartition], timestamp: int) -> dict[TopicPartition, int]:
    """The offsets of a special or real timestamp; the first error is raised."""
    found: dict[TopicPartition, int] = {}
    for key, item in (client.offsets.list(dict.fromkeys(keys, timestamp)) if keys else {}).items():
        if isinstance(item, RpkError):
            raise item
        found[key] = item.offset
    return found


def of_group(client: KafkaClient, group: str) -> dict[TopicPartition, int]:
    """The committed offsets of another group."""
    found: dict[TopicPartition, int] = {}
    for key, item in client.groups.offsets(group).items():
        if isinstance(item, RpkError):
            raise item
        found[key] = item.offset
    if not found:
        raise NotFound(f"group {group} has no committed offsets")
    return found


def refuse_new_topics(
    group: str,
    committed: dict[TopicPartition, Committed],
    wanted: dict[TopicPartition, int],
    *,
    allow_new: bool,
) -> None:
    """UsageError when the group has no commit for a topic and --allow-new-topics was not given."""
    there = {topic for topic, _ in committed}
    for topic, _ in wanted:
        if topic not in there and not allow_new:
            raise new_topic(group, topic)


def new_topic(group: str, topic: str) -> RpkError:
    """The error for a topic the group never committed to."""
    return OperationFailed(f"group {group} has no commit for topic {topic}", hint="add --allow-new-topics")
