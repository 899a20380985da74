"""`rpk group delete`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client.kafka import connect
from rpk.client.kafka_errors import GROUP_ID_NOT_FOUND
from rpk.config.run import current
from rpk.out.errors import NotFound, OperationFailed, RpkError
from rpk.out.output import ItemResult

EXAMPLES = (
    ("rpk group delete billing", "its committed offsets go with it"),
    ("rpk group delete billing audit --dry-run", "say which of them could be deleted"),
)
OUTPUT = {"name": "string", "ok": "boolean", "error": "object or null"}
MANY = 10


def command(
    groups: Annotated[list[str], typer.Argument(help="Names of the groups.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", "--dry", help="Check, delete nothing.")] = False,
) -> None:
    """Delete groups without members.

    A group with members is refused by the broker (NON_EMPTY_GROUP). More than ten names want the number typed,
    or --yes.
    """
    run = current()
    names = list(dict.fromkeys(groups))
    with connect(run) as client:
        if dry_run:
            errors: dict[str, RpkError | None] = {}
            for group in client.groups.describe(names):
                errors[group.name] = group.error
                absent = group.error.code == GROUP_ID_NOT_FOUND if group.error else group.state == "Dead"
                if absent:
                    errors[group.name] = NotFound(
                        f"group {group.name} does not exist",
                        hint="rpk group list shows what there is",
                        name="GROUP_ID_NOT_FOUND",
                        code=GROUP_ID_NOT_FOUND,
                    )
                elif group.error is None and group.members:
                    errors[group.name] = OperationFailed(
                        f"group {group.name} has {len(group.members)} members",
                        name="NON_EMPTY_GROUP",
                        code=68,
                    )
        else:
            if len(names) > MANY and not run.out.confirm_count(
                f"This deletes {len(names)} groups.", len(names)
            ):
                raise OperationFailed("nothing was deleted: the number typed is another one", name="CANCELED")
            errors = client.groups.delete(names)
    run.out.results("group", [ItemResult(name, errors.get(name)) for name in names])
