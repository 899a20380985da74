"""`rpk cluster maintenance status`."""

from __future__ import annotations

from rpk.client import admin
from rpk.config.run import current
from rpk.out.tables import Column

EXAMPLES = (
    ("rpk cluster maintenance status", "who rests, and how many leaderships are left"),
    ("rpk cluster maintenance status --format json", "the same for scripts"),
)
OUTPUT = {
    "node_id": "integer",
    "draining": "boolean",
    "finished": "boolean or null",
    "errors": "boolean or null",
    "partitions": "integer or null",
    "eligible": "integer or null",
    "transferring": "integer or null",
    "failed": "integer or null",
}


def command() -> None:
    """Show who rests and how far that is.

    `-` where a broker is not in maintenance mode.
    """
    run = current()
    with admin.connect(run) as client:
        brokers = client.get("/v1/brokers")
    blank = dict.fromkeys(OUTPUT)
    rows = [
        {**blank, "node_id": broker["node_id"], **(broker.get("maintenance_status") or {"draining": False})}
        for broker in sorted(brokers, key=lambda each: each["node_id"])
    ]
    run.out.table(
        (
            Column("NODE-ID", "node_id"),
            Column("ENABLED", "draining"),
            Column("FINISHED", "finished"),
            Column("ERRORS", "errors"),
            Column("PARTITIONS", "partitions"),
            Column("ELIGIBLE", "eligible"),
            Column("TRANSFERRING", "transferring"),
            Column("FAILED", "failed"),
        ),
        rows,
    )
