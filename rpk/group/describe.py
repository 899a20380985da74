"""`rpk group describe`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client.kafka import connect
from rpk.client.kafka_errors import GROUP_ID_NOT_FOUND
from rpk.config.expressions import matching
from rpk.config.keys import suggestion
from rpk.config.run import current
from rpk.group.lag import PartitionLag, by_topic, lags
from rpk.out.errors import ItemsFailed, NotFound, RpkError, UsageError
from rpk.out.output import ItemResult
from rpk.out.tables import Column, Pairs, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.client.groups import GroupDescription, Member
    from rpk.client.kafka import KafkaClient
    from rpk.out.tables import View

EXAMPLES = (
    ("rpk group describe billing", "members, offsets and lag"),
    ("rpk group describe billing -t", "the lag of each topic"),
    ("rpk group describe 'app-.*' -r --format json", "all that match, for scripts"),
)
OUTPUT = {
    "group_name": "string",
    "coordinator_node": "integer",
    "state": "string",
    "balancer": "string",
    "members": "integer",
    "total_lag": "integer",
    "error": "object or null",
    "partitions": "list of {topic, partition, current_offset, log_start_offset, log_end_offset, lag, member_id, …}",
    "members_details": "list of {member_id, instance_id, client_id, host, topics, assigned}",
}


def command(
    groups: Annotated[list[str], typer.Argument(help="Names, or regular expressions with -r.")],
    print_lag_per_topic: Annotated[
        bool, typer.Option("--print-lag-per-topic", "-t", help="Print the lag of each topic.")
    ] = False,
    print_commits: Annotated[
        bool, typer.Option("--print-commits", "-c", help="Print only the partitions.")
    ] = False,
    print_summary: Annotated[
        bool, typer.Option("--print-summary", "-s", help="Print only the summary.")
    ] = False,
    regex: Annotated[
        bool, typer.Option("--regex", "-r", help="Names are regular expressions over the whole name.")
    ] = False,
    instance_id: Annotated[
        bool, typer.Option("--instance-ID", "-i", help="Show the instance ids of static members.")
    ] = False,
) -> None:
    """Show members, offsets and lag of groups.

    A dash means: no commit, or nothing to compare with. The lag of a partition without a commit is its whole log.
    A group that does not exist is shown as Dead and ends the command with 5 (with 1 when others were shown).
    """
    run = current()
    if print_commits and (print_summary or print_lag_per_topic):
        raise UsageError("--print-commits excludes --print-summary and --print-lag-per-topic")
    with connect(run) as client:
        names = list(dict.fromkeys(groups))
        if regex:
            listings, _ = client.groups.list()
            names = matching([each.name for each in listings], names)
            if not names:
                run.out.notice("no group matches")
        described = [Described(client, group) for group in client.groups.describe(names)]
        views: list[View] = []
        for each in described:
            if print_lag_per_topic:
                views += per_topic(each, summary=print_summary, titled=len(described) > 1)
            else:
                views += each.views(
                    summary=not print_commits, commits=not print_summary, instances=instance_id
                )
        run.out.emit([each.data() for each in described], *views)
        fail(client, described)


class Described:
    """A group, its lag, and what could not be found out."""

    def __init__(self, client: KafkaClient, group: GroupDescription) -> None:
        self.group = group
        self.error = group.error
        self.partitions: list[PartitionLag] = []
        if self.error is None:
            try:
                self.partitions = lags(client, group)
            except RpkError as error:
                self.error = error
        if (self.error is None and group.state == "Dead" and not self.partitions) or (
            self.error is not None and self.error.code == GROUP_ID_NOT_FOUND
        ):
            self.error = NotFound(
                f"group {group.name} does not exist", name="GROUP_ID_NOT_FOUND", code=GROUP_ID_NOT_FOUND
            )

    @property
    def total_lag(self) -> int:
        """Records not consumed yet."""
        return sum(each.lag or 0 for each in self.partitions)

    @property
    def problem(self) -> str:
        """The error as a cell: its name, and what the broker said beyond it."""
        return ItemResult(self.group.name, self.error).status

    def data(self) -> dict[str, object]:
        """As JSON shows it."""
        group = self.group
        return {
            "group_name": group.name,
            "coordinator_node": group.coordinator,
            "state": group.state,
            "balancer": group.protocol,
            "members": len(group.members),
            "total_lag": self.total_lag,
            "error": self.error.as_json() if self.error is not None else None,
            "partitions": [each.row() for each in self.partitions],
            "members_details": [member_data(member) for member in group.members],
        }

    def views(self, *, summary: bool, commits: bool, instances: bool) -> list[View]:
        """The summary and the table of partitions."""
        shown: list[View] = []
        if summary:
            group = self.group
            pairs: list[tuple[str, object]] = [
                ("GROUP", group.name),
                ("COORDINATOR", group.coordinator),
                ("STATE", group.state),
                ("BALANCER", group.protocol),
                ("MEMBERS", len(group.members)),
                ("TOTAL-LAG", self.total_lag),
            ]
            if self.error is not None:
                pairs.append(("ERROR", self.problem))
            shown.append(Pairs(pairs))
        if commits and self.partitions:
            shown.append(self.table(instances=instances))
        return shown

    def table(self, *, instances: bool) -> Table:
        """TOPIC PARTITION CURRENT-OFFSET … HOST; the last columns only where there is something in them."""
        rows = [each.row() for each in self.partitions]
        columns = [
            Column("TOPIC", "topic"),
            Column("PARTITION", "partition"),
            Column("CURRENT-OFFSET", "current_offset"),
            Column("LOG-START-OFFSET", "log_start_offset"),
            Column("LOG-END-OFFSET", "log_end_offset"),
            Column("LAG", "lag"),
            Column("MEMBER-ID", "member_id"),
        ]
        if instances or any(row["instance_id"] for row in rows):
            columns.append(Column("INSTANCE-ID", "instance_id"))
        columns += [Column("CLIENT-ID", "client_id"), Column("HOST", "host")]
        if any(row["error"] for row in rows):
            columns.append(Column("ERROR", "error"))
        return Table(columns, rows)


def member_data(member: Member) -> dict[str, object]:
    """One member as JSON shows it."""
    return {
        "member_id": member.member_id,
        "instance_id": member.instance_id,
        "client_id": member.client_id,
        "host": member.host,
        "topics": list(member.topics),
        "assigned": [{"topic": topic, "partition": index} for topic, index in member.assigned],
    }


def per_topic(each: Described, *, summary: bool, titled: bool) -> list[View]:
    """The lag of each topic, under the group's name when there are several."""
    rows = [{"topic": topic, "lag": lag} for topic, lag in by_topic(each.partitions).items()]
    table = Table(
        (Column("TOPIC", "topic"), Column("LAG", "lag")), rows, title=each.group.name if titled else None
    )
    return [*each.views(summary=True, commits=False, instances=False), table] if summary else [table]


def fail(client: KafkaClient, described: list[Described]) -> None:
    """Raise when a group could not be described."""
    failed = [each for each in described if each.error is not None]
    if not failed:
        return
    error = failed[0].error
    if len(described) > 1 or error is None:
        raise ItemsFailed(f"{len(failed)} of {len(described)} groups failed")
    if isinstance(error, NotFound):
        listings, _ = client.groups.list()
        near = suggestion(failed[0].group.name, [each.name for each in listings])
        error.hint = f"did you mean {near}?" if near else "rpk group list shows what there is"
    raise error
