"""One member of a classic group: what it told us, what it was given, and which of its requests are parked."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple


class MemberProtocol(NamedTuple):
    """One assignment protocol a member offers, best first, with its opaque subscription."""

    name: str
    metadata: bytes


@dataclass(slots=True, kw_only=True, eq=False)
class Member:
    """A member; lives from its first complete JoinGroup until it leaves, expires or is replaced."""

    member_id: str
    group_instance_id: str | None
    client_id: str
    client_host: str
    rebalance_timeout_ms: int
    session_timeout_ms: int
    protocol_type: str
    protocols: tuple[MemberProtocol, ...]
    assignment: bytes = b""
    is_new: bool = False
    """True from the first join until that join is answered: such a member may expire while parked."""
    join_token: int | None = None
    """The parked JoinGroup, if one waits. Changed only by `Group`, which counts them."""
    sync_token: int | None = None
    """The parked SyncGroup, if one waits."""

    @property
    def is_static(self) -> bool:
        """Whether the member has an identity that outlives its connection (KIP-345)."""
        return self.group_instance_id is not None

    @property
    def is_parked(self) -> bool:
        """Whether a request of this member waits here, so that it cannot be expected to heartbeat."""
        return self.join_token is not None or self.sync_token is not None

    def metadata(self, protocol_name: str | None) -> bytes:
        """The subscription sent for `protocol_name`; empty if the member does not speak it."""
        for protocol in self.protocols:
            if protocol.name == protocol_name:
                return protocol.metadata
        return b""

    def vote(self, candidates: Collection[str]) -> str | None:
        """The member's first choice among `candidates`."""
        for protocol in self.protocols:
            if protocol.name in candidates:
                return protocol.name
        return None
