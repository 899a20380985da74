"""The way out of one connection: a queue of parts, each memory or a slice of a file, sent in order.

`DirectOutput` writes to the socket itself (``writev``, ``sendfile``) and never through the transport, whose
buffer therefore stays empty and cannot interleave; when the socket is full it waits for it on a duplicate
descriptor, since the event loop refuses to watch a descriptor its transport owns. `TransportOutput` goes
through the transport (TLS).
"""

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol


class FilePart(Protocol):
    """`length` bytes of an open file from `position`; holding it keeps the file open."""

    @property
    def position(self) -> int:
        """Where in the file the slice starts."""
        ...

    @property
    def length(self) -> int:
        """Bytes of the slice, > 0."""
        ...

    def fileno(self) -> int:
        """The descriptor to read from."""
        ...


Part = bytes | bytearray | memoryview | FilePart

INLINE_BYTES_MAX = 16 * 1024
"""File slices up to this are read and sent with their neighbours: one call instead of two."""
GATHER_PARTS_MAX = 512
GATHER_BYTES_MAX = 512 * 1024
JOIN_BYTES_MAX = 32 * 1024
"""So little is copied together: cheaper than a vector of small parts."""
TURN_BYTES_MAX = 2 * 1024 * 1024
"""One connection sends so much before the others get their turn."""
TRANSPORT_CHUNK_BYTES = 256 * 1024

_MEMORY = (bytes, bytearray, memoryview)


class Output:
    """The queue; subclasses drain it. `on_change` is called when it was blocked and went on, or emptied."""

    __slots__ = ("_file_sent", "_queue", "blocked", "progress_bytes", "queued_bytes")

    def __init__(self) -> None:
        self._queue: deque[Part] = deque()
        self._file_sent = 0
        self.queued_bytes = 0
        """Memory (not file) bytes waiting."""
        self.progress_bytes = 0
        """Bytes handed to the kernel or the transport so far."""
        self.blocked = False
        """Whether the peer must read before more can be sent."""

    def write(self, parts: Iterable[Part]) -> None:
        """Queue `parts`; `flush` sends them."""
        for part in parts:
            if isinstance(part, _MEMORY):
                self.queued_bytes += len(part)
            self._queue.append(part)

    def __len__(self) -> int:
        """Parts waiting."""
        return len(self._queue)

    @property
    def empty(self) -> bool:
        """Whether all that was written has left."""
        return not self._queue

    def flush(self) -> None:
        """Send what the peer will take now. Raises `OSError` when the peer is gone."""
        raise NotImplementedError

    def close(self) -> None:
        """Drop the queue and whatever was waited for."""
        self._queue.clear()
        self.queued_bytes = 0
        self.blocked = False


