"""`rpk topic consume`: records from topics to stdout."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from rpk.client.kafka import connect
from rpk.config.durations import parse_duration
from rpk.config.run import Run, current
from rpk.out.errors import NotFound, OperationFailed, UsageError
from rpk.topic.offsets import END, START, OffsetRange, Position, parse_offset_range

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpk.client.batch_consumer import BatchConsumer
    from rpk.client.model import Topic, TopicPartition
    from rpk.client.record_consumer import ConsumerOptions, RecordConsumer
    from rpk.out.records.view import Render
    from rpk.topic.consume_session import Limits, Progress
    from rpk.topic.filters import Predicate
    from rpk.topic.translate import Translator

BALANCERS = ("cooperative-sticky", "range", "roundrobin", "sticky")
INT32_MAX = 0x7FFF_FFFF

EXAMPLES = (
    ("rpk topic consume orders", "everything, and then what comes, as JSON"),
    (r"rpk topic consume orders -o :end -f '%k %v\n'", "what is there now, keys and values, then end"),
    ("rpk topic consume orders -o @-1h:end --grep v:error", "the errors of the last hour"),
    ("rpk topic consume orders --tail 5 -o :end", "the last five records of each partition"),
    ("rpk topic consume orders -g billing -n 10", "ten records as a member of a group"),
)
OUTPUT = {
    "topic": "string",
    "key": "string, absent when null",
    "key_encoding": "base64, only where the key is not UTF-8",
    "value": "string, absent when null",
    "value_encoding": "base64, only where the value is not UTF-8",
    "value_size": "integer, with --meta-only",
    "headers": "list of {key, value}, absent when none",
    "timestamp": "integer, milliseconds",
    "partition": "integer",
    "offset": "integer",
}


def _partitions(texts: Sequence[str]) -> list[int]:
    found: list[int] = []
    for text in texts:
        for word in text.split(","):
            if not (word.isascii() and word.isdigit() and int(word[:11]) <= INT32_MAX):
                raise UsageError(
                    f"--partitions {text}: {word!r} is no partition", hint="write -p 0,3 or -p 0 -p 3"
                )
            found.append(int(word))
    return list(dict.fromkeys(found))


def _topics(run: Run, names: Sequence[str], *, regex: bool) -> list[Topic]:
    from rpk.topic.selection import matching_topics, unknown_topic, without_repeats

    with connect(run) as client:
        metadata = client.metadata()
    if regex:
        internal = any(name.lstrip("^(").startswith("_") for name in names)
        found = matching_topics(metadata, names, internal=internal)
        if not found:
            raise NotFound(
                f"no topic matches {' or '.join(names)}",
                hint="rpk topic list shows what there is",
                name="NO_MATCH",
            )
    else:
        known = {topic.name: topic for topic in metadata.topics}
        for name in names:
            if name not in known:
                raise unknown_topic(name, known)
        found = [known[name] for name in without_repeats(names)]
    for topic in found:
        if topic.error is not None:
            raise topic.error
    return found


def _chosen(topics: Sequence[Topic], wanted: Sequence[int]) -> list[TopicPartition]:
    chosen = []
    for topic in topics:
        there = {partition.index for partition in topic.partitions}
        for index in wanted:
            if index not in there:
                raise NotFound(
                    f"topic {topic.name} has no partition {index}",
                    hint=f"it has {len(there)}, from 0 on",
                    name="UNKNOWN_TOPIC_OR_PARTITION",
                )
        chosen += [(topic.name, index) for index in (wanted or sorted(there))]
    return chosen


def _with_tail(offsets: OffsetRange, tail: int) -> OffsetRange:
    if tail <= 0:
        raise UsageError(f"--tail {tail} is not positive")
    if offsets.start not in (START, END):
        raise UsageError(
            "--tail and the start in --offset exclude each other", hint="use --tail N -o :end to stop there"
        )
    return OffsetRange(start=Position(kind="end", number=-tail), end=offsets.end)


def _reset_to_end(offsets: OffsetRange, text: str, tail: int | None, partitions: Sequence[int]) -> bool:
    """What a group starts from where it has committed nothing; raises UsageError for what no group can do."""
    if partitions:
        raise UsageError(
            "--group and --partitions exclude each other", hint="the group's members share the partitions out"
        )
    if offsets.end is not None or tail is not None:
        raise UsageError(
            f"--group reads on and on: {'--tail' if tail else '--offset ' + text} has an end",
            hint="use -n or --idle-timeout",
        )
    if offsets.start not in (START, END):
        raise UsageError(
            f"--group starts from what it committed, else from start or end, not from {text}",
            hint="rpk group seek moves what it committed",
        )
    return offsets.start == END


def command(
    topics: Annotated[list[str], typer.Argument(help="Topics, or regular expressions with -r.")],
    offset: Annotated[
        str,
        typer.Option(
            "-o",
            "--offset",
            metavar="RANGE",
            help="Where to start and end: start, end, :end, +N, -N, N:M, @-1h, @T1:T2.",
        ),
    ] = "start",
    partitions: Annotated[
        list[str] | None,
        typer.Option(
            "-p", "--partitions", metavar="LIST", help="Only these partitions; comma list, repeatable."
        ),
    ] = None,
    regex: Annotated[
        bool, typer.Option("-r", "--regex", help="The arguments are regular expressions of whole names.")
    ] = False,
    group: Annotated[
        str, typer.Option("-g", "--group", help="Read as a member of this group and commit what was printed.")
    ] = "",
    balancer: Annotated[
        str,
        typer.Option(
            "-b",
            "--balancer",
            help="How the group shares partitions out: cooperative-sticky, range, roundrobin.",
        ),
    ] = "cooperative-sticky",
    num: Annotated[int, typer.Option("-n", "--num", help="Stop after so many records; 0 is never.")] = 0,
    format: Annotated[
        str,
        typer.Option(
            "-f",
            "--format",
            metavar="FORMAT",
            help="How to print records: json, ndjson, value, kcat, or a layout.",
        ),
    ] = "json",
    pretty_print: Annotated[
        bool, typer.Option("--pretty-print/--no-pretty-print", help="JSON over several lines instead of one.")
    ] = True,
    meta_only: Annotated[
        bool, typer.Option("--meta-only", help="JSON without values, with their sizes.")
    ] = False,
    tail: Annotated[
        int | None,
        typer.Option("--tail", metavar="N", help="Start N records before the end of each partition."),
    ] = None,
    num_per_partition: Annotated[
        int, typer.Option("--num-per-partition", help="Stop a partition after so many records.")
    ] = 0,
    idle_timeout: Annotated[
        str, typer.Option("--idle-timeout", metavar="DURATION", help="End when no record came for so long.")
    ] = "0",
    grep: Annotated[
        list[str] | None,
        typer.Option(
            "-G",
            "--grep",
            metavar="SPEC",
            help="Show records with k:RE, v:RE, h:NAME=RE; ! before it for not.",
        ),
    ] = None,
    filter_key: Annotated[
        list[str] | None, typer.Option("--filter-key", metavar="GLOB", help="Show records whose key matches.")
    ] = None,
    filter_value: Annotated[
        list[str] | None,
        typer.Option("--filter-value", metavar="GLOB", help="Show records whose value matches."),
    ] = None,
    filter_header: Annotated[
        list[str] | None,
        typer.Option("--filter-header", metavar="NAME=GLOB", help="Show records with a header that matches."),
    ] = None,
    read_committed: Annotated[
        bool, typer.Option("--read-committed", help="Leave out records of open and aborted transactions.")
    ] = False,
    print_control_records: Annotated[
        bool, typer.Option("--print-control-records", help="Show transaction markers too.")
    ] = False,
    rack: Annotated[
        str, typer.Option("--rack", help="This client's rack: read from the nearest replica.")
    ] = "",
    raw: Annotated[bool, typer.Option("--raw", help="On a terminal too, print bytes as they are.")] = False,
    translate: Annotated[
        str, typer.Option("--translate", metavar="CMD", help="Pipe each value through this command.")
    ] = "",
    fetch_max_bytes: Annotated[
        int, typer.Option("--fetch-max-bytes", help="Most bytes of one fetch from one broker.")
    ] = 1 << 20,
    fetch_max_wait: Annotated[
        str,
        typer.Option("--fetch-max-wait", metavar="DURATION", help="Longest wait of a broker for records."),
    ] = "5s",
    fetch_max_partition_bytes: Annotated[
        int, typer.Option("--fetch-max-partition-bytes", help="Most bytes of one fetch from one partition.")
    ] = 1 << 20,
    use_schema_registry: Annotated[
        list[str] | None,
        typer.Option(
            "--use-schema-registry", metavar="PARTS", help="Decode key, value or both with their schemas."
        ),
    ] = None,
    commit: Annotated[bool, typer.Option("--commit", hidden=True)] = False,
) -> None:
    r"""Read records and print them.

    Reading goes on until it is stopped, unless the range has an end (`-o :end`), or -n, --num-per-partition or
    --idle-timeout say when. The ends of a range are looked up once, at the start.

    A layout is literal text, the escapes \t \n \r \\ \xNN and verbs: %t topic, %k key, %v value, %p partition,
    %o offset, %d timestamp, %e leader epoch, %h{...} headers and %H their count, %K %V %T sizes, %i a running
    number, %x %y producer id and epoch, %a{...} attributes, %[ %| %] log start, last stable offset, high watermark.
    Braces say how: %v{hex}, %k{base64}, %v{unpack[iq]}, %o{big64}, %d{strftime[%F %T]}, %d{go[2006-01-02]}.

    On a terminal control bytes are escaped; piped output is exact.
    """
    run = current()
    if use_schema_registry is not None:
        raise UsageError(
            "schemas come with the registry extra, which is not installed", hint="pip install 'rpk[registry]'"
        )
    if commit:
        run.out.warning("--commit is deprecated: groups always commit what was printed")
    from rpk.out.colour import is_terminal
    from rpk.topic.consume_session import Limits
    from rpk.topic.filters import compile_filters
    from rpk.topic.record_formats import writer_for

    offsets = parse_offset_range(offset, int(time.time() * 1000))
    wanted = _partitions(partitions or ())
    terminal = is_terminal(run.out.stdout) and not raw
    render, layout = writer_for(
        format, pretty=pretty_print, meta_only=meta_only, terminal=terminal, value_errors=bool(translate)
    )
    if num < 0 or num_per_partition < 0:
        raise UsageError("a number of records is not negative")
    limits = Limits(records=num, per_partition=num_per_partition, idle_s=parse_duration(idle_timeout))
    predicate = compile_filters(grep or (), filter_key or (), filter_value or (), filter_header or ())
    translator = _translator(translate)
    from rpk.client.record_consumer import ConsumerOptions

    options = ConsumerOptions(
        group=group or None,
        balancer=_balancer(balancer),
        reset_to_end=bool(group) and _reset_to_end(offsets, offset, tail, wanted),
        fetch_max_bytes=_size("--fetch-max-bytes", fetch_max_bytes),
        fetch_max_wait_ms=round(parse_duration(fetch_max_wait) * 1000),
        fetch_max_partition_bytes=_size("--fetch-max-partition-bytes", fetch_max_partition_bytes),
        read_committed=read_committed,
        rack=rack,
    )
    if tail is not None:
        offsets = _with_tail(offsets, tail)
    batches = print_control_records or (layout is not None and layout.needs_batches)
    if group and batches:
        raise UsageError(
            "a group cannot show transaction markers, attributes, producers or watermarks",
            hint="leave out --group to read batches directly",
        )
    printing = Printing(render=render, predicate=predicate, translator=translator, limits=limits)
    found = _topics(run, topics, regex=regex)
    chosen = _chosen(found, wanted)
    if group:
        _consume_group(run, options, [topic.name for topic in found], printing)
    elif batches:
        from rpk.client.batch_consumer import BatchConsumer

        source = BatchConsumer(run, options, control_records=print_control_records)
        _consume_range(run, source, chosen, offsets, printing)
    else:
        from rpk.client.record_consumer import RecordConsumer

        _consume_range(run, RecordConsumer(run, options), chosen, offsets, printing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """What is shown of the records that come."""

    render: Render
    predicate: Predicate | None
    translator: Translator | None
    limits: Limits

    def report(self, run: Run, progress: Progress) -> None:
        """Say what was filtered out (UX-49); fail when values could not be translated (UX-51)."""
        if self.predicate is not None:
            run.out.notice(f"matched {progress.shown} of {progress.scanned} records scanned")
        if self.translator is not None and self.translator.failed:
            raise OperationFailed(
                f"{self.translator.failed} of {progress.shown} values were not translated",
                hint="their JSON has value_error; -v shows nothing more, the command's stderr does",
            )


def _consume_range(
    run: Run,
    source: RecordConsumer | BatchConsumer,
    chosen: Sequence[TopicPartition],
    offsets: OffsetRange,
    printing: Printing,
) -> None:
    from rpk.topic.bounds import BoundsResolver
    from rpk.topic.collector import rare_collections
    from rpk.topic.consume_session import ConsumeSession
    from rpk.topic.interrupt import Interrupt
    from rpk.topic.record_streams import OutputStream

    with Interrupt() as interrupt, rare_collections(), closing(source):
        bounds = BoundsResolver(chosen, source.offsets_at).resolve(offsets)
        run.debug(lambda: f"bounds {bounds}")
        bounds = {key: item for key, item in bounds.items() if not item.empty}
        if not bounds:
            run.out.notice("no records in this range")
            return
        source.assign({key: item.start for key, item in bounds.items()})
        session = ConsumeSession(
            source,
            printing.render,
            OutputStream(run.out.stdout),
            bounds=bounds,
            limits=printing.limits,
            predicate=printing.predicate,
            translator=printing.translator,
            hint=_idle_hint(run) if offsets.end is None and not printing.limits.idle_s else None,
        )
        session.run(interrupt)
        printing.report(run, session.progress)
        if interrupt.signal_number:
            raise typer.Exit(interrupt.exit_code)


def _consume_group(run: Run, options: ConsumerOptions, topics: list[str], printing: Printing) -> None:
    from rpk.client.record_consumer import RecordConsumer
    from rpk.topic.collector import rare_collections
    from rpk.topic.consume_session import ConsumeSession
    from rpk.topic.interrupt import Interrupt
    from rpk.topic.record_streams import OutputStream

    source = RecordConsumer(run, options)
    with Interrupt() as interrupt, rare_collections(), closing(source):
        session = ConsumeSession(
            source,
            printing.render,
            OutputStream(run.out.stdout),
            bounds=None,
            limits=printing.limits,
            predicate=printing.predicate,
            translator=printing.translator,
        )
        source.subscribe(topics, lambda: session.commit(wait=True))
        try:
            session.run(interrupt)
        finally:
            session.commit(wait=True)
        printing.report(run, session.progress)
        if interrupt.signal_number:
            raise typer.Exit(interrupt.exit_code)


def _idle_hint(run: Run) -> Callable[[], None] | None:
    from rpk.out.colour import is_terminal

    if not is_terminal(run.out.stdout):
        return None
    return lambda: run.out.notice("waiting for more records; Ctrl-C stops, -o :end ends at what is there")


def _translator(command: str) -> Translator | None:
    if not command:
        return None
    from rpk.topic.translate import Translator

    return Translator(command)


def _balancer(name: str) -> str:
    if name not in BALANCERS:
        raise UsageError(f"--balancer {name} is not known", hint=f"use one of {', '.join(BALANCERS[:3])}")
    if name == "sticky":
        raise UsageError(
            "the client library has no balancer sticky", hint="cooperative-sticky is its successor"
        )
    return name


def _size(flag: str, size: int) -> int:
    if not 1 <= size <= INT32_MAX:
        raise UsageError(f"{flag} {size} is not between 1 and {INT32_MAX}")
    return size
