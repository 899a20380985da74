"""`rpk container kill`."""

from __future__ import annotations

import signal
from typing import Annotated

import typer

from rpk.config.run import current
from rpk.container import chosen
from rpk.system import process

EXAMPLES = (
    ("rpk container kill 1", "one broker of three: the others go on"),
    ("rpk container start", "brings it back with its data"),
)
OUTPUT = chosen.OUTPUT


def command(
    brokers: Annotated[list[str], typer.Argument(metavar="BROKER-ID... | all", help="Which brokers.")],
) -> None:
    """Kill brokers of the local cluster (kill -9).

    The process gets no chance to write or say anything, as in a crash of the host's kernel. No acked record is lost;
    rpk container start brings the broker back with its data.
    """
    chosen.signal_each(current(), brokers, lambda node: process.send_signal(node.identity, signal.SIGKILL))
