"""Cutting a byte stream into frames: i32 length, then that many bytes (Kafka protocol guide, "Network").

Each frame leaves as a `bytearray` of its own, copied at most once: small frames out of the shared receive
buffer, the rest of a large one is received straight into it. Pure; `FrameConnection` owns the socket.
"""

from collections.abc import Callable

# The module, not its names: its .pxd binds the same calls to C when compiled.
import engine.wire.fixed as fixed
from engine.base.errors import OperatingError

FRAME_BYTES_MIN = 8
"""No request header is shorter: api key, version, correlation id."""
ALLOCATED_AT_ONCE_BYTES = 1 << 20
"""A larger frame gets its memory as its bytes come: announcing one costs the peer four bytes, zeroing 100 MiB costs
the loop 25 ms."""


class FrameError(OperatingError):
    """The peer does not speak this protocol: a length no request can have."""

    def __init__(self, size: int, first_bytes: bytes, limit_bytes: int) -> None:
        self.size = size
        guess = _guess(first_bytes)
        super().__init__(
            f"it looks like {guess}, not the Kafka protocol"
            if guess
            else f"a frame of {size} bytes is outside {FRAME_BYTES_MIN}…{limit_bytes}"
        )


def _guess(first_bytes: bytes) -> str | None:
    """Name the protocol a stream that starts with these four bytes belongs to, if it is well known."""
    if first_bytes in {b"GET ", b"POST", b"HEAD", b"PUT ", b"OPTI", b"DELE", b"PATC", b"CONN", b"PRI "}:
        return "HTTP"
    if first_bytes[:2] == b"\x16\x03":
        return "TLS"
    return "SSH" if first_bytes == b"SSH-" else None


class FrameCutter:
    """The cutting state of one stream: at most one unfinished frame.

    `admit(size)` is asked before a frame of `size` bytes is allocated; when it says no, cutting stops in
    front of that frame and the caller keeps the bytes for later.
    """

    __slots__ = ("_admit", "_limit_bytes", "_size", "filled", "frame")

    def __init__(self, admit: Callable[[int], bool], limit_bytes: int) -> None:
        self._admit = admit
        self._limit_bytes = limit_bytes
        self.frame: bytearray | None = None
        """The unfinished frame, of its full size or as much of it as was needed yet; None between frames."""
        self._size = 0
        self.filled = 0
        """Bytes of `frame` that have arrived."""

    @property
    def missing(self) -> int:
        """Bytes the unfinished frame still lacks; 0 between frames."""
        return 0 if self.frame is None else self._size - self.filled

    def tail(self) -> memoryview:
        """An unfilled part of the unfinished frame, to receive into; then call `tail_filled`."""
        assert self.frame is not None
        if self.filled == len(self.frame):
            self._grow(self.filled + 1)
        return memoryview(self.frame)[self.filled :]

    def tail_filled(self, count: int, out: list[bytearray]) -> None:
        """`count` bytes were received into `tail()`; a frame that is whole now goes to `out`."""
        frame = self.frame
        assert frame is not None
        self.filled += count
        if self.filled == self._size:
            self.frame = None
            out.append(frame)

    def _grow(self, wanted: int) -> None:
        """Make room for `wanted` bytes of the frame at least, twice what there is if it is that long."""
        frame = self.frame
        assert frame is not None
        more = bytes(min(max(wanted, 2 * len(frame)), self._size) - len(frame))
        try:
            frame.extend(more)
        except BufferError:  # someone still looks at the last tail
            self.frame = frame + more

    def cut(self, data: memoryview, end: int, out: list[bytearray]) -> int:
        """Cut ``data[:end]``, append whole frames to `out`, return how many bytes were used.

        What is left over is shorter than a length field, or starts with a frame that was not admitted.
        Raises `FrameError` for an impossible length.
        """
        at = 0
        raw = data  # typed in the .pxd: indexing it is C
        if self.frame is not None:
            at = min(self._size - self.filled, end)
            if self.filled + at > len(self.frame):
                self._grow(self.filled + at)
            self.frame[self.filled : self.filled + at] = data[:at]
            self.tail_filled(at, out)
        while end - at >= 4:
            size = fixed.read_i32(raw, at)
            if size < FRAME_BYTES_MIN or size > self._limit_bytes:
                raise FrameError(size, bytes(data[at : at + 4]), self._limit_bytes)
            if not self._admit(size):
                return at
            body = at + 4
            if body + size <= end:
                at = body + size
                out.append(bytearray(data[body:at]))
            else:
                self.filled = end - body
                self._size = size
                frame = bytearray(max(min(size, ALLOCATED_AT_ONCE_BYTES), self.filled))
                frame[: self.filled] = data[body:end]
                self.frame = frame
                return end
        return at
