"""`rpk redpanda tune help`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.config.run import current
from rpk.out.help import width, wrap
from rpk.out.tables import Text
from rpk.tune.session import chosen_tuners
from rpk.tune.tuners.table import TUNERS

EXAMPLES = (
    ("rpk redpanda tune help net", "what the tuner does, why, its risk, how to undo it"),
    ("rpk redpanda tune help disk_irq --format json", "the same for a program"),
)
OUTPUT = {
    "schema_version": "integer",
    "name": "string",
    "key": "string",
    "summary": "string",
    "what": "string",
    "why": "string",
    "risk": "string",
    "undo": "string",
    "prod": "string: on, off or keep",
}


def command(
    tuner: Annotated[str, typer.Argument(help="Name of the tuner.")],
) -> None:
    """Explain one tuner."""
    run = current()
    record = TUNERS[chosen_tuners([tuner])[0]]
    prod = {"on": "switched on", "off": "switched off", "keep": "left as it is"}[record.prod]
    lines = [f'"{record.name}" tuner description', ""]
    for title, text in (
        ("", record.summary),
        ("What", record.what),
        ("Why", record.why),
        ("Risk", record.risk),
        ("Undo", record.undo),
        ("Switch", f"rpk.{record.key} in redpanda.yaml; by mode prod {prod}."),
    ):
        lines += [*wrap(f"{title}: {text}" if title else text, width()), ""]
    run.out.document(
        {
            "name": record.name, "key": f"rpk.{record.key}", "summary": record.summary, "what": record.what,
            "why": record.why, "risk": record.risk, "undo": record.undo, "prod": record.prod,
        },
        Text(*lines[:-1]),
    )  # fmt: skip
