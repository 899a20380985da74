"""`rpk container resume`."""

from __future__ import annotations

import signal
from typing import Annotated

import typer

from rpk.config.run import current
from rpk.container import chosen
from rpk.system import process

EXAMPLES = (
    ("rpk container resume 2", "goes on where pause stopped it"),
    ("rpk container resume all", "every broker"),
)
OUTPUT = chosen.OUTPUT


def command(
    brokers: Annotated[list[str], typer.Argument(metavar="BROKER-ID... | all", help="Which brokers.")],
) -> None:
    """Let frozen brokers go on.

    A broker that was not frozen does not notice.
    """
    chosen.signal_each(current(), brokers, lambda node: process.send_signal(node.identity, signal.SIGCONT))
