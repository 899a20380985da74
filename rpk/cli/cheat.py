"""`rpk cheat`: pages of worked examples."""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated

import typer

from rpk.config.keys import suggestion
from rpk.config.run import current
from rpk.out.errors import NotFound
from rpk.out.pager import page
from rpk.out.tables import Column

EXAMPLES = (
    ("rpk cheat", "which pages there are"),
    ("rpk cheat topic", "one of them"),
)
OUTPUT = {"name": "string", "title": "string", "text": "string"}


def command(
    name: Annotated[
        str | None, typer.Argument(metavar="TOPIC", help="The page; without, the list of pages.")
    ] = None,
) -> None:
    """Show a page of worked examples, ready to copy."""
    out = current().out
    pages = {
        entry.name.removesuffix(".md"): entry.read_text(encoding="utf-8")
        for entry in files("rpk.cli.cheats").iterdir()
        if entry.name.endswith(".md")
    }
    if name is None:
        rows = [{"name": key, "title": _title(text)} for key, text in sorted(pages.items())]
        out.table((Column("NAME", "name"), Column("TITLE", "title")), rows)
        return
    text = pages.get(name.lower())
    if text is None:
        near = suggestion(name, list(pages))
        raise NotFound(
            f"there is no page {name!r}", hint=f"rpk cheat {near}" if near else "rpk cheat lists the pages"
        )
    if out.structured:
        out.document({"name": name, "title": _title(text), "text": text})
    else:
        page(out, text)


def _title(text: str) -> str:
    return text.split("\n", 1)[0].lstrip("# ")
