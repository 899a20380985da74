"""This machine has one kernel: tests that change it take turns, over workers and over runs."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = Path("/tmp/rpk-real-host.lock")  # not in the test cache, which follows HOME


@contextmanager
def taking_turns() -> Iterator[None]:
    """Hold the machine's kernel."""
    with LOCK.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
