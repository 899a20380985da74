"""`rpk topic describe`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client.kafka import connect
from rpk.client.topic_view import partition_columns, partition_rows, summary_pairs
from rpk.config.run import Run, current
from rpk.out.errors import ItemsFailed, RpkError
from rpk.out.tables import Column, Pairs, Table
from rpk.topic.selection import matching_topics, unknown_topic, without_repeats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rpk.client.configs import Config
    from rpk.client.kafka import KafkaClient
    from rpk.client.model import Topic, TopicPartition
    from rpk.client.offsets import ListedOffset
    from rpk.out.tables import View

    Listed = Mapping[TopicPartition, ListedOffset | RpkError]

EXAMPLES = (
    ("rpk topic describe orders", "summary and configs"),
    ("rpk topic describe orders -p", "partitions with their leaders and offsets"),
    ("rpk topic describe 'orders-.*' -r -a --format json", "everything of all that match, for scripts"),
)
OUTPUT = {
    "summary": "{name, internal, partitions, replicas, error}",
    "configs": "list of {key, value, source}",
    "partitions": "list of {partition, leader, epoch, replicas, log_start_offset, last_stable_offset, high_watermark}",
}


def command(
    topics: Annotated[list[str], typer.Argument(help="Names, or regular expressions with -r.")],
    print_summary: Annotated[bool, typer.Option("--print-summary", "-s", help="Print the summary.")] = False,
    print_configs: Annotated[bool, typer.Option("--print-configs", "-c", help="Print the configs.")] = False,
    print_partitions: Annotated[
        bool, typer.Option("--print-partitions", "-p", help="Print the partitions.")
    ] = False,
    print_all: Annotated[bool, typer.Option("--print-all", "-a", help="Print everything.")] = False,
    regex: Annotated[
        bool, typer.Option("--regex", "-r", help="Names are regular expressions over the whole name.")
    ] = False,
    internal: Annotated[
        bool, typer.Option("--internal", "-i", help="With -r: the cluster's own topics too.")
    ] = False,
    stable: Annotated[bool, typer.Option("--stable", help="Show the last stable offset too.")] = False,
    page: Annotated[int, typer.Option("--page", hidden=True)] = -1,
    page_size: Annotated[int, typer.Option("--page-size", hidden=True)] = 20,
    watermarks: Annotated[bool, typer.Option("--watermarks", hidden=True)] = True,
    detailed: Annotated[bool, typer.Option("--detailed", hidden=True)] = False,
) -> None:
    """Show topics: summary, configs, partitions.

    Summary and configs unless sections are asked for; everything for several topics and for JSON and YAML. A topic
    that does not exist is shown with its error, and the command ends with 5 (with 1 when others were shown).
    """
    del page, page_size, watermarks, detailed  # accepted for old scripts; all offsets are always shown
    run = current()
    names = without_repeats(topics)
    with connect(run) as client:
        metadata = client.metadata(None if regex else names)
        if regex:
            chosen = matching_topics(metadata, names, internal=internal)
            if not chosen:
                run.out.notice("no topic matches")
        else:
            found = {topic.name: topic for topic in metadata.topics}
            chosen = [found[name] for name in names if name in found]
        if not (print_summary or print_configs or print_partitions or print_all):
            everything = len(chosen) > 1 or run.out.structured
            print_summary, print_configs, print_all = True, True, everything
        if print_all or run.out.structured:
            print_summary = print_configs = print_partitions = True
        described = describe(
            client, chosen, configs=print_configs, partitions=print_partitions, stable=stable
        )
    data = [sections(each, stable=stable) for each in described]
    shown = [
        view
        for each in described
        for view in views(
            each, summary=print_summary, configs=print_configs, partitions=print_partitions, stable=stable
        )
    ]
    run.out.emit(data, *shown)
    failed = [each for each in described if each.error is not None]
    if failed:
        first = failed[0].error
        if len(described) == 1 and first is not None:
            raise unknown_topic(failed[0].topic.name, all_names(run)) if first.code == 3 else first
        raise ItemsFailed(f"{len(failed)} of {len(described)} topics failed")


class Described:
    """One topic with what was asked about it."""

    __slots__ = ("configs", "error", "first", "last", "stable", "topic")

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.error: RpkError | None = topic.error
        self.configs: Sequence[Config] = ()
        self.first: Listed = {}
        self.last: Listed = {}
        self.stable: Listed = {}


def describe(
    client: KafkaClient, topics: Sequence[Topic], *, configs: bool, partitions: bool, stable: bool
) -> list[Described]:
    """Ask what is needed for the sections; an empty list of topics asks nothing."""
    described = [Described(topic) for topic in topics]
    fine = [each for each in described if each.error is None]
    if configs and fine:
        from rpk.client.configs import TOPIC

        answers = client.configs.describe(TOPIC, [each.topic.name for each in fine])
        for each in fine:
            answer = answers.get(each.topic.name, [])
            if isinstance(answer, RpkError):
                each.error = answer
            else:
                each.configs = answer
    if partitions and fine:
        from rpk.client.model import EARLIEST, LATEST

        keys = [(each.topic.name, partition.index) for each in fine for partition in each.topic.partitions]
        first = client.offsets.list(dict.fromkeys(keys, EARLIEST))
        last = client.offsets.list(dict.fromkeys(keys, LATEST))
        steady = client.offsets.list(dict.fromkeys(keys, LATEST), read_committed=True) if stable else {}
        for each in fine:
            each.first, each.last, each.stable = first, last, steady
    return described


def sections(each: Described, *, stable: bool) -> dict[str, object]:
    """One topic as JSON shows it."""
    topic = each.topic
    return {
        "summary": {
            "name": topic.name,
            "internal": topic.internal,
            "partitions": len(topic.partitions),
            "replicas": topic.replication_factor,
            "error": each.error.as_json() if each.error is not None else None,
        },
        "configs": [{"key": c.name, "value": c.value, "source": c.source} for c in each.configs],
        "partitions": offsets_rows(each, stable=stable) if each.error is None else [],
    }


def offsets_rows(each: Described, *, stable: bool) -> list[dict[str, object]]:
    """The partitions with their offsets; an offset that could not be had is null and its error is the load error."""
    rows = partition_rows(each.topic)
    for row in rows:
        key = (each.topic.name, int(str(row["partition"])))
        columns = [("log_start_offset", each.first), ("high_watermark", each.last)]
        if stable:
            columns.insert(1, ("last_stable_offset", each.stable))
        for name, listed in columns:
            answer = listed.get(key)
            if isinstance(answer, RpkError):
                row["load_error"] = row["load_error"] or answer.name
            row[name] = None if answer is None or isinstance(answer, RpkError) else answer.offset
    return rows


def views(each: Described, *, summary: bool, configs: bool, partitions: bool, stable: bool) -> list[View]:
    """The sections of one topic as text."""
    topic = each.topic
    shown: list[View] = []
    several = summary + configs + partitions > 1
    if summary:
        pairs = summary_pairs(topic)
        if each.error is not None:
            pairs.append(("ERROR", each.error.cause or each.error.message))
        shown.append(Pairs(pairs, title="SUMMARY" if several else None))
    if each.error is not None:
        return shown
    if configs:
        rows = [{"key": c.name, "value": c.value, "source": c.source} for c in each.configs]
        columns = (Column("KEY", "key"), Column("VALUE", "value"), Column("SOURCE", "source"))
        shown.append(Table(columns, rows, title="CONFIGS" if several else None))
    if partitions:
        shown.append(partition_table(offsets_rows(each, stable=stable), titled=several, stable=stable))
    return shown


def partition_table(rows: Sequence[Mapping[str, object]], *, titled: bool, stable: bool) -> Table:
    """PARTITION LEADER EPOCH REPLICAS … HIGH-WATERMARK."""
    columns = partition_columns(rows)
    columns.append(Column("LOG-START-OFFSET", "log_start_offset"))
    if stable:
        columns.append(Column("LAST-STABLE-OFFSET", "last_stable_offset"))
    columns.append(Column("HIGH-WATERMARK", "high_watermark"))
    return Table(columns, rows, title="PARTITIONS" if titled else None)


def all_names(run: Run) -> list[str]:
    """Every topic's name, for the nearest one; none when the cluster does not say."""
    try:
        with connect(run) as client:
            return [topic.name for topic in client.metadata(None).topics]
    except RpkError:
        return []
