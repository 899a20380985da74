"""`rpk cluster health`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from rpk.client import admin
from rpk.config.run import current
from rpk.out.errors import TransientError, Unhealthy
from rpk.out.tables import Pairs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.client.admin import Json
    from rpk.config.run import Run

EXAMPLES = (
    ("rpk cluster health", "exits 10 when the cluster is not healthy"),
    (
        "rpk cluster health --exit-when-healthy --expect-brokers 3 --timeout 1m",
        "wait for a cluster to be complete",
    ),
)
OUTPUT = {
    "is_healthy": "boolean",
    "unhealthy_reasons": "list of strings",
    "controller_id": "integer",
    "all_nodes": "list of integers",
    "nodes_down": "list of integers",
    "nodes_in_recovery_mode": "list of integers",
    "leaderless_partitions": "list of strings",
    "leaderless_count": "integer",
    "under_replicated_partitions": "list of strings",
    "under_replicated_count": "integer",
}
POLL_S = 2.0
WAIT_POLL_S = 0.5


def command(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on and print every change.")] = False,
    exit_when_healthy: Annotated[
        bool, typer.Option("--exit-when-healthy", "-e", help="Wait until the cluster is healthy.")
    ] = False,
    expect_brokers: Annotated[
        int, typer.Option("--expect-brokers", min=0, help="Not healthy before so many brokers are up.")
    ] = 0,
) -> None:
    """Ask the cluster whether it is healthy.

    The brokers themselves are asked through the Admin API. Exit 0 when healthy, 10 when not. With
    --exit-when-healthy the command waits, as long as --timeout says (without it: for ever).
    """
    run = current()
    if not watch and not exit_when_healthy:
        overview = ask(run, expect_brokers)
        show(run, overview)
        if not overview["is_healthy"]:
            raise Unhealthy(
                "the cluster is not healthy", cause="; ".join(overview["unhealthy_reasons"]) or None
            )
        return
    follow(run, expect_brokers, until_healthy=exit_when_healthy)


def follow(run: Run, expect_brokers: int, *, until_healthy: bool) -> None:
    """Print what changes; return when healthy if asked to, TransientError when time is up first."""
    deadline = None if run.options.timeout is None else time.monotonic() + run.timeout_s()
    before: Json = None
    while True:
        try:
            overview = ask(run, expect_brokers)
        except TransientError as error:
            if deadline is not None and time.monotonic() >= deadline:
                raise
            run.debug(f"no answer: {error.message}")
        else:
            if overview != before:
                show(run, overview)
                run.out.stdout.flush()
                before = overview
            if until_healthy and overview["is_healthy"]:
                return
        if deadline is not None and time.monotonic() >= deadline:
            reasons = "; ".join(before["unhealthy_reasons"]) if before else None
            raise Unhealthy("the cluster is still not healthy", cause=reasons or None)
        time.sleep(WAIT_POLL_S if until_healthy else POLL_S)


def ask(run: Run, expect_brokers: int) -> Json:
    """The overview; a broker that is missing from the expected number makes it unhealthy."""
    with admin.connect(run) as client:
        overview = client.get("/v1/cluster/health_overview")
    for key in ("unhealthy_reasons", "all_nodes", "nodes_down", "nodes_in_recovery_mode"):
        overview[key] = overview.get(key) or []
    up = len(overview["all_nodes"]) - len(overview["nodes_down"])
    if up < expect_brokers:
        overview["is_healthy"] = False
        overview["unhealthy_reasons"] = [
            *overview["unhealthy_reasons"],
            f"{up} of {expect_brokers} brokers are up",
        ]
    return overview


def show(run: Run, overview: Json) -> None:
    """The overview as rpk has always drawn it."""
    pairs: list[tuple[str, object]] = [
        ("Healthy:", overview["is_healthy"]),
        ("Unhealthy reasons:", overview["unhealthy_reasons"]),
        ("Controller ID:", overview.get("controller_id", -1)),
        ("All nodes:", overview["all_nodes"]),
        ("Nodes down:", overview["nodes_down"]),
    ]
    if overview["nodes_in_recovery_mode"]:
        pairs.append(("Nodes in recovery mode:", overview["nodes_in_recovery_mode"]))
    for key, label in (("leaderless", "Leaderless"), ("under_replicated", "Under-replicated")):
        partitions = overview.get(f"{key}_partitions") or []
        count = overview.get(f"{key}_count", len(partitions))
        pairs.append((f"{label} partitions ({count}):", partitions))
    run.out.document(overview, Pairs(pairs, title="CLUSTER HEALTH OVERVIEW"))
