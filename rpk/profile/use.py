"""`rpk profile use`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.config.run import current
from rpk.out.errors import NotFound
from rpk.profile.store import named_or_selected, open_file, select

EXAMPLES = (
    ("rpk profile use staging", "select a profile"),
    ("rpk profile use -", "select the one before"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string", "name": "string"}


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Profile to select; - is the one before.")],
) -> None:
    """Select a profile: later commands use it unless --profile or RPK_PROFILE says otherwise."""
    run = current()
    file = open_file(run, must_exist=True)
    wanted = name
    if name == "-":
        wanted = str(file.data.get("previous_profile") or "")
        if not wanted:
            raise NotFound("there is no profile before this one", hint="rpk profile list", name="NO_PROFILE")
    named_or_selected(run, file, wanted)
    select(file, wanted)
    file.save()
    shadow = run.environment.get("RPK_PROFILE")
    if shadow and shadow != wanted:
        run.out.warning(f"RPK_PROFILE={shadow} is set and wins over this")
    run.out.done(f'Selected profile "{wanted}".', name=wanted)
