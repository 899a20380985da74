"""What cluster properties say about the Kafka API; the node fills it at start and after each change."""

from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaLimits:
    """One record a shard. None means no limit; rates are bytes a second."""

    noproduce_topics: frozenset[str] = frozenset()
    """Topics that clients may not produce to (`kafka_noproduce_topics`)."""
    fetch_bytes_max: int = 55 * MEBIBYTE
    """The most one fetch answer carries, unless its first batch alone is larger (`fetch_max_bytes`)."""
    bytes_in_per_second: int | None = None
    """What all clients together may send (`kafka_throughput_limit_node_in_bps`)."""
    bytes_out_per_second: int | None = None
    """What all clients together may be sent (`kafka_throughput_limit_node_out_bps`)."""
    throttle_ms_max: int = 30_000
    """The longest one client is kept waiting for these rates (`max_kafka_throttle_delay_ms`)."""
