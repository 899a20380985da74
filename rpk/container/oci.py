"""The docker and podman runtimes: the same broker in a container, from the image the Containerfile builds.

A broker's folder is mounted at its own path, so that its files read the same inside and outside.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

from rpk.container import node_file
from rpk.container.brokers import FAILED, RUNNING, STOP_S, STOPPED, State
from rpk.out.errors import NotFound, OperationFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rpk.container.cluster import Cluster, Node

IMAGE = "localhost/rpk:latest"
COMMAND_S = 60.0
EVERYWHERE = "0.0.0.0"


class OciRuntime:
    """Brokers as containers of `binary` (docker or podman). Every call has a deadline."""

    def __init__(self, binary: str, image: str = IMAGE) -> None:
        self.binary = binary
        self.image = image

    def start(
        self, cluster: Cluster, environment: Mapping[str, str], notice: Callable[[str], None]
    ) -> Cluster:
        """As `brokers.ProcessRuntime.start`; OperationFailed also without a daemon or without the image."""
        self._check()
        created: list[Node] = []
        try:
            for node in cluster.nodes:
                state = self.state(cluster, node)
                if state.status == RUNNING:
                    continue
                if self._exists(node):
                    self._call("start", name(node))
                else:
                    self._create(cluster, node)
                    created.append(node)
                cluster = cluster.with_node(replace(node, wanted=True))
                cluster.save()
        except OperationFailed:
            for node in created:
                for line in self.log_tail(cluster, node):
                    notice(f"  broker {node.node_id}: {line}")
                self._call("rm", "--force", "--volumes", name(node), check=False)
            raise
        return cluster

    def state(self, cluster: Cluster, node: Node) -> State:
        """What the runtime says of the container."""
        del cluster
        status, text = self._call("inspect", "--format", "{{.State.Status}}", name(node), check=False)
        word = text.strip()
        if status == 0 and word == "running":
            return State(status=RUNNING)
        if not node.wanted:
            return State(status=STOPPED)
        return State(status=FAILED, reason=f"its container is {word}" if status == 0 else text.strip()[-200:])

    def stop(self, cluster: Cluster) -> tuple[Cluster, list[tuple[Node, bool]]]:
        """Stop every container; its data stays."""
        ended: list[tuple[Node, bool]] = []
        for node in cluster.nodes:
            if self.state(cluster, node).status == RUNNING:
                status, _ = self._call("stop", "--time", f"{STOP_S:.0f}", name(node), check=False)
                ended.append((node, status == 0))
            cluster = cluster.with_node(replace(node, wanted=False))
            cluster.save()
        return cluster, ended

    def remove(self, cluster: Cluster) -> None:
        """Delete the containers."""
        for node in cluster.nodes:
            self._call("rm", "--force", "--volumes", name(node), check=False)

    def log_tail(self, cluster: Cluster, node: Node) -> list[str]:
        """The container's last log lines."""
        del cluster
        _, text = self._call("logs", "--tail", "20", name(node), check=False)
        return text.splitlines()

    def _create(self, cluster: Cluster, node: Node) -> None:
        path = node_file.write(cluster, node, listen=EVERYWHERE)
        directory = cluster.node_directory(node)
        ports = [node.ports.kafka, node.ports.admin]
        published = [word for port in ports for word in ("--publish", f"127.0.0.1:{port}:{port}")]
        mount = ["--volume", f"{directory}:{directory}"]
        self._call(
            "run", "--detach", "--name", name(node), *published, *mount, self.image, "--redpanda-cfg", path
        )

    def _exists(self, node: Node) -> bool:
        return self._call("inspect", name(node), check=False)[0] == 0

    def _check(self) -> None:
        if shutil.which(self.binary) is None:
            raise NotFound(
                f"{self.binary} is not installed", hint="leave out --runtime: brokers need no containers"
            )
        status, text = self._call("info", "--format", "{{.ID}}", check=False)
        if status:
            raise OperationFailed(
                f"no {self.binary} daemon answers here",
                cause=(text.strip().splitlines() or ["it said nothing"])[-1],
                hint="leave out --runtime: brokers need no containers",
            )
        if self._call("image", "inspect", self.image, check=False)[0]:
            raise OperationFailed(
                f"there is no image {self.image}",
                hint=f"in a checkout of the project: {self.binary} build --tag {self.image} --file Containerfile .",
            )

    def _call(self, *words: str, check: bool = True) -> tuple[int, str]:
        """Run the binary; its status and what it printed. OperationFailed when it fails and `check` is set."""
        try:
            run = subprocess.run(
                [self.binary, *words], capture_output=True, text=True, timeout=COMMAND_S, check=False
            )
        except FileNotFoundError:
            return 127, f"{self.binary} is not installed"
        except subprocess.TimeoutExpired as error:
            raise OperationFailed(f"{self.binary} {words[0]} took more than {COMMAND_S:.0f} s") from error
        text = run.stdout + run.stderr
        if check and run.returncode:
            raise OperationFailed(f"{self.binary} {words[0]} failed", cause=text.strip()[-300:])
        return run.returncode, text


def name(node: Node) -> str:
    """The container's name."""
    return f"rpk-node-{node.node_id}"
