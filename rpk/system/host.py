"""The files of this host as one tree under a root: the reading half.

Everything that looks at /proc, /sys, /etc or /dev for tuning goes through `HostReader`, so that a captured or
made-up tree can stand in for the machine. It never opens anything for writing; `rpk.system.host_writer` does.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpk.system.ethtool import Ethtool

READ_BYTES_MAX = 16 << 20
READ_PIECE_BYTES = 64 << 10
LINKS_MAX = 40
OUTPUT_BYTES_MAX = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStatus:
    """What a file is: size in bytes, permission bits, owner, and whether it is a directory or a link."""

    size_bytes: int
    mode: int
    user: int
    group: int
    directory: bool
    link: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskSpace:
    """Bytes of a file system; free is what an ordinary user, such as the broker's, may still fill."""

    total_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEnd:
    """How a command ended: `status` (127 when it is not there, 124 when it took too long) and its last words."""

    status: int
    text: str


class HostReader:
    """Files of the tree at `root`. Paths are absolute inside the tree; absolute links stay inside it too."""

    def __init__(self, root: str = "/", *, ethtool: Ethtool | None = None) -> None:
        self.root = os.path.abspath(root).rstrip("/")
        self._ethtool = ethtool

    @property
    def is_machine(self) -> bool:
        """True for the real root: system calls then speak of the same host as the files."""
        return self.root == ""

    @property
    def ethtool(self) -> Ethtool | None:
        """The NIC driver calls; None where the tree is not this machine."""
        if self._ethtool is None and self.is_machine:
            from rpk.system.ethtool import KernelEthtool

            self._ethtool = KernelEthtool()
        return self._ethtool

    def resolve(self, path: str) -> str:
        """`path` with every link followed, inside the tree; what does not exist stays as it is named."""
        done: list[str] = []
        rest = [part for part in reversed(path.split("/")) if part]
        links = 0
        while rest:
            part = rest.pop()
            if part == ".":
                continue
            if part == "..":
                if done:
                    done.pop()
                continue
            try:
                target = os.readlink(f"{self.root}/{'/'.join([*done, part])}")
            except OSError:
                done.append(part)
                continue
            links += 1
            if links > LINKS_MAX:
                return "/" + "/".join([*done, part])
            if target.startswith("/"):
                done = []
            rest.extend(piece for piece in reversed(target.split("/")) if piece)
        return "/" + "/".join(done)

    def at(self, path: str) -> str:
        """Where `path` is on the machine that runs this."""
        return path if self.is_machine else self.root + self.resolve(path)

    def read_bytes(self, path: str) -> bytes | None:
        """The content, None when it cannot be read for whatever reason."""
        try:
            # Unbuffered and in small pieces: /proc/sys refuses to be asked for megabytes at once.
            with open(self.at(path), "rb", buffering=0) as file:
                data = bytearray()
                while len(data) < READ_BYTES_MAX and (piece := file.read(READ_PIECE_BYTES)):
                    data += piece
                return bytes(data)
        except OSError:
            return None

    def read(self, path: str) -> str | None:
        """The content as text without the white space around it, None when it cannot be read."""
        data = self.read_bytes(path)
        return None if data is None else data.decode("utf-8", "surrogateescape").strip()

    def number(self, path: str) -> int | None:
        """The decimal number in a file, None when there is none."""
        text = self.read(path)
        try:
            return None if text is None else int(text)
        except ValueError:
            return None

    def names(self, path: str) -> list[str]:
        """Names in a directory, sorted; none where there is no directory."""
        try:
            return sorted(os.listdir(self.at(path)))
        except OSError:
            return []

    def exists(self, path: str) -> bool:
        """Whether there is anything at `path`."""
        return os.path.exists(self.at(path))

    def is_directory(self, path: str) -> bool:
        """Whether there is a directory at `path`."""
        return os.path.isdir(self.at(path))

    def link(self, path: str) -> str | None:
        """The text of a symbolic link; None when it is none."""
        parent, _, name = path.rstrip("/").rpartition("/")
        try:
            return os.readlink(f"{self.at(parent or '/')}/{name}")
        except OSError:
            return None

    def status(self, path: str) -> FileStatus | None:
        """What is at `path`, a link followed; None when there is nothing."""
        try:
            found = os.stat(self.at(path))
        except OSError:
            return None
        return FileStatus(
            size_bytes=found.st_size,
            mode=stat.S_IMODE(found.st_mode),
            user=found.st_uid,
            group=found.st_gid,
            directory=stat.S_ISDIR(found.st_mode),
            link=False,
        )

    def writable(self, path: str) -> bool:
        """Whether the kernel offers `path` for writing at all: a permission bit is set and the mount is not read-only.

        Root may open a file without any write bit, and the kernel then refuses the write: a managed interrupt.
        """
        found = self.status(path)
        return found is not None and bool(found.mode & 0o222) and not self.read_only(path)

    def read_only(self, path: str) -> bool:
        """Whether `path` is on a file system mounted read-only."""
        try:
            return bool(os.statvfs(self.at(path)).f_flag & os.ST_RDONLY)
        except OSError:
            return False

    def permitted(self, path: str) -> bool:
        """Whether this user may write `path`."""
        return os.access(self.at(path), os.W_OK)

    def space(self, path: str) -> DiskSpace | None:
        """Space of the file system `path` is on."""
        try:
            found = os.statvfs(self.at(path))
        except OSError:
            return None
        return DiskSpace(
            total_bytes=found.f_blocks * found.f_frsize,
            free_bytes=found.f_bavail * found.f_frsize,
        )

    def has_data(self, path: str, beyond_bytes: int) -> bool:
        """Whether a file has anything but holes and unwritten space from that byte on."""
        try:
            descriptor = os.open(self.at(path), os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            os.lseek(descriptor, beyond_bytes, os.SEEK_DATA)
        except OSError:
            return False  # ENXIO: no data up to the end
        else:
            return True
        finally:
            os.close(descriptor)

    def ask(self, arguments: Sequence[str], *, timeout_s: float) -> CommandEnd:
        """Run a program of this machine that only tells; under another root nothing is run and it counts as gone."""
        if not self.is_machine:
            return CommandEnd(status=127, text="not run: the tree is not this machine")
        import subprocess

        try:
            ended = subprocess.run(
                list(arguments),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout_s,
                check=False,
            )
        except FileNotFoundError:
            return CommandEnd(status=127, text=f"{arguments[0]} is not installed")
        except subprocess.TimeoutExpired:
            return CommandEnd(status=124, text=f"no answer within {timeout_s:g} s")
        text = (ended.stdout + ended.stderr)[-OUTPUT_BYTES_MAX:].decode("utf-8", "replace").strip()
        return CommandEnd(status=ended.returncode, text=text)

    def program(self, *names: str) -> str | None:
        """The first of these programs found on the usual path, inside the tree."""
        for name in names:
            for directory in ("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"):
                found = self.status(f"{directory}/{name}")
                if found is not None and found.mode & 0o111:
                    return f"{directory}/{name}"
        return None
