"""Which brokers of the local cluster a command means, and doing something to each."""

from __future__ import annotations

from rpk.container import cluster as clusters
from rpk.out.errors import NotFound, OperationFailed, UsageError
from rpk.out.output import ItemResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpk.config.run import Run
    from rpk.container.cluster import Cluster, Node

OUTPUT = {"name": "string", "ok": "boolean", "error": "object or null"}


def signal_each(run: Run, words: Sequence[str], send: Callable[[Node], bool]) -> None:
    """Send a signal to each broker named (`all`: every one) and print one row each.

    `send` says whether there was a process to take it. NotFound without a local cluster or for an unknown broker.
    """
    home = clusters.home(run.environment)
    with clusters.exclusively(home):
        cluster = clusters.load(home)
        if cluster is None:
            raise NotFound("there is no local cluster", hint="rpk container start -n 3 makes one")
        if cluster.runtime != "process":
            raise OperationFailed(f"not possible with --runtime {cluster.runtime}")
        results = [
            ItemResult(str(node.node_id), None if send(node) else OperationFailed("it does not run"))
            for node in named(cluster, words)
        ]
    run.out.results("broker", results)


def named(cluster: Cluster, words: Sequence[str]) -> list[Node]:
    """The brokers with these ids, each once."""
    if list(words) == ["all"]:
        return list(cluster.nodes)
    found = []
    for word in dict.fromkeys(words):
        if not word.isascii() or not word.isdigit():
            raise UsageError(f"{word!r} is not a broker id", hint="rpk container status shows the ids")
        node = next((each for each in cluster.nodes if each.node_id == int(word)), None)
        if node is None:
            raise NotFound(f"the local cluster has no broker {word}")
        found.append(node)
    return found
