"""`rpk cluster config list`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client import admin
from rpk.cluster import properties
from rpk.config.run import current
from rpk.out.tables import Column

EXAMPLES = (
    ("rpk cluster config list", "every property somebody may want to change"),
    ("rpk cluster config list --filter retention --all", "tunables too, only those with that word"),
)
OUTPUT = {
    "name": "string",
    "value": "any",
    "type": "string",
    "visibility": "string",
    "needs_restart": "boolean",
    "description": "string",
}


def command(
    word: Annotated[str, typer.Option("--filter", metavar="WORD", help="Only names that contain it.")] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Also tunables, which hardly anybody needs.")
    ] = False,
) -> None:
    """List the properties.

    Name, value, type and meaning of each; deprecated ones are left out.
    """
    run = current()
    with admin.connect(run) as client:
        known = properties.schema(client)
        now = client.get("/v1/cluster_config", include_defaults="true")
    rows = [
        {
            "name": name,
            "value": value,
            "type": known.get(name, {}).get("type", "unknown"),
            "visibility": known.get(name, {}).get("visibility", "unknown"),
            "needs_restart": bool(known.get(name, {}).get("needs_restart")),
            "description": known.get(name, {}).get("description", ""),
        }
        for name, value in properties.shown(now, known, tunables=everything).items()
        if word in name
    ]
    run.out.table(
        (
            Column("NAME", "name"),
            Column("VALUE", "value"),
            Column("TYPE", "type", wide=True),
            Column("NEEDS-RESTART", "needs_restart", wide=True),
            Column("DESCRIPTION", "description"),
        ),
        rows,
    )
