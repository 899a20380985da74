"""Durable group commit: appends a second with 64 waiting, through the storage room alone."""

import json
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.machine import measure_quiet
from benchmarks.report import Cell


def _run(module: str) -> dict[str, float]:
    run = subprocess.run(
        [sys.executable, "-m", module], capture_output=True, text=True, timeout=120, check=False
    )
    if run.returncode:
        raise RuntimeError(run.stderr[-400:])
    figures: dict[str, float] = json.loads(run.stdout)
    return figures


def group_commit(rounds: int) -> Iterator[Cell]:
    """One process; the storage room, its flusher thread, this machine's disk."""
    cell = Cell("durable group commit, 100 B batches, 64 waiting", unit_up=True)
    for _ in range(rounds):
        cell.add("bundled", measure_quiet(_run, "benchmarks.group_commit"))
    yield cell
