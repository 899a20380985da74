"""`NodeConfig`: what one broker process is told by redpanda.yaml, typed and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.config.address import (
    UNSPECIFIED,
    Address,
    Listener,
    TlsConfig,
    read_address,
    read_listener,
    read_seed,
    read_tls,
)
from engine.config.overrides import apply_sets
from engine.config.section import Remarks, Section
from engine.config.yaml_file import Plain, read_yaml_mapping

KAFKA_PORT = 9092
ADMIN_PORT = 9644
RPC_PORT = 33145
NODE_ID_MAX = 2**31 - 1

_SERVICES = (
    "pandaproxy",
    "pandaproxy_client",
    "schema_registry",
    "schema_registry_client",
    "audit_log_client",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    """One node's settings. Listeners are never empty; every list has at least its default entry."""

    file: str
    data_directory: Path
    node_id: int | None = None
    rack: str | None = None
    seed_servers: tuple[Address, ...] = ()
    empty_seed_starts_cluster: bool = True
    rpc_server: Address
    rpc_server_tls: TlsConfig | None = None
    advertised_rpc_api: Address
    kafka_api: tuple[Listener, ...]
    advertised_kafka_api: tuple[Listener, ...]
    """One entry a listener, in the order of `kafka_api`, with the same names."""
    kafka_api_tls: tuple[TlsConfig, ...] = ()
    admin: tuple[Listener, ...]
    admin_api_tls: tuple[TlsConfig, ...] = ()
    cloud_storage_cache_directory: Path | None = None
    developer_mode: bool = False
    recovery_mode_enabled: bool = False
    crash_loop_limit: int | None = 5
    emergency_disable_data_transforms: bool = False
    upgrade_override_checks: bool = False
    verbose_logging_timeout_sec_max: int | None = None
    fips_mode: str = "disabled"
    memory_allocation_warning_threshold: int = 131_073
    services: Mapping[str, Mapping[str, Plain] | None] = field(default_factory=dict)
    """Sections other than redpanda and rpk; an empty mapping turns a service on with its defaults."""
    rpk: Mapping[str, Plain] = field(default_factory=dict)
    legacy_cluster_properties: Mapping[str, Plain] = field(default_factory=dict)
    """Unknown keys of the redpanda section: imported into the cluster's properties on first start."""
    remarks: tuple[str, ...] = ()
    """Lines for the log, such as unknown keys."""

    @property
    def bootstrap_file(self) -> Path:
        """`.bootstrap.yaml` beside the node file."""
        return Path(self.file).parent / ".bootstrap.yaml"

    def as_flat(self) -> dict[str, object]:
        """The redpanda section as the Admin API's node_config shows it: a flat object of plain values."""
        return {
            "data_directory": str(self.data_directory),
            "node_id": self.node_id,
            "rack": self.rack,
            "seed_servers": [
                {"host": {"address": seed.host, "port": seed.port}} for seed in self.seed_servers
            ],
            "empty_seed_starts_cluster": self.empty_seed_starts_cluster,
            "rpc_server": _flat(self.rpc_server),
            "advertised_rpc_api": _flat(self.advertised_rpc_api),
            "kafka_api": [_flat_listener(listener) for listener in self.kafka_api],
            "advertised_kafka_api": [_flat_listener(listener) for listener in self.advertised_kafka_api],
            "kafka_api_tls": [_flat_tls(tls) for tls in self.kafka_api_tls],
            "admin": [_flat_listener(listener) for listener in self.admin],
            "admin_api_tls": [_flat_tls(tls) for tls in self.admin_api_tls],
            "developer_mode": self.developer_mode,
            "recovery_mode_enabled": self.recovery_mode_enabled,
            "crash_loop_limit": self.crash_loop_limit,
            "emergency_disable_data_transforms": self.emergency_disable_data_transforms,
            "upgrade_override_checks": self.upgrade_override_checks,
            "fips_mode": self.fips_mode,
            "memory_allocation_warning_threshold": self.memory_allocation_warning_threshold,
        }


