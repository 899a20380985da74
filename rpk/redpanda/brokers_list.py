"""`rpk redpanda admin brokers list`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client import admin
from rpk.config.run import current
from rpk.out.tables import Column

EXAMPLES = (
    ("rpk redpanda admin brokers list", "who is in the cluster, who is alive"),
    ("rpk redpanda admin brokers list --format wide", "their rpc addresses, disks and uuids too"),
)
OUTPUT = {
    "id": "integer",
    "host": "string",
    "port": "integer",
    "rack": "string or null",
    "cores": "integer",
    "membership": "string",
    "is_alive": "boolean",
    "version": "string",
    "uuid": "string or null",
    "disk_free_bytes": "integer or null",
    "disk_total_bytes": "integer or null",
}


def command(
    include_decommissioned: Annotated[
        bool, typer.Option("--include-decommissioned", "-d", help="Also uuids of brokers that left.")
    ] = False,
) -> None:
    """List the brokers.

    HOST and PORT are the addresses brokers talk to each other on.
    """
    run = current()
    with admin.connect(run) as client:
        brokers = client.get("/v1/brokers")
        uuids = {each["node_id"]: each["uuid"] for each in client.get("/v1/broker_uuids")}
    rows = [row(each, uuids.pop(each["node_id"], None)) for each in brokers]
    if include_decommissioned:
        rows += [{"id": node, "uuid": uuid, "membership": "removed"} for node, uuid in uuids.items()]
    run.out.table(
        (
            Column("ID", "id"),
            Column("HOST", "host"),
            Column("PORT", "port"),
            Column("RACK", "rack"),
            Column("CORES", "cores"),
            Column("MEMBERSHIP", "membership"),
            Column("IS-ALIVE", "is_alive"),
            Column("VERSION", "version"),
            Column("UUID", "uuid", wide=True),
        ),
        sorted(rows, key=lambda each: int(str(each["id"]))),
    )


def row(broker: dict[str, object], uuid: str | None) -> dict[str, object]:
    """One broker as this command prints it."""
    disks = broker.get("disk_space")
    disk = disks[0] if isinstance(disks, list) and disks else {}
    return {
        "id": broker["node_id"],
        "host": broker.get("internal_rpc_address"),
        "port": broker.get("internal_rpc_port"),
        "rack": broker.get("rack"),
        "cores": broker.get("num_cores"),
        "membership": broker.get("membership_status"),
        "is_alive": broker.get("is_alive"),
        "version": broker.get("version"),
        "uuid": uuid,
        "disk_free_bytes": disk.get("free"),
        "disk_total_bytes": disk.get("total"),
    }
