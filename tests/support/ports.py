"""Free TCP ports on loopback, below those the kernel gives to outgoing connections.

A port from the kernel's own range may be taken by any client while the broker that shall have it starts, or restarts.
Each parallel worker has a slice of its own, and gives no port twice.
"""

import os
import random
import socket

FIRST, LAST = 12_000, 31_999
SLICES = 8
_given: set[int] = set()


def free_ports(count: int) -> list[int]:
    """`count` distinct ports that were free a moment ago."""
    worker = int("0" + os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")) % SLICES
    size = (LAST - FIRST + 1) // SLICES
    candidates = list(range(FIRST + worker * size, FIRST + (worker + 1) * size))
    # Not the seeded generator of the test order: two sessions with one seed run side by side.
    random.SystemRandom().shuffle(candidates)
    found: list[int] = []
    for port in candidates:
        if len(found) == count:
            return found
        if port not in _given and _is_free(port):
            _given.add(port)
            found.append(port)
    raise RuntimeError("no free ports are left")


def free_port() -> int:
    """One port that was free a moment ago."""
    return free_ports(1)[0]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
