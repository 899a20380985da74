"""How a node's memory bound becomes the rooms' bounds."""

import os
from dataclasses import dataclass

from engine.net.limits import NetLimits

MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPlan:
    """Bytes for each of those who buffer."""

    limit_bytes: int
    """The whole process."""
    network_bytes: int
    """Requests and answers in memory, over all connections."""
    pending_bytes: int
    """Appended and not yet flushed."""
    compaction_bytes: int
    """One pass's map of keys."""


def available_bytes() -> int:
    """Memory of the host, or of the control group the process lives in if that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            with open(path, "rb") as file:
                total = min(total, int(file.read()))
        except (OSError, ValueError):
            continue
    return total


def plan_memory(asked_bytes: int | None) -> MemoryPlan:
    """Shares of the bound asked for, or of what there is; never more than the rooms' own defaults."""
    limit = available_bytes() if asked_bytes is None else asked_bytes
    return MemoryPlan(
        limit_bytes=limit,
        network_bytes=min(NetLimits().memory_bytes_max, limit // 4),
        pending_bytes=min(64 * MEBIBYTE, limit // 8),
        compaction_bytes=min(64 * MEBIBYTE, limit // 16),
    )
