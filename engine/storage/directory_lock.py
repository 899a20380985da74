"""One process owns a data directory: an flock on `lock`, which also names the owner's pid."""

import os

from engine.storage import layout
from engine.storage.disk import Disk
from engine.storage.errors import DirectoryLocked


class DirectoryLock:
    """Held until `release`, or until the process ends however it ends."""

    def __init__(self, disk: Disk, directory: str) -> None:
        """Take the lock. Raises `DirectoryLocked` naming the owner."""
        self._disk = disk
        path = f"{directory}/{layout.LOCK}"
        self._handle = disk.open(path, create=True)
        if not disk.lock(self._handle):
            owner = disk.read(self._handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            disk.close(self._handle)
            raise DirectoryLocked(
                f"{directory} is in use by the process with pid {owner}; stop it first, or use another directory"
            )
        disk.truncate(self._handle, 0)
        disk.write(self._handle, [f"{os.getpid()}\n".encode()], 0)

    def release(self) -> None:
        """Give the directory up."""
        if self._handle >= 0:
            self._disk.close(self._handle)
            self._handle = -1
