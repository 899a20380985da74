"""`rpk topic trim-prefix`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from rpk.client.kafka import connect
from rpk.client.kafka_errors import broker_error
from rpk.config.row_file import partition_offsets
from rpk.config.run import Run, current
from rpk.out.errors import NotFound, OperationFailed, RpkError, UsageError
from rpk.out.output import ItemResult, items_failed
from rpk.out.tables import Column, Table
from rpk.topic.offsets import Position, parse_offset_range

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.client.kafka import KafkaClient
    from rpk.client.model import TopicPartition

EXAMPLES = (
    ("rpk topic trim-prefix orders -o 1000 -p 0", "delete what is before offset 1000 of partition 0"),
    ("rpk topic trim-prefix orders -o end", "delete every record"),
    ("rpk topic trim-prefix orders -o @-24h --dry-run", "what a day would leave"),
)
OUTPUT = {
    "name": "string",
    "ok": "boolean",
    "error": "object or null",
    "topic": "string",
    "partition": "integer",
    "prior_start_offset": "integer or null",
    "new_start_offset": "integer or null",
}


def command(
    topic: Annotated[str | None, typer.Argument(help="The topic; may stand in the file instead.")] = None,
    offset: Annotated[
        str | None,
        typer.Option("--offset", "-o", help="First offset to keep: N, end, or a time such as @-1h."),
    ] = None,
    partitions: Annotated[
        list[str] | None, typer.Option("--partitions", "-p", metavar="LIST", help="Only these partitions.")
    ] = None,
    from_file: Annotated[
        str | None,
        typer.Option("--from-file", "-f", help="Lines of topic, partition, offset; or partition, offset."),
    ] = None,
    no_confirm: Annotated[bool, typer.Option("--no-confirm", help="Do not ask.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--dry", help="Show the plan, delete nothing.")
    ] = False,
) -> None:
    """Delete the oldest records of partitions.

    Prints the plan and asks, unless --no-confirm or --yes is given. The offset `end` deletes everything; a time
    deletes what was written before it.
    """
    run = current()
    with connect(run) as client:
        wanted = asked(client, topic, offset, partitions, from_file)
        before, plan = planned(client, wanted)
        if dry_run:
            report(run, results(before, plan), planned=True)
            return
        if not (no_confirm or run.options.yes):
            for line in table(results(before, plan), planned=True).lines():
                run.out.notice(line)
            if not run.out.confirm("Delete the records before these offsets?", flag="--no-confirm"):
                raise OperationFailed("nothing was deleted", name="CANCELED")
        answers = client.topics.delete_records(wanted)
    report(run, results(before, {key: answers.get(key, unanswered(*key)) for key in before}), planned=False)


def planned(
    client: KafkaClient, wanted: dict[TopicPartition, int]
) -> tuple[dict[TopicPartition, int | None], dict[TopicPartition, int | RpkError]]:
    """The first offset of each partition now, and after: what DeleteRecords would answer (KIP-107)."""
    from rpk.client.model import EARLIEST, LATEST

    first = client.offsets.list(dict.fromkeys(wanted, EARLIEST))
    last = client.offsets.list(dict.fromkeys(wanted, LATEST))
    before: dict[TopicPartition, int | None] = {}
    after: dict[TopicPartition, int | RpkError] = {}
    for key, offset in wanted.items():
        start, end = first[key], last[key]
        before[key] = None if isinstance(start, RpkError) else start.offset
        if isinstance(start, RpkError):
            after[key] = start
        elif isinstance(end, RpkError):
            after[key] = end
        elif offset > end.offset:
            text = f"the partition ends at {end.offset}"
            after[key] = broker_error(1, f"cannot delete records of {key[0]}/{key[1]}", text)
        else:
            after[key] = end.offset if offset == -1 else max(offset, start.offset)
    return before, after


def results(
    before: dict[TopicPartition, int | None], after: dict[TopicPartition, int | RpkError]
) -> list[ItemResult]:
    """One result a partition."""
    return [
        ItemResult(
            f"{key[0]}/{key[1]}",
            answer if isinstance(answer := after[key], RpkError) else None,
            topic=key[0],
            partition=key[1],
            prior_start_offset=prior,
            new_start_offset=None if isinstance(answer, RpkError) else answer,
        )
        for key, prior in before.items()
    ]


def table(results: list[ItemResult], *, planned: bool) -> Table:
    """TOPIC PARTITION [PRIOR-START-OFFSET] NEW-START-OFFSET, with ERROR where a partition failed."""
    rows = [{**each.fields, "error": each.status if each.error is not None else ""} for each in results]
    columns = [Column("TOPIC", "topic"), Column("PARTITION", "partition")]
    if planned:
        columns.append(Column("PRIOR-START-OFFSET", "prior_start_offset"))
    columns.append(Column("NEW-START-OFFSET", "new_start_offset"))
    if any(each.error is not None for each in results):
        columns.append(Column("ERROR", "error"))
    return Table(columns, rows)


def report(run: Run, results: list[ItemResult], *, planned: bool) -> None:
    """Print the plan or the outcome; raise when a partition failed."""
    run.out.emit([each.as_json() for each in results], table(results, planned=planned))
    failed = [each for each in results if each.error is not None]
    if failed:
        raise items_failed("partition", failed, len(results))


def unanswered(topic: str, index: int) -> RpkError:
    """The error of a partition no broker spoke of."""
    return OperationFailed(f"no broker answered for {topic}/{index}")


def asked(
    client: KafkaClient,
    topic: str | None,
    offset: str | None,
    partitions: list[str] | None,
    from_file: str | None,
) -> dict[TopicPartition, int]:
    """The first offset to keep of each partition, -1 for the high watermark; UsageError, NotFound."""
    if (offset is None) == (from_file is None):
        raise UsageError("give either --offset or --from-file", hint="for example: -o 1000")
    if from_file is not None:
        if partitions:
            raise UsageError("--from-file excludes --partitions")
        return partition_offsets(from_file, topic=topic)
    if topic is None or offset is None:
        raise UsageError("which topic?", hint="rpk topic trim-prefix TOPIC -o OFFSET")
    (found,) = client.named_topics([topic])
    there = [partition.index for partition in found.partitions]
    chosen = numbers(partitions) if partitions else there
    for index in chosen:
        if index not in there:
            raise NotFound(f"topic {topic} has no partition {index}", hint=f"it has {len(there)}, from 0")
    return resolve(client, [(topic, index) for index in chosen], offset)


def resolve(client: KafkaClient, keys: list[TopicPartition], offset: str) -> dict[TopicPartition, int]:
    """The offset text as a number for each partition."""
    wanted = parse_offset_range(offset, int(time.time() * 1000))
    position: Position = wanted.start
    if wanted.end is not None or position.kind == "start" or (position.kind == "end" and position.number):
        raise UsageError(f"--offset {offset}: one offset is needed", hint="N, end, or a time such as @-1h")
    if position.kind == "end":
        return dict.fromkeys(keys, -1)
    if position.kind == "offset":
        return dict.fromkeys(keys, position.number)
    found: dict[TopicPartition, int] = {}
    for key, answer in client.offsets.list(dict.fromkeys(keys, position.number)).items():
        if isinstance(answer, RpkError):
            raise answer
        found[key] = answer.offset  # -1: nothing is newer, so everything goes
    return found


def numbers(texts: list[str]) -> list[int]:
    """`0,1` and `-p 0 -p 1` as numbers."""
    words = [word.strip() for text in texts for word in text.split(",") if word.strip()]
    for word in words:
        if not word.isdecimal():
            raise UsageError(f"--partitions: {word!r} is not a partition")
    return [int(word) for word in words]
