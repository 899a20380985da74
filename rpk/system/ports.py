"""TCP ports of this host: whether one is free, and the next that is."""

from __future__ import annotations

import socket

from rpk.out.errors import OperationFailed

PORT_MAX = 65535


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on the port now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: TIME_WAIT is free
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def next_free(first: int, host: str = "127.0.0.1", *, taken: frozenset[int] | set[int] = frozenset()) -> int:
    """The lowest free port from `first` on that is not in `taken`."""
    for port in range(first, PORT_MAX + 1):
        if port not in taken and is_free(port, host):
            return port
    raise OperationFailed(f"no free port from {first} on")
