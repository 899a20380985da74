"""The process runtime: start broker processes, wait until they serve, say why they do not, stop them."""

from __future__ import annotations

import os
import select
import sys
import time
from dataclasses import dataclass, replace

from rpk.container import node_file
from rpk.container.addresses import HOST
from rpk.out.errors import OperationFailed
from rpk.system import process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rpk.container.cluster import Cluster, Node

START_S = 30.0
STOP_S = 20.0
_GRAVE = ("ERROR", "CRITICAL", "FATAL", "Error:", "error:", "Exception")
RUNNING, STOPPED, FAILED = "running", "stopped", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a broker really is: running, stopped, or failed with the reason."""

    status: str
    reason: str = ""


def brokers(cluster: Cluster) -> str:
    """The seeds of the cluster."""
    return ",".join(f"{HOST}:{node.ports.kafka}" for node in cluster.nodes)


def last_words(tail: list[str]) -> str:
    """Why a broker ended, from its log: its last line, when that speaks of an error."""
    line = next((line.strip() for line in reversed(tail) if line.strip()), "")
    if any(word in line for word in _GRAVE):
        return line
    return "killed, or out of memory: its log ends without an error"


class ProcessRuntime:
    """Brokers as processes of this user, detached from the terminal."""

    def start(
        self, cluster: Cluster, environment: Mapping[str, str], notice: Callable[[str], None]
    ) -> Cluster:
        """Start every broker that does not run and wait until each listens; the cluster as it is then.

        When one fails, those this call started are ended again, its last log lines go to `notice`, and
        OperationFailed names it.
        """
        before = cluster
        waiting: list[tuple[Node, int]] = []
        started: list[Node] = []
        try:
            for node in cluster.nodes:
                if process.is_running(node.identity):
                    continue
                node, ready = _spawn(cluster, node, environment)
                started.append(node)
                waiting.append((node, ready))
                cluster = cluster.with_node(node)
                cluster.save()
            deadline = time.monotonic() + START_S
            for node, ready in waiting:
                _await_ready(cluster, node, ready, deadline, notice)
        except BaseException:
            for node in started:
                process.terminate(node.identity, grace_s=2)
            before.save()
            raise
        finally:
            for _, ready in waiting:
                os.close(ready)
        return cluster

    def stop(self, cluster: Cluster) -> tuple[Cluster, list[tuple[Node, bool]]]:
        """Stop every broker; the cluster then, and of each that ran whether it ended by itself."""
        ended: list[tuple[Node, bool]] = []
        for node in cluster.nodes:
            if process.is_running(node.identity):
                ended.append((node, process.terminate(node.identity, grace_s=STOP_S)))
            cluster = cluster.with_node(replace(node, pid=0, started=0, wanted=False))
            cluster.save()
        return cluster, ended

    def state(self, cluster: Cluster, node: Node) -> State:
        """Look at the process; a broker that should run and does not has failed, its log's last words say why."""
        if process.is_running(node.identity):
            return State(status=RUNNING)
        if not node.wanted:
            return State(status=STOPPED)
        return State(status=FAILED, reason=last_words(cluster.log_tail(node)))

    def remove(self, cluster: Cluster) -> None:
        """Nothing is left of an ended process."""


def byte_code_kept(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without PYTHONDONTWRITEBYTECODE: a broker that may not keep byte code compiles all of itself at each start."""
    return {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _spawn(cluster: Cluster, node: Node, environment: Mapping[str, str]) -> tuple[Node, int]:
    path = node_file.write(cluster, node)
    reader, writer = os.pipe()
    try:
        identity = process.spawn(
            [sys.executable, "-m", "engine.node", "--redpanda-cfg", path, "--ready-fd", str(writer)],
            log_path=cluster.log_path(node),
            directory=cluster.node_directory(node),
            environment=byte_code_kept(environment),
            inherit=[writer],
        )
    except OperationFailed:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    return replace(node, pid=identity.pid, started=identity.start_ticks, wanted=True), reader


def _await_ready(
    cluster: Cluster, node: Node, ready: int, deadline: float, notice: Callable[[str], None]
) -> None:
    """Return when the broker has written to its ready descriptor; its end closes the descriptor."""
    readable, _, _ = select.select([ready], [], [], max(0.0, deadline - time.monotonic()))
    if readable and os.read(ready, 64):
        return
    log = cluster.log_path(node)
    tail = cluster.log_tail(node)
    for line in tail:
        notice(f"  broker {node.node_id}: {line}")
    if readable:
        raise OperationFailed(
            f"broker {node.node_id} ended while it started",
            cause=next((line for line in reversed(tail) if line.strip()), "it left no log"),
            hint=f"the whole log is {log}; rpk container start tries again, rpk container purge starts afresh",
        )
    raise OperationFailed(
        f"broker {node.node_id} was not ready after {START_S:.0f} s", hint=f"the whole log is {log}"
    )
