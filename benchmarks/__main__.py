"""`python -m benchmarks`: run the chosen cells and print the report."""

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.cells import cli, commit, requests, startup, throughput
from benchmarks.report import Cell, render, save

CELLS: dict[str, Callable[[int], Iterator[Cell]]] = {
    "startup": startup.start_up,
    "cli": cli.command_line,
    "commit": commit.group_commit,
    "requests": requests.small_requests,
    "latency": throughput.ack_latency,
    "throughput": throughput.produce_and_consume,
    "variants": throughput.partitions_and_caching,
}


def main() -> int:
    """Run; exit 2 on an unknown cell, 1 when a cell failed."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure side by side and print ratios.")
    parser.add_argument("--cells", default=",".join(CELLS), help=f"comma list of {', '.join(CELLS)}")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of each contestant, alternating")
    arguments = parser.parse_args()
    names = arguments.cells.split(",")
    if unknown := [name for name in names if name not in CELLS]:
        parser.error(f"unknown cell {unknown[0]}; there are {', '.join(CELLS)}")
    done: list[Cell] = []
    failed = False
    for name in names:
        try:
            for cell in CELLS[name](arguments.rounds):
                done.append(cell)
                sys.stdout.write(render([cell]) + "\n")
                sys.stdout.flush()
        except (RuntimeError, subprocess.SubprocessError) as error:
            failed = True
            sys.stdout.write(f"\n{name}: failed, the other cells go on: {error}\n")
    save(done, Path("build/bench/latest.json"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
