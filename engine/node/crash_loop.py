"""Counts unclean starts, so that a node that dies at once again and again stops trying and says why.

`startup_log` holds the count, the time of the last start and a checksum of the node file. A clean stop, an hour
without a start, or a changed node file begin again at zero.
"""

import struct
from pathlib import Path

from engine.base.clock import Clock
from engine.node.errors import StartFailed
from engine.node.exit_codes import ExitCode
from engine.storage.checked_file import read_whole, replace_file, seal, unseal
from engine.storage.disk import Disk
from engine.storage.errors import StorageError
from engine.wire.checksum import crc32c

NAME = "startup_log"
_MAGIC = b"STRT"
_VERSION = 1
_BODY = struct.Struct(">IQI")
FORGET_AFTER_MS = 3_600_000


class CrashLoop:
    """The tracker of one data directory."""

    def __init__(self, disk: Disk, directory: Path, clock: Clock) -> None:
        self._disk = disk
        self._path = str(directory / NAME)
        self._clock = clock

    def begin(self, limit: int | None, config_file: Path) -> int:
        """Count this start; the unclean starts before it. Raises `StartFailed` when there were `limit` or more.

        A tracker that cannot be read or written never keeps a node from starting.
        """
        try:
            checksum = crc32c(config_file.read_bytes())
        except OSError:
            checksum = 0
        now_ms = self._clock.wall_ms()
        count = self._unclean(now_ms, checksum)
        if limit is not None and count >= limit:
            raise StartFailed(
                f"the node stopped uncleanly {count} times within an hour; look at its log, then delete "
                f"{self._path} or raise redpanda.crash_loop_limit ({limit})",
                ExitCode.CRASH_LOOP,
            )
        self._write(count + 1, now_ms, checksum)
        return count

    def stopped_cleanly(self) -> None:
        """Begin again at zero."""
        try:
            self._disk.unlink(self._path)
        except OSError:
            return

    def _unclean(self, now_ms: int, checksum: int) -> int:
        try:
            data = read_whole(self._disk, self._path)
            if data is None:
                return 0
            count, last_ms, known = _BODY.unpack(unseal(_MAGIC, _VERSION, data, self._path))
        except (StorageError, OSError, struct.error):
            return 0
        if known != checksum or not 0 <= now_ms - last_ms < FORGET_AFTER_MS:
            return 0
        return int(count)

    def _write(self, count: int, now_ms: int, checksum: int) -> None:
        try:
            replace_file(self._disk, self._path, seal(_MAGIC, _VERSION, _BODY.pack(count, now_ms, checksum)))
        except OSError:
            return
