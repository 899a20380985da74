"""The bounds of the network room, one record of them a shard."""

from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NetLimits:
    """What one client, one address and all clients together may take. None means no cap."""

    request_bytes_max: int = 100 * MEBIBYTE
    """Largest frame accepted (Kafka's ``socket.request.max.bytes``); a larger one closes its connection."""
    in_flight_max: int = 256
    """Requests of one connection read but not yet answered; at the bound its socket is not read."""
    memory_bytes_max: int = 112 * MEBIBYTE
    """Bytes of requests being read or served plus answers waiting, over all connections.

    Small requests may take an eighth more. Stays below twice `StorageConfig.pending_bytes_max`, so that a slow disk slows producers down (they are not
    read) before the log would have to refuse them.
    """
    queued_bytes_max: int = 4 * MEBIBYTE
    """Answer bytes in memory waiting for one slow reader; above it its requests are not read."""
    connections_max: int | None = None
    connections_per_ip_max: int | None = None
    idle_ms: int = 600_000
    """A connection with nothing in flight and nothing received for so long is closed."""
    stall_ms: int = 60_000
    """A peer that takes none of its answer, or leaves a frame unfinished, for so long is closed."""
    pressed_stall_ms: int = 2_000
    """The same, while other connections wait for memory."""
    pressed_bytes_per_second_min: int = 64 * 1024
    """A frame slower than this for `pressed_stall_ms` is closed while others wait for memory."""
