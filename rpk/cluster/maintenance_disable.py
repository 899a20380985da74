"""`rpk cluster maintenance disable`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client import admin
from rpk.cluster.places import node_id
from rpk.config.run import current

EXAMPLES = (
    ("rpk cluster maintenance disable 1", "when the work is done"),
    ("rpk cluster maintenance status", "who rests now"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string"}


def command(
    broker: Annotated[str, typer.Argument(metavar="BROKER-ID", help="The broker.")],
) -> None:
    """Let a broker lead again.

    Leaderships come back by themselves. Not in maintenance mode: exits 0.
    """
    run = current()
    node = node_id(broker)
    with admin.connect(run) as client:
        client.delete(f"/v1/brokers/{node}/maintenance")
    run.out.done(f"Successfully disabled maintenance mode for broker {node}.", broker=node)