def _flat(address: Address) -> dict[str, object]:
    return {"address": address.host, "port": address.port}


def _flat_listener(listener: Listener) -> dict[str, object]:
    found: dict[str, object] = {"name": listener.name, **_flat(listener.address)}
    if listener.authentication_method is not None:
        found["authentication_method"] = listener.authentication_method
    return found


def _flat_tls(tls: TlsConfig) -> dict[str, object]:
    return {
        "name": tls.name,
        "enabled": tls.enabled,
        "cert_file": tls.cert_file,
        "key_file": tls.key_file,
        "truststore_file": tls.truststore_file,
        "require_client_auth": tls.require_client_auth,
    }


def _listeners(section: Section, key: str, port: int) -> tuple[Listener, ...]:
    found = section.sections(key)
    if not found:
        return (Listener(name="", address=Address(host="127.0.0.1", port=port)),)
    listeners = tuple(read_listener(item, default_port=port) for item in found)
    _refuse_duplicates(section, key, [listener.name for listener in listeners], "name")
    used = [str(listener.address) for listener in listeners if listener.address.port]
    _refuse_duplicates(section, key, used, "address and port")
    return listeners


def _refuse_duplicates(section: Section, key: str, items: Sequence[str], what: str) -> None:
    seen: set[str] = set()
    for item in items:
        if item in seen:
            raise section.wrong(key, f"has {item or 'an unnamed entry'!r} twice", f"give each its own {what}")
        seen.add(item)


def _advertised(section: Section, listeners: tuple[Listener, ...]) -> tuple[Listener, ...]:
    """The address each listener tells its clients, in the order of `listeners`."""
    key = "advertised_kafka_api"
    given = [read_listener(item, default_port=KAFKA_PORT) for item in section.sections(key) or ()]
    _refuse_duplicates(section, key, [entry.name for entry in given], "name")
    by_name = {entry.name: entry for entry in given}
    names = {listener.name for listener in listeners}
    for name in by_name:
        if name not in names:
            raise section.wrong(
                key, f"names the listener {name!r}, which kafka_api does not have", "use kafka_api's names"
            )
    advertised = tuple(by_name.get(listener.name, listener) for listener in listeners)
    for entry in advertised:
        if entry.address.host in UNSPECIFIED:
            raise section.wrong(
                key,
                f"clients cannot connect to {entry.address.host}",
                "set advertised_kafka_api to a host name or IP that clients can reach",
            )
    return advertised


def _tls(section: Section, key: str, listeners: tuple[Listener, ...]) -> tuple[TlsConfig, ...]:
    found = tuple(read_tls(item) for item in section.sections(key) or ())
    _refuse_duplicates(section, key, [tls.name for tls in found], "name")
    names = {listener.name for listener in listeners}
    for tls in found:
        if tls.name not in names:
            raise section.wrong(key, f"names the listener {tls.name!r}, which is not there", "use its name")
        if tls.enabled and not (tls.cert_file and tls.key_file):
            raise section.wrong(key, "is enabled without a certificate", "set cert_file and key_file")
    return found


def _address(section: Section, key: str, default: Address) -> Address:
    inner = section.section(key)
    if inner is None:
        return default
    address = read_address(inner, default_port=default.port)
    inner.finish()
    return address


def _seeds(section: Section) -> tuple[Address, ...]:
    seeds = tuple(read_seed(item) for item in section.sections("seed_servers") or ())
    _refuse_duplicates(section, "seed_servers", [str(seed) for seed in seeds], "address")
    return seeds


