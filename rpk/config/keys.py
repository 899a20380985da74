"""The 31 settings of `-X`: their names, types, defaults, variables and places in rpk.yaml."""

from __future__ import annotations


class Key:
    """One setting.

    name: as `-X` spells it. kind: list, bool, string, duration. path: its place in a profile, or in `globals`
    when it starts with that. secret: never shown. legacy: older names of its environment variable.
    """

    __slots__ = ("default", "help", "kind", "legacy", "name", "path", "sample", "secret")

    def __init__(
        self,
        name: str,
        kind: str,
        default: str,
        help: str,
        sample: str,
        path: str,
        *,
        secret: bool = False,
        legacy: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.kind = kind
        self.default = default
        self.help = help
        self.sample = sample
        self.path = tuple(path.split("."))
        self.secret = secret
        self.legacy = legacy

    @property
    def variable(self) -> str:
        """Its environment variable: `tls.ca` is RPK_TLS_CA."""
        return "RPK_" + self.name.upper().replace(".", "_")


def _tls(prefix: str, section: str, what: str, legacy: str) -> tuple[Key, ...]:
    variables: dict[str, tuple[str, ...]] = {"ca": (), "cert": (), "key": ()}
    if legacy:
        variables = {
            "ca": (f"{legacy}_CA", f"{legacy}_TRUSTSTORE"),
            "cert": (f"{legacy}_CERT",),
            "key": (f"{legacy}_KEY",),
        }
    path = f"{section}.tls"
    return (
        Key(f"{prefix}enabled", "bool", "false", f"Speak TLS to the {what}.", "true", f"{path}.enabled"),
        Key(
            f"{prefix}insecure_skip_verify",
            "bool",
            "false",
            f"Do not verify the certificate of the {what}.",
            "false",
            f"{path}.insecure_skip_verify",
        ),
        Key(
            f"{prefix}ca", "string", "", f"File with the CA of the {what} (PEM).", "/path/ca.pem", f"{path}.ca_file",
            legacy=variables["ca"],
        ),
        Key(
            f"{prefix}cert", "string", "", f"File with the client certificate for the {what}.", "/path/cert.pem",
            f"{path}.cert_file", legacy=variables["cert"],
        ),
        Key(
            f"{prefix}key", "string", "", f"File with the client key for the {what}.", "/path/key.pem",
            f"{path}.key_file", legacy=variables["key"],
        ),
    )  # fmt: skip


KEYS: tuple[Key, ...] = (
    Key(
        "brokers", "list", "127.0.0.1:9092", "Kafka API addresses to dial first, comma separated.",
        "127.0.0.1:9092,localhost:9094", "kafka_api.brokers", legacy=("REDPANDA_BROKERS",),
    ),
    *_tls("tls.", "kafka_api", "Kafka API", "REDPANDA_TLS"),
    Key(
        "sasl.mechanism", "string", "", "SASL mechanism: SCRAM-SHA-256 (the default with a user), SCRAM-SHA-512, PLAIN.",
        "SCRAM-SHA-256", "kafka_api.sasl.mechanism", legacy=("REDPANDA_SASL_MECHANISM",),
    ),
    Key(
        "user", "string", "", "SASL user, also the basic-auth user of the Admin API and Schema Registry.", "admin",
        "kafka_api.sasl.user", legacy=("REDPANDA_SASL_USERNAME",),
    ),
    Key(
        "pass", "string", "", "SASL password; prefer RPK_PASS or a profile, the process list shows -X.", "secret",
        "kafka_api.sasl.password", secret=True, legacy=("REDPANDA_SASL_PASSWORD",),
    ),
    Key(
        "admin.hosts", "list", "127.0.0.1:9644", "Admin API addresses, comma separated.", "localhost:9644",
        "admin_api.addresses", legacy=("REDPANDA_API_ADMIN_ADDRS",),
    ),
    *_tls("admin.tls.", "admin_api", "Admin API", "REDPANDA_ADMIN_TLS"),
    Key(
        "registry.hosts", "list", "127.0.0.1:8081", "Schema Registry addresses, comma separated.", "localhost:8081",
        "schema_registry.addresses",
    ),
    *_tls("registry.tls.", "schema_registry", "Schema Registry", ""),
    Key("cloud.client_id", "string", "", "Client id of a cloud account.", "id", "cloud_auth.client_id"),
    Key(
        "cloud.client_secret", "string", "", "Client secret of a cloud account.", "secret", "cloud_auth.client_secret",
        secret=True,
    ),
    Key(
        "globals.prompt", "string", "bg-red \"%n\"", "Format of `rpk profile prompt` where the profile has none.",
        'bg-red "%n"', "globals.prompt",
    ),
    Key(
        "globals.no_default_cluster", "bool", "false", "Fail instead of dialing localhost when no broker is set.",
        "false", "globals.no_default_cluster",
    ),
    Key(
        "globals.command_timeout", "duration", "10s", "Total time a command may take to talk to the cluster.", "30s",
        "globals.command_timeout",
    ),
    Key("globals.dial_timeout", "duration", "3s", "Time to open one connection.", "3s", "globals.dial_timeout"),
    Key(
        "globals.request_timeout_overhead", "duration", "5s", "Time a request may take beyond its own timeout.", "10s",
        "globals.request_timeout_overhead",
    ),
    Key(
        "globals.retry_timeout", "duration", "11s", "Time to go on retrying one request.", "30s",
        "globals.retry_timeout",
    ),
    Key(
        "globals.fetch_max_wait", "duration", "5s", "Longest wait of a broker for records to fetch.", "5s",
        "globals.fetch_max_wait",
    ),
    Key(
        "globals.kafka_protocol_request_client_id", "string", "rpk", "Client id sent with every Kafka request.", "rpk",
        "globals.kafka_protocol_request_client_id",
    ),
)  # fmt: skip

BY_NAME = {key.name: key for key in KEYS}

RETIRED = {
    "kafka_api.brokers": "brokers",
    "rpk.kafka_api.brokers": "brokers",
    "admin_api.addresses": "admin.hosts",
    "sasl.user": "user",
    "sasl.username": "user",
    "sasl.password": "pass",
    "sasl.pass": "pass",
    "tls.truststore": "tls.ca",
    "admin.tls.truststore": "admin.tls.ca",
    "password": "pass",
}
"""Names people remember from older versions, and what they are called now."""


def suggestion(name: str, known: tuple[str, ...] | list[str]) -> str | None:
    """The known name a mistyped one most likely means."""
    if name in RETIRED and RETIRED[name] in known:
        return RETIRED[name]
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return close[0] if close else None
