"""Who leads what: each broker's own view, told by the leaders themselves; not replicated, never older than a term.

A leader that was elected says so to everybody (`gossip`); a higher term wins, so messages may come late or twice. A
restarted broker is told everything again. What nobody has said anything about has no leader.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from engine.model.ids import NO_NODE


class Leader(NamedTuple):
    """What is known of one group."""

    node_id: int
    """-1: the last leader stepped down and no other has said a word."""
    term: int
    in_sync: tuple[int, ...] = ()
    """Members that have what is committed, the leader among them; as the leader sees it."""


NOBODY = Leader(NO_NODE, -1)


class Leaders:
    """The table, by log id. Loop thread only."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is called after each change of a leader, a term or who is in sync."""
        self._known: dict[int, Leader] = {}
        self._changed = changed
        self.on_leader: list[Callable[[int, Leader], None]] = []
        """Called with (log id, leader) after each change."""

    def get(self, log_id: int) -> Leader:
        """The group's leader; `NOBODY` where none is known."""
        return self._known.get(log_id, NOBODY)

    def learn(self, log_id: int, told: Leader) -> bool:
        """Take what somebody said, unless a later term is known; whether it was news."""
        known = self._known.get(log_id, NOBODY)
        if told.term < known.term or told == known:
            return False
        if (
            told.term == known.term
            and told.node_id not in {known.node_id, NO_NODE}
            and known.node_id != NO_NODE
        ):
            return False  # one leader a term: whoever says otherwise is wrong
        self._known[log_id] = told
        self._changed()
        for listener in self.on_leader:
            listener(log_id, told)
        return True

    def forget(self, log_id: int) -> None:
        """The group was deleted."""
        self._known.pop(log_id, None)

    def led_by(self, node_id: int) -> Iterator[int]:
        """Log ids of the groups that node leads."""
        return (log_id for log_id, leader in self._known.items() if leader.node_id == node_id)

    def __len__(self) -> int:
        return len(self._known)
