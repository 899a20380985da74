"""`rpk profile delete`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.config.run import current
from rpk.profile.store import named_or_selected, open_file

EXAMPLES = (
    ("rpk profile delete staging", "after a question"),
    ("rpk profile delete staging --yes", "without one"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string", "name": "string"}


def command(name: Annotated[str, typer.Argument(metavar="NAME", help="Profile to delete.")]) -> None:
    """Delete a profile. If it was selected, none is afterwards."""
    run = current()
    file = open_file(run, must_exist=True)
    profile = named_or_selected(run, file, name)
    if not run.out.confirm(f'Delete profile "{name}"?'):
        run.out.notice("canceled")
        return
    file.profiles.remove(profile)
    was_selected = file.current_profile == name
    if was_selected:
        file.data["current_profile"] = ""
    if file.data.get("previous_profile") == name:
        file.data["previous_profile"] = ""
    file.save()
    more = " No profile is selected now." if was_selected else ""
    run.out.done(f'Deleted profile "{name}".{more}', name=name)
