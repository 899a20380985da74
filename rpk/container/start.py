"""`rpk container start`."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Annotated

import typer

from rpk.config.run import current
from rpk.container import addresses, local_profile, node_file, runtimes, view
from rpk.container import cluster as clusters
from rpk.container.brokers import RUNNING, brokers
from rpk.container.cluster import Cluster, Node
from rpk.out.errors import OperationFailed, RpkError, UsageError
from rpk.out.tables import Table, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from rpk.config.run import Run
    from rpk.container.runtimes import Runtime

EXAMPLES = (
    ("rpk container start", "one broker on 127.0.0.1:9092, or the next free port"),
    ("rpk container start -n 3", "three brokers, every record on all of them"),
    ("rpk container start --any-port --format json", "for scripts: free ports, told as JSON"),
)
OUTPUT = {"schema_version": "integer", "runtime": "string", "seconds": "number", "brokers": "list of objects"}
PROBE_S = 20.0
AFRESH = "rpk container purge deletes it and its data, then start makes a new one"

Ports = Annotated[
    list[str] | None, typer.Option(metavar="PORTS", help="Comma list, continued at +1000, or any.")
]


def command(
    nodes: Annotated[
        int, typer.Option("--nodes", "-n", min=0, help="Brokers; 1 unless the cluster has more.")
    ] = 0,
    retries: Annotated[int, typer.Option(help="Times to probe a broker that does not answer yet.")] = 10,
    runtime: Annotated[
        str, typer.Option(help="process, docker or podman; process unless the cluster has another.")
    ] = "",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Cluster property or redpanda.yaml key."),
    ] = None,
    kafka_ports: Ports = None,
    admin_ports: Ports = None,
    schema_registry_ports: Ports = None,
    proxy_ports: Ports = None,
    rpc_ports: Ports = None,
    any_port: Annotated[bool, typer.Option("--any-port", help="Take free ports for everything.")] = False,
    strict_ports: Annotated[
        bool,
        typer.Option("--strict-ports", help="Fail when a port is busy instead of taking the next free one."),
    ] = False,
    no_profile: Annotated[bool, typer.Option("--no-profile", help="Leave the profiles alone.")] = False,
    image: Annotated[str, typer.Option(help="Image for docker and podman.")] = "",
    console_image: Annotated[str, typer.Option(hidden=True)] = "",
    console_port: Annotated[str, typer.Option(hidden=True)] = "8080",
    pull: Annotated[bool, typer.Option("--pull", hidden=True)] = False,
    subnet: Annotated[str, typer.Option(hidden=True)] = "172.24.1.0/24",
    gateway: Annotated[str, typer.Option(hidden=True)] = "172.24.1.1",
) -> None:
    """Start a local cluster.

    Starts broker processes on loopback with fsync before every ack, waits until a record was acked and read back,
    then writes and selects the profile rpk-container, so that every other command finds the cluster. With -n 3 the
    record is acked by all brokers before the command says so, and each of them has served a record.

    Data and logs live in the user's state directory and survive stop; an existing cluster is started again with
    the ports and settings it was made with. A busy port gives way to the next free one, and that is printed.
    """
    del console_image, console_port, pull, subnet, gateway  # the console and its network are not part of this
    run = current()
    asked = {
        "kafka": kafka_ports,
        "admin": admin_ports,
        "schema_registry": schema_registry_ports,
        "proxy": proxy_ports,
        "rpc": rpc_ports,
    }
    ports = {kind: addresses.parse(kind.replace("_", "-"), words or ()) for kind, words in asked.items()}
    if any_port:
        if any(asked.values()):
            raise UsageError("--any-port excludes the lists of ports", hint="leave one of them out")
        ports = dict.fromkeys(ports)
    texts = tuple(settings or ())
    node_file.check(texts)
    ways = runtimes.runtime(runtime or "process", image or None)
    if nodes > 1 and runtime not in ("", "process"):
        raise UsageError(f"--runtime {runtime} runs one broker", hint="leave --runtime out, or use -n 1")
    begin = time.monotonic()
    home = clusters.home(run.environment)
    with clusters.exclusively(home):
        cluster = clusters.load(home)
        if cluster is None:
            plan, notes = addresses.plan(nodes or 1, ports, strict=strict_ports)
            members = tuple(Node(node_id=at, ports=each) for at, each in enumerate(plan))
            cluster = Cluster(directory=home, runtime=runtime or "process", nodes=members, settings=texts)
            for note in notes:
                run.out.notice(note)
        else:
            if runtime not in ("", cluster.runtime):
                raise OperationFailed(
                    f"the local cluster exists with --runtime {cluster.runtime}", hint=AFRESH
                )
            if nodes not in (0, len(cluster.nodes)):
                raise OperationFailed(
                    f"the local cluster exists with {len(cluster.nodes)} broker(s)", hint=AFRESH
                )
            if strict_ports or any_port or any(asked.values()):
                run.out.warning(f"the local cluster keeps the ports it was made with; {AFRESH}")
            ways = runtimes.runtime(cluster.runtime, image or None)
            cluster = again(run, ways, cluster, texts)
        started = any(ways.state(cluster, node).status != RUNNING for node in cluster.nodes)
        cluster = ways.start(cluster, run.environment, run.out.notice)
        try:
            prove(ways, cluster, retries)
            switched = not no_profile and take_profile(cluster, run.environment)
        except KeyboardInterrupt:
            if started:
                ways.stop(cluster)
            raise
    report(run, cluster, time.monotonic() - begin, switched=switched, started=started)


def take_profile(cluster: Cluster, environment: Mapping[str, str]) -> bool:
    """Write and select the profile; an error says that the cluster runs all the same."""
    try:
        return local_profile.select(cluster, environment)
    except RpkError as error:
        error.message = f"the cluster runs, but its profile is not selected: {error.message}"
        error.hint = f"rpk --ignore-profile -X brokers={brokers(cluster)} reaches it; --no-profile leaves the profiles alone"
        raise


def again(run: Run, ways: Runtime, cluster: Cluster, settings: tuple[str, ...]) -> Cluster:
    """An existing cluster, ready to be started: its own ports, or new ones where somebody else took them."""
    if settings and settings != cluster.settings:
        raise OperationFailed(
            "the local cluster exists with other --set values",
            hint=AFRESH,
        )
    if all(ways.state(cluster, node).status == RUNNING for node in cluster.nodes):
        run.out.notice("the local cluster is already running")
        return cluster
    run.out.notice("starting the local cluster again with its data")
    for node in cluster.nodes:
        if ways.state(cluster, node).status != RUNNING:
            fixed = {kind: [getattr(node.ports, kind)] for kind in addresses.USUAL}
            (ports,), notes = addresses.plan(1, fixed, strict=False)
            for note in notes:
                run.out.notice(note)
            cluster = cluster.with_node(replace(node, ports=ports))
    return cluster


def prove(ways: Runtime, cluster: Cluster, retries: int) -> None:
    """A record acked and fetched, or TransientError after `retries` more tries."""
    from rpk.client.probe import round_trip
    from rpk.out.errors import TransientError

    for left in range(max(0, retries), -1, -1):
        try:
            round_trip(brokers(cluster), replicas=len(cluster.nodes), timeout_s=PROBE_S)
            return
        except TransientError as error:
            if not left or any(ways.state(cluster, node).status != RUNNING for node in cluster.nodes):
                logs = ", ".join(cluster.log_path(node) for node in cluster.nodes)
                raise TransientError(
                    f"the local cluster runs but {error.message}", cause=error.cause, hint=f"look at {logs}"
                ) from error
            time.sleep(0.2)


def report(run: Run, cluster: Cluster, seconds: float, *, switched: bool, started: bool) -> None:
    """The table, then what to type next."""
    rows = view.rows(cluster)
    verb = "Started in" if started else "It runs: looked at in"
    lines = [f"{verb} {seconds:.1f} s; a record was acked and read back."]
    if switched:
        lines.append(f"Profile {local_profile.NAME} is selected: rpk commands now talk to this cluster.")
    lines += ["Try:", "  rpk topic create orders", "  echo hello | rpk topic produce orders"]
    lines.append("  rpk topic consume orders -n 1")
    run.out.document(
        {"runtime": cluster.runtime, "seconds": round(seconds, 3), "brokers": rows},
        Table(view.columns(rows), rows),
        Text(*lines),
    )
