"""The effective settings of one run, typed, each raw value with its source and what it hides (UX-29).

Named tuples instead of dataclasses: every command pays for this module at start, and `dataclasses` costs 4 ms.
"""

from __future__ import annotations

from typing import NamedTuple

from rpk.config.durations import parse_duration
from rpk.config.keys import BY_NAME, KEYS
from rpk.out.errors import ConfigError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

KAFKA_PORT = 9092
ADMIN_PORT = 9644
REGISTRY_PORT = 8081
SECRET_SHOWN = "[REDACTED]"
MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN")


class Value(NamedTuple):
    """A raw value, where it came from, and the (value, source) pairs it hides, nearest first."""

    text: str
    source: str
    shadows: tuple[tuple[str, str], ...] = ()


class Tls(NamedTuple):
    """TLS to one API; empty file names mean the system's own."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    insecure_skip_verify: bool = False


class Sasl(NamedTuple):
    """How to authenticate to the Kafka API."""

    user: str
    password: str
    mechanism: str = MECHANISMS[0]

    def __repr__(self) -> str:
        return f"Sasl(user={self.user!r}, mechanism={self.mechanism!r})"


class Settings:
    """Typed view over resolved values. Keys without a value have their default, source `default`."""

    def __init__(self, values: Mapping[str, Value], *, profile: str = "", path: str = "") -> None:
        self.values = {**{key.name: Value(text=key.default, source="default") for key in KEYS}, **values}
        self.profile = profile
        self.path = path

    def text(self, name: str) -> str:
        """The raw value of a key."""
        return self.values[name].text

    def is_default(self, name: str) -> bool:
        """True when nobody set the key."""
        return self.values[name].source == "default"

    def shown(self, name: str) -> str:
        """The value for people's eyes: secrets redacted (UX-31)."""
        text = self.text(name)
        return SECRET_SHOWN if BY_NAME[name].secret and text else text

    def flag(self, name: str) -> bool:
        """A bool key; ConfigError when it is none."""
        return parse_bool(self.text(name), name, self.values[name].source)

    def duration_s(self, name: str) -> float:
        """A duration key in seconds; ConfigError when it is none or negative."""
        value = self.values[name]
        try:
            seconds = parse_duration(value.text)
        except UsageError as error:
            raise ConfigError(f"{name}: {error}", cause=f"set by {value.source}", hint=error.hint) from error
        if seconds < 0:
            raise ConfigError(f"{name} is negative: {value.text}", cause=f"set by {value.source}")
        return seconds

    # -- Kafka API ------------------------------------------------------------------------------------------

    @property
    def brokers(self) -> tuple[str, ...]:
        """`host:port` seeds of the Kafka API; derived from the Admin API's hosts when only those are set."""
        if self.is_default("brokers"):
            if not self.is_default("admin.hosts"):
                return _derived(self.text("admin.hosts"), KAFKA_PORT)
            self._no_default("broker", "brokers")
        return addresses(self.text("brokers"), KAFKA_PORT)

    @property
    def kafka_tls(self) -> Tls | None:
        """TLS of the Kafka API, None for plaintext."""
        return self._tls("tls.")

    @property
    def sasl(self) -> Sasl | None:
        """Credentials for the Kafka API, None without a user."""
        user = self.text("user")
        mechanism = self.text("sasl.mechanism").upper()
        if not user:
            if mechanism:
                raise ConfigError(
                    f"sasl.mechanism is {mechanism} but there is no user",
                    hint="set the user too: -X user=NAME, RPK_USER, or the profile's kafka_api.sasl.user",
                )
            return None
        mechanism = mechanism or MECHANISMS[0]
        if mechanism not in MECHANISMS:
            raise ConfigError(
                f"sasl.mechanism {mechanism} is not known",
                cause=f"set by {self.values['sasl.mechanism'].source}",
                hint=f"use one of {', '.join(MECHANISMS)}",
            )
        return Sasl(user=user, password=self.text("pass"), mechanism=mechanism)

    @property
    def client_id(self) -> str:
        """Client id of Kafka requests."""
        return self.text("globals.kafka_protocol_request_client_id")

    # -- HTTP APIs ------------------------------------------------------------------------------------------

    @property
    def admin_addresses(self) -> tuple[str, ...]:
        """`host:port` of the Admin API; derived from the brokers' hosts when unset."""
        if self.is_default("admin.hosts"):
            if not self.is_default("brokers"):
                return _derived(self.text("brokers"), ADMIN_PORT)
            self._no_default("Admin API address", "admin.hosts")
        return addresses(self.text("admin.hosts"), ADMIN_PORT)

    @property
    def admin_tls(self) -> Tls | None:
        """TLS of the Admin API."""
        return self._tls("admin.tls.")

    @property
    def registry_addresses(self) -> tuple[str, ...]:
        """`host:port` of the Schema Registry; derived from the brokers' hosts when unset."""
        if self.is_default("registry.hosts"):
            if not self.is_default("brokers"):
                return _derived(self.text("brokers"), REGISTRY_PORT)
            self._no_default("Schema Registry address", "registry.hosts")
        return addresses(self.text("registry.hosts"), REGISTRY_PORT)

    @property
    def registry_tls(self) -> Tls | None:
        """TLS of the Schema Registry."""
        return self._tls("registry.tls.")

    # -- time -----------------------------------------------------------------------------------------------

    @property
    def command_timeout_s(self) -> float:
        """Total time of a command (UX-38)."""
        return self.duration_s("globals.command_timeout")

    @property
    def dial_timeout_s(self) -> float:
        """Time for one connection."""
        return self.duration_s("globals.dial_timeout")

    @property
    def request_timeout_overhead_s(self) -> float:
        """Time a request may take beyond its own timeout."""
        return self.duration_s("globals.request_timeout_overhead")

    @property
    def fetch_max_wait_s(self) -> float:
        """Longest wait of a broker for records."""
        return self.duration_s("globals.fetch_max_wait")

    def _tls(self, prefix: str) -> Tls | None:
        files = [self.text(f"{prefix}{name}") for name in ("ca", "cert", "key")]
        skip = self.flag(f"{prefix}insecure_skip_verify")
        # A CA, a certificate or a wish about verification says TLS without `enabled`; an explicit false wins.
        implied = self.is_default(f"{prefix}enabled") and (any(files) or skip)
        if not implied and not self.flag(f"{prefix}enabled"):
            return None
        ca_file, cert_file, key_file = files
        if bool(cert_file) != bool(key_file):
            given, missing = ("cert", "key") if cert_file else ("key", "cert")
            raise ConfigError(
                f"{prefix}{given} is set but {prefix}{missing} is not", hint="a client certificate needs both"
            )
        return Tls(ca_file=ca_file, cert_file=cert_file, key_file=key_file, insecure_skip_verify=skip)

    def _no_default(self, noun: str, key: str) -> None:
        if self.flag("globals.no_default_cluster"):
            raise ConfigError(
                f"no {noun} is set and globals.no_default_cluster forbids localhost",
                hint=f"select a profile (rpk profile use NAME) or add -X {key}=HOST:PORT",
            )


