"""Produce and consume throughput, and ack latency: the bundled engine beside Apache Kafka, A B A B."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from benchmarks.engines import Engine, apache, apache_missing, bundled
from benchmarks.machine import client_core, cpu_seconds, measure_quiet
from benchmarks.report import Cell

SIZES = {100: 3_000_000, 1024: 600_000}
RATES = (1_000, 10_000)
SMALL_REQUESTS = "small_requests"


def client(engine: Engine, cell: str, topic: str, parameters: Mapping[str, object]) -> dict[str, float]:
    """Run one client window pinned to its core; add the CPU time the broker used."""
    before = cpu_seconds(engine.pid)
    module = ["benchmarks.small_requests"] if cell == SMALL_REQUESTS else ["benchmarks.clients", cell]
    command = ["taskset", "-c", str(client_core()), sys.executable, "-m", *module]
    run = subprocess.run(
        [*command, engine.bootstrap, topic, json.dumps(parameters)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if run.returncode:
        raise RuntimeError(f"{cell} on {engine.name}: {run.stderr.strip()[-400:]}")
    figures: dict[str, float] = json.loads(run.stdout)
    figures["broker CPU s"] = cpu_seconds(engine.pid) - before
    return figures


def engines(stack: ExitStack, cell: Cell) -> list[Engine]:
    """Start the contestants; say why one is left out."""
    running = [stack.enter_context(bundled())]
    if reason := apache_missing():
        cell.notes.append(f"Apache Kafka left out: {reason}")
    else:
        running.append(stack.enter_context(apache()))
    return running


def fresh_topic() -> str:
    """A name no earlier window used."""
    return f"bench-{uuid.uuid4().hex[:8]}"


def produce_and_consume(rounds: int) -> Iterator[Cell]:
    """100 B and 1 KiB, produced then read back."""
    for size, records in SIZES.items():
        produced = Cell(f"produce, {size} B records, acks=all, fsync before ack", unit_up=True)
        consumed = Cell(f"consume, {size} B records", unit_up=True)
        parameters = {"size": size, "records": records}
        with ExitStack() as stack:
            running = engines(stack, produced)
            for _ in range(rounds):
                for engine in running:
                    topics: list[str] = []
                    produced.add(engine.name, measure_quiet(write, engine, topics, parameters))
                    consumed.add(
                        engine.name, measure_quiet(client, engine, "consume", topics[-1], parameters)
                    )
        yield produced
        yield consumed


def write(engine: Engine, topics: list[str], parameters: dict[str, int]) -> dict[str, float]:
    """One produce window into a topic of its own, whose name is kept for the reader."""
    topics.append(fresh_topic())
    return client(engine, "produce", topics[-1], parameters)


def paced(engine: Engine, rate: int) -> dict[str, float]:
    """One latency window."""
    return client(engine, "latency", fresh_topic(), {"rate": rate, "seconds": 8})


def ack_latency(rounds: int) -> Iterator[Cell]:
    """1,000 and 10,000 records a second."""
    for rate in RATES:
        cell = Cell(f"ack latency at {rate:,} records/s, 100 B, acks=all, fsync before ack", unit_up=False)
        with ExitStack() as stack:
            running = engines(stack, cell)
            for _ in range(rounds):
                for engine in running:
                    cell.add(engine.name, measure_quiet(paced, engine, rate))
        yield cell


VARIANTS: dict[str, tuple[int, dict[str, str]]] = {
    "1 partition": (1, {}),
    "12 partitions": (12, {}),
    "12 partitions, write.caching": (12, {"write.caching": "true"}),
}


def partitions_and_caching(rounds: int) -> Iterator[Cell]:
    """1 KiB records: what the number of partitions costs, and what fsync before ack does.

    Beside `write.caching=true` stands Apache Kafka as it comes: both then ack what is in the page cache.
    """
    cell = Cell("produce, 1 KiB records, by partitions and durability", unit_up=True)
    with ExitStack() as stack:
        engine = stack.enter_context(bundled())
        cached: Engine | None = None
        if reason := apache_missing():
            cell.notes.append(f"Apache Kafka left out: {reason}")
        else:
            cached = stack.enter_context(apache(synced=False))
        for _ in range(rounds):
            for name, (partitions, config) in VARIANTS.items():
                parameters = {
                    "size": 1024,
                    "records": SIZES[1024],
                    "partitions": partitions,
                    "config": config,
                }
                cell.add(name, measure_quiet(_variant, engine, parameters))
            if cached is not None:
                parameters = {"size": 1024, "records": SIZES[1024], "partitions": 12}
                cell.add("apache-kafka, 12, page cache", measure_quiet(_variant, cached, parameters))
    yield cell


def _variant(engine: Engine, parameters: Mapping[str, object]) -> dict[str, float]:
    return client(engine, "produce", fresh_topic(), parameters)
