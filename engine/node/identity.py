"""`node_uuid` in the data directory: who this data is, whatever its addresses become."""

from pathlib import Path
from uuid import UUID, uuid4

from engine.node.errors import StartFailed
from engine.storage.checked_file import read_whole, replace_file, seal, unseal
from engine.storage.disk import Disk
from engine.storage.errors import StorageError

NAME = "node_uuid"
_MAGIC = b"NUID"
_VERSION = 1


def host_uuid(disk: Disk, directory: Path) -> UUID:
    """The directory's identity, made at first use. Raises `StartFailed`."""
    path = str(directory / NAME)
    try:
        data = read_whole(disk, path)
        if data is not None:
            return UUID(bytes=bytes(unseal(_MAGIC, _VERSION, data, path)))
        fresh = uuid4()
        replace_file(disk, path, seal(_MAGIC, _VERSION, fresh.bytes))
    except (StorageError, ValueError) as error:
        raise StartFailed(f"{error}; restore the file from a backup of this directory") from error
    except OSError as error:
        raise StartFailed(f"cannot keep the node's identity in {path}: {error.strerror}") from error
    return fresh