def parse_bool(text: str, name: str, source: str = "") -> bool:
    """true/false and their usual spellings."""
    lowered = text.strip().lower()
    if lowered in ("true", "1", "t", "yes", "on"):
        return True
    if lowered in ("false", "0", "f", "no", "off", ""):
        return False
    raise ConfigError(
        f"{name} wants true or false, not {text!r}", cause=f"set by {source}" if source else None
    )


def addresses(text: str, default_port: int) -> tuple[str, ...]:
    """`host:port` of each comma-separated address; missing ports are filled, a scheme is dropped."""
    found = tuple(_address(part.strip(), default_port) for part in text.split(",") if part.strip())
    if not found:
        raise ConfigError("the list of addresses is empty")
    return found


def split_address(address: str) -> tuple[str, int]:
    """Host and port of `host:port` or `[v6]:port`."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _address(text: str, default_port: int) -> str:
    if "://" in text:
        text = text.split("://", 1)[1]
    text = text.rstrip("/")
    host, separator, port = text.rpartition(":")
    if not separator or text.endswith("]"):  # no port at all
        host, port = text, str(default_port)
    elif ":" in host and not host.startswith("["):  # a bare IPv6 address, or nonsense
        bare = all(letter in "0123456789abcdefABCDEF:." for letter in text)
        host, port = (f"[{text}]", str(default_port)) if bare else ("", "")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ConfigError(f"{text!r} is no address", hint="write host:port, for example localhost:9092")
    return f"{host}:{int(port)}"


def _derived(text: str, port: int) -> tuple[str, ...]:
    hosts = [address.rpartition(":")[0] for address in addresses(text, port)]
    return tuple(f"{host}:{port}" for host in dict.fromkeys(hosts))
