"""One connection to one broker: dial, TLS, ApiVersions, SASL, then one request at a time.

Whatever goes wrong before the first answer is diagnosed (`diagnose`), because that is where people get stuck.
"""

from __future__ import annotations

import socket
import struct

from rpk.client import wire
from rpk.client.deadline import Deadline
from rpk.client.kafka_errors import broker_error, error_name
from rpk.config.settings import Sasl, Tls, split_address
from rpk.out.errors import AuthError, OperationFailed, RpkError, TransientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

RESPONSE_BYTES_MAX = 256 * 1024 * 1024
UNSUPPORTED_SASL_MECHANISM = 33
UNSUPPORTED_VERSION = 35


class PeerClosed(Exception):
    """The peer ended the connection; `received` holds what came before."""

    def __init__(self, received: bytes) -> None:
        super().__init__("the peer closed the connection")
        self.received = received


class NotKafka(Exception):
    """The first bytes are no Kafka frame; `received` holds them."""

    def __init__(self, received: bytes) -> None:
        super().__init__("the peer does not speak the Kafka protocol")
        self.received = received


class Connection:
    """A ready connection; `versions` are what the broker supports."""

    def __init__(
        self,
        address: str,
        *,
        tls: Tls | None,
        sasl: Sasl | None,
        client_id: str,
        dial_timeout_s: float,
        deadline: Deadline,
        debug: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.address = address
        self.tls = tls
        self.sasl = sasl
        self.client_id = client_id
        self.dial_timeout_s = dial_timeout_s
        self.deadline = deadline
        self.debug = debug
        self.versions: dict[int, tuple[int, int]] = {}
        self._correlation_id = 0
        self._answered = 0
        self.dialing = False
        self._socket: socket.socket | ssl.SSLSocket | None = None

    def open(self) -> Connection:
        """Connect and shake hands; raises RpkError with a diagnosis."""
        try:
            self._dial()
            self._negotiate()
            if self.sasl is not None:
                self._authenticate(self.sasl)
        except RpkError:
            self.close()
            raise
        except (OSError, PeerClosed, NotKafka, wire.WireError, ValueError) as error:
            from rpk.client import diagnose

            self.close()
            raise diagnose.connection_error(self, error) from error
        return self

    def close(self) -> None:
        """Close the socket; harmless when it is closed."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def version_of(self, api_key: int, highest: int, lowest: int = 0) -> int:
        """The highest version both sides speak; OperationFailed when there is none."""
        low, high = self.versions.get(api_key, (0, -1))
        version = min(high, highest)
        if version < max(low, lowest):
            raise OperationFailed(
                f"broker {self.address} does not support this request",
                cause=f"API {api_key}: rpk speaks versions {lowest} to {highest}, the broker "
                + (f"{low} to {high}" if high >= 0 else "none"),
                name="UNSUPPORTED_VERSION",
                code=UNSUPPORTED_VERSION,
            )
        return version

    def request(
        self, api_key: int, version: int, body: bytes, *, flexible: bool, wait_s: float | None = None
    ) -> bytes:
        """Send one request, return the body of its answer; TransientError when the connection fails.

        wait_s: how long the broker may take, within the deadline of the command.
        """
        try:
            data = self._exchange(api_key, version, body, flexible=flexible, wait_s=wait_s)
            self._answered += 1
        except TimeoutError as error:
            self.close()
            if self.deadline.over:
                raise _timed_out(self) from error
            raise TransientError(
                f"broker {self.address} does not answer", cause="no answer in time", name="TIMED_OUT"
            ) from error
        except (OSError, PeerClosed, NotKafka, wire.WireError) as error:
            self.close()
            if self._answered == 0:
                from rpk.client import diagnose

                raise diagnose.first_request_error(self, error) from error
            raise TransientError(f"the connection to {self.address} broke", cause=str(error)) from error
        return data

    def metadata(self, topics: list[str] | None, *, allow_auto_create: bool = False) -> tuple[int, bytes]:
        """Ask for metadata; the version and the undecoded answer."""
        low, high = wire.METADATA_VERSIONS
        version = self.version_of(wire.API_METADATA, high, low)
        body = wire.metadata_request(version, topics, allow_auto_create=allow_auto_create)
        return version, self.request(wire.API_METADATA, version, body, flexible=True)

    # -- opening ------------------------------------------------------------------------------------------------

    def _dial(self) -> None:
        self.debug(f"dialing {self.address}")
        host, port = split_address(self.address)
        self.dialing = True
        plain = socket.create_connection((host, port), timeout=self.deadline.left_s(self.dial_timeout_s))
        self.dialing = False
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = plain
        if self.tls is not None:
            from rpk.client.tls import context

            # The dial timeout covers the handshake: a peer that accepts and says nothing must not hang us.
            self._socket = context(self.tls).wrap_socket(plain, server_hostname=host)
        self._socket.settimeout(self.deadline.left_s())

    def _negotiate(self) -> None:
        from rpk import __version__

        body = wire.api_versions_request("rpk", __version__)
        wait_s = self.deadline.left_s(self.dial_timeout_s)
        error, versions = wire.parse_api_versions(
            self._exchange(wire.API_VERSIONS, 3, body, flexible=True, wait_s=wait_s, old_header=True)
        )
        if error == UNSUPPORTED_VERSION and not versions:
            data = self._exchange(wire.API_VERSIONS, 0, b"", flexible=False, wait_s=wait_s)
            reader = wire.Reader(data)
            error = reader.int16()
            for _ in range(reader.old_count()):
                key, low, high = struct.unpack(">hhh", reader.take(6))
                versions[key] = (low, high)
        if error not in (0, UNSUPPORTED_VERSION):
            raise broker_error(error, f"broker {self.address} refused to talk")
        self.versions = versions

    def _authenticate(self, sasl: Sasl) -> None:
        self.debug(f"authenticating at {self.address} as {sasl.user} with {sasl.mechanism}")
        body = wire.old_string(sasl.mechanism)
        error, mechanisms = wire.parse_sasl_handshake(
            self._exchange(wire.API_SASL_HANDSHAKE, 1, body, flexible=False)
        )
        if error == UNSUPPORTED_SASL_MECHANISM:
            raise AuthError(
                f"broker {self.address} does not offer SASL mechanism {sasl.mechanism}",
                cause=f"it offers {', '.join(mechanisms) or 'none'}",
                hint=f"-X sasl.mechanism={mechanisms[0]}"
                if mechanisms
                else "leave out the user: no SASL here",
                name="UNSUPPORTED_SASL_MECHANISM",
                code=error,
            )
        if error:
            raise self._refused(sasl, error, None)
        if sasl.mechanism == "PLAIN":
            from rpk.client.scram import plain

            self._sasl_step(sasl, plain(sasl.user, sasl.password))
            return
        import secrets

        from rpk.client.scram import Scram, ScramError

        exchange = Scram(sasl.mechanism, sasl.user, sasl.password, secrets.token_urlsafe(18))
        try:
            proof = exchange.final(self._sasl_step(sasl, exchange.first()))
            exchange.verify(self._sasl_step(sasl, proof))
        except ScramError as error_in_exchange:
            raise self._refused(sasl, 58, str(error_in_exchange)) from error_in_exchange

    def _sasl_step(self, sasl: Sasl, message: bytes) -> bytes:
        body = struct.pack(">i", len(message)) + message
        try:
            data = self._exchange(wire.API_SASL_AUTHENTICATE, 0, body, flexible=False)
        except PeerClosed as error:
            raise self._refused(sasl, 58, "the broker closed the connection") from error
        code, text, answer = wire.parse_sasl_authenticate(data)
        if code:
            raise self._refused(sasl, code, text)
        return answer

    def _refused(self, sasl: Sasl, code: int, message: str | None) -> AuthError:
        name = error_name(code)
        return AuthError(
            f"broker {self.address} refused user {sasl.user} ({sasl.mechanism})",
            cause=f"{name}: {message}" if message else name,
            hint="check the password (RPK_PASS, or the profile's kafka_api.sasl.password) and the mechanism",
            name=name,
            code=code,
        )

    # -- frames ---------------------------------------------------------------------------------------------------

    def _exchange(
        self,
        api_key: int,
        version: int,
        body: bytes,
        *,
        flexible: bool,
        wait_s: float | None = None,
        old_header: bool = False,
    ) -> bytes:
        if self._socket is None:
            raise PeerClosed(b"")
        self._correlation_id += 1
        self.debug(f"{self.address}: API {api_key} v{version}, {len(body)} bytes")
        self._socket.settimeout(self.deadline.left_s(wait_s))
        self._socket.sendall(
            wire.request(api_key, version, self._correlation_id, self.client_id, body, flexible=flexible)
        )
        first = self._receive(4)
        size = int.from_bytes(first, "big", signed=True)
        if not 4 <= size <= RESPONSE_BYTES_MAX:
            raise NotKafka(first)
        reader = wire.Reader(self._receive(size))
        if reader.int32() != self._correlation_id:
            raise NotKafka(first)
        skipped = 4
        # The header of ApiVersions' answer is never flexible (KIP-511).
        if flexible and not old_header:
            reader.tags()
            skipped = reader.position
        return reader.rest(skipped)

    def _receive(self, count: int) -> bytes:
        if self._socket is None:
            raise PeerClosed(b"")
        parts: list[bytes] = []
        left = count
        while left:
            self._socket.settimeout(self.deadline.left_s(self._socket.gettimeout()))
            part = self._socket.recv(min(left, 1 << 20))
            if not part:
                raise PeerClosed(b"".join(parts))
            parts.append(part)
            left -= len(part)
        return b"".join(parts)


def _timed_out(connection: Connection) -> TransientError:
    from rpk.client.deadline import timed_out

    return timed_out(f"broker {connection.address} did not answer", connection.deadline.seconds)
