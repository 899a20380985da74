"""`rpk profile copy`."""

from __future__ import annotations

import copy
from typing import Annotated

import typer

from rpk.config.run import current
from rpk.profile.store import check_free, check_name, named_or_selected, open_file

EXAMPLES = (
    ("rpk profile copy staging staging-admin", "copy a profile"),
    ("rpk profile copy staging dr && rpk profile use dr", "copy it and select the copy"),
)
OUTPUT = {
    "schema_version": "integer",
    "ok": "boolean",
    "message": "string",
    "name": "string",
    "source": "string",
}


def command(
    source: Annotated[str, typer.Argument(metavar="FROM", help="Profile to copy.")],
    name: Annotated[str, typer.Argument(metavar="TO", help="Name of the copy.")],
) -> None:
    """Copy a profile under a new name; the selected profile stays selected."""
    run = current()
    file = open_file(run, must_exist=True)
    original = named_or_selected(run, file, source)
    check_free(file, check_name(name))
    file.profiles.append({**copy.deepcopy(original), "name": name})
    file.save()
    run.out.done(f'Copied profile "{source}" to "{name}".', name=name, source=source)
