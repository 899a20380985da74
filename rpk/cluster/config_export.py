"""`rpk cluster config export`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client import admin
from rpk.cluster import properties
from rpk.config.run import current

EXAMPLES = (
    ("rpk cluster config export -f cluster.yaml", "to a file, a comment over each property"),
    ("rpk cluster config export --all", "to stdout, tunables too"),
)
OUTPUT = {"file": "string or null", "properties": "object"}


def command(
    filename: Annotated[
        str, typer.Option("--filename", "-f", metavar="FILE", help="Where to write it.")
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Also tunables, which hardly anybody needs.")
    ] = False,
) -> None:
    """Write all properties to a YAML file.

    Without -f the YAML goes to stdout. The cluster's identity and deprecated properties are left out; secrets are
    written as [secret], which an import leaves alone.
    """
    run = current()
    with admin.connect(run) as client:
        known = properties.schema(client)
        now = properties.shown(
            client.get("/v1/cluster_config", include_defaults="true"), known, tunables=everything
        )
    text = properties.as_yaml(now, known)
    if not filename:
        run.out.raw(text)
        return
    from rpk.system import files

    files.write_text(filename, text)
    run.out.done(f"Wrote configuration to file {filename!r}.", file=filename, properties=now)
