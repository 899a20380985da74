"""`rpk profile current`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.config.keys import KEYS
from rpk.config.run import Run, current
from rpk.config.settings import SECRET_SHOWN
from rpk.out.tables import Column
from rpk.profile.store import open_file

EXAMPLES = (
    ("rpk profile current", "the name of the selected profile"),
    ("rpk profile current --explain", "every setting, where it comes from and what it hides"),
)
OUTPUT = {"schema_version": "integer", "name": "string"}


def command(
    no_newline: Annotated[
        bool, typer.Option("--no-newline", "-n", help="Print no newline, for prompts.")
    ] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show each setting with its source.")] = False,
) -> None:
    """Show the selected profile.

    With --explain: every effective setting, secrets redacted, the place that set it, and the values it hides.
    Precedence: -X and flags, RPK_ variables, project file (.rpk.yaml), profile, rpk section of redpanda.yaml, default.
    """
    run = current()
    if explain:
        _explain(run)
        return
    name = run.options.profile or run.environment.get("RPK_PROFILE") or open_file(run).current_profile
    if run.out.structured:
        run.out.document({"name": name})
    else:
        run.out.raw(name + ("" if no_newline else "\n"))


def _explain(run: Run) -> None:
    settings = run.settings
    rows = []
    for key in KEYS:
        value = settings.values[key.name]
        shadows = [
            f"{SECRET_SHOWN if key.secret and text else text} ({source})" for text, source in value.shadows
        ]
        rows.append(
            {
                "key": key.name,
                "value": settings.shown(key.name),
                "source": value.source,
                "shadows": shadows if run.out.structured else "; ".join(shadows),
            }
        )
    columns = (
        Column("KEY", "key"),
        Column("VALUE", "value"),
        Column("SOURCE", "source"),
        Column("SHADOWS", "shadows"),
    )
    run.out.table(columns, rows)
