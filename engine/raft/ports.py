"""What a group's owner (a partition) is told, and what the driver may be tuned to."""

from dataclasses import dataclass, field
from typing import Protocol

from engine.model.ids import NodeId
from engine.raft.config import RaftConfig
from engine.storage.errors import StorageError
from engine.wire.batch_header import BatchHeader


class GroupOwner(Protocol):
    """Told on the loop, between two steps of the group; may ask the group things, and append."""

    def group_committed(self, high_watermark: int) -> None:
        """All below is committed, and durable on this replica. Only rises."""
        ...

    def group_durable(self, offset: int) -> None:
        """All below is durable on this replica, committed or not."""
        ...

    def group_appended(self, header: BatchHeader) -> None:
        """A batch from the leader is in the log, neither durable nor committed yet."""
        ...

    def group_cut(self, end_offset: int) -> None:
        """What lay at or above `end_offset` is gone, and never was committed."""
        ...

    def group_reset(self, start_offset: int) -> None:
        """The log is empty and goes on at `start_offset`: this replica was too far behind."""
        ...

    def group_leads(self, term: int) -> None:
        """The replica leads, and everything earlier leaders committed is below the high watermark."""
        ...

    def group_resigned(self) -> None:
        """It leads no more; what was appended and not committed may still be, or not."""
        ...

    def group_leader_changed(self, leader: NodeId | None, term: int) -> None:
        """Who leads as far as is known here."""
        ...

    def group_failed(self, error: StorageError) -> None:
        """The disk failed under the log: this replica takes no part until a restart."""
        ...


MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverConfig:
    """Times in ms, sizes in bytes."""

    tick_ms: int = 50
    raft: RaftConfig = field(
        default_factory=lambda: RaftConfig(election_ticks=16, heartbeat_ticks=4, quiet_ticks=16)
    )
    """Elections after 0.8 to 1.6 s of silence, heartbeats every 200 ms, quiet after 0.8 s."""
    recent_group_bytes_max: int = 8 * MIB
    """Batches of one group kept in memory for its followers."""
    recent_bytes_max: int = 96 * MIB
    """Those of all groups."""
    frame_bytes_max: int = 8 * MIB
    """A frame to a peer is closed once it has so much data; one message may be larger."""
    recovery_bytes_per_second: int = 100 * MIB
    """What is read from disk for followers that are far behind, all told."""
    recovery_reads_max: int = 2
    """Such reads under way at once."""