def node_config(
    values: Mapping[str, Plain], *, file: str, cluster_names: frozenset[str] = frozenset()
) -> NodeConfig:
    """The typed form of the node file's mapping.

    `cluster_names` are the cluster properties' names: such keys in the redpanda section are collected in
    `legacy_cluster_properties`, other unknown keys are remarked on. Raises `ConfigError`.
    """
    remarks = Remarks(file=file)
    root = Section(values, "", remarks)
    section = root.section("redpanda") or Section({}, "redpanda", remarks)
    directory = section.text("data_directory", None)
    if not directory:
        raise section.wrong("data_directory", "is missing", "set it to the directory for the broker's data")
    kafka_api = _listeners(section, "kafka_api", KAFKA_PORT)
    admin = _listeners(section, "admin", ADMIN_PORT)
    rpc_server = _address(section, "rpc_server", Address(host="127.0.0.1", port=RPC_PORT))
    rpc_tls = section.section("rpc_server_tls")
    cache = section.text("cloud_storage_cache_directory", None)
    section.ignore(
        "coproc_supervisor_server",
        "dashboard_dir",
        "enable_central_config",
        "node_id_overrides",
        "storage_failure_injection_enabled",
        "storage_failure_injection_config_path",
        "admin_api_doc_dir",
        "openssl_config_file",
        "openssl_module_directory",
    )
    services: dict[str, Mapping[str, Plain] | None] = {}
    for name in _SERVICES:
        if name in values:
            inner = root.section(name)
            services[name] = inner.rest() if inner is not None else None
    rpk = root.section("rpk")
    config = NodeConfig(
        file=file,
        data_directory=Path(directory).absolute(),
        node_id=section.integer("node_id", None, minimum=0, maximum=NODE_ID_MAX),
        rack=section.text("rack", None),
        seed_servers=_seeds(section),
        empty_seed_starts_cluster=section.boolean("empty_seed_starts_cluster", default=True),
        rpc_server=rpc_server,
        rpc_server_tls=read_tls(rpc_tls) if rpc_tls is not None else None,
        advertised_rpc_api=_address(section, "advertised_rpc_api", rpc_server),
        kafka_api=kafka_api,
        advertised_kafka_api=_advertised(section, kafka_api),
        kafka_api_tls=_tls(section, "kafka_api_tls", kafka_api),
        admin=admin,
        admin_api_tls=_tls(section, "admin_api_tls", admin),
        cloud_storage_cache_directory=Path(cache) if cache else None,
        developer_mode=section.boolean("developer_mode", default=False),
        recovery_mode_enabled=section.boolean("recovery_mode_enabled", default=False),
        crash_loop_limit=section.integer("crash_loop_limit", 5, minimum=0, maximum=1_000_000),
        emergency_disable_data_transforms=section.boolean("emergency_disable_data_transforms", default=False),
        upgrade_override_checks=section.boolean("upgrade_override_checks", default=False),
        verbose_logging_timeout_sec_max=section.integer(
            "verbose_logging_timeout_sec_max", None, minimum=1, maximum=2**31
        ),
        fips_mode=section.word("fips_mode", "disabled", ("disabled", "permissive", "enabled")) or "disabled",
        memory_allocation_warning_threshold=section.integer(
            "memory_allocation_warning_threshold", 131_073, minimum=1, maximum=2**40
        )
        or 131_073,
        services=services,
        rpk=rpk.rest() if rpk is not None else {},
        legacy_cluster_properties={
            name: value for name, value in section.rest().items() if name in cluster_names
        },
        remarks=(),
    )
    section.ignore(*config.legacy_cluster_properties)
    section.finish(sorted(cluster_names))
    root.finish()
    return replace(config, remarks=tuple(remarks.lines))


def load_node_config(
    path: Path, *, sets: Sequence[str] = (), cluster_names: frozenset[str] = frozenset()
) -> NodeConfig:
    """Read redpanda.yaml at `path`, apply ``section.key=value`` settings, and check all of it.

    Raises `ConfigError` with file, key, problem and fix.
    """
    values = apply_sets(read_yaml_mapping(path), sets)
    return node_config(values, file=str(path.absolute()), cluster_names=cluster_names)
