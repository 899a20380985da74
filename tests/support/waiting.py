"""Waiting in tests: by a deadline that a loaded machine keeps, never by a count of naps."""

import asyncio
import time
from collections.abc import Callable

WAIT_SECONDS_MAX = 60.0
"""Generous: a test that waits so long has failed, one that waits less has not."""


async def until(condition: Callable[[], object], what: str = "") -> None:
    """Return as soon as `condition()` holds. Raises `AssertionError` after `WAIT_SECONDS_MAX`."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    nap = 0.0
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"in vain for {WAIT_SECONDS_MAX:.0f} s: {what or condition}")
        await asyncio.sleep(nap)
        nap = min(nap + 0.000_1, 0.01)
