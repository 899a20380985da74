"""Processes of this host: start, tell apart, signal, wait.

A process is known by its id *and* its start time (field 22 of /proc/PID/stat, in clock ticks since boot): ids are
used again, pairs are not. Where there is no /proc the start time is 0 and the id alone must do.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time

from rpk.out.errors import OperationFailed
from rpk.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

POLL_S = 0.01


class Identity:
    """One process; equal pairs are the same process."""

    __slots__ = ("pid", "start_ticks")

    def __init__(self, pid: int, start_ticks: int) -> None:
        self.pid = pid
        self.start_ticks = start_ticks

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and (self.pid, self.start_ticks) == (other.pid, other.start_ticks)

    def __hash__(self) -> int:
        return hash((self.pid, self.start_ticks))

    def __repr__(self) -> str:
        return f"Identity(pid={self.pid}, start_ticks={self.start_ticks})"


def identify(pid: int, *, proc: str = "/proc") -> Identity | None:
    """The running process with this id; None when there is none, or only its unreaped remains."""
    try:
        with open(f"{proc}/{pid}/stat", "rb") as file:
            # The command name is in parentheses and may hold anything; fields count from after the last one.
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        if os.path.isdir(f"{proc}/self"):
            return None
        try:
            os.kill(pid, 0)
        except OSError:
            return None
        return Identity(pid, 0)
    if len(fields) < 20 or fields[0] in (b"Z", b"X"):
        return None
    return Identity(pid, int(fields[19]))


def is_running(identity: Identity) -> bool:
    """Whether exactly that process still runs."""
    return identify(identity.pid) == identity


def write_pid_file(path: str, identity: Identity) -> None:
    """Remember a process: `PID START_TICKS`."""
    files.write_text(path, f"{identity.pid} {identity.start_ticks}\n", mode=0o644)


def read_pid_file(path: str) -> Identity | None:
    """The process a pid file names, running or not; None without a readable file."""
    words = (files.read_text(path) or "").split()
    if not words or not all(word.isascii() and word.isdigit() for word in words) or int(words[0]) < 2:
        return None
    return Identity(int(words[0]), int(words[1]) if len(words) > 1 else 0)


def spawn(
    arguments: Sequence[str],
    *,
    log_path: str,
    environment: Mapping[str, str] | None = None,
    directory: str | None = None,
    inherit: Sequence[int] = (),
) -> Identity:
    """Start a detached process in a session of its own, stdin empty, output appended to `log_path`.

    inherit: descriptors it gets besides (a readiness pipe). OperationFailed when it cannot be started.
    """
    import subprocess

    try:
        os.makedirs(os.path.dirname(log_path), exist_ok=True)
        with open(log_path, "ab") as log:
            process = subprocess.Popen(
                list(arguments),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(environment) if environment is not None else None,
                cwd=directory,
                start_new_session=True,
                pass_fds=tuple(inherit),
            )
    except (OSError, ValueError) as error:
        raise OperationFailed(f"cannot start {arguments[0]}", cause=str(error)) from error
    process.returncode = 0  # it is meant to outlive us: no ResourceWarning when the handle goes
    return identify(process.pid) or Identity(process.pid, 0)


def send_signal(identity: Identity, number: int) -> bool:
    """Signal exactly that process; False when it does not run any more."""
    if not is_running(identity):
        return False
    try:
        os.kill(identity.pid, number)
    except ProcessLookupError:
        return False
    except PermissionError as error:
        raise OperationFailed(
            f"cannot signal process {identity.pid}", cause="it belongs to another user"
        ) from error
    return True


def wait_gone(identity: Identity, timeout_s: float) -> bool:
    """Wait until the process is gone; False when it still runs after `timeout_s`."""
    deadline_s = time.monotonic() + timeout_s
    while True:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(identity.pid, os.WNOHANG)  # reap it if it is ours
        if not is_running(identity):
            return True
        if time.monotonic() >= deadline_s:
            return False
        time.sleep(POLL_S)


def terminate(identity: Identity, *, grace_s: float) -> bool:
    """SIGTERM, wait, SIGKILL; True when it left on its own."""
    if not send_signal(identity, signal.SIGTERM) or wait_gone(identity, grace_s):
        return True
    send_signal(identity, signal.SIGKILL)
    wait_gone(identity, grace_s)
    return False