class DirectOutput(Output):
    """Sends on the socket's descriptor `fd`; `resumed` is called after a blocked output went on."""

    __slots__ = ("_again", "_duplicate", "_fd", "_loop", "_resumed")

    def __init__(self, loop: asyncio.AbstractEventLoop, fd: int, resumed: Callable[[], None]) -> None:
        super().__init__()
        self._loop = loop
        self._fd = fd
        self._resumed = resumed
        self._duplicate = -1
        self._again: asyncio.Handle | None = None

    def flush(self) -> None:
        """Send until the queue is empty, the socket is full, or the turn is over."""
        if self.blocked:
            return
        turn_ends = self.progress_bytes + TURN_BYTES_MAX
        try:
            while self._queue:
                if self.progress_bytes >= turn_ends:
                    self.blocked = True
                    self._again = self._loop.call_soon(self._unblocked)
                    return
                sent_all = self._send_gathered() if self._file_head() is None else self._send_file()
                if not sent_all:
                    self._wait_writable()
                    return
        except BlockingIOError:
            self._wait_writable()

    def _file_head(self) -> FilePart | None:
        """The first part if it is a file slice worth a ``sendfile``."""
        part = self._queue[0]
        if isinstance(part, _MEMORY) or (not self._file_sent and part.length <= INLINE_BYTES_MAX):
            return None
        return part

    def _send_file(self) -> bool:
        part = self._queue[0]
        assert not isinstance(part, _MEMORY)
        count = min(part.length - self._file_sent, TURN_BYTES_MAX)
        sent = os.sendfile(self._fd, part.fileno(), part.position + self._file_sent, count)
        if not sent:
            raise OSError(f"the file ended {part.length - self._file_sent} bytes before its slice did")
        self.progress_bytes += sent
        self._file_sent += sent
        if self._file_sent == part.length:
            self._queue.popleft()
            self._file_sent = 0
        return sent == count

    def _send_gathered(self) -> bool:
        queue = self._queue
        if len(queue) == 1 and isinstance(queue[0], _MEMORY):
            part = queue[0]
            sent = os.write(self._fd, part)
            self.queued_bytes -= sent
            self.progress_bytes += sent
            if sent == len(part):
                queue.clear()
                return True
            queue[0] = memoryview(part)[sent:]
            return False
        return self._send_vector()

    def _send_vector(self) -> bool:
        queue = self._queue
        vector: list[bytes | bytearray | memoryview] = []
        size = 0
        while queue and len(vector) < GATHER_PARTS_MAX and size < GATHER_BYTES_MAX:
            part = queue[0]
            if isinstance(part, _MEMORY):
                memory: bytes | bytearray | memoryview = part
            elif part.length <= INLINE_BYTES_MAX:
                memory = _read(part, 0, part.length)
                self.queued_bytes += len(memory)
            else:
                break
            queue.popleft()
            vector.append(memory)
            size += len(memory)
        if size <= JOIN_BYTES_MAX:
            vector = [b"".join(vector)]
        sent = 0
        try:
            sent = os.writev(self._fd, vector)
        finally:
            self.queued_bytes -= sent
            self.progress_bytes += sent
            if sent < size:
                self._put_back(vector, sent)
        return sent == size

    def _put_back(self, vector: list[bytes | bytearray | memoryview], sent: int) -> None:
        """Return the unsent end of `vector` to the front of the queue."""
        while sent >= len(vector[0]):
            sent -= len(vector.pop(0))
        if sent:
            vector[0] = memoryview(vector[0])[sent:]
        self._queue.extendleft(reversed(vector))

    def _wait_writable(self) -> None:
        if self._duplicate < 0:
            self._duplicate = os.dup(self._fd)
        self.blocked = True
        self._loop.add_writer(self._duplicate, self._writable)

    def _writable(self) -> None:
        self._loop.remove_writer(self._duplicate)
        self._unblocked()

    def _unblocked(self) -> None:
        self._again = None
        self.blocked = False
        self._resumed()

    def close(self) -> None:
        """Drop the queue, stop watching the socket, close the duplicate."""
        super().close()
        if self._again is not None:
            self._again.cancel()
            self._again = None
        if self._duplicate >= 0:
            with contextlib.suppress(OSError):
                self._loop.remove_writer(self._duplicate)
            os.close(self._duplicate)
            self._duplicate = -1


class TransportOutput(Output):
    """Sends through the transport, file slices chunk by chunk, no further than the transport buffers."""

    __slots__ = ("_transport",)

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        super().__init__()
        self._transport = transport

    def flush(self) -> None:
        """Write until the transport says it is full (its protocol then sets and clears `blocked`)."""
        queue = self._queue
        while queue and not self.blocked:
            part = queue[0]
            if isinstance(part, _MEMORY):
                queue.popleft()
                self.queued_bytes -= len(part)
                data: bytes | bytearray | memoryview = part
            else:
                data = _read(part, self._file_sent, min(part.length - self._file_sent, TRANSPORT_CHUNK_BYTES))
                self._file_sent += len(data)
                if self._file_sent == part.length:
                    queue.popleft()
                    self._file_sent = 0
            self.progress_bytes += len(data)
            self._transport.write(data)


def _read(part: FilePart, offset: int, count: int) -> bytes:
    data = os.pread(part.fileno(), count, part.position + offset)
    if len(data) < count:
        raise OSError(f"the file ended {count - len(data)} bytes before its slice did")
    return data
