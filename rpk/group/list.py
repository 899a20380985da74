"""`rpk group list`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client.kafka import connect
from rpk.config.run import current
from rpk.out.errors import AuthError, UsageError
from rpk.out.tables import Column

EXAMPLES = (
    ("rpk group list", "every group, with the broker that coordinates it"),
    ("rpk group list --states Empty,Dead", "those nobody consumes with"),
)
OUTPUT = {
    "broker": "integer",
    "group": "string",
    "state": "string",
    "protocol_type": "string",
    "type": "string",
}
STATES = (
    "Unknown", "PreparingRebalance", "CompletingRebalance", "Stable", "Dead", "Empty", "Assigning", "Reconciling",
)  # fmt: skip
COLUMNS = (
    Column("BROKER", "broker"),
    Column("GROUP", "group"),
    Column("STATE", "state"),
    Column("PROTOCOL-TYPE", "protocol_type", wide=True),
    Column("TYPE", "type", wide=True),
)


def command(
    states: Annotated[
        list[str] | None, typer.Option("--states", "-s", metavar="LIST", help="Only groups in these states.")
    ] = None,
) -> None:
    """List groups.

    Every broker is asked for the groups it coordinates. One that cannot be asked is a warning; when none can, or
    when the user may not, the command fails.
    """
    run = current()
    wanted = parse_states(states or [])
    with connect(run) as client:
        listings, errors = client.groups.list(states=wanted)
    rows = [
        {
            "broker": each.broker,
            "group": each.name,
            "state": each.state,
            "protocol_type": each.protocol_type,
            "type": each.type,
        }
        for each in listings
    ]
    for node, error in errors.items():
        run.out.warning(f"broker {node}: {error.message}" + (f": {error.cause}" if error.cause else ""))
    if errors and (not rows or any(isinstance(error, AuthError) for error in errors.values())):
        raise next(iter(errors.values()))
    run.out.table(COLUMNS, rows)


def parse_states(texts: list[str]) -> list[str]:
    """`empty,stable` as the protocol spells them; UsageError for a word that is no state."""
    known = {state.lower(): state for state in STATES}
    words = [word.strip() for text in texts for word in text.split(",") if word.strip()]
    for word in words:
        if word.lower() not in known:
            raise UsageError(f"--states: {word!r} is not a state", hint=f"there are {', '.join(STATES[1:])}")
    return [known[word.lower()] for word in words]
