"""`rpk topic alter-config`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client.kafka import connect
from rpk.config.keys import suggestion
from rpk.config.run import current
from rpk.out.errors import RpkError, UsageError
from rpk.out.output import ItemResult
from rpk.out.tables import Column, Table
from rpk.topic.selection import unknown_topic, without_repeats
from rpk.topic.settings import pair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rpk.client.configs import Change, Config

EXAMPLES = (
    ("rpk topic alter-config orders --set retention.ms=3600000", "one hour of data"),
    ("rpk topic alter-config orders clicks --delete retention.ms", "back to the cluster's default"),
    ("rpk topic alter-config orders --set cleanup.policy=compact --dry-run", "old and new value of each key"),
)
OUTPUT = {
    "name": "string",
    "ok": "boolean",
    "error": "object or null",
    "changes": "list of {key, old, new}",
}


def command(
    topics: Annotated[list[str], typer.Argument(help="Names of the topics.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="Set a config.")
    ] = None,
    delete: Annotated[
        list[str] | None, typer.Option("--delete", "-d", metavar="KEY", help="Go back to the default.")
    ] = None,
    append: Annotated[
        list[str] | None, typer.Option("--append", metavar="KEY=VALUE", help="Add to a list config.")
    ] = None,
    subtract: Annotated[
        list[str] | None, typer.Option("--subtract", metavar="KEY=VALUE", help="Take from a list config.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--dry", help="Show old and new, change nothing.")
    ] = False,
    no_confirm: Annotated[bool, typer.Option("--no-confirm", hidden=True)] = False,
) -> None:
    """Change topic configs.

    Always incremental: configs that are not named stay as they are. --dry-run has the cluster validate the change
    and prints the old and the new value of each key.
    """
    del no_confirm  # nothing is asked
    run = current()
    wanted = changes(set_ or (), delete or (), append or (), subtract or ())
    names = without_repeats(topics)
    with connect(run) as client:
        from rpk.client.configs import TOPIC

        there = {topic.name for topic in client.metadata(None).topics}
        errors: dict[str, RpkError | None] = {
            name: unknown_topic(name, there) for name in names if name not in there
        }
        known = [name for name in names if name in there]
        before = client.configs.describe(TOPIC, known)
        errors.update(client.configs.alter(TOPIC, dict.fromkeys(known, wanted), validate_only=dry_run))
    results, rows = [], []
    for name in names:
        error = errors.get(name)
        configs = before.get(name, [])
        planned = [] if error or isinstance(configs, RpkError) else plan(configs, wanted)
        if error is not None and isinstance(configs, list) and configs:
            hint_unknown(error, configs, wanted)
        results.append(ItemResult(name, error, changes=planned))
        rows += [{"topic": name, **each} for each in planned]
    if dry_run and rows and not run.out.structured:
        columns = (Column("TOPIC", "topic"), Column("KEY", "key"), Column("OLD", "old"), Column("NEW", "new"))
        run.out.emit(rows, Table(columns, rows))
        run.out.raw("\n")
    run.out.results("topic", results)


def changes(
    set_: Sequence[str], delete: Sequence[str], append: Sequence[str], subtract: Sequence[str]
) -> list[Change]:
    """The operations asked for; UsageError when there are none or a key comes twice."""
    from rpk.client.configs import APPEND, DELETE, SET, SUBTRACT, Change

    found: list[Change] = []
    for texts, flag, operation in (
        (set_, "--set", SET),
        (append, "--append", APPEND),
        (subtract, "--subtract", SUBTRACT),
    ):
        for text in texts:
            key, value = pair(text, flag)
            found.append(Change(name=key, operation=operation, value=value))
    found += [Change(name=key.strip(), operation=DELETE) for key in delete]
    if not found:
        raise UsageError(
            "nothing to change", hint="give --set KEY=VALUE, --delete KEY, --append or --subtract"
        )
    keys = [change.name for change in found]
    for key in keys:
        if keys.count(key) > 1:
            raise UsageError(f"config {key} is given twice", hint="name each key once")
    return found


def plan(configs: Sequence[Config], wanted: Sequence[Change]) -> list[dict[str, str | None]]:
    """{key, old, new} for each change; `new` is None where the default takes over."""
    from rpk.client.configs import APPEND, DELETE, SUBTRACT

    old: Mapping[str, str | None] = {config.name: config.value for config in configs}
    rows: list[dict[str, str | None]] = []
    for change in wanted:
        before = old.get(change.name)
        items = [item for item in (before or "").split(",") if item]
        new = None if change.operation == DELETE else change.value
        if change.operation == APPEND and new is not None:
            new = ",".join([*items, *(item for item in new.split(",") if item not in items)])
        if change.operation == SUBTRACT and new is not None:
            gone = new.split(",")
            new = ",".join(item for item in items if item not in gone)
        rows.append({"key": change.name, "old": before, "new": new})
    return rows


def hint_unknown(error: RpkError, configs: Sequence[Config], wanted: Sequence[Change]) -> None:
    """Point at the nearest config where a key is none."""
    known = [config.name for config in configs]
    for change in wanted:
        if change.name not in known and (near := suggestion(change.name, known)) is not None:
            error.hint = f"did you mean {near}?"
