"""rpk beside the bare interpreter (start-up) and beside kcat (records a second)."""

import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from benchmarks.cells.startup import seconds_of
from benchmarks.clients import create_topic
from benchmarks.engines import bundled
from benchmarks.machine import client_core, measure_quiet
from benchmarks.report import Cell

RECORDS = 1_000_000
RPK = str(Path(sys.executable).with_name("rpk"))


def _pinned(command: list[str]) -> list[str]:
    return ["taskset", "-c", str(client_core()), *command]


def _records_per_second(command: list[str], data: Path | None, out: Path) -> dict[str, float]:
    begin = time.perf_counter()
    with data.open("rb") if data else Path("/dev/null").open("rb") as source, out.open("wb") as sink:
        subprocess.run(
            _pinned(command), stdin=source, stdout=sink, stderr=subprocess.PIPE, check=True, timeout=300
        )
    return {"records/s": RECORDS / (time.perf_counter() - begin)}


def _start_up(bootstrap: str) -> Cell:
    cell = Cell("CLI start-up, best of 12, milliseconds", unit_up=False)

    def run() -> dict[str, float]:
        bare = seconds_of([sys.executable, "-c", "pass"])
        figures = {"bare interpreter": bare * 1000}
        commands = {
            "--version": ["--version"],
            "--help": ["--help"],
            "topic list": ["topic", "list", "-X", f"brokers={bootstrap}"],
        }
        for name, arguments in commands.items():
            figures[f"{name}, over bare"] = (seconds_of([RPK, *arguments]) - bare) * 1000
        return figures

    cell.add("rpk", measure_quiet(run))
    return cell


def command_line(rounds: int) -> Iterator[Cell]:
    """`seq 1 1000000` in and out again."""
    with bundled() as engine, tempfile.TemporaryDirectory(prefix="bench-cli-") as directory:
        yield _start_up(engine.bootstrap)
        lines = Path(directory) / "in"
        lines.write_text("".join(f"{number}\n" for number in range(1, RECORDS + 1)))
        out = Path(directory) / "out"
        brokers = ["-X", f"brokers={engine.bootstrap}"]
        produced = Cell("seq 1 1000000 | produce, one partition", unit_up=True)
        consumed = Cell("consume 1,000,000 short records, one partition", unit_up=True)
        if shutil.which("kcat") is None:
            produced.notes.append("kcat left out: it is not installed")
        for _ in range(rounds):
            topic = f"cli-{uuid.uuid4().hex[:8]}"
            create_topic(engine.bootstrap, topic, 1)
            write = [RPK, "topic", "produce", topic, *brokers, "-o", ""]
            produced.add("rpk", measure_quiet(_records_per_second, write, lines, out))
            each_ack = [RPK, "topic", "produce", topic, *brokers]
            produced.add(
                "rpk, a line per ack",
                measure_quiet(_records_per_second, each_ack, lines, out),
            )
            read = [RPK, "topic", "consume", topic, *brokers, "-n", str(RECORDS), "-f", "%v\n"]
            consumed.add("rpk", measure_quiet(_records_per_second, read, None, out))
            if shutil.which("kcat"):
                kwrite = ["kcat", "-b", engine.bootstrap, "-P", "-t", topic]
                produced.add("kcat", measure_quiet(_records_per_second, kwrite, lines, out))
                kread = [
                    "kcat",
                    "-b",
                    engine.bootstrap,
                    "-C",
                    "-t",
                    topic,
                    "-q",
                    "-c",
                    str(RECORDS),
                    "-o",
                    "beginning",
                ]
                consumed.add("kcat", measure_quiet(_records_per_second, kread, None, out))
        yield produced
        yield consumed
