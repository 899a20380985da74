"""Addresses, listeners and TLS objects as the node file writes them."""

from dataclasses import dataclass

from engine.config.section import Section

UNSPECIFIED = frozenset({"0.0.0.0", "::", "[::]", ""})  # compared with, never bound to
AUTHENTICATION_METHODS = ("none", "sasl", "mtls_identity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Host name or IP, and TCP port (0 lets the system choose, for listeners only)."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A named address. `name` ties together a listener, its advertised address and its TLS settings."""

    name: str
    address: Address
    authentication_method: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsConfig:
    """TLS settings of the listener called `name`."""

    name: str
    enabled: bool
    cert_file: str | None
    key_file: str | None
    truststore_file: str | None
    crl_file: str | None
    require_client_auth: bool


def read_address(section: Section, *, default_port: int | None, port_min: int = 0) -> Address:
    """The address in a mapping with the keys address and port."""
    host = section.text("address", None)
    if host is None or not host.strip():
        raise section.wrong("address", "is missing", "write the host name or IP address")
    port = section.integer("port", default_port, minimum=port_min, maximum=65_535)
    if port is None:
        raise section.wrong("port", "is missing", f"write a port, {port_min} to 65535")
    return Address(host=host.strip(), port=port)


def read_listener(section: Section, *, default_port: int) -> Listener:
    """One listener object: name, address, port, authentication_method."""
    method = section.word("authentication_method", None, AUTHENTICATION_METHODS)
    listener = Listener(
        name=section.text("name", "") or "",
        address=read_address(section, default_port=default_port),
        authentication_method=method,
    )
    section.finish()
    return listener


def read_tls(section: Section) -> TlsConfig:
    """One TLS object."""
    tls = TlsConfig(
        name=section.text("name", "") or "",
        enabled=section.boolean("enabled", default=False),
        cert_file=section.text("cert_file", None),
        key_file=section.text("key_file", None),
        truststore_file=section.text("truststore_file", None),
        crl_file=section.text("crl_file", None),
        require_client_auth=section.boolean("require_client_auth", default=False),
    )
    section.finish()
    return tls


def read_seed(section: Section) -> Address:
    """A seed server: ``{host: {address, port}}`` or the short form ``{address, port}``."""
    inner = section.section("host")
    if inner is not None:
        address = read_address(inner, default_port=33_145, port_min=1)
        inner.finish()
        section.ignore("node_id")
    else:
        address = read_address(section, default_port=33_145, port_min=1)
    section.finish()
    return address
