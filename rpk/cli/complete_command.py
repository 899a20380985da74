"""`rpk __complete`: what a shell asks for at every Tab. Silent on failure, always within its deadline (UX-35)."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.cli.complete import complete
from rpk.config.run import current

EXAMPLES = (
    ("rpk __complete -- topic cr", "words that can stand where the last one is"),
    ("rpk __complete -- topic describe ''", "topic names of the cluster"),
)
OUTPUT = {"candidates": "list"}
CONTEXT_SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False}


def command(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORD", help="The words after rpk, the last unfinished.")
    ] = None,
) -> None:
    """Print candidates for the last word, one a line, a tab before the description."""
    run = current()
    found = complete(list(words or [""]), run.environment)
    if run.out.structured:
        run.out.document({"candidates": [name for name, _ in found]})
    else:
        run.out.raw("".join(f"{name}\t{text}\n" for name, text in found))
