"""Standard error without waiting for whoever reads it.

A supervisor that stops reading its pipe would stop every thread that writes there, the loop first. So lines go through a
bounded queue and a thread of its own: what does not fit is dropped, counted, and told once there is room again.
"""

import atexit
import os
import threading
import time
from collections import deque

QUEUED_BYTES_MAX = 1 << 20
EXIT_SECONDS_MAX = 2.0
"""How long the end of the process waits for the last lines to be read."""


class LineWriter:
    """Writes lines to one descriptor. Any thread; the thread that waits starts with the first line."""

    def __init__(self, fd: int, queued_bytes_max: int = QUEUED_BYTES_MAX) -> None:
        self._fd = fd
        self._queued_bytes_max = queued_bytes_max
        # Reentrant: a signal's handler may log in the middle of `write`.
        self._changed = threading.Condition(threading.RLock())
        self._lines: deque[bytes] = deque()
        self._queued_bytes = 0
        self._untold = 0
        self._thread: threading.Thread | None = None
        self.dropped = 0
        """Lines that never left, since the start."""

    def write(self, line: str) -> None:
        """Queue `line` (a line end is added), or drop it when too much waits. Never blocks, never raises."""
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        with self._changed:
            if self._queued_bytes + len(data) > self._queued_bytes_max:
                self.dropped += 1
                self._untold += 1
                return
            self._lines.append(data)
            self._queued_bytes += len(data)
            if self._thread is None:
                self._start()
            self._changed.notify_all()

    def flush(self, seconds: float) -> bool:
        """Wait until all lines are written, `seconds` at most; whether they are."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while self._queued_bytes:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
            return True

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()
        atexit.register(self.flush, EXIT_SECONDS_MAX)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._lines:
                    self._changed.wait()
                data = b"".join(self._lines)
                self._lines.clear()
                untold, self._untold = self._untold, 0
            if untold:
                data += b"(%d log lines were dropped here: nobody read them)\n" % untold
            self._write_all(data)
            with self._changed:
                # What was taken counts until it is written: the bound is on all that waits.
                self._queued_bytes = sum(map(len, self._lines))
                self._changed.notify_all()

    def _write_all(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._fd, view) :]
            except BlockingIOError:
                time.sleep(0.05)  # whoever shares the descriptor made it non-blocking
            except OSError:
                return  # nothing can be said where nobody listens


STDERR = LineWriter(2)
"""The process's standard error."""
