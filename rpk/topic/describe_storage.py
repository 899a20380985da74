"""`rpk topic describe-storage`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client.kafka import connect
from rpk.config.run import Run, current
from rpk.out.errors import NotFound, RpkError
from rpk.out.sizes import human_size
from rpk.out.tables import Column, Pairs, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.client.kafka import KafkaClient
    from rpk.client.model import Topic
    from rpk.out.tables import View

EXAMPLES = (
    ("rpk topic describe-storage orders", "how much of each partition is where"),
    ("rpk topic describe-storage orders -a -H", "every section, sizes for people"),
)
OUTPUT = {
    "summary": "{name, partitions, replicas, cloud_storage_mode}",
    "partitions": "list of {partition, cloud and local offsets, bytes and segments, times since the last uploads}",
}
OFFSETS = (
    ("CLOUD-START", "cloud_log_start_offset"),
    ("CLOUD-LAST", "cloud_log_last_offset"),
    ("LOCAL-START", "local_log_start_offset"),
    ("LOCAL-LAST", "local_log_last_offset"),
)
SIZES = (
    ("CLOUD-BYTES", "cloud_log_size_bytes"),
    ("LOCAL-BYTES", "local_log_size_bytes"),
    ("TOTAL-BYTES", "total_log_size_bytes"),
    ("CLOUD-SEGMENTS", "cloud_log_segment_count"),
    ("LOCAL-SEGMENTS", "local_log_segment_count"),
)
SYNC = (
    ("LAST-SEGMENT-UPLOAD", "ms_since_last_segment_upload"),
    ("LAST-MANIFEST-UPLOAD", "ms_since_last_manifest_upload"),
    ("METADATA-UPDATE-PENDING", "metadata_update_pending"),
)


def command(
    topic: Annotated[str, typer.Argument(help="The topic.")],
    print_all: Annotated[bool, typer.Option("--print-all", "-a", help="Print every section.")] = False,
    print_summary: Annotated[bool, typer.Option("--print-summary", "-s", help="Print the summary.")] = False,
    print_size: Annotated[bool, typer.Option("--print-size", "-z", help="Print sizes.")] = False,
    print_sync: Annotated[
        bool, typer.Option("--print-sync", "-y", help="Print the state of uploads.")
    ] = False,
    print_offset: Annotated[bool, typer.Option("--print-offset", "-o", help="Print offsets.")] = False,
    human_readable: Annotated[
        bool, typer.Option("--human-readable", "-H", help="Sizes as KiB, MiB, GiB.")
    ] = False,
) -> None:
    """Show where a topic's data is.

    Asks the Admin API for tiered storage; a cluster without it keeps everything locally, and local sizes and
    offsets then come from the Kafka API. Summary and size unless sections are asked for.
    """
    run = current()
    with connect(run) as client:
        (found,) = client.named_topics([topic])
        rows = tiered(run, found) or local(client, found)
    if not (print_all or print_summary or print_size or print_sync or print_offset):
        print_summary = print_size = True
    mode = str(rows[0]["cloud_storage_mode"]) if rows else "disabled"
    summary = {
        "name": topic,
        "partitions": len(found.partitions),
        "replicas": found.replication_factor,
        "cloud_storage_mode": mode,
    }
    views: list[View] = []
    if print_all or print_summary:
        pairs = [(key.upper().replace("_", "-"), value) for key, value in summary.items()]
        views.append(Pairs(pairs, title="SUMMARY"))
    shown = [{**row, **sizes(row)} for row in rows] if human_readable else rows
    for asked, title, columns in (
        (print_offset, "OFFSETS", OFFSETS),
        (print_size, "SIZE", SIZES),
        (print_sync, "SYNC", SYNC),
    ):
        if print_all or asked:
            headers = (Column("PARTITION", "partition"), *(Column(*each) for each in columns))
            views.append(Table(headers, shown, title=title))
    run.out.document({"summary": summary, "partitions": rows}, *views)
    for row in rows:
        if isinstance(error := row.get("error"), RpkError):
            raise error


def sizes(row: dict[str, object]) -> dict[str, object]:
    """The byte counts of a row for people."""
    return {
        key: human_size(value)
        for _, key in SIZES
        if key.endswith("_bytes") and isinstance(value := row.get(key), int)
    }


def tiered(run: Run, topic: Topic) -> list[dict[str, object]]:
    """What the Admin API says of each partition; empty where it does not know tiered storage."""
    from rpk.client import admin

    rows: list[dict[str, object]] = []
    with admin.connect(run) as api:
        for partition in topic.partitions:
            try:
                status = api.get(f"/v1/cloud_storage/status/{topic.name}/{partition.index}")
            except NotFound:
                return []
            except RpkError as error:
                run.debug(f"no tiered storage status: {error.message}")
                return []
            rows.append({"partition": partition.index, **status})
    return rows


def local(client: KafkaClient, topic: Topic) -> list[dict[str, object]]:
    """Local sizes and offsets over the Kafka API."""
    from rpk.client.model import EARLIEST, LATEST

    keys = [(topic.name, partition.index) for partition in topic.partitions]
    first = client.offsets.list(dict.fromkeys(keys, EARLIEST))
    last = client.offsets.list(dict.fromkeys(keys, LATEST))
    leaders = {partition.index: partition.leader for partition in topic.partitions}
    bytes_on_disk: dict[int, int] = {}
    for directory in client.log_dirs.describe(topics={topic.name: list(leaders)}):
        for replica in directory.replicas:
            if leaders.get(replica.partition) == directory.broker:
                bytes_on_disk[replica.partition] = replica.size_bytes
    rows: list[dict[str, object]] = []
    for key in keys:
        start, end = first[key], last[key]
        size = bytes_on_disk.get(key[1])
        rows.append(
            {
                "partition": key[1],
                "cloud_storage_mode": "disabled",
                "local_log_start_offset": None if isinstance(start, RpkError) else start.offset,
                "local_log_last_offset": None if isinstance(end, RpkError) else end.offset - 1,
                "local_log_size_bytes": size,
                "cloud_log_size_bytes": 0,
                "total_log_size_bytes": size,
                "cloud_log_segment_count": 0,
            }
        )
    return rows
