"""`rpk cluster partitions balancer-status`."""

from __future__ import annotations

from rpk.client import admin
from rpk.config.run import current
from rpk.out.tables import Pairs

EXAMPLES = (
    ("rpk cluster partitions balancer-status", "is it at work, is it stuck"),
    ("rpk cluster partitions balancer-status --format json", "the same for scripts"),
)
OUTPUT = {
    "status": "string",
    "seconds_since_last_tick": "integer",
    "current_reassignments_count": "integer",
    "violations": "{unavailable_nodes, over_disk_limit_nodes}",
}


def command() -> None:
    """Show what the balancer does.

    off, ready, in_progress, or stalled: something should move and cannot.
    """
    run = current()
    with admin.connect(run) as client:
        found = client.get("/v1/cluster/partition_balancer/status")
    pairs: list[tuple[str, object]] = [
        ("Status:", found["status"]),
        ("Seconds Since Last Tick:", found["seconds_since_last_tick"]),
        ("Current Reassignment Count:", found["current_reassignments_count"]),
    ]
    violations = found.get("violations") or {}
    for key, label in (
        ("unavailable_nodes", "Unavailable Nodes:"),
        ("over_disk_limit_nodes", "Over Disk Limit Nodes:"),
    ):
        if violations.get(key):
            pairs.append((label, violations[key]))
    run.out.document(found, Pairs(pairs))
