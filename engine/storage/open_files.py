"""Open segment files: at most so many at once, and each stays open while anybody still reads from it.

An `OpenFile` closes its descriptor when the last reference goes. A fetch's slices hold such a reference, so a segment
may be deleted, swapped or pushed out of the cache while sendfile is still at work on it.
"""

import threading

from engine.storage.disk import Disk


class OpenFile:
    """One descriptor and its life."""

    __slots__ = ("_disk", "fd")

    def __init__(self, disk: Disk, path: str, *, create: bool = False) -> None:
        self.fd = -1
        self._disk = disk
        self.fd = disk.open(path, create=create)

    def fileno(self) -> int:
        """The descriptor, valid as long as this object is referenced."""
        return self.fd

    def read(self, length: int, position: int) -> bytes:
        """Up to `length` bytes from `position`."""
        return self._disk.read(self.fd, length, position)

    def __del__(self) -> None:
        if self.fd >= 0:
            self._disk.close(self.fd)
            self.fd = -1


class OpenFiles:
    """A bounded cache of open files by path, least recently used out first. Any thread."""

    def __init__(self, disk: Disk, files_max: int) -> None:
        self._disk = disk
        self._files_max = max(files_max, 1)
        self._files: dict[str, OpenFile] = {}
        self._lock = threading.Lock()

    def get(self, path: str, *, create: bool = False) -> OpenFile:
        """The open file at `path`; opens it when needed. Raises `OSError`."""
        with self._lock:
            file = self._files.pop(path, None)
            if file is None:
                file = OpenFile(self._disk, path, create=create)
                if len(self._files) >= self._files_max:
                    del self._files[next(iter(self._files))]
            self._files[path] = file
            return file

    def forget(self, path: str) -> None:
        """Drop the cache's reference: the path now means another file, or none."""
        with self._lock:
            self._files.pop(path, None)

    def forget_under(self, directory: str) -> None:
        """Drop all references below a directory."""
        prefix = directory + "/"
        with self._lock:
            for path in [path for path in self._files if path.startswith(prefix)]:
                del self._files[path]

    def clear(self) -> None:
        """Drop every reference."""
        with self._lock:
            self._files.clear()
