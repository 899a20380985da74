"""Which nodes are alive: every peer is sent a frame each heartbeat interval, empty if need be, and is expected to do so.

Quiet groups send nothing themselves and rely on this: one frame a pair of nodes instead of one heartbeat a group.
"""

from collections.abc import Callable

from engine.model.ids import NodeId


class _Node:
    __slots__ = ("alive", "heard_at", "incarnation")

    def __init__(self, now: int) -> None:
        self.heard_at = now
        self.alive = True
        self.incarnation: int | None = None


class NodeWatch:
    """Every node that shares a group with this one. Ticks are the manager's."""

    def __init__(
        self,
        silence_ticks: int,
        on_down: Callable[[NodeId], None],
        on_up: Callable[[NodeId], None],
    ) -> None:
        """A node is down after `silence_ticks` without a frame from it."""
        self._silence_ticks = silence_ticks
        self._on_down = on_down
        self._on_up = on_up
        self._nodes: dict[NodeId, _Node] = {}

    def add(self, node: NodeId, now: int) -> None:
        """Watch `node`; nothing happens if it is watched already."""
        if node not in self._nodes:
            self._nodes[node] = _Node(now)

    def remove(self, node: NodeId) -> None:
        """No group has it any more."""
        self._nodes.pop(node, None)

    def alive(self, node: NodeId) -> bool:
        """Whether it was heard lately (or never missed)."""
        found = self._nodes.get(node)
        return found is None or found.alive

    def heard(self, node: NodeId, incarnation: int, now: int) -> None:
        """A frame of `node` came, of this incarnation."""
        found = self._nodes.get(node)
        if found is None:
            return
        found.heard_at = now
        restarted = found.incarnation not in (None, incarnation)
        found.incarnation = incarnation
        if restarted and found.alive:
            self._on_down(node)
            self._on_up(node)
        elif not found.alive:
            found.alive = True
            self._on_up(node)

    def lost(self, node: NodeId) -> None:
        """The connection to it broke: do not wait for the silence."""
        found = self._nodes.get(node)
        if found is not None and found.alive:
            found.alive = False
            self._on_down(node)

    def check(self, now: int) -> None:
        """A heartbeat interval is over: who has been silent for too long?"""
        for node, found in tuple(self._nodes.items()):
            if found.alive and now - found.heard_at >= self._silence_ticks:
                found.alive = False
                self._on_down(node)
