"""Who waits for which offset to be committed. Callbacks run in offset order, in order of asking within one."""

from bisect import insort
from collections import deque
from collections.abc import Callable

from engine.wire.error_codes import ErrorCode

CommitCallback = Callable[[ErrorCode], None]
"""Called once: NONE when committed, else the code that says why it never will be known."""


class CommitQueue:
    """The waiting callbacks of one partition. Bounded by the requests in flight, which net bounds."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, CommitCallback]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, offset: int, callback: CommitCallback) -> None:
        """Call back when all below `offset` is committed."""
        waiting = self._waiting
        if not waiting or offset >= waiting[-1][0]:
            waiting.append((offset, callback))
        else:  # a duplicate of a batch still in flight asks for an older offset
            insort(waiting, (offset, callback), key=_offset)

    def advance(self, committed: int) -> None:
        """All below `committed` is committed now."""
        waiting = self._waiting
        none = ErrorCode.NONE
        while waiting:
            head = waiting[0]
            if head[0] > committed:
                break
            waiting.popleft()
            head[1](none)

    def cut(self, end_offset: int, code: ErrorCode) -> None:
        """What lay at or above `end_offset` is gone: tell those who wait for it."""
        waiting = self._waiting
        lost = []
        while waiting and waiting[-1][0] > end_offset:
            lost.append(waiting.pop())
        for _, callback in reversed(lost):
            callback(code)

    def fail(self, code: ErrorCode) -> None:
        """Nothing more will be committed here: tell everyone."""
        waiting, self._waiting = self._waiting, deque()
        for _, callback in waiting:
            callback(code)


def _offset(entry: tuple[int, CommitCallback]) -> int:
    return entry[0]
