"""One Kafka request on its way from its frame to its answer. Hot: compiled where a C compiler is (`call.pxd`)."""

from typing import TYPE_CHECKING

# Modules, not names: their .pxd files bind the same names to C when compiled.
import engine.net.exchange as exchange
import engine.wire.header as wire_header

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.kafka.connection import KafkaConnection
    from engine.net.output import Part


class Call(exchange.Exchange):
    """One request: what a hot handler gets. Answer it exactly once, see `Exchange`."""

    __slots__ = (
        "api_key",
        "api_version",
        "arrived_s",
        "body_at",
        "client_id",
        "correlation_id",
        "frame",
        "services",
    )

    connection: "KafkaConnection"

    def __init__(self, connection: "KafkaConnection", frame: bytearray) -> None:
        """Raises `DecodeError` when `frame` does not start with a request header."""
        header = wire_header.parse_request_header(frame)
        self.connection = connection
        self.cost_bytes = len(frame)
        self.parts = None
        self.frame = frame
        """Header and body; belongs to the handler, which may change it in place and keep it."""
        self.api_key = header.api_key
        self.api_version = header.api_version
        self.correlation_id = header.correlation_id
        self.client_id = header.client_id
        self.body_at = header.body_at
        """Where the body starts in `frame`."""
        services = connection.services
        self.services = services
        """The rooms the handler may call."""
        self.arrived_s = services.clock.monotonic()

    def respond_body(self, body: bytes) -> None:
        """Answer with an encoded body; length and header are put before it."""
        size = len(body)
        self._count(size)
        prefix = wire_header.frame_prefix(self.api_key, self.api_version, self.correlation_id, size)
        self.respond((prefix + body,))

    def respond_chunks(self, chunks: "Sequence[Part]", body_bytes: int) -> None:
        """Answer with a body of `body_bytes` in chunks, of which some may be file slices."""
        self._count(body_bytes)
        prefix = wire_header.frame_prefix(self.api_key, self.api_version, self.correlation_id, body_bytes)
        self.respond((prefix, *chunks))

    def respond_nothing(self) -> None:
        """The request has no answer (Produce with acks=0)."""
        self._count(0)
        self.respond(exchange.NOTHING)

    def _count(self, body_bytes: int) -> None:
        services = self.services
        metrics = services.metrics
        metrics.sent_bytes += body_bytes
        metrics.answered(self.api_key, services.clock.monotonic() - self.arrived_s)
