"""`rpk cluster config status`."""

from __future__ import annotations

from rpk.client import admin
from rpk.config.run import current
from rpk.out.tables import Column

EXAMPLES = (
    ("rpk cluster config status", "does every broker have the last change"),
    ("rpk cluster config status --format json", "the same for scripts"),
)
OUTPUT = {
    "node_id": "integer",
    "config_version": "integer",
    "restart": "boolean",
    "invalid": "list of strings",
    "unknown": "list of strings",
}


def command() -> None:
    """Show which broker has which version.

    A broker that needs a restart for a property to hold, or has a value it cannot use, says so here.
    """
    run = current()
    with admin.connect(run) as client:
        rows = client.get("/v1/cluster_config/status")
    run.out.table(
        (
            Column("NODE", "node_id"),
            Column("CONFIG-VERSION", "config_version"),
            Column("NEEDS-RESTART", "restart"),
            Column("INVALID", "invalid"),
            Column("UNKNOWN", "unknown"),
        ),
        sorted(rows, key=lambda row: int(str(row["node_id"]))),
    )
