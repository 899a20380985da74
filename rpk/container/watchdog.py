"""Cleans up an ephemeral cluster when whoever started it is gone: `python -m rpk.container.watchdog DIR FD`.

It reads from a pipe nobody writes to. The read returns when the last holder of the other end has ended, be it by
exit, by signal or by kill -9; then brokers are ended and the folder is deleted. It is in a session of its own, so
that a Ctrl-C on the terminal does not reach it.
"""

from __future__ import annotations

import os
import shutil
import sys

from rpk.container import cluster as clusters
from rpk.system import process

GRACE_S = 2.0


def main(directory: str, lifeline: int) -> None:
    """Wait for the pipe's end, then clean up `directory`."""
    while os.read(lifeline, 1):
        pass
    cluster = clusters.load(directory)
    for node in cluster.nodes if cluster is not None else ():
        process.terminate(node.identity, grace_s=GRACE_S)
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
