"""The ways a local broker can run, by the name `--runtime` takes."""

from __future__ import annotations

import sys

from rpk.container.brokers import ProcessRuntime
from rpk.out.errors import OperationFailed, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from rpk.container.brokers import State
    from rpk.container.cluster import Cluster, Node

    class Runtime(Protocol):
        """What `start`, `status`, `stop` and `purge` need of a way to run brokers."""

        def start(
            self, cluster: Cluster, environment: Mapping[str, str], notice: Callable[[str], None]
        ) -> Cluster:
            """Start what does not run; the cluster as it is then. OperationFailed leaves nothing half started."""

        def state(self, cluster: Cluster, node: Node) -> State:
            """What the broker really is."""

        def stop(self, cluster: Cluster) -> tuple[Cluster, list[tuple[Node, bool]]]:
            """Stop all; of each that ran, whether it ended by itself."""

        def remove(self, cluster: Cluster) -> None:
            """Delete what the runtime itself keeps of the brokers."""


NAMES = ("process", "docker", "podman")


def runtime(name: str, image: str | None = None) -> Runtime:
    """The runtime of that name; UsageError for an unknown one."""
    if name == "process":
        if sys.platform != "linux":
            raise OperationFailed(
                f"the broker does not run on {sys.platform}",
                hint="use --runtime docker or podman, or Linux; WSL 2 on Windows counts",
            )
        return ProcessRuntime()
    if name not in NAMES:
        raise UsageError(f"--runtime {name}: there are {', '.join(NAMES)}")
    from rpk.container.oci import IMAGE, OciRuntime

    return OciRuntime(name, image or IMAGE)
