"""`rpk redpanda admin brokers recommission`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client import admin
from rpk.config.run import current
from rpk.redpanda.brokers_decommission import broker_id

EXAMPLES = (
    ("rpk redpanda admin brokers recommission 4", "take a decommission back while it goes on"),
    ("rpk redpanda admin brokers list", "its membership is active again"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string", "broker": "integer"}


def command(broker: Annotated[str, typer.Argument(metavar="BROKER-ID", help="The broker.")]) -> None:
    """Keep a broker after all.

    Partitions on their way go back to it; what has moved stays where it is.
    """
    run = current()
    node = broker_id(broker)
    with admin.connect(run) as client:
        client.put(f"/v1/brokers/{node}/recommission")
    run.out.done(f"Success, broker {node} has been recommissioned.", broker=node)
