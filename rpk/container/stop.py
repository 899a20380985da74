"""`rpk container stop`."""

from __future__ import annotations

from rpk.config.run import current
from rpk.container import cluster as clusters
from rpk.container.runtimes import runtime
from rpk.out.errors import OperationFailed
from rpk.out.output import ItemResult

EXAMPLES = (
    ("rpk container stop", "stop; rpk container start goes on with the same data"),
    ("rpk container stop --format json", "one result a broker"),
)
OUTPUT = {"name": "string", "ok": "boolean", "error": "object or null"}


def command() -> None:
    """Stop the local cluster.

    SIGTERM lets each broker drain and close its log; after 20 s it is killed, which loses no acked record.

    Idempotent: nothing to stop exits 0.
    """
    run = current()
    home = clusters.home(run.environment)
    with clusters.exclusively(home):
        cluster = clusters.load(home)
        if cluster is None:
            run.out.notice("there is no local cluster")
            run.out.results("broker", [])
            return
        _, ended = runtime(cluster.runtime).stop(cluster)
    if not ended:
        run.out.notice("the local cluster was not running")
    results = [
        ItemResult(str(node.node_id), None if by_itself else OperationFailed("killed: no end after SIGTERM"))
        for node, by_itself in ended
    ]
    run.out.results("broker", results)
