"""Durable appends a second through the storage room alone, against one sync a file; pinned to the broker's core.

Called as ``python -m benchmarks.group_commit``; prints one JSON object. Two loads of 100 B batches:
64 waiting on one log, and 12 logs with 64 waiting in all, beside the plain way of doing the latter: a write and
an fdatasync of every file that got something, round by round, 64 appends a round.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from benchmarks.machine import broker_core
from engine.base.clock import SystemClock
from engine.model.ids import TopicPartition
from engine.model.topic_config import TopicConfig
from engine.storage.config import StorageConfig
from engine.storage.log import Log
from engine.storage.storage import Storage
from engine.wire.record_batch import BatchHeader, parse_header, stamp
from engine.wire.records import build_batch

WAITING = 64
PARTITIONS = 12
SECONDS = 2.0
WARMUP_S = 0.3


class _Waiters:
    """`waiting` appenders, each of which appends again as soon as its last append is durable."""

    def __init__(self, logs: list[Log], waiting: int) -> None:
        self._template = bytes(build_batch([(None, b"x" * 100)], timestamp_ms=int(time.time() * 1000)))
        self._header: BatchHeader = parse_header(self._template)
        self._seen = {log: log.durable_offset for log in logs}
        self._appended_at: dict[Log, list[float]] = {log: [] for log in logs}
        self._waiting = waiting
        self._logs = logs
        self.latencies: list[float] = []
        self.durable = 0
        self.running = True

    def start(self) -> None:
        """Put everyone to work."""
        for log in self._logs:
            log.on_durable = self._on_durable
        for number in range(self._waiting):
            self._append(self._logs[number % len(self._logs)])

    def _append(self, log: Log) -> None:
        batch = bytearray(self._template)
        header = self._header
        header.base_offset = log.end_offset
        header.leader_epoch = 0
        stamp(batch, 0, header.base_offset, 0)
        log.append(batch, header)
        self._appended_at[log].append(time.perf_counter())

    def _on_durable(self, log: Log) -> None:
        count = log.durable_offset - self._seen[log]
        self._seen[log] = log.durable_offset
        self.durable += count
        times = self._appended_at[log]
        now = time.perf_counter()
        self.latencies += [now - begun for begun in times[:count]]
        del times[:count]
        if self.running:
            for _ in range(count):
                self._append(log)


async def _group_commit(directory: Path, partitions: int) -> tuple[float, float]:
    """(durable appends a second, their median latency in ms)."""
    loop = asyncio.get_running_loop()
    storage = await Storage.open(directory, config=StorageConfig(), clock=SystemClock(), loop=loop)
    logs = [
        storage.create_log(number + 1, TopicPartition("bench", number), TopicConfig())
        for number in range(partitions)
    ]
    waiters = _Waiters(logs, WAITING)
    waiters.start()
    await asyncio.sleep(WARMUP_S)
    waiters.latencies.clear()
    before, begin = waiters.durable, time.perf_counter()
    await asyncio.sleep(SECONDS)
    rate = (waiters.durable - before) / (time.perf_counter() - begin)
    median = sorted(waiters.latencies)[len(waiters.latencies) // 2]
    waiters.running = False
    await storage.close()
    if any(log.durable_offset != log.end_offset for log in logs):
        raise SystemExit("appends were left behind")
    return rate, median * 1000


def _sync_by_file(directory: Path, partitions: int) -> float:
    """Appends a second when every file that got something is synced by itself."""
    batch = build_batch([(None, b"x" * 100)])
    files = [os.open(directory / f"{number}.log", os.O_CREAT | os.O_WRONLY) for number in range(partitions)]
    positions = [0] * partitions
    done = 0
    begin = time.perf_counter()
    while (elapsed := time.perf_counter() - begin) < SECONDS:
        for number, file in enumerate(files):
            count = WAITING // partitions + (number < WAITING % partitions)
            data = batch * count
            os.pwrite(file, data, positions[number])
            os.fdatasync(file)
            positions[number] += len(data)
            done += count
    for file in files:
        os.close(file)
    return done / elapsed


def main() -> None:
    """Run both loads and print the figures."""
    os.sched_setaffinity(0, {broker_core()})
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="bench-commit-") as name:
        directory = Path(name)
        for partitions in (1, PARTITIONS):
            label = "1 partition" if partitions == 1 else f"{partitions} partitions"
            rate, median_ms = uvloop.run(_group_commit(directory / f"storage-{partitions}", partitions))
            figures[f"{label}, appends/s"] = rate
            figures[f"{label}, p50 ms"] = median_ms
        by_file = _sync_by_file(directory, PARTITIONS)
    figures[f"{PARTITIONS} files synced one by one, appends/s"] = by_file
    figures["write-ahead log over file by file"] = figures[f"{PARTITIONS} partitions, appends/s"] / by_file
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
