"""Replace files safely: whole or not at all, owner and mode kept, untouched when nothing changes (UX-30)."""

from __future__ import annotations

import contextlib
import errno
import os

from rpk.out.errors import OperationFailed

PRIVATE_MODE = 0o600


def read_text(path: str) -> str | None:
    """The file as text, or None when there is no such file; OperationFailed when it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise OperationFailed(f"cannot read {path}", cause=error.strerror or str(error)) from error


def write_text(path: str, text: str, *, mode: int = PRIVATE_MODE) -> bool:
    """Replace `path` by `text`; True when it changed.

    A new file gets `mode`; an existing one keeps its mode and owner. A symbolic link is followed. Where the
    file cannot be renamed over (a bind mount: EBUSY, EXDEV) it is rewritten in place.
    """
    return write_bytes(path, text.encode("utf-8", "surrogateescape"), mode=mode)


def write_bytes(path: str, data: bytes, *, mode: int = PRIVATE_MODE) -> bool:
    """As `write_text`, for bytes."""
    path = os.path.realpath(path)
    try:
        return _replace(path, data, mode)
    except OSError as error:
        raise OperationFailed(f"cannot write {path}", cause=error.strerror or str(error)) from error


def _replace(path: str, data: bytes, mode: int) -> bool:
    try:
        with open(path, "rb") as file:
            if file.read() == data:
                return False
            status: os.stat_result | None = os.fstat(file.fileno())
    except FileNotFoundError:
        status = None
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_MODE)
    except PermissionError:
        if status is None:
            raise
        _in_place(path, data)  # the directory is closed to us, the file is not
        return True
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if status is not None and (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
                os.chown(file.fileno(), status.st_uid, status.st_gid)
            os.fchmod(file.fileno(), (status.st_mode & 0o7777) if status is not None else mode)
            os.fsync(file.fileno())
        os.rename(temporary, path)
        _sync_directory(os.path.dirname(path))
    except OSError as error:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        # EBUSY, EXDEV: a bind mount; EPERM: the owner cannot be kept on a new file.
        if status is None or error.errno not in (errno.EBUSY, errno.EXDEV, errno.EPERM):
            raise
        _in_place(path, data)
    return True


def _in_place(path: str, data: bytes) -> None:
    with open(path, "r+b") as file:
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
