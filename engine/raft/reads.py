"""Read index (thesis 6.4): proof that this leader still led after a read was asked for.

A read is numbered with a round; a heartbeat carries the newest round, its answer repeats it. Once a majority has answered
a round, nobody else can have led when that round's heartbeats left, and so when its reads arrived.
"""

from collections import deque

from engine.raft.entries import Position
from engine.raft.errors import TooMuchInFlight
from engine.raft.ready import ReadIndex

READS_MAX = 10_000
"""Reads waiting for proof."""


class Reads:
    """The reads of one leadership."""

    __slots__ = ("_early", "_waiting", "is_round_due", "round")

    def __init__(self) -> None:
        self.round = 0
        """The newest round."""
        self.is_round_due = False
        """Its heartbeats have not left: more reads may join."""
        self._early: list[object] = []
        self._waiting: deque[tuple[int, object, Position]] = deque()

    def __bool__(self) -> bool:
        return bool(self._early or self._waiting)

    def ask(self, token: object, commit: Position | None) -> None:
        """A read of everything committed by now; `commit` is None before this term's first commit."""
        if len(self._early) + len(self._waiting) >= READS_MAX:
            raise TooMuchInFlight(f"{READS_MAX} reads wait for proof of leadership")
        if commit is None:
            self._early.append(token)
            return
        if not self.is_round_due:
            self.round += 1
            self.is_round_due = True
        self._waiting.append((self.round, token, commit))

    def first_commit(self, commit: Position) -> None:
        """The term's first commit is there: reads that waited for it are numbered."""
        early, self._early = self._early, []
        for token in early:
            self.ask(token, commit)

    def confirm(self, round_reached: int) -> list[ReadIndex]:
        """A majority has answered `round_reached`."""
        confirmed = []
        while self._waiting and self._waiting[0][0] <= round_reached:
            _, token, commit = self._waiting.popleft()
            confirmed.append(ReadIndex(token, commit.offset))
        return confirmed

    def give_up(self) -> list[ReadIndex]:
        """The leadership is over."""
        tokens = [*self._early, *(token for _, token, _ in self._waiting)]
        self._early.clear()
        self._waiting.clear()
        return [ReadIndex(token, None) for token in tokens]
