"""Signals while records flow: the first asks the loop to stop, the second ends the process at once (UX-19)."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class Interrupt:
    """Context manager; `signal_number` is 0 until SIGINT or SIGTERM came. `wake_fd` becomes readable with it."""

    def __init__(self) -> None:
        self.signal_number = 0
        self.wake_fd, self._write_fd = os.pipe()
        os.set_blocking(self._write_fd, False)
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self.wake_fd)
        os.close(self._write_fd)

    @property
    def exit_code(self) -> int:
        """What the process ends with: 128 and the signal's number."""
        return 128 + self.signal_number

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self.signal_number:
            os._exit(128 + number)
        self.signal_number = number
        os.write(self._write_fd, b"x")
