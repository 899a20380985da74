"""What the machine did while we measured: CPU steal, cores, pinning."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec

Figures = dict[str, float]
Arguments = ParamSpec("Arguments")

STEAL_MAX_PERCENT = 2.0
TRIES_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One measured window: what came out, how long it took, how much CPU the hypervisor took away."""

    value: dict[str, float]
    seconds: float
    steal_percent: float

    @property
    def accepted(self) -> bool:
        """Whether the machine was quiet enough for the figure to count."""
        return self.steal_percent <= STEAL_MAX_PERCENT


def _cpu_ticks() -> tuple[int, int]:
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(fields), fields[7]


def measure(
    run: Callable[Arguments, Figures], *arguments: Arguments.args, **options: Arguments.kwargs
) -> Window:
    """Run once and record the steal time beside the result."""
    total_before, steal_before = _cpu_ticks()
    start = time.perf_counter()
    value = run(*arguments, **options)
    seconds = time.perf_counter() - start
    total_after, steal_after = _cpu_ticks()
    steal = 100.0 * (steal_after - steal_before) / max(1, total_after - total_before)
    return Window(value=value, seconds=seconds, steal_percent=steal)


def measure_quiet(
    run: Callable[Arguments, Figures], *arguments: Arguments.args, **options: Arguments.kwargs
) -> list[Window]:
    """Run until a window is accepted, at most three times; all windows come back, rejected ones too."""
    windows: list[Window] = []
    for _ in range(TRIES_MAX):
        windows.append(measure(run, *arguments, **options))
        if windows[-1].accepted:
            break
    return windows


def broker_core() -> int:
    """The core brokers are pinned to: the first."""
    return min(os.sched_getaffinity(0))


def client_core() -> int:
    """The core clients are pinned to: the last."""
    return max(os.sched_getaffinity(0))


def cpu_seconds(pid: int) -> float:
    """User and system time a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid: int) -> float:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return float("nan")
