"""Processes that outlive rpk: started detached, known again by pid and start time, ended politely then firmly."""

from __future__ import annotations

import os
import signal
import subprocess
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

POLL_S = 0.01


def start_time(pid: int) -> int | None:
    """When a process started, in clock ticks since boot (proc(5), field 22); None when it is gone or a zombie.

    A pid is used again; a pid and its start time are not.
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError, NotADirectoryError):
        return _start_time_elsewhere(pid)
    return None if fields[0] in ("Z", "X") else int(fields[19])


def _start_time_elsewhere(pid: int) -> int | None:
    """Where there is no /proc (macOS), psutil knows."""
    if os.path.isdir("/proc/self"):
        return None
    import psutil

    try:
        return int(psutil.Process(pid).create_time() * 1000)
    except psutil.Error:
        return None


def is_running(pid: int, started: int) -> bool:
    """Whether the very process that was started then still runs."""
    return pid > 0 and start_time(pid) == started


def spawn(
    command: Sequence[str],
    *,
    log: str,
    directory: str,
    environment: Mapping[str, str],
    ready_fd: int | None = None,
) -> tuple[subprocess.Popen[bytes], int]:
    """Start `command` in a session of its own, stdout and stderr appended to `log`; the process and its start time.

    ready_fd: a descriptor the child inherits. Raises OSError when the program cannot be started.
    """
    with open(log, "ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=directory,
            env=dict(environment),
            start_new_session=True,
            pass_fds=() if ready_fd is None else (ready_fd,),
        )
    return process, start_time(process.pid) or 0


def end(pid: int, started: int, *, grace_s: float) -> bool:
    """SIGTERM, wait up to `grace_s` seconds, SIGKILL; True when it went by itself (or was gone)."""
    for number, wait_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 10.0)):
        if not is_running(pid, started):
            return number == signal.SIGTERM or wait_s == grace_s
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        deadline = time.monotonic() + wait_s
        while is_running(pid, started) and time.monotonic() < deadline:
            _reap(pid)
            time.sleep(POLL_S)
        if number == signal.SIGTERM and not is_running(pid, started):
            return True
    return False


def _reap(pid: int) -> None:
    """Collect the process if it is a child of this one."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
