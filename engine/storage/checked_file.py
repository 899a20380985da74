"""Small files of ours: an envelope with magic, version and checksum, replaced atomically.

0   4  magic, four ASCII letters naming the kind
4   2  version
6   2  zero
8   8  payload length
16  4  CRC-32C of bytes 0 … 15 and the payload
20     payload
"""

import struct
from collections.abc import Sequence
from pathlib import PurePosixPath

from engine.storage.disk import Buffer, Disk
from engine.storage.errors import CorruptFile, UnsupportedVersion
from engine.wire.checksum import crc32c

_HEAD = struct.Struct(">4sHHQ")
_CRC = struct.Struct(">I")
ENVELOPE_BYTES = _HEAD.size + _CRC.size
PAYLOAD_BYTES_MAX = 1 << 30


def seal(magic: bytes, version: int, payload: Buffer) -> bytes:
    """Wrap `payload` in the envelope."""
    head = _HEAD.pack(magic, version, 0, len(payload))
    return b"".join((head, _CRC.pack(crc32c(payload, crc32c(head))), payload))


def unseal(magic: bytes, version: int, data: bytes, name: str) -> memoryview:
    """The payload of an envelope of `version` or older.

    Raises `CorruptFile`, or `UnsupportedVersion` when a newer release wrote an intact file.
    """
    if len(data) < ENVELOPE_BYTES:
        raise CorruptFile(f"{name}: {len(data)} bytes are too few")
    found_magic, found_version, _, length = _HEAD.unpack_from(data)
    if found_magic != magic:
        raise CorruptFile(f"{name}: starts with {found_magic!r}, not {magic!r}")
    payload = memoryview(data)[ENVELOPE_BYTES : ENVELOPE_BYTES + length]
    if len(payload) != length:
        raise CorruptFile(f"{name}: cut short, {len(payload)} of {length} bytes")
    if crc32c(payload, crc32c(data[: _HEAD.size])) != _CRC.unpack_from(data, _HEAD.size)[0]:
        raise CorruptFile(f"{name}: the checksum does not match")
    if found_version > version:
        raise UnsupportedVersion(
            f"{name}: written by a newer release (format {found_version}, this one reads up to {version})"
        )
    return payload


def replace_file(disk: Disk, path: str, data: bytes) -> None:
    """Put `data` at `path` so that a crash leaves the old content or the new, durable on return."""
    replace_files(disk, [path], data)


def replace_files(disk: Disk, paths: Sequence[str], data: bytes) -> None:
    """`replace_file` for copies in one directory: each is old or new after a crash, all are new on return."""
    for path in paths:
        handle = disk.open(path + ".new", create=True)
        try:
            disk.truncate(handle, 0)
            disk.write(handle, [data], 0)
            disk.sync(handle)
        finally:
            disk.close(handle)
    for path in paths:
        disk.rename(path + ".new", path)
    disk.sync_directory(str(PurePosixPath(paths[0]).parent))


def read_whole(disk: Disk, path: str) -> bytes | None:
    """The file's bytes, or None when it is missing. Raises `CorruptFile` when absurdly large."""
    try:
        handle = disk.open(path)
    except FileNotFoundError:
        return None
    try:
        size = disk.size(handle)
        if size > PAYLOAD_BYTES_MAX:
            raise CorruptFile(f"{path}: {size} bytes are more than any such file has")
        return disk.read(handle, size, 0)
    finally:
        disk.close(handle)
