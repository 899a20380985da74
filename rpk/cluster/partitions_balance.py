"""`rpk cluster partitions balance`."""

from __future__ import annotations

from rpk.client import admin
from rpk.config.run import current

EXAMPLES = (
    ("rpk cluster partitions balance", "after a broker was added, say"),
    ("rpk cluster partitions move-status", "how far it is"),
)
OUTPUT = {"schema_version": "integer", "ok": "boolean", "message": "string"}


def command() -> None:
    """Spread the replicas evenly now.

    Returns at once; the moves go on in the background, a bounded number at a time.
    """
    run = current()
    with admin.connect(run) as client:
        client.post("/v1/partitions/rebalance")
    run.out.done("Successfully triggered on-demand partition balancing.")
