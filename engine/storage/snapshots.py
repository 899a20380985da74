"""Producer state on disk: an opaque blob as of an offset, in its own checked file beside the segments."""

import struct

from engine.storage import layout
from engine.storage.checked_file import read_whole, replace_file, seal, unseal
from engine.storage.disk import Disk
from engine.storage.errors import CorruptFile
from engine.storage.log import Snapshot

MAGIC = b"RPSN"
VERSION = 1
KEPT = 2
"""Older ones are removed; one more than the newest, should that be damaged or truncated away."""

_OFFSET = struct.Struct(">q")


def write_snapshot(disk: Disk, directory: str, snapshot: Snapshot) -> None:
    """Save `snapshot`, durable on return, and drop all but the newest `KEPT`."""
    path = f"{directory}/{layout.numbered(snapshot.offset, 'snapshot')}"
    replace_file(disk, path, seal(MAGIC, VERSION, _OFFSET.pack(snapshot.offset) + snapshot.blob))
    for offset in _offsets(disk, directory)[:-KEPT]:
        disk.unlink(f"{directory}/{layout.numbered(offset, 'snapshot')}")


def read_newest(disk: Disk, directory: str, end_offset: int) -> Snapshot | None:
    """The newest intact snapshot at or below `end_offset`; those above it or damaged are removed."""
    for offset in reversed(_offsets(disk, directory)):
        path = f"{directory}/{layout.numbered(offset, 'snapshot')}"
        if offset <= end_offset:
            try:
                data = read_whole(disk, path)
                payload = unseal(MAGIC, VERSION, data or b"", path)
                if len(payload) >= _OFFSET.size and _OFFSET.unpack_from(payload)[0] == offset:
                    return Snapshot(offset, bytes(payload[_OFFSET.size :]))
            except CorruptFile:
                pass
        disk.unlink(path)
    return None


def drop_above(disk: Disk, directory: str, end_offset: int) -> None:
    """Remove snapshots of offsets beyond `end_offset` (truncation)."""
    for offset in _offsets(disk, directory):
        if offset > end_offset:
            disk.unlink(f"{directory}/{layout.numbered(offset, 'snapshot')}")


def _offsets(disk: Disk, directory: str) -> list[int]:
    found = []
    for name, is_directory, _ in disk.list_directory(directory):
        offset = None if is_directory else layout.parse_numbered(name, "snapshot")
        if offset is not None:
            found.append(offset)
    return sorted(found)
