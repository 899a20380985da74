"""`rpk container status`."""

from __future__ import annotations

from rpk.config.run import current
from rpk.container import cluster as clusters
from rpk.container import view

EXAMPLES = (
    ("rpk container status", "is each broker running, and where"),
    ("rpk container status --format json", "the same for scripts, with pids and log files"),
)
OUTPUT = view.OUTPUT


def command() -> None:
    """Show the local cluster.

    Looks at the processes themselves: a broker that should run and does not is shown as failed, with the reason.

    No local cluster: says so on stderr, prints an empty list, exits 0.
    """
    run = current()
    cluster = clusters.load(clusters.home(run.environment))
    if cluster is None:
        run.out.notice("there is no local cluster; rpk container start makes one")
    rows = view.rows(cluster) if cluster is not None else []
    run.out.table(view.columns(rows), rows)
