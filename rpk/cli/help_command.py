"""`rpk help`: the help of a command, or of a subject."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.config.run import current
from rpk.out.errors import EXIT_CODES
from rpk.out.tables import Column

EXAMPLES = (
    ("rpk help topic create", "the full help of a command"),
    ("rpk help exit-codes", "what every exit status means"),
)
OUTPUT = {"code": "integer", "meaning": "string"}


def command(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="COMMAND", help="A command, or exit-codes.")
    ] = None,
) -> None:
    """Show the help of a command, or of a subject.

    Subjects: exit-codes.
    """
    path = words or []
    if path == ["exit-codes"]:
        rows = [{"code": code, "meaning": meaning} for code, meaning in EXIT_CODES]
        current().out.table((Column("CODE", "code"), Column("MEANING", "meaning")), rows)
        return
    from rpk.cli.loader import LazyGroup
    from rpk.cli.table import ROOT

    root = LazyGroup(ROOT, "rpk")
    with root.make_context("rpk", [*path, "--help"]) as context:
        root.invoke(context)
