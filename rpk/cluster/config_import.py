"""`rpk cluster config import`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client import admin
from rpk.cluster import properties
from rpk.config.run import current
from rpk.out.errors import NotFound, UsageError

EXAMPLES = (
    ("rpk cluster config import -f cluster.yaml", "what export wrote, edited"),
    ("rpk cluster config import -f cluster.yaml --all", "tunables missing from the file are reset too"),
)
OUTPUT = properties.CHANGE_OUTPUT


def command(
    filename: Annotated[str, typer.Option("--filename", "-f", metavar="FILE", help="An exported file.")] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Also tunables, which hardly anybody needs.")
    ] = False,
) -> None:
    """Make the properties what a YAML file says.

    A property missing from the file goes back to its default (tunables only with --all). Secrets shown as [secret]
    and the cluster's identity are left alone. No change: says so, exits 0.
    """
    run = current()
    if not filename:
        raise UsageError("which file?", hint="rpk cluster config import -f FILE")
    from rpk.system import files

    text = files.read_text(filename)
    if text is None:
        raise NotFound(f"there is no file {filename}")
    wanted = properties.read_yaml(text, filename)
    with admin.connect(run) as client:
        known = properties.schema(client)
        now = client.get("/v1/cluster_config", include_defaults="true")
        overridden = client.get("/v1/cluster_config", include_defaults="false")
        upserts, removes = properties.difference(wanted, now, known, tunables=everything)
        removes = [name for name in removes if name in overridden]
        if not upserts and not removes:
            run.out.done("No changes were made.", changes=[])
            return
        properties.change(run, client, upserts, removes, now)
