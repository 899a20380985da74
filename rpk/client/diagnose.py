"""Why a connection failed, in words that name the wrong setting (UX-23).

The first failure is taken at its word where it says enough (refused, unknown host). Where the peer only hung
up or said something odd, it is asked again, once and briefly, whether it speaks TLS or HTTP. No other API than
the one the user dialed is ever contacted, and none is blamed.
"""

from __future__ import annotations

import errno
import socket

from rpk.client.connection import Connection, NotKafka, PeerClosed
from rpk.client.wire import WireError
from rpk.config.settings import ADMIN_PORT, split_address
from rpk.out.errors import AuthError, ConfigError, OperationFailed, RpkError, TransientError

PROBE_TIMEOUT_S = 1.0
_TLS_RECORDS = (0x14, 0x15, 0x16)


def connection_error(connection: Connection, error: Exception) -> RpkError:
    """The error to show for a connection that never got through its handshakes."""
    address = connection.address
    if isinstance(error, socket.gaierror):
        host = split_address(address)[0]
        return TransientError(
            f"cannot find host {host}",
            cause=f"DNS: {error.strerror}",
            hint="check the spelling of brokers (rpk profile current --explain shows where it is set)",
            name="DNS_FAILED",
        )
    if isinstance(error, ConnectionRefusedError):
        return TransientError(
            f"nothing listens on {address}",
            cause="connection refused",
            hint="rpk container start starts a cluster here; or set brokers: -X brokers=HOST:PORT",
            name="CONNECTION_REFUSED",
        )
    if isinstance(error, TimeoutError) and connection.dialing:
        return TransientError(
            f"cannot connect to {address}",
            cause=f"no answer to the dial within {connection.dial_timeout_s:g}s",
            hint="check that a firewall lets this host through; -X globals.dial_timeout=10s waits longer",
            name="DIAL_TIMED_OUT",
        )
    if connection.tls is not None and _is_tls_error(error):
        return _tls_failed(connection, error)
    return _odd_peer(connection, error)


def first_request_error(connection: Connection, error: Exception) -> RpkError:
    """The error for a first request that got no answer although the broker talked before."""
    hung_up = isinstance(error, (PeerClosed, ConnectionError))
    if hung_up and connection.sasl is None:
        # Brokers that want SASL answer ApiVersions and hang up on anything else (KIP-43).
        return AuthError(
            f"broker {connection.address} hung up on the first request",
            cause="it most likely requires SASL and no user is set",
            hint="set one: -X user=NAME with RPK_PASS=…, or in the profile (rpk profile set user=NAME)",
            name="SASL_REQUIRED",
        )
    return TransientError(
        f"the connection to {connection.address} broke", cause=str(error) or type(error).__name__
    )


def advertised_error(node_id: int, address: str, bootstrap: str, cause: RpkError) -> RpkError:
    """The error for a broker whose advertised address does not work although the bootstrap address does."""
    return TransientError(
        f"cannot reach broker {node_id} at its advertised address {address}; the bootstrap address {bootstrap} works",
        cause=f"{cause.message}" + (f" ({cause.cause})" if cause.cause else ""),
        hint=f"advertise an address of broker {node_id} that this host can reach (advertised_kafka_api)",
        name="ADVERTISED_ADDRESS_UNREACHABLE",
    )


def _is_tls_error(error: Exception) -> bool:
    import ssl

    return isinstance(error, (ssl.CertificateError, OSError, PeerClosed))  # SSLError is an OSError


def _tls_failed(connection: Connection, error: Exception) -> RpkError:
    import ssl

    address = connection.address
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConfigError(
            f"the certificate of {address} is not trusted",
            cause=error.verify_message or str(error),
            hint="-X tls.ca=FILE names the CA that signed it",
            name="CERTIFICATE_NOT_TRUSTED",
        )
    reason = getattr(error, "reason", None) or str(error)
    if "ALERT" in str(reason) and "CERTIFICATE" in str(reason):
        return AuthError(
            f"{address} did not accept the client certificate",
            cause=str(reason),
            hint="-X tls.cert=FILE -X tls.key=FILE name the certificate and key it wants",
            name="CLIENT_CERTIFICATE_REFUSED",
        )
    kind = _probe_plain(connection)
    if kind == "kafka":
        return ConfigError(
            f"TLS is on, but {address} speaks plaintext Kafka",
            cause=str(reason),
            hint="-X tls.enabled=false, or use the port of the TLS listener",
            name="TLS_TO_PLAINTEXT",
        )
    if kind == "http":
        return _http_peer(connection)
    return TransientError(f"the TLS handshake with {address} failed", cause=str(reason), name="TLS_FAILED")


