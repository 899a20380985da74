"""`rpk profile rename-to`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.config.run import current
from rpk.profile.store import check_free, check_name, named_or_selected, open_file

EXAMPLES = (
    ("rpk profile rename-to production", "the selected profile"),
    ("rpk profile rename-to production --profile staging", "another one"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string", "name": "string"}


def command(name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")]) -> None:
    """Rename the selected profile; it stays selected."""
    run = current()
    file = open_file(run, must_exist=True)
    profile = named_or_selected(run, file, None)
    old = str(profile["name"])
    if old != name:
        check_free(file, check_name(name))
        profile["name"] = name
        for field in ("current_profile", "previous_profile"):
            if file.data.get(field) == old:
                file.data[field] = name
        file.save()
    run.out.done(f'Renamed profile "{old}" to "{name}".', name=name)
