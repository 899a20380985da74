"""`rpk topic create`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client.kafka import connect
from rpk.config.run import current
from rpk.out.errors import RpkError
from rpk.out.output import ItemResult
from rpk.out.tables import Column
from rpk.topic.selection import without_repeats
from rpk.topic.settings import pairs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.client.kafka import KafkaClient
    from rpk.client.topics import CreatedTopic, NewTopic

EXAMPLES = (
    ("rpk topic create orders -p 12 -c retention.ms=3600000", "twelve partitions, one hour of data"),
    (
        "rpk topic create clicks users --if-not-exists",
        "safe to run again; says where an existing topic differs",
    ),
    ("rpk topic create orders -p 12 --dry-run", "let the cluster check it, create nothing"),
)
OUTPUT = {
    "name": "string",
    "ok": "boolean",
    "error": "object or null",
    "created": "boolean",
    "topic_id": "string or null",
    "partitions": "integer or null",
    "replicas": "integer or null",
    "drift": "list of {key, wanted, current}",
}
ALREADY_EXISTS = 36
PLAN = (
    Column("TOPIC", "name"),
    Column("PARTITIONS", "partitions"),
    Column("REPLICAS", "replicas"),
    Column("STATUS", "status"),
)


def command(
    topics: Annotated[list[str], typer.Argument(help="Names of the topics.")],
    partitions: Annotated[
        int, typer.Option("--partitions", "-p", help="Partitions of each; -1 takes the cluster's default.")
    ] = -1,
    replicas: Annotated[
        int, typer.Option("--replicas", "-r", help="Replicas of each; -1 takes the cluster's default.")
    ] = -1,
    topic_config: Annotated[
        list[str] | None, typer.Option("--topic-config", "-c", metavar="KEY=VALUE", help="A topic config.")
    ] = None,
    if_not_exists: Annotated[
        bool,
        typer.Option("--if-not-exists", help="A topic that exists is no error; its differences are shown."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--dry", "-d", help="Let the cluster check it, create nothing.")
    ] = False,
    compact: Annotated[bool, typer.Option("--compact", hidden=True)] = False,
) -> None:
    """Create topics.

    Every topic gets a row; the command fails when any of them failed. With --if-not-exists an existing topic
    whose partitions or configs differ from what was asked is left as it is: the differences are named on
    stderr, with the command that would remove them.
    """
    run = current()
    configs = pairs(topic_config or (), "-c")
    if compact:
        run.out.warning("--compact is deprecated: use -c cleanup.policy=compact")
        configs.setdefault("cleanup.policy", "compact")
    with connect(run) as client:
        from rpk.client.topics import NewTopic

        wanted = [
            NewTopic(name=name, partitions=partitions, replicas=replicas, configs=configs)
            for name in without_repeats(topics)
        ]
        results = []
        for asked, answer in zip(wanted, client.topics.create(wanted, validate_only=dry_run), strict=True):
            exists = answer.error is not None and answer.error.code == ALREADY_EXISTS
            if exists and if_not_exists:
                drift = differences(client, asked)
                results.append(result(answer, None, created=False, drift=drift))
                for line in advice(asked, drift):
                    run.out.warning(line)
            else:
                created = answer.error is None and not dry_run
                results.append(result(answer, answer.error, created=created, drift=[]))
    run.out.results("topic", results, PLAN if dry_run else None)


def result(
    answer: CreatedTopic, error: RpkError | None, *, created: bool, drift: list[dict[str, str]]
) -> ItemResult:
    """The row of one topic."""
    return ItemResult(
        answer.name,
        error,
        created=created,
        topic_id=answer.topic_id or None,
        partitions=answer.partitions if answer.partitions > 0 else None,
        replicas=answer.replicas if answer.replicas > 0 else None,
        drift=drift,
    )


def differences(client: KafkaClient, asked: NewTopic) -> list[dict[str, str]]:
    """Where the existing topic is not what was asked: {key, wanted, current} each."""
    found: list[dict[str, str]] = []
    topic = client.metadata([asked.name]).topic(asked.name)
    if topic is not None and topic.error is None:
        for key, wanted, there in (
            ("partitions", asked.partitions, len(topic.partitions)),
            ("replicas", asked.replicas, topic.replication_factor),
        ):
            if wanted not in (-1, there):
                found.append({"key": key, "wanted": str(wanted), "current": str(there)})
    if asked.configs:
        from rpk.client.configs import TOPIC

        there_now = client.configs.describe(TOPIC, [asked.name]).get(asked.name, [])
        if isinstance(there_now, RpkError):
            raise there_now
        values = {config.name: config.value for config in there_now}
        for key, value in asked.configs.items():
            if values.get(key) != value:
                found.append({"key": key, "wanted": value, "current": str(values.get(key))})
    return found


def advice(asked: NewTopic, drift: list[dict[str, str]]) -> list[str]:
    """A sentence a difference, and the command that removes it."""
    lines = []
    for each in drift:
        key, wanted, there = each["key"], each["wanted"], each["current"]
        line = f"topic {asked.name} exists with {key} {there}, not {wanted}"
        if key == "partitions":
            grow = int(wanted) > int(there)
            fix = (
                f"rpk topic set-partitions {asked.name} -n {wanted}"
                if grow
                else "partitions cannot be removed"
            )
        elif key == "replicas":
            fix = "replicas are changed by moving partitions"
        else:
            fix = f"rpk topic alter-config {asked.name} --set {key}={wanted}"
        lines.append(f"{line}; {fix}")
    return lines
