"""Asynchronous direct I/O on one file through the kernel's own calls (io_submit(2) and friends); no library needed.

One thread keeps `depth` requests in flight, so that the disk and not Python sets the pace.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import struct
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

READ, WRITE = 0, 1
# io_setup, io_destroy, io_submit, io_getevents
_CALLS = {"x86_64": (206, 207, 209, 208), "aarch64": (0, 1, 2, 4), "riscv64": (0, 1, 2, 4)}
# aio_data, aio_key + aio_rw_flags, aio_lio_opcode, aio_reqprio, aio_fildes, aio_buf, aio_nbytes, aio_offset
_REQUEST = struct.Struct("<QIIHhIQQqQII")
_OFFSET_AT = 40
_EVENT = struct.Struct("<QQqq")


def supported() -> bool:
    """Whether the call numbers of this machine are known."""
    return os.uname().machine in _CALLS


class DirectQueue:
    """A queue of `depth` requests of `block` bytes each on an O_DIRECT descriptor."""

    def __init__(self, descriptor: int, *, block: int, depth: int) -> None:
        self._descriptor = descriptor
        self._block = block
        self._depth = depth
        self._setup, self._destroy, self._submit, self._get = _CALLS[os.uname().machine]
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._context = ctypes.c_ulong(0)
        self._memory = mmap.mmap(-1, block * depth)  # page-aligned, as O_DIRECT wants
        self._memory.write(os.urandom(min(block, 1 << 20)) * (block * depth // min(block, 1 << 20)))
        self._memory_at = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        self._requests = ctypes.create_string_buffer(_REQUEST.size * depth)
        self._requests_at = ctypes.addressof(self._requests)
        self._pointers = (ctypes.c_uint64 * depth)()
        self._events = ctypes.create_string_buffer(_EVENT.size * depth)

    def __enter__(self) -> DirectQueue:
        if self._call(self._setup, self._depth, ctypes.byref(self._context)) < 0:
            self._raise()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._destroy, self._context)  # waits for what is in flight

    def run(
        self, operation: int, next_offset: Callable[[], int], *, until_s: float, done: Callable[[int], None]
    ) -> None:
        """Keep the queue full until the clock (time.monotonic) says `until_s`; `done(bytes)` after each batch.

        OSError when the disk refuses a request.
        """
        for slot in range(self._depth):
            _REQUEST.pack_into(
                self._requests, slot * _REQUEST.size, slot, 0, 0, operation, 0, self._descriptor,
                self._memory_at + slot * self._block, self._block, next_offset(), 0, 0, 0,
            )  # fmt: skip
            self._pointers[slot] = self._requests_at + slot * _REQUEST.size
        self._put(self._depth)
        flying = self._depth
        while flying:
            count = self._wait(flying)
            going_on = time.monotonic() < until_s
            total = 0
            for at in range(count):
                slot, _, result, _ = _EVENT.unpack_from(self._events, at * _EVENT.size)
                if result < 0:
                    raise OSError(-result, os.strerror(-result))
                if result == 0:
                    raise OSError(errno.EIO, "the file ended early")
                total += result
                if going_on:
                    struct.pack_into("<q", self._requests, slot * _REQUEST.size + _OFFSET_AT, next_offset())
                    self._pointers[at] = self._requests_at + slot * _REQUEST.size
            done(total)
            if going_on:
                self._put(count)
            else:
                flying -= count

    def _put(self, count: int) -> None:
        sent = 0
        while sent < count:
            pointers = ctypes.byref(self._pointers, sent * 8)
            taken = self._call(self._submit, self._context, ctypes.c_long(count - sent), pointers)
            if taken < 0:
                if ctypes.get_errno() != errno.EAGAIN:
                    self._raise()
                time.sleep(0.0001)
                continue
            sent += taken

    def _wait(self, flying: int) -> int:
        while True:
            count = self._call(
                self._get, self._context, ctypes.c_long(1), ctypes.c_long(flying), self._events, None
            )
            if count > 0:
                return count
            if count < 0 and ctypes.get_errno() != errno.EINTR:
                self._raise()

    def _call(self, number: int, *arguments: object) -> int:
        return int(self._libc.syscall(ctypes.c_long(number), *arguments))

    def _raise(self) -> None:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
