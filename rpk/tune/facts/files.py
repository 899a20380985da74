"""Snapshots of the few files that tuners replace or make: text and mode, or that there is none."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.system.host import HostReader


@dataclass(frozen=True, slots=True, kw_only=True)
class FileText:
    """A file's text (bytes that are no UTF-8 as surrogates) and permission bits."""

    text: str
    mode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeFile:
    """A file of which only the size matters. size_bytes is None where there is none.

    data_beyond: it holds more than zeros behind the wanted size, so cutting it there would lose something.
    missing: directories on the way to it that are not there, outermost first.
    """

    path: str
    size_bytes: int | None
    data_beyond: bool
    missing: tuple[str, ...]
    free_bytes: int


def snapshot(host: HostReader, path: str) -> FileText | None:
    """The file as it is, None when it is not there or cannot be read."""
    data = host.read_bytes(path)
    status = host.status(path)
    if data is None or status is None:
        return None
    return FileText(text=data.decode("utf-8", "surrogateescape"), mode=status.mode)


def probe_large_file(host: HostReader, path: str, wanted_bytes: int) -> LargeFile:
    """Look at the ballast file and the space beside it."""
    status = host.status(path)
    parent = path.rpartition("/")[0] or "/"
    missing: list[str] = []
    while parent != "/" and not host.exists(parent):
        missing.insert(0, parent)
        parent = parent.rpartition("/")[0] or "/"
    space = host.space(parent)
    return LargeFile(
        path=path,
        size_bytes=status.size_bytes if status is not None and not status.directory else None,
        data_beyond=status is not None
        and status.size_bytes > wanted_bytes
        and host.has_data(path, wanted_bytes),
        missing=tuple(missing),
        free_bytes=space.free_bytes if space is not None else 0,
    )
