"""`pid.lock` in the data directory: one node a directory, and whom to signal.

Taken before anything else is touched, so that a second start on a running node's directory changes nothing.
"""

import fcntl
import os
from pathlib import Path

from engine.node.errors import StartFailed

NAME = "pid.lock"


class PidFile:
    """Held until `release` or the end of the process."""

    def __init__(self, directory: Path) -> None:
        """Make the directory if needed and take the lock. Raises `StartFailed`."""
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(directory / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StartFailed(
                f"cannot use the data directory {directory}: {error.strerror}; "
                f"make it writable for {_user()} or set redpanda.data_directory"
            ) from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(self._handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._handle)
            raise StartFailed(
                f"the data directory {directory} is in use by the process with pid {owner}; "
                "stop it first or set another redpanda.data_directory"
            ) from error
        try:
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            # A full disk must not keep a broker from serving reads; the lock itself is held.
            return

    def release(self) -> None:
        """Give the directory up."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _user() -> str:
    return f"uid {os.geteuid()}"
