"""What a group refuses, and why. A message from a peer never raises: it is answered or dropped.

OperatingError
└── RaftRefusal             asked for something this replica cannot do now; nothing changed
    ├── NotLeader           .leader says who may be asked instead (None: unknown)
    ├── TransferInProgress  leadership is being handed over; `leader` will follow
    ├── TooMuchInFlight     more uncommitted bytes than the group's bound
    └── ChangeRefused       a membership change or a transfer that the rules forbid at this moment

`InvariantError` (a second leader in a term, a cut below the commit) stops the shard, as everywhere.
"""

from engine.base.errors import OperatingError
from engine.model.ids import NodeId


class RaftRefusal(OperatingError):
    """The group cannot do that now; nothing changed."""


class NotLeader(RaftRefusal):
    """Another replica leads the group, or none does."""

    def __init__(self, leader: NodeId | None) -> None:
        super().__init__(f"not the leader (leader: {'unknown' if leader is None else leader})")
        self.leader = leader
        """The replica believed to lead, or None."""


class TransferInProgress(RaftRefusal):
    """Leadership is being handed to another replica; proposals wait until that is settled."""

    def __init__(self, target: NodeId) -> None:
        super().__init__(f"leadership is moving to node {target}")
        self.target = target


class TooMuchInFlight(RaftRefusal):
    """The bound on bytes proposed and not yet committed is reached."""


class ChangeRefused(RaftRefusal):
    """A membership change or transfer that the rules forbid; the message says which."""