def _odd_peer(connection: Connection, error: Exception) -> RpkError:
    address = connection.address
    received = error.received if isinstance(error, (PeerClosed, NotKafka)) else b""
    if received[:4] == b"HTTP" or (connection.tls is None and _probe_http(connection)):
        return _http_peer(connection)
    looks_tls = len(received) > 1 and received[0] in _TLS_RECORDS and received[1] == 3
    if connection.tls is None and (looks_tls or _probe_tls(connection)):
        return ConfigError(
            f"{address} wants TLS, and TLS is off",
            cause="it answers a TLS handshake and hangs up on plaintext",
            hint="-X tls.enabled=true, and -X tls.ca=FILE for a CA of your own",
            name="PLAINTEXT_TO_TLS",
        )
    if isinstance(error, TimeoutError):
        return TransientError(
            f"{address} accepts connections but does not answer",
            cause="no answer to the first request in time",
            hint="the broker may be starting or overloaded; is this the port of the Kafka API?",
            name="NO_ANSWER",
        )
    if isinstance(error, (NotKafka, WireError)):
        return OperationFailed(
            f"{address} does not speak the Kafka protocol",
            cause=f"it said {received[:16]!r}" if received else str(error),
            hint="check the port in brokers; the Kafka API usually has 9092",
            name="NOT_KAFKA",
        )
    if isinstance(error, OSError) and error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return TransientError(f"no route to {address}", cause=error.strerror, name="NO_ROUTE")
    return TransientError(
        f"{address} closed the connection before its first answer",
        cause=str(error) or type(error).__name__,
        hint="the broker may be starting or out of connections; is this the port of the Kafka API?",
        name="CONNECTION_CLOSED",
    )


def _http_peer(connection: Connection) -> RpkError:
    address = connection.address
    port = split_address(address)[1]
    admin = port == ADMIN_PORT or _probe_http(connection, path="/v1/status/ready") == 200
    what = "the Admin API" if admin else "an HTTP server"
    return ConfigError(
        f"{address} is {what}, not the Kafka API",
        cause="it answers in HTTP",
        hint=f"-X brokers=HOST:9092 for the Kafka API; -X admin.hosts={address} for the Admin API"
        if admin
        else "-X brokers=HOST:PORT with the port of the Kafka API, usually 9092",
        name="ADMIN_PORT" if admin else "HTTP_PEER",
    )


def _probe(connection: Connection) -> socket.socket:
    timeout_s = connection.deadline.left_s(min(PROBE_TIMEOUT_S, connection.dial_timeout_s))
    return socket.create_connection(split_address(connection.address), timeout=timeout_s)


def _probe_http(connection: Connection, path: str = "/") -> int:
    """HTTP status the peer answers, 0 when it is no HTTP server."""
    host = split_address(connection.address)[0]
    try:
        with _probe(connection) as probe:
            probe.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            answer = probe.recv(64)
    except OSError:
        return 0
    parts = answer.split(b" ", 2)
    return int(parts[1]) if answer.startswith(b"HTTP/") and len(parts) > 1 and parts[1].isdigit() else 0


def _probe_tls(connection: Connection) -> bool:
    """Whether the peer finishes or politely refuses a TLS handshake."""
    import ssl

    unchecked = ssl.create_default_context()
    unchecked.check_hostname = False
    unchecked.verify_mode = ssl.CERT_NONE
    try:
        with _probe(connection) as probe, unchecked.wrap_socket(probe):
            return True
    except ssl.SSLEOFError:
        return False
    except ssl.SSLError as error:
        return "ALERT" in str(error.reason)
    except OSError:
        return False


def _probe_plain(connection: Connection) -> str:
    """`kafka` or `http` when the peer speaks that without TLS, else nothing."""
    from rpk.client import wire

    try:
        with _probe(connection) as probe:
            probe.sendall(wire.request(wire.API_VERSIONS, 0, 1, "rpk", b"", flexible=False))
            answer = probe.recv(8)
    except OSError:
        answer = b""  # an HTTP server may wait for the end of a line
    if answer[:4] == b"HTTP":
        return "http"
    if len(answer) == 8 and answer[4:] == b"\x00\x00\x00\x01":
        return "kafka"
    return "http" if _probe_http(connection) else ""
