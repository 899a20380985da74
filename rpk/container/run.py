"""`rpk container run -- CMD`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from typing import Annotated

import typer

from rpk.config.run import current
from rpk.container import addresses, node_file
from rpk.container.brokers import ProcessRuntime, brokers, byte_code_kept
from rpk.container.cluster import Cluster, Node
from rpk.container.start import prove
from rpk.out.errors import NotFound, OperationFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from rpk.config.run import Run

EXAMPLES = (
    ("rpk container run -- pytest tests/integration", "a cluster for one test run; RPK_BROKERS is set"),
    ("rpk container run -- sh -c 'echo hi | rpk topic produce t'", "rpk inside finds the cluster by itself"),
)
OUTPUT: dict[str, str] = {}
CONTEXT_SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False}


def command(
    words: Annotated[list[str], typer.Argument(metavar="-- CMD...", help="Command and its arguments.")],
    nodes: Annotated[int, typer.Option("--nodes", "-n", min=1, help="Brokers.")] = 1,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Cluster property or redpanda.yaml key."),
    ] = None,
) -> None:
    """Run a command against a cluster of its own.

    The cluster takes free ports and a temporary directory; CMD gets RPK_BROKERS and RPK_ADMIN_HOSTS, and its
    exit status becomes rpk's. Brokers and data go when CMD ends, also when rpk itself is killed: a watchdog
    process holds the other end of a pipe and cleans up when it closes.
    """
    run = current()
    node_file.check(settings or ())
    if shutil.which(words[0]) is None:
        raise NotFound(f"there is no command {words[0]}", hint="check the spelling and PATH")
    plan, _ = addresses.plan(nodes, dict.fromkeys(addresses.USUAL), strict=True)
    directory = tempfile.mkdtemp(prefix="rpk-container-")
    members = tuple(Node(node_id=at, ports=ports) for at, ports in enumerate(plan))
    cluster = Cluster(directory=directory, nodes=members, settings=tuple(settings or ()))
    lifeline = watch(directory, run.environment)
    try:
        ways = ProcessRuntime()
        cluster = ways.start(cluster, run.environment, run.out.notice)
        prove(ways, cluster, 10)
        status = execute(run, cluster, words)
    finally:
        os.close(lifeline)  # the watchdog cleans up now
    raise typer.Exit(status)


def watch(directory: str, environment: Mapping[str, str]) -> int:
    """Start the watchdog of that folder; the descriptor whose closing, by whatever means, makes it clean up."""
    reader, writer = os.pipe()
    try:
        subprocess.Popen(
            [sys.executable, "-m", "rpk.container.watchdog", directory, str(reader)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=byte_code_kept(environment),
            start_new_session=True,
            pass_fds=(reader,),
        )
    except OSError as error:
        os.close(writer)
        raise OperationFailed("the watchdog could not be started", cause=str(error)) from error
    finally:
        os.close(reader)
    return writer


def execute(run: Run, cluster: Cluster, words: list[str]) -> int:
    """Run the command in the foreground; signals reach it, its status comes back as a shell would give it."""
    environment = {
        **run.environment,
        "RPK_BROKERS": brokers(cluster),
        "RPK_ADMIN_HOSTS": ",".join(f"{addresses.HOST}:{node.ports.admin}" for node in cluster.nodes),
    }
    child = subprocess.Popen(words, env=environment)
    handlers = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT,)}
    handlers[signal.SIGTERM] = signal.signal(signal.SIGTERM, lambda number, _: child.send_signal(number))
    try:
        status = child.wait()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return status if status >= 0 else 128 - status
