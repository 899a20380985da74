"""`rpk redpanda tune list`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.config.run import current
from rpk.out.tables import Column
from rpk.tune.session import Choices, open_session, split
from rpk.tune.tuners.table import TUNERS

EXAMPLES = (
    ("rpk redpanda tune list", "which tuners there are, which are on, which can work here"),
    ("rpk redpanda tune list --format wide", "with a line about each"),
)
OUTPUT = {
    "name": "string",
    "enabled": "boolean",
    "supported": "boolean",
    "unsupported_reason": "string",
    "key": "string",
    "summary": "string",
}
COLUMNS = (
    Column("TUNER", "name"),
    Column("ENABLED", "enabled"),
    Column("SUPPORTED", "supported"),
    Column("UNSUPPORTED-REASON", "unsupported_reason"),
    Column("KEY", "key", wide=True),
    Column("SUMMARY", "summary", wide=True),
)


def command(
    mode: Annotated[str, typer.Option("--mode", "-m", metavar="MODE", help="As for tune.")] = "",
    disks: Annotated[
        list[str] | None, typer.Option("--disks", "-d", metavar="LIST", help="As for tune.")
    ] = None,
    nic: Annotated[list[str] | None, typer.Option("--nic", "-n", metavar="LIST", help="As for tune.")] = None,
    dirs: Annotated[
        list[str] | None, typer.Option("--dirs", "-r", metavar="LIST", help="As for tune.")
    ] = None,
    cpu_set: Annotated[str, typer.Option("--cpu-set", metavar="LIST", help="As for tune.")] = "all",
    reboot_allowed: Annotated[bool, typer.Option("--reboot-allowed", help="As for tune.")] = False,
    root: Annotated[str, typer.Option("--root", metavar="DIR", help="As for tune.")] = "",
) -> None:
    """List the tuners.

    ENABLED is the switch in redpanda.yaml; SUPPORTED says whether the tuner could work on this host with these flags.
    """
    run = current()
    session = open_session(
        run,
        Choices(
            mode=mode, disks=split(disks), nics=split(nic), directories=split(dirs), cpu_set=cpu_set,
            reboot_allowed=reboot_allowed, root=root,
        ),
    )  # fmt: skip
    facts = session.facts()
    rows = []
    for name, tuner in TUNERS.items():
        reason = tuner.plan(facts, session.parameters).unsupported
        rows.append(
            {
                "name": name,
                "enabled": name in session.parameters.enabled,
                "supported": reason is None,
                "unsupported_reason": reason or "",
                "key": f"rpk.{tuner.key}",
                "summary": tuner.summary,
            }
        )
    run.out.table(COLUMNS, rows)
