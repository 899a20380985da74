"""`rpk profile print`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.config import rpk_yaml
from rpk.config.run import current
from rpk.profile.store import named_or_selected, open_file, redacted

EXAMPLES = (
    ("rpk profile print", "the selected profile"),
    ("rpk profile print staging --format json", "another one, as JSON"),
)
OUTPUT = {"schema_version": "integer", "name": "string", "kafka_api": "object", "admin_api": "object"}


def command(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Profile; the selected one without.")
    ] = None,
) -> None:
    """Print a profile as YAML, without its password."""
    run = current()
    file = open_file(run, must_exist=True)
    shown = redacted(named_or_selected(run, file, name))
    if run.out.structured:
        run.out.document(shown)
    else:
        run.out.raw(rpk_yaml.dump(shown))
