"""What the broker itself can do: small produce requests from a client that costs next to nothing, many in flight."""

from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.cells.throughput import SMALL_REQUESTS, client, engines, fresh_topic
from benchmarks.engines import Engine
from benchmarks.machine import measure_quiet
from benchmarks.report import Cell

CONNECTIONS = 64
SECONDS = 4
LOADS = (
    # (in flight on each connection, bytes of the one record)
    (1, 100),
    (16, 100),
    (2, 16 * 1024),
)


def _run(engine: Engine, in_flight: int, size: int) -> dict[str, float]:
    parameters = {"connections": CONNECTIONS, "in_flight": in_flight, "seconds": SECONDS, "size": size}
    figures = client(engine, SMALL_REQUESTS, fresh_topic(), parameters)
    figures["broker CPU µs/request"] = figures["broker CPU s"] / figures.pop("requests") * 1e6
    return figures


def small_requests(rounds: int) -> Iterator[Cell]:
    """64 connections over 12 partitions; one in flight on each, and pipelined; and 16 KiB batches."""
    for in_flight, size in LOADS:
        cell = Cell(
            f"produce requests of one {size} B record, {CONNECTIONS} connections, {in_flight} in flight on each",
            unit_up=True,
        )
        with ExitStack() as stack:
            running = engines(stack, cell)
            for _ in range(rounds):
                for engine in running:
                    cell.add(engine.name, measure_quiet(_run, engine, in_flight, size))
        yield cell
