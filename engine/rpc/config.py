"""The bounds of the room."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RpcConfig:
    """Times in ms, sizes in bytes."""

    connect_timeout_ms: int = 1_000
    """For connecting and the handshake together."""
    backoff_min_ms: int = 20
    backoff_max_ms: int = 500
    """Between two tries to connect; doubled from the minimum, and shortened at random by up to a half."""
    ping_ms: int = 1_000
    """A connection on which nothing came in for so long is asked for a sign of life."""
    silence_ms: int = 4_000
    """A connection on which nothing came in for so long is dead."""
    queued_bytes_max: int = 64 << 20
    """Waiting to leave to one peer; beyond it messages are dropped and calls refused."""
    queued_parts_max: int = 65_536
    calls_max: int = 4_096
    """Calls to one peer waiting for an answer."""
    requests_max: int = 1_024
    """Requests of one peer being served."""
