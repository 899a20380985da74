"""The one seam to the file system: storage touches files through a `Disk` and nothing else.

A simulator implements `Disk` in memory to tear writes, lose what was not synced, stall and fail. Paths are plain strings.
Handles are file descriptors on the host, so that a fetch can hand them to sendfile.
"""

import errno
import fcntl
import os
import shutil
from collections.abc import Sequence
from typing import Protocol

Buffer = bytes | bytearray | memoryview

_IOV_MAX = 1024


class Disk(Protocol):
    """File operations. Each raises `OSError` as the system would. All may be called from any thread."""

    def open(self, path: str, *, create: bool = False) -> int:
        """Open for reading and writing; `create` makes the file when it is missing."""
        ...

    def close(self, handle: int) -> None:
        """Give the handle back."""
        ...

    def size(self, handle: int) -> int:
        """The file's length in bytes."""
        ...

    def read(self, handle: int, length: int, position: int) -> bytes:
        """Up to `length` bytes from `position`; fewer only at the end of the file."""
        ...

    def write(self, handle: int, buffers: Sequence[Buffer], position: int) -> None:
        """Write all buffers one after the other from `position`."""
        ...

    def write_durable(self, handle: int, buffers: Sequence[Buffer], position: int) -> None:
        """`write`, and return when the bytes (and the metadata to find them) would survive a power cut."""
        ...

    def sync(self, handle: int) -> None:
        """Fdatasync: all earlier writes to the file survive a power cut from here on."""
        ...

    def truncate(self, handle: int, size: int) -> None:
        """Cut or extend (with zeros) the file."""
        ...

    def make_directory(self, path: str) -> None:
        """Make the directory and its parents; nothing when it exists."""
        ...

    def sync_directory(self, path: str) -> None:
        """Make the directory's entries durable."""
        ...

    def list_directory(self, path: str) -> list[tuple[str, bool, int]]:
        """(name, is a directory, size) of each entry, in no order; empty when there is no such directory."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Rename, atomically replacing `new`."""
        ...

    def unlink(self, path: str) -> None:
        """Remove a file; nothing when it is missing."""
        ...

    def remove_tree(self, path: str) -> None:
        """Remove a directory and all in it; nothing when it is missing."""
        ...

    def free_bytes(self, path: str) -> int:
        """Bytes an unprivileged process may still write."""
        ...

    def lock(self, handle: int) -> bool:
        """Take the exclusive advisory lock without waiting; False when another holds it."""
        ...


class HostDisk:
    """The host's file system."""

    def open(self, path: str, *, create: bool = False) -> int:
        """Open for reading and writing."""
        flags = os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0)
        return os.open(path, flags, 0o644)

    def close(self, handle: int) -> None:
        """Close the descriptor."""
        os.close(handle)

    def size(self, handle: int) -> int:
        """The file's length."""
        return os.fstat(handle).st_size

    def read(self, handle: int, length: int, position: int) -> bytes:
        """Read, going on after short reads."""
        data = os.pread(handle, length, position)
        if len(data) == length or not data:
            return data
        parts = [data]
        missing = length - len(data)
        while missing:
            data = os.pread(handle, missing, position + length - missing)
            if not data:
                break
            parts.append(data)
            missing -= len(data)
        return b"".join(parts)

    def write(self, handle: int, buffers: Sequence[Buffer], position: int) -> None:
        """Write all, going on after short writes."""
        _write_all(handle, buffers, position, 0)

    def write_durable(self, handle: int, buffers: Sequence[Buffer], position: int) -> None:
        """One system call for write and sync: one wait for the interpreter lock instead of two."""
        _write_all(handle, buffers, position, os.RWF_DSYNC)

    def sync(self, handle: int) -> None:
        """Sync the data and the size."""
        os.fdatasync(handle)

    def truncate(self, handle: int, size: int) -> None:
        """Set the length."""
        os.ftruncate(handle, size)

    def make_directory(self, path: str) -> None:
        """Make it with its parents."""
        os.makedirs(path, exist_ok=True)

    def sync_directory(self, path: str) -> None:
        """Sync the directory's entries."""
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def list_directory(self, path: str) -> list[tuple[str, bool, int]]:
        """List with kinds and sizes; entries that vanish meanwhile are left out."""
        found = []
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    is_directory = entry.is_dir(follow_symlinks=False)
                    try:
                        size = 0 if is_directory else entry.stat(follow_symlinks=False).st_size
                    except FileNotFoundError:
                        continue
                    found.append((entry.name, is_directory, size))
        except FileNotFoundError:
            return []
        return found

    def rename(self, old: str, new: str) -> None:
        """Rename over."""
        os.replace(old, new)

    def unlink(self, path: str) -> None:
        """Remove if there."""
        try:
            os.unlink(path)
        except FileNotFoundError:
            return

    def remove_tree(self, path: str) -> None:
        """Remove all, if there."""
        try:
            shutil.rmtree(path)
        except FileNotFoundError:
            return

    def free_bytes(self, path: str) -> int:
        """What statvfs calls available."""
        found = os.statvfs(path)
        return found.f_bavail * found.f_frsize

    def lock(self, handle: int) -> bool:
        """flock, exclusive, not waiting."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _write_all(handle: int, buffers: Sequence[Buffer], position: int, flags: int) -> None:
    if len(buffers) > _IOV_MAX:
        buffers = [b"".join(buffers)]
    wanted = sum(map(len, buffers))
    written = os.pwritev(handle, buffers, position, flags)
    if written == wanted:
        return
    rest = memoryview(b"".join(buffers))
    while written < wanted:
        count = os.pwritev(handle, [rest[written:]], position + written, flags)
        if count == 0:
            raise OSError(errno.EIO, "the file system takes no more bytes and says nothing")
        written += count
