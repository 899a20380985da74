"""What `decide` says: the records to write, and the answer once they are committed."""

from dataclasses import dataclass, field
from uuid import UUID

from engine.controller.commands import MoveOutcome, TopicOutcome
from engine.controller.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to write, and what to answer once it is written."""

    records: list[Record]
    topics: list[TopicOutcome] = field(default_factory=list)
    """For commands about topics."""
    moves: list[MoveOutcome] = field(default_factory=list)
    """For MoveReplicas."""
    first_id: int = -1
    """For AllocateProducerIds: the first id of the block, -1 when there are none left."""
    node_id: int = -1
    """For RegisterBroker: the broker's id, -1 when refused."""
    cluster_uuid: UUID | None = None
    """For RegisterBroker."""
    version: int = 0
    """For SetClusterConfig: the version after it."""
    refusal: str | None = None
    """Why a command that is not about topics was refused."""
    unknown: bool = False
    """Refused because what it names does not exist."""
    offset: int = -1
    """Of its last record in the controller log; -1 when it wrote none. Known after commit."""
