"""`rpk redpanda admin brokers decommission`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client import admin
from rpk.config.run import current
from rpk.out.errors import NotFound, OperationFailed, UsageError

EXAMPLES = (
    ("rpk redpanda admin brokers decommission 4", "its replicas move to the others, then it leaves"),
    ("rpk redpanda admin brokers decommission-status 4", "how far that is"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string", "broker": "integer"}


def command(
    broker: Annotated[str, typer.Argument(metavar="BROKER-ID", help="The broker.")],
    force: Annotated[
        bool, typer.Option("--force", help="Also a broker that is down or in maintenance mode.")
    ] = False,
) -> None:
    """Take a broker out of the cluster.

    Its replicas move to the others, then the cluster forgets it; its process can be stopped then. Returns at once.
    A broker that is down, or in maintenance mode, is refused unless --force.
    """
    run = current()
    node = broker_id(broker)
    with admin.connect(run) as client:
        if not force:
            found = next((each for each in client.get("/v1/brokers") if each["node_id"] == node), None)
            if found is None:
                raise NotFound(f"there is no broker {node}")
            if not found.get("is_alive"):
                raise OperationFailed(f"broker {node} is down", hint="--force decommissions it all the same")
            if (found.get("maintenance_status") or {}).get("draining"):
                raise OperationFailed(
                    f"broker {node} is in maintenance mode",
                    hint=f"rpk cluster maintenance disable {node}, or --force",
                )
        client.put(f"/v1/brokers/{node}/decommission")
    run.out.done(
        f"Success, broker {node} decommission started. Use `rpk redpanda admin brokers decommission-status {node}` "
        "to follow it.",
        broker=node,
    )


def broker_id(text: str) -> int:
    """A broker's id. UsageError for anything else."""
    if not text.isascii() or not text.isdigit():
        raise UsageError(f"{text!r} is not a broker id", hint="rpk redpanda admin brokers list shows the ids")
    return int(text)
