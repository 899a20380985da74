"""The files of this host as one tree under a root: the writing half, used by `rpk redpanda tune` alone.

Every method does one thing and raises OSError when the kernel refuses it; nothing here decides.
"""

from __future__ import annotations

import contextlib
import os

from rpk.out.errors import OperationFailed
from rpk.system import files
from rpk.system.host import HostReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpk.system.ethtool import Channels
    from rpk.system.host import CommandEnd


class HostWriter(HostReader):
    """The tree, with the power to change it."""

    def write_value(self, path: str, text: str) -> None:
        """Write one value into a file the kernel provides. It must exist; a single write, as the kernel wants it."""
        descriptor = os.open(self.at(path), os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
        try:
            data = (text + "\n").encode("utf-8", "surrogateescape")
            written = os.write(descriptor, data)
            if written != len(data):
                raise OSError(f"only {written} of {len(data)} bytes were taken")
        finally:
            os.close(descriptor)

    def replace_file(self, path: str, text: str, mode: int) -> None:
        """Make a file hold `text`, whole or not at all; an existing one keeps its owner. Its directory must exist."""
        target = self.at(path)
        if not os.path.isdir(os.path.dirname(target)):
            raise FileNotFoundError(2, "no such directory", os.path.dirname(path))
        try:
            files.write_text(target, text, mode=mode)
        except OperationFailed as error:
            raise OSError(error.cause or error.message) from error
        os.chmod(target, mode)

    def delete_file(self, path: str) -> None:
        """Remove a file or a link."""
        os.unlink(self._entry(path))
        self._settle(path)

    def make_directory(self, path: str, mode: int) -> None:
        """Make one directory; its parent must exist."""
        os.mkdir(self.at(path), mode)
        os.chmod(self.at(path), mode)
        self._settle(path)

    def remove_directory(self, path: str) -> None:
        """Remove an empty directory."""
        os.rmdir(self.at(path))
        self._settle(path)

    def make_link(self, path: str, target: str) -> None:
        """Make a symbolic link with the text `target`."""
        os.symlink(target, self._entry(path))
        self._settle(path)

    def allocate(self, path: str, size_bytes: int) -> None:
        """Make a file exactly that long with its blocks on the disk, and sync it."""
        descriptor = os.open(self.at(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            if size_bytes:
                os.posix_fallocate(descriptor, 0, size_bytes)
            os.ftruncate(descriptor, size_bytes)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def set_channels(self, interface: str, channels: Channels) -> None:
        """Change the queue counts of a NIC."""
        if self.ethtool is None:
            raise OSError("this tree has no NIC drivers")
        self.ethtool.set_channels(interface, channels)

    def set_ntuple(self, interface: str, *, on: bool) -> None:
        """Turn flow steering filters of a NIC on or off."""
        if self.ethtool is None:
            raise OSError("this tree has no NIC drivers")
        self.ethtool.set_ntuple(interface, on=on)

    def run(self, arguments: Sequence[str], *, timeout_s: float) -> CommandEnd:
        """Run a program that changes something."""
        return self.ask(arguments, timeout_s=timeout_s)

    def _entry(self, path: str) -> str:
        """The directory entry itself: the last part is not followed when it is a link."""
        parent, _, name = path.rstrip("/").rpartition("/")
        return f"{self.at(parent or '/')}/{name}"

    def _settle(self, path: str) -> None:
        """Have the directory's entry on disk."""
        parent = path.rstrip("/").rpartition("/")[0] or "/"
        with contextlib.suppress(OSError):
            descriptor = os.open(self.at(parent), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
