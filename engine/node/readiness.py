"""Tells the world that the node serves: a line on stderr, systemd, and a descriptor the parent waits on."""

import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress

from engine.node.line_writer import STDERR

_TICKS = os.sysconf("SC_CLK_TCK")


def process_age_s() -> float:
    """Seconds since the kernel started this process; since the interpreter came up where /proc is missing."""
    try:
        with open("/proc/self/stat", "rb") as file:
            # The command's name, in parentheses, may hold spaces; field 22 counts from behind it.
            started = int(file.read().rpartition(b")")[2].split()[19]) / _TICKS
        return time.clock_gettime(time.CLOCK_BOOTTIME) - started
    except (OSError, ValueError, IndexError, AttributeError):
        return time.process_time()


def ready_line(node_id: int, kafka: Sequence[str], admin: Sequence[str], seconds: float) -> str:
    """The line supervisors wait for; its words and their order are stable."""
    return (
        f"redpanda ready: node {node_id} kafka {','.join(kafka)} admin {','.join(admin)} "
        f"in {seconds * 1000:.0f} ms pid {os.getpid()}"
    )


def announce(line: str, ready_fd: int | None) -> None:
    """Print `line`, write it to the descriptor and close that, tell systemd."""
    STDERR.write(line)
    if ready_fd is not None:
        with suppress(OSError):
            os.write(ready_fd, line.encode() + b"\n")
        with suppress(OSError):
            os.close(ready_fd)
    notify(f"READY=1\nSTATUS={line}\nMAINPID={os.getpid()}")


def notify(state: str) -> None:
    """Send `state` to systemd's socket, if there is one (sd_notify(3))."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path or path[0] not in "/@":
        return
    address = "\0" + path[1:] if path[0] == "@" else path
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as opened:
        opened.settimeout(1)
        opened.sendto(state.encode(), address)
