"""`rpk topic produce`: records from stdin to topics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rpk.client.kafka import connect
from rpk.client.kafka_errors import UNKNOWN_TOPIC_OR_PARTITION
from rpk.config.durations import parse_duration
from rpk.config.run import Run, current
from rpk.out.errors import NotFound, OperationFailed, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpk.client.kafka import KafkaClient
    from rpk.client.model import Topic
    from rpk.client.record_producer import RecordProducer
    from rpk.out.records.formatter import Formatter
    from rpk.out.records.incoming import Reader
    from rpk.topic.produce_session import RecordDefaults

DEFAULT_OUTPUT = r"Produced to partition %p at offset %o with timestamp %d.\n"
PARTITION_MAX = 0x7FFF_FFFF
AUTO_CREATION_S = 5.0

EXAMPLES = (
    ("echo hello | rpk topic produce orders", "one record; each line is a value"),
    (r"rpk topic produce orders -f '%k %v\n' < pairs.txt", "the key up to the first space, then the value"),
    (
        "rpk topic consume a -o :end | rpk topic produce b -f json",
        "copy records, headers and timestamps and all",
    ),
    (
        r"rpk topic produce -f '%T{ascii} %t %V{big32}%v' < records.bin",
        "topic and sizes from the input itself",
    ),
    ("rpk topic produce orders -k user-1 -Z < /dev/null", "nothing to read, nothing produced"),
)
OUTPUT = {"(record format)": "the layout of --output-format, for each acknowledged record"}


def parse_header(text: str) -> tuple[str, bytes | None]:
    """A `-H` header: the first of `:` and `=` splits. Raises UsageError."""
    places = [at for at in (text.find(":"), text.find("=")) if at >= 0]
    if not places or min(places) == 0:
        raise UsageError(f"--header {text} is not understood", hint="write -H key:value or -H key=value")
    at = min(places)
    return text[:at], text[at + 1 :].encode("utf-8", "surrogateescape")


def _delivery_timeout_ms(text: str) -> int:
    from rpk.client.record_producer import DELIVERY_TIMEOUT_DEFAULT_MS

    seconds = parse_duration(text)
    if seconds == 0:
        return DELIVERY_TIMEOUT_DEFAULT_MS
    if not 1 <= seconds <= 86400:
        raise UsageError(f"--delivery-timeout {text} is not between 1s and 24h")
    return int(seconds * 1000)


def _no_schemas(*given: str | None) -> None:
    if any(value is not None for value in given):
        raise UsageError(
            "schemas come with the registry extra, which is not installed", hint="pip install 'rpk[registry]'"
        )


class TopicCheck:
    """Knows which topics there are; asks again once for one it does not know."""

    def __init__(self, run: Run, *, create: bool) -> None:
        self._run = run
        self._create = create
        self._topics: dict[str, Topic] = {}

    def __call__(self, name: str) -> Topic:
        """The topic; NotFound with the nearest name when it does not exist."""
        from rpk.topic.selection import unknown_topic

        if name not in self._topics:
            with connect(self._run) as client:
                self._topics = {topic.name: topic for topic in client.metadata().topics}
                if name not in self._topics and self._create:
                    self._topics[name] = self._created(client, name)
        if name not in self._topics:
            raise unknown_topic(name, self._topics)
        topic = self._topics[name]
        if topic.error is not None:
            raise topic.error
        return topic

    @staticmethod
    def _created(client: KafkaClient, name: str) -> Topic:
        import time

        give_up_s = time.monotonic() + AUTO_CREATION_S
        while True:
            topic = client.metadata([name], allow_auto_create=True).topic(name)
            if topic is not None and topic.error is None and topic.partitions:
                return topic
            error = topic.error if topic is not None else None
            # While it is being created brokers say that it is unknown, or has no leader.
            if error is not None and not error.retryable and error.code != UNKNOWN_TOPIC_OR_PARTITION:
                raise error
            if time.monotonic() > give_up_s:
                raise NotFound(
                    f"topic {name} was not created within {AUTO_CREATION_S:g}s",
                    cause="the brokers may not create topics by themselves (auto_create_topics_enabled)",
                    hint=f"rpk topic create {name}",
                    name="UNKNOWN_TOPIC_OR_PARTITION",
                    code=UNKNOWN_TOPIC_OR_PARTITION,
                )
            time.sleep(0.05)


def _check_partition(topic: Topic, partition: int) -> None:
    if partition >= len(topic.partitions):
        raise NotFound(
            f"topic {topic.name} has no partition {partition}",
            hint=f"it has {len(topic.partitions)}, from 0 on",
            name="UNKNOWN_TOPIC_OR_PARTITION",
        )


def command(
    topic: Annotated[
        str | None, typer.Argument(help="Topic; with %t in the format each record may name its own.")
    ] = None,
    format: Annotated[
        str,
        typer.Option(
            "-f",
            "--format",
            metavar="FORMAT",
            help="How to read records: a layout, json, ndjson, kcat, value.",
        ),
    ] = r"%v\n",
    output_format: Annotated[
        str,
        typer.Option(
            "-o",
            "--output-format",
            metavar="LAYOUT",
            help="What to print for each acknowledged record; '' for nothing.",
        ),
    ] = DEFAULT_OUTPUT,
    compression: Annotated[
        str, typer.Option("-z", "--compression", help="none, gzip, snappy, lz4 or zstd.")
    ] = "snappy",
    acks: Annotated[
        int, typer.Option("--acks", help="-1 all in-sync replicas, 1 the leader, 0 nobody.")
    ] = -1,
    delivery_timeout: Annotated[
        str,
        typer.Option(
            "--delivery-timeout", metavar="DURATION", help="Time for one record, at least 1s; 0 means 2m."
        ),
    ] = "0",
    partition: Annotated[
        int, typer.Option("-p", "--partition", help="Send every record there; -1 by its key.")
    ] = -1,
    max_message_bytes: Annotated[
        int, typer.Option("--max-message-bytes", help="Largest request in bytes; -1 is about a megabyte.")
    ] = -1,
    key: Annotated[
        str | None, typer.Option("-k", "--key", help="Key of every record that brings none.")
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option("-H", "--header", metavar="KEY:VALUE", help="Header of every record; repeatable."),
    ] = None,
    tombstone: Annotated[
        bool, typer.Option("-Z", "--tombstone", help="An empty value is null: a tombstone.")
    ] = False,
    allow_auto_topic_creation: Annotated[
        bool,
        typer.Option("--allow-auto-topic-creation", help="Let the broker create a topic that is missing."),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="A last record without its final delimiter is an error.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and check everything, produce nothing.")
    ] = False,
    schema_id: Annotated[
        str | None, typer.Option("--schema-id", help="Schema of values: an id, or topic.")
    ] = None,
    schema_key_id: Annotated[
        str | None, typer.Option("--schema-key-id", help="Schema of keys: an id, or topic.")
    ] = None,
    schema_type: Annotated[
        str | None, typer.Option("--schema-type", help="Name of the value's message in a protobuf schema.")
    ] = None,
    schema_key_type: Annotated[
        str | None, typer.Option("--schema-key-type", help="Name of the key's message in a protobuf schema.")
    ] = None,
    num: Annotated[int | None, typer.Option("-n", "--num", hidden=True)] = None,
    jvm_partitioner: Annotated[bool, typer.Option("-j", "--jvm-partitioner", hidden=True)] = False,
    timestamp: Annotated[str | None, typer.Option("-t", "--timestamp", hidden=True)] = None,
) -> None:
    r"""Read records from stdin and produce them.

    The format is literal text, the escapes \t \n \r \\ \xNN, and verbs: %v value, %k key, %t topic, %p partition,
    %d timestamp in milliseconds, %h{...} headers after their count %H, %V %K %T %H sizes. A size comes before
    what it measures; text without a size ends at the literal after it. In braces: hex, base64, json, re[...] for
    text; big32, hex8, ascii and so on for numbers.

    Records are acknowledged by all in-sync replicas, duplicates are prevented, and each acknowledgement is
    printed. A record that cannot be read or produced makes the exit status 1 and stderr says how many were
    read, acked and failed. With json, the topic of the command line wins over the record's.
    """
    run = current()
    from rpk.client.record_producer import COMPRESSIONS, ProducerOptions
    from rpk.out.colour import is_terminal
    from rpk.out.records.formatter import Formatter
    from rpk.topic.record_formats import JSON_WORDS, reader_for

    _no_schemas(schema_id, schema_key_id, schema_type, schema_key_type)
    for old, flag in (
        (num, "--num"),
        (timestamp, "--timestamp"),
        (jvm_partitioner or None, "--jvm-partitioner"),
    ):
        if old is not None:
            run.out.warning(f"{flag} is deprecated and does nothing")
    if compression not in COMPRESSIONS:
        raise UsageError(
            f"--compression {compression} is not known", hint=f"use one of {', '.join(COMPRESSIONS)}"
        )
    if acks not in (-1, 0, 1):
        raise UsageError(f"--acks {acks} is not known", hint="use -1, 0 or 1")
    if not -1 <= partition <= PARTITION_MAX:
        raise UsageError(f"--partition {partition} is no partition")
    if max_message_bytes != -1 and not 1000 <= max_message_bytes <= 1_000_000_000:
        raise UsageError(f"--max-message-bytes {max_message_bytes} is not between 1000 and 1000000000")
    headers = tuple(parse_header(text) for text in header or ())
    reader = reader_for(format, strict=strict)
    formatter = Formatter(output_format, terminal=is_terminal(run.out.stdout)) if output_format else None
    if topic is None and "topic" not in reader.fields:
        raise UsageError(
            "no topic is given", hint=r"name one, or read it from the input with %t, as in -f '%t %v\n'"
        )
    wraps = formatter is not None and (formatter.needs_batches or not formatter.verbs.isdisjoint("hH"))
    options = ProducerOptions(
        acks=acks,
        compression=compression,
        delivery_timeout_ms=_delivery_timeout_ms(delivery_timeout),
        max_message_bytes=max_message_bytes,
        reports=formatter is not None,
        keep_headers=wraps,
    )

    from rpk.client.record_producer import RecordProducer
    from rpk.topic.produce_session import RecordDefaults

    # The client connects and gets its producer id in the background, half a second; it starts before the rest.
    producer = None if dry_run else RecordProducer(run, options)
    check = TopicCheck(run, create=allow_auto_topic_creation and not dry_run)

    def check_topic(name: str) -> None:
        _check_partition(check(name), partition)

    if topic is not None:
        check_topic(topic)
    defaults = RecordDefaults(
        topic=topic,
        topic_wins=format in JSON_WORDS,
        key=None if key is None else key.encode("utf-8", "surrogateescape"),
        partition=partition,
        headers=headers,
        empty_is_null=tombstone,
    )
    if producer is None:
        _dry_run(run, reader, defaults.topic, check_topic)
    else:
        _produce(
            run, reader, producer, formatter, defaults, check_topic, wraps=wraps, compression=compression
        )


def _produce(
    run: Run,
    reader: Reader,
    producer: RecordProducer,
    formatter: Formatter | None,
    defaults: RecordDefaults,
    check_topic: Callable[[str], None],
    *,
    wraps: bool,
    compression: str,
) -> None:
    from rpk.topic.acknowledged import Acknowledgements
    from rpk.topic.collector import rare_collections
    from rpk.topic.interrupt import Interrupt
    from rpk.topic.produce_session import ProduceSession
    from rpk.topic.record_streams import InputStream, OutputStream

    with Interrupt() as interrupt, rare_collections():
        source = InputStream(run.out.stdin, interrupt.wake_fd)
        if source.is_terminal:
            run.out.notice(
                "Reading records from the terminal; Ctrl-D on an empty line ends them, Ctrl-C stops."
            )
        acks = Acknowledgements(
            producer,
            formatter.render if formatter is not None else None,
            OutputStream(run.out.stdout).write,
            run.out.notice,
            wrap=wraps,
            compression=compression,
        )
        error = ProduceSession(reader, producer, acks, defaults, check_topic).run(source, interrupt)
        if interrupt.signal_number:
            run.out.notice(f"stopped: {acks.summary}")
            raise typer.Exit(interrupt.exit_code)
        if error is not None:
            raise error


def _dry_run(run: Run, reader: Reader, topic: str | None, check_topic: Callable[[str], None]) -> None:
    from rpk.topic.collector import rare_collections
    from rpk.topic.interrupt import Interrupt
    from rpk.topic.record_streams import InputStream

    topics: set[str] = {topic} if topic else set()
    read = 0
    with Interrupt() as interrupt, rare_collections():
        source = InputStream(run.out.stdin, interrupt.wake_fd)
        while not interrupt.signal_number and reader.error is None:
            chunk = source.read(None)
            if chunk is None:
                continue
            records = reader.feed(chunk) if chunk else reader.finish()
            read += len(records)
            if topic is None:
                for name in {record.get("topic") for record in records} - topics:
                    if name is None:
                        raise OperationFailed("a record has no topic, and none is on the command line")
                    check_topic(name)
                    topics.add(name)
            if not chunk:
                break
        if interrupt.signal_number:
            raise typer.Exit(interrupt.exit_code)
    if reader.error is not None:
        reader.error.cause = f"records read {read}, nothing was produced (dry run)"
        raise reader.error
    run.out.notice(f"dry run: {read} records would be produced to {', '.join(sorted(topics)) or 'no topic'}")
