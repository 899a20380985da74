"""`rpk container pause`."""

from __future__ import annotations

import signal
from typing import Annotated

import typer

from rpk.config.run import current
from rpk.container import chosen
from rpk.system import process

EXAMPLES = (
    ("rpk container pause 2", "the others elect new leaders"),
    ("rpk container resume 2", "it finds that time has passed"),
)
OUTPUT = chosen.OUTPUT


def command(
    brokers: Annotated[list[str], typer.Argument(metavar="BROKER-ID... | all", help="Which brokers.")],
) -> None:
    """Freeze brokers of the local cluster.

    The process stands still with its connections open, as a host that swaps or a virtual machine that is moved does.
    """
    chosen.signal_each(current(), brokers, lambda node: process.send_signal(node.identity, signal.SIGSTOP))
