"""The host's file system without waiting for the disk: what ``--unsafe-bypass-fsync`` asks for."""

from collections.abc import Sequence

from engine.storage.disk import Buffer, HostDisk


class UnsyncedDisk(HostDisk):
    """Survives the death of the process, not of the machine."""

    def write_durable(self, handle: int, buffers: Sequence[Buffer], position: int) -> None:
        """Write to the page cache."""
        self.write(handle, buffers, position)

    def sync(self, handle: int) -> None:
        """Do nothing."""

    def sync_directory(self, path: str) -> None:
        """Do nothing."""
