"""What can go wrong with a disk, and with a request to a log.

OperatingError
└── StorageError
├── StorageFull         no space (or less than the configured minimum): writes refused, reads go on
├── StorageFailed       the disk failed under this log; only a restart (recovery) may trust it again
├── OffsetOutOfRange    the offset is not in [start_offset, end_offset]
├── DirectoryLocked     another process owns the data directory
├── CorruptFile         a file of ours with a bad magic, checksum or length
└── UnsupportedVersion  a file of ours written by a newer release
"""

from engine.base.errors import OperatingError


class StorageError(OperatingError):
    """Base of what this room raises."""


class StorageFull(StorageError):
    """No room for more; appends are refused until space returns."""


class StorageFailed(StorageError):
    """A write or a sync failed; what was not synced before is not trusted."""


class OffsetOutOfRange(StorageError):
    """The offset asked for is not in the log."""

    def __init__(self, offset: int, start_offset: int, end_offset: int) -> None:
        super().__init__(f"offset {offset} is outside {start_offset} to {end_offset}")
        self.offset = offset
        self.start_offset = start_offset
        self.end_offset = end_offset


class DirectoryLocked(StorageError):
    """The data directory belongs to a running process."""


class CorruptFile(StorageError):
    """A file that is not what its name says: bad magic, bad checksum, cut short."""


class UnsupportedVersion(StorageError):
    """A file of a newer format than this release reads."""
