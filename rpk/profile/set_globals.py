"""`rpk profile set-globals`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.config.run import current
from rpk.profile.store import open_file, parse_assignments, set_field

EXAMPLES = (
    ("rpk profile set-globals command_timeout=30s", "give slow clusters more time"),
    ("rpk profile set-globals globals.no_default_cluster=true", "never dial localhost by accident"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string"}


def command(
    assignments: Annotated[list[str], typer.Argument(metavar="KEY=VALUE", help="Fields to set.")],
) -> None:
    """Set fields of the globals: what holds for every profile that does not say otherwise."""
    run = current()
    file = open_file(run)
    for key, value in parse_assignments(assignments):
        set_field(file.globals, key, value, globals_only=True)
    changed = file.save()
    run.out.done("Globals saved." if changed else "The globals are unchanged.")
