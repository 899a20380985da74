"""Load on one mount by fio, where it is installed: it reaches the figures of the fastest disks."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile

from rpk.iotune.phases import (
    PHASES,
    RUNS,
    STREAM_BLOCK,
    STREAM_DEPTH,
    Figure,
    Measured,
    seconds_of,
    summarize,
)
from rpk.out.errors import OperationFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from rpk.iotune.phases import Phase
    from rpk.iotune.places import Place

GRACE_S = 60.0
FILE_BYTES_MAX = 16 << 30


def arguments(
    program: str, phase: Phase, place: Place, path: str, seconds: float, warm_s: float
) -> list[str]:
    """The command line of one run."""
    kind = ("rand" if phase.random else "") + ("write" if phase.write else "read")
    return [
        program,
        "--name=rpk",
        f"--filename={path}",
        f"--size={min(place.free_bytes // 2, FILE_BYTES_MAX) // STREAM_BLOCK * STREAM_BLOCK}",
        f"--rw={kind}",
        f"--bs={place.block_bytes if phase.random else STREAM_BLOCK}",
        f"--iodepth={place.depth if phase.random else STREAM_DEPTH}",
        "--ioengine=libaio",
        "--direct=1",
        "--fallocate=none",
        "--time_based",
        f"--runtime={max(1, round(seconds))}",
        f"--ramp_time={round(warm_s)}",
        "--randrepeat=0",
        "--norandommap",
        "--output-format=json",
    ]


def figure_of(text: str, phase: Phase) -> Figure:
    """Bytes or operations a second out of fio's JSON; ValueError when it is none."""
    start = text.find("{")
    try:
        job = json.loads(text[start:])["jobs"][0]["write" if phase.write else "read"]
        value = float(job["iops"] if phase.random else job["bw_bytes"])
        most = float(job.get("iops_mean" if phase.random else "bw_mean", 0))
        spread = float(job.get("iops_stddev" if phase.random else "bw_dev", 0))
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise ValueError("fio's answer cannot be understood") from error
    return Figure(value=round(value), deviation=spread / most if most else 0.0)


def measure(
    program: str, place: Place, duration_s: float, progress: Callable[[str, float], None], *, timeout_s: float
) -> Measured:
    """All four phases within `duration_s`. OperationFailed when fio fails."""
    figures: dict[str, Figure] = {}
    done_s = 0.0
    with tempfile.TemporaryDirectory(prefix=".rpk-iotune-", dir=place.directory) as directory:
        path = os.path.join(directory, "file")
        for phase in PHASES:
            warm_s, measured_s = seconds_of(phase, duration_s)
            found: list[Figure] = []
            for run in range(RUNS):
                line = arguments(program, phase, place, path, measured_s / RUNS, 0.0 if run else warm_s)
                found.append(_run(line, phase, timeout_s))
                progress(phase.name, min(1.0, (done_s + measured_s * (run + 1) / RUNS) / duration_s))
            whole = summarize([[each.value] for each in found])
            within = max(each.deviation for each in found)
            figures[phase.figure] = Figure(value=whole.value, deviation=max(within, whole.deviation))
            done_s += warm_s + measured_s
    return Measured(
        mountpoint=place.mountpoint, device=place.device, figures=figures, block_bytes=place.block_bytes
    )


def _run(line: list[str], phase: Phase, timeout_s: float) -> Figure:
    try:
        ended = subprocess.run(
            line,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s + GRACE_S,
            check=False,
            text=True,
        )
    except subprocess.TimeoutExpired as error:
        raise OperationFailed(f"fio did not end ({phase.name})", hint="try --engine own") from error
    except OSError as error:
        raise OperationFailed(f"{line[0]} cannot be run", cause=error.strerror or str(error)) from error
    try:
        if ended.returncode:
            raise ValueError(ended.stderr.strip().splitlines()[-1:] or f"status {ended.returncode}")
        return figure_of(ended.stdout, phase)
    except ValueError as error:
        raise OperationFailed(
            f"fio failed ({phase.name})", cause=str(error), hint="try --engine own"
        ) from error
