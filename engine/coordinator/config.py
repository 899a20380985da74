"""The coordinator's limits and delays. Names follow Kafka's broker settings; the node maps cluster config to them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupConfig:
    """Everything an operator, or a test, can turn. Times in milliseconds unless the name says otherwise."""

    initial_rebalance_delay_ms: int = 3_000
    """How long the first rebalance of an empty group waits for company."""
    min_session_timeout_ms: int = 6_000
    max_session_timeout_ms: int = 1_800_000
    new_member_join_timeout_ms: int = 300_000
    """How long the first JoinGroup of a member may stay parked before the member is forgotten."""
    offset_retention_ms: int | None = 604_800_000
    """Age at which offsets of an empty group are dropped; None keeps them for ever."""
    offset_expiry_interval_ms: int = 600_000
    """How often retention is enforced."""
    offset_metadata_bytes_max: int = 4_096
    group_members_max: int = 10_000
    """Members of one group, waiting ones included (Kafka's group.max.size, with a finite default)."""
    pending_members_max: int = 10_000
    """Members of one group that were given an id and have not come back with it."""
    member_protocols_bytes_max: int = 1_000_000
    """All protocols one member offers, names and subscriptions: more could not be stored anyway."""
    groups_max: int = 100_000
    """Groups on one offsets partition."""
    group_record_bytes_max: int = 1_000_000
    """Largest group state (all members' metadata and assignments) that can be stored: one record, so that it must
    stay below the topic's max.message.bytes, as in Kafka."""
    write_timeout_ms: int = 5_000
    """How long a request waits for its record to commit (Kafka's offsets.commit.timeout.ms)."""
    queued_writes_max: int = 10_000
    """Writes waiting for the log on one offsets partition; one more is refused."""
    append_bytes_max: int = 512 << 10
    """Records put into one append, unless a single record is larger."""
