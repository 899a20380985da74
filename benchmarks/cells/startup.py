"""From process start to the first acked record, and what an idle broker weighs."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from confluent_kafka import Producer

from benchmarks.engines import Engine, apache, apache_missing, bundled
from benchmarks.machine import measure_quiet, rss_mib
from benchmarks.report import Cell


def _first_ack(bootstrap: str) -> None:
    acked: list[object] = []
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 0})
    deadline = time.monotonic() + 30
    while not acked and time.monotonic() < deadline:
        producer.produce(
            "bench-start", b"x", on_delivery=lambda error, _: acked.append(error) if not error else None
        )
        producer.flush(5)
    if not acked:
        raise RuntimeError("no record was acked in 30 s")


def _run(start: Callable[[], AbstractContextManager[Engine]]) -> dict[str, float]:
    begin = time.perf_counter()
    with start() as engine:
        ready = time.perf_counter() - begin
        _first_ack(engine.bootstrap)
        acked = time.perf_counter() - begin
        time.sleep(1.5)  # rooms that load after the listener is up have loaded
        return {"ready s": ready, "first ack s": acked, "idle RSS MiB": rss_mib(engine.pid)}


def start_up(rounds: int) -> Iterator[Cell]:
    """An empty data directory each time; auto-created topic."""
    cell = Cell("start-up: process start to ready, to the first acked record; idle memory", unit_up=False)
    contestants: list[tuple[str, Callable[[], AbstractContextManager[Engine]]]] = [("bundled", bundled)]
    if reason := apache_missing():
        cell.notes.append(f"Apache Kafka left out: {reason}")
    else:
        contestants.append(("apache-kafka", lambda: apache(auto_create=True)))
    for _ in range(rounds):
        for name, start in contestants:
            cell.add(name, measure_quiet(_run, start))
    yield cell


def seconds_of(command: list[str], *, runs: int = 12) -> float:
    """Best wall time of a whole command over `runs` runs, in seconds."""
    best = float("inf")
    for _ in range(runs):
        begin = time.perf_counter()
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=30)
        best = min(best, time.perf_counter() - begin)
    return best
