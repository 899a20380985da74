"""`rpk cluster maintenance enable`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from rpk.client import admin
from rpk.cluster.places import node_id
from rpk.config.run import current

EXAMPLES = (
    ("rpk cluster maintenance enable 1", "before work on its host"),
    ("rpk cluster maintenance enable 1 --wait", "return when it leads nothing any more"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string"}
POLL_S = 0.5


def command(
    broker: Annotated[str, typer.Argument(metavar="BROKER-ID", help="The broker.")],
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Return when it is done.")] = False,
) -> None:
    """Have a broker hand its leaderships over.

    Other replicas take over, produce and consume go on. One broker at a time. Already so: exits 0.
    """
    run = current()
    node = node_id(broker)
    with admin.connect(run) as client:
        client.put(f"/v1/brokers/{node}/maintenance")
        while wait:
            found = next(each for each in client.get("/v1/brokers") if each["node_id"] == node)
            if found["maintenance_status"].get("finished"):
                break
            time.sleep(POLL_S)
    run.out.done(f"Successfully enabled maintenance mode for broker {node}.", broker=node)
