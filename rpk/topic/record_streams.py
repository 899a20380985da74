"""stdin and stdout as byte streams: read as bytes arrive, written once a batch, a closed reader noticed (UX-17, 18)."""

from __future__ import annotations

import contextlib
import os
import select
import stat
import sys
from typing import TextIO

CHUNK_BYTES = 1 << 20
_PIPE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031


class InputStream:
    """Bytes from a file descriptor, as they arrive."""

    def __init__(self, stream: TextIO, wake_fd: int) -> None:
        self._buffer = stream.buffer
        self._wake_fd = wake_fd
        self.fd = -1
        self._is_file = True
        with contextlib.suppress(OSError, ValueError):
            # A stream without a descriptor is read like a file: it never waits.
            self.fd = stream.fileno()
            self._is_file = stat.S_ISREG(os.fstat(self.fd).st_mode)
            _widen_pipe(self.fd)

    @property
    def is_terminal(self) -> bool:
        """True when a person types."""
        return self.fd >= 0 and os.isatty(self.fd)

    def read(self, wait_s: float | None) -> bytes | None:
        """What has arrived; b"" at the end, None when nothing came within `wait_s` (None: for ever) or on a signal."""
        if not self._is_file:
            ready, _, _ = select.select([self.fd, self._wake_fd], [], [], wait_s)
            if self.fd not in ready:
                return None
        return os.read(self.fd, CHUNK_BYTES) if self.fd >= 0 else self._buffer.read(CHUNK_BYTES)


class OutputStream:
    """Bytes to a text stream's descriptor; raises BrokenPipeError when nobody reads them."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._buffer = stream.buffer
        self._poll: select.poll | None = None
        with contextlib.suppress(OSError, ValueError):
            self._poll = select.poll()
            self._poll.register(stream.fileno(), select.POLLERR)
            _widen_pipe(stream.fileno())

    def write(self, data: bytes) -> None:
        """Write and flush."""
        self._buffer.write(data)
        self._buffer.flush()

    def check_reader(self) -> None:
        """Raise BrokenPipeError when the reader has gone, without writing anything."""
        if self._poll is not None and any(event & select.POLLERR for _, event in self._poll.poll(0)):
            raise BrokenPipeError


def _widen_pipe(fd: int) -> None:
    """A wider pipe means fewer, larger reads and writes; Linux only, and only as far as the host allows."""
    if sys.platform != "linux":
        return
    import fcntl

    with contextlib.suppress(OSError):
        if stat.S_ISFIFO(os.fstat(fd).st_mode):
            fcntl.fcntl(fd, _F_SETPIPE_SZ, _PIPE_BYTES)
