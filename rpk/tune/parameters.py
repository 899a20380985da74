"""What the user and redpanda.yaml say about tuning, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field

BALLAST_PATH = "/var/lib/redpanda/data/ballast"
BALLAST_BYTES = 1 << 30
COREDUMP_DIRECTORY = "/var/lib/redpanda/coredump"
DATA_DIRECTORY = "/var/lib/redpanda/data"
STATE_FILE = "/var/run/redpanda_node_tuner_state.yaml"
DEDICATED_RATIO = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Choices of one run.

    mode: mq, sq, sq-split, dedicated, or None for each device's own. cpu_set: mask of CPUs that may be used at
    all, None for all. enabled: names of tuners the configuration turns on. smp: shards the broker is told to run.
    """

    mode: str | None = None
    cpu_set: int | None = None
    reboot_allowed: bool = False
    ballast_path: str = BALLAST_PATH
    ballast_bytes: int = BALLAST_BYTES
    coredump_directory: str = COREDUMP_DIRECTORY
    dedicated_allowed: bool = False
    dedicated_ratio: int = DEDICATED_RATIO
    rps_rfs_allowed: bool = True
    write_back_cache: bool | None = None
    smp: int | None = None
    state_file: str = STATE_FILE
    enabled: frozenset[str] = field(default_factory=frozenset)
