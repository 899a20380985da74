"""A local cluster as it stands on disk: one folder, `cluster.json`, a folder a broker.

    <state>/container/cluster.json      what was started, where it listens, which processes it is
    <state>/container/node-0/           redpanda.yaml, .bootstrap.yaml, data/, broker.log

The file is written whole before a process is started and after, so that a start that was killed half way is
found, ended and started again by the next one.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace

from rpk.out.errors import OperationFailed, TransientError
from rpk.system import files, paths
from rpk.system.process import Identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORMAT_VERSION = 1
LOG_TAIL_LINES = 20
LOG_TAIL_BYTES = 64 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where one broker listens on loopback."""

    kafka: int
    admin: int
    proxy: int
    schema_registry: int
    rpc: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One broker: its id, ports, and the process it is (pid 0: none was started)."""

    node_id: int
    ports: Ports
    pid: int = 0
    started: int = 0
    """Start time of the process, which tells a reused pid from ours."""
    wanted: bool = False
    """True from start to stop: a wanted node without a process has failed."""

    @property
    def identity(self) -> Identity:
        """The process, told from another that was given its pid later."""
        return Identity(self.pid, self.started)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A local cluster: its folder and brokers. Changed by replacing and saving it."""

    directory: str
    runtime: str = "process"
    nodes: tuple[Node, ...] = ()
    settings: tuple[str, ...] = field(default=())
    """`--set` texts the cluster was made with."""

    def node_directory(self, node: Node) -> str:
        """The broker's folder."""
        return os.path.join(self.directory, f"node-{node.node_id}")

    def log_path(self, node: Node) -> str:
        """The broker's log."""
        return os.path.join(self.node_directory(node), "broker.log")

    def with_node(self, node: Node) -> Cluster:
        """The same cluster with that broker replaced."""
        return replace(
            self, nodes=tuple(node if each.node_id == node.node_id else each for each in self.nodes)
        )

    def save(self) -> None:
        """Write `cluster.json` whole."""
        document = {"version": FORMAT_VERSION, **asdict(self)}
        del document["directory"]
        files.write_text(os.path.join(self.directory, "cluster.json"), json.dumps(document, indent=2) + "\n")

    def forget(self) -> None:
        """Delete the folder with all data."""
        shutil.rmtree(self.directory, ignore_errors=True)
        if os.path.exists(self.directory):
            raise OperationFailed(f"cannot delete all of {self.directory}", hint="look at its permissions")

    def log_tail(self, node: Node) -> list[str]:
        """The broker's last log lines, oldest first."""
        try:
            with open(self.log_path(node), "rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - LOG_TAIL_BYTES))
                return file.read().decode(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        except FileNotFoundError:
            return []


def home(environment: Mapping[str, str]) -> str:
    """The folder of the one cluster `start`, `status`, `stop` and `purge` speak of."""
    return os.path.join(paths.state_directory(environment), "container")


def load(directory: str) -> Cluster | None:
    """The cluster in that folder, or None; OperationFailed when its file is damaged."""
    path = os.path.join(directory, "cluster.json")
    text = files.read_text(path)
    if text is None:
        return None
    hint = "rpk container purge deletes the cluster and its data"
    try:
        document = json.loads(text)
        if document.pop("version") != FORMAT_VERSION:
            raise OperationFailed(f"{path} was written by another version of rpk", hint=hint)
        nodes = tuple(Node(**{**node, "ports": Ports(**node["ports"])}) for node in document.pop("nodes"))
        settings = tuple(document.pop("settings"))
        return Cluster(directory=directory, nodes=nodes, settings=settings, **document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OperationFailed(f"{path} is damaged", cause=str(error), hint=hint) from error


@contextmanager
def exclusively(directory: str) -> Iterator[None]:
    """Hold the folder's lock, so that two starts do not race; TransientError when another rpk holds it."""
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        lock = open(os.path.join(directory, "..", "container.lock"), "a", encoding="ascii")  # noqa: SIM115 - closed below
    except OSError as error:
        raise OperationFailed(
            f"cannot keep a local cluster in {directory}",
            cause=error.strerror,
            hint="XDG_STATE_HOME names another place for state",
        ) from error
    with lock as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TransientError(
                "another rpk is starting or stopping the local cluster",
                hint="wait for it, then run this again",
            ) from None
        yield
