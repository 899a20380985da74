"""What the Kafka door and the partitions count: plain ints, added to where the work happens."""

# The module, not its names: its .pxd binds the same names to C when compiled.
import engine.metrics.histogram as histogram

API_KEYS_MAX = 256


class PartitionCounters:
    """One partition's traffic since it was opened on this shard."""

    __slots__ = ("fetched_bytes", "fetched_records", "produced_bytes", "produced_records")

    def __init__(self) -> None:
        self.produced_bytes = 0
        self.produced_records = 0
        self.fetched_bytes = 0
        self.fetched_records = 0


class KafkaMetrics:
    """The Kafka door's counters of one shard."""

    __slots__ = (
        "_latency",
        "connections_accepted",
        "connections_open",
        "connections_refused",
        "received_bytes",
        "request_errors",
        "requests",
        "sent_bytes",
    )

    def __init__(self) -> None:
        self.requests = [0] * API_KEYS_MAX
        """Requests answered, by API key."""
        self.request_errors = 0
        """Requests that closed their connection."""
        self.received_bytes = 0
        self.sent_bytes = 0
        self.connections_open = 0
        self.connections_accepted = 0
        self.connections_refused = 0
        self._latency: dict[int, histogram.LatencyHistogram] = {}

    def latency(self, api_key: int) -> histogram.LatencyHistogram:
        """The histogram of the time from a request's last byte to its answer, made at first use."""
        found = self._latency.get(api_key)
        if found is None:
            found = self._latency.setdefault(api_key, histogram.LatencyHistogram())
        return found

    def answered(self, api_key: int, seconds: float) -> None:
        """Count a request that was answered after `seconds`; `api_key` is one of the dispatch table."""
        self.requests[api_key] += 1
        self.latency(api_key).observe(seconds)

    def latencies(self) -> dict[int, histogram.LatencyHistogram]:
        """API key → histogram of those seen so far."""
        return dict(self._latency)
