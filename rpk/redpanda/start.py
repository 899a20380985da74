"""`rpk redpanda start`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from rpk.config.node_file import NodeFile, parse_value
from rpk.config.run import Run, current
from rpk.out.errors import ConfigError, OperationFailed, UsageError
from rpk.redpanda import engines, preparation
from rpk.redpanda.listeners import parse, parse_list, parse_seeds
from rpk.system import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLES = (
    ("rpk redpanda start --config ./redpanda.yaml", "the broker of that file, in the foreground"),
    (
        "rpk redpanda start --kafka-addr 0.0.0.0:9092 --advertise-kafka-addr broker-1:9092",
        "also saved to the file",
    ),
    ("rpk redpanda start --tune", "check, tune, pin, start"),
    ("rpk redpanda start --engine redpanda --install-dir /opt/redpanda", "an installed Redpanda instead"),
)
OUTPUT: dict[str, str] = {}
CONTEXT_SETTINGS = {"ignore_unknown_options": True, "allow_extra_args": True}
DATA_DIRECTORY = "/var/lib/redpanda/data"
STATE_FILE = "/var/run/redpanda_node_tuner_state.yaml"
KAFKA_PORT, PROXY_PORT, REGISTRY_PORT, RPC_PORT = 9092, 8082, 8081, 33145

Addresses = Annotated[list[str] | None, typer.Option(metavar="LIST", help="[name://]host:port, comma list.")]
Address = Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Address of the internal RPC.")]


def command(
    context: typer.Context,
    seeds: Annotated[
        list[str] | None,
        typer.Option("--seeds", "-s", metavar="LIST", help="Seed brokers, host:port of their RPC."),
    ] = None,
    kafka_addr: Addresses = None,
    pandaproxy_addr: Addresses = None,
    schema_registry_addr: Addresses = None,
    rpc_addr: Address = None,
    advertise_kafka_addr: Addresses = None,
    advertise_pandaproxy_addr: Addresses = None,
    advertise_rpc_addr: Address = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set a key of redpanda.yaml and save it."),
    ] = None,
    smp: Annotated[int, typer.Option("--smp", "-c", help="Shards; this version runs one.")] = 0,
    memory: Annotated[str | None, typer.Option(metavar="SIZE", help="Memory bound, such as 2G.")] = None,
    mode: Annotated[
        str | None, typer.Option(metavar="MODE", help="dev-container relaxes a first start.")
    ] = None,
    node_id: Annotated[int, typer.Option("--node-id", hidden=True)] = -1,
    cpuset: Annotated[
        str | None, typer.Option(metavar="LIST", help="CPUs of the broker; else what tuning left to it.")
    ] = None,
    tune: Annotated[bool, typer.Option("--tune", help="Tune this host first; needs root.")] = False,
    host_check: Annotated[
        bool | None,
        typer.Option("--check/--no-check", help="Check this host first; else only in production mode."),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="bundled, or redpanda: an installed one; else rpk.engine."),
    ] = None,
    install_dir: Annotated[
        str | None,
        typer.Option("--install-dir", metavar="DIR", help="Redpanda's directory, above bin/redpanda."),
    ] = None,
    reserve_memory: Annotated[str | None, typer.Option("--reserve-memory", hidden=True)] = None,
    lock_memory: Annotated[bool | None, typer.Option("--lock-memory/--no-lock-memory", hidden=True)] = None,
    io_properties: Annotated[str | None, typer.Option("--io-properties", hidden=True)] = None,
    io_properties_file: Annotated[str | None, typer.Option("--io-properties-file", hidden=True)] = None,
    overprovisioned: Annotated[bool, typer.Option("--overprovisioned", hidden=True)] = False,
    unsafe_bypass_fsync: Annotated[bool | None, typer.Option("--unsafe-bypass-fsync", hidden=True)] = None,
) -> None:
    """Start the broker in the foreground.

    Reads --config, ./redpanda.yaml or /etc/redpanda/redpanda.yaml. Addresses, seeds and --set are saved to that file,
    its comments kept; it is not touched when nothing changes. The broker then replaces this process: SIGTERM drains
    it and it exits 0. Flags rpk does not know are handed to the broker.

    --tune applies the tuners that are switched on; the CPUs they leave to the broker are the ones it runs on.
    --engine redpanda starts an installed Redpanda, its command line built from flags, redpanda.yaml, io-config.yaml
    and tuning.
    """
    run = current()
    path = run.options.config or paths.redpanda_yaml(run.environment)
    file = NodeFile.load(path, required=run.options.config is not None)
    if file.get("redpanda.data_directory") is None:
        file.set("redpanda.data_directory", DATA_DIRECTORY)
    lists = {
        "redpanda.kafka_api": (kafka_addr, "KAFKA_ADDRESS", KAFKA_PORT, "--kafka-addr"),
        "pandaproxy.pandaproxy_api": (pandaproxy_addr, "PANDAPROXY_ADDRESS", PROXY_PORT, "--pandaproxy-addr"),
        "schema_registry.schema_registry_api": (
            schema_registry_addr, "SCHEMA_REGISTRY_ADDRESS", REGISTRY_PORT, "--schema-registry-addr",
        ),
        "redpanda.advertised_kafka_api": (
            advertise_kafka_addr, "ADVERTISE_KAFKA_ADDRESS", KAFKA_PORT, "--advertise-kafka-addr",
        ),
        "pandaproxy.advertised_pandaproxy_api": (
            advertise_pandaproxy_addr, "ADVERTISE_PANDAPROXY_ADDRESS", PROXY_PORT, "--advertise-pandaproxy-addr",
        ),
    }  # fmt: skip
    for key, (flag, variable, port, name) in lists.items():
        if texts := flag or from_environment(run.environment, variable):
            file.set(key, parse_list(texts, port, name))
    for key, text, variable, name in (
        ("redpanda.rpc_server", rpc_addr, "RPC_ADDRESS", "--rpc-addr"),
        ("redpanda.advertised_rpc_api", advertise_rpc_addr, "ADVERTISE_RPC_ADDRESS", "--advertise-rpc-addr"),
    ):
        if text or from_environment(run.environment, variable):
            found = parse(text or from_environment(run.environment, variable)[0], RPC_PORT, name)
            file.set(key, {"address": found["address"], "port": found["port"]})
    if texts := seeds or from_environment(run.environment, "SEEDS"):
        file.set(
            "redpanda.seed_servers", [{"host": each} for each in parse_seeds(texts, RPC_PORT, "--seeds")]
        )
    if node_id >= 0:
        file.set("redpanda.node_id", node_id)
    for text in set_ or ():
        apply(file, text)
    check(file)
    save(file)
    name = engines.chosen(file, engine)
    left = prepare(run, path, file, mode=mode, tune=tune, host_check=host_check)
    smp_word = str(smp) if smp else None
    cpuset, smp_word = preparation.placed(left, cpuset, smp_word)
    if name == engines.REDPANDA:
        choices = engines.Choices(
            smp=smp_word, memory=memory, mode=mode, cpuset=cpuset, reserve_memory=reserve_memory,
            io_properties=io_properties, io_properties_file=io_properties_file, overprovisioned=overprovisioned,
            lock_memory=lock_memory, unsafe_bypass_fsync=unsafe_bypass_fsync, rest=tuple(context.args),
        )  # fmt: skip
        program = engines.redpanda_program(install_dir, run.environment)
        line = engines.redpanda_line(program, file, choices, swap=has_swap())
    else:
        words = start_words(
            file,
            context.args,
            {"smp": smp_word, "memory": memory, "mode": mode, "cpuset": cpuset},
            overprovisioned=overprovisioned,
            unsafe_bypass_fsync=unsafe_bypass_fsync,
        )
        line = engines.bundled_line(path, words)
    become(run, line)


def prepare(
    run: Run, path: str, file: NodeFile, *, mode: str | None, tune: bool, host_check: bool | None
) -> preparation.HandOver:
    """Check, then tune, then take over what tuning of this boot left; cheap where nothing of it is asked for."""
    relaxed = mode == "dev-container" or bool(file.get("redpanda.developer_mode", default=False))
    section = file.get("rpk", default={})
    production = not relaxed and any(
        str(key).startswith("tune_") and value is True for key, value in dict(section).items()
    )
    wanted = production if host_check is None else host_check
    if wanted or tune:
        from rpk.tune.session import Choices, open_session

        options = run.options.config
        run.options.config = path if os.path.exists(path) else options
        try:
            session = open_session(run, Choices())
        finally:
            run.options.config = options
        if wanted:
            preparation.check_host(run, session)
        if tune:
            preparation.tune_host(run, session)
    if relaxed or not os.path.exists(STATE_FILE):
        return preparation.HandOver()
    from rpk.system.host import HostReader
    from rpk.tune.session import state_of

    left = preparation.handed_over(state_of(HostReader()))
    if left.latency_us is not None:
        preparation.hold_latency(run, left.latency_us)
    return left


def has_swap() -> bool:
    """Whether the kernel has any swap."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            return any(line.startswith("SwapTotal:") and line.split()[1] != "0" for line in file)
    except OSError:
        return False


def from_environment(environment: Mapping[str, str], name: str) -> list[str]:
    """`REDPANDA_<name>` as a list, empty when it is not set."""
    text = environment.get(f"REDPANDA_{name}", "").strip()
    return [text] if text else []


def apply(file: NodeFile, text: str) -> None:
    """One `--set KEY=VALUE`; a key without a section belongs to `redpanda`."""
    key, equals, raw = text.partition("=")
    if not equals or not key.strip():
        raise UsageError(f"--set {text}: not KEY=VALUE", hint="for example --set redpanda.rack=a")
    key = key.strip()
    file.set(key if "." in key else f"redpanda.{key}", parse_value(raw, f"--set {key}"))


def check(file: NodeFile) -> None:
    """Read the file as the broker will; ConfigError names file, key and fix."""
    from engine.config import errors
    from engine.config.cluster_config import PROPERTY_NAMES
    from engine.config.node_config import node_config
    from engine.config.yaml_file import parse_yaml

    try:
        values = parse_yaml(file.text(), file=file.path)
        if not isinstance(values, dict):
            raise ConfigError(f"{file.path}: the file must be a mapping")
        node_config(values, file=file.path, cluster_names=PROPERTY_NAMES)
    except errors.ConfigError as error:
        raise ConfigError(f"{error.file}: {error.key}", cause=error.problem, hint=error.fix) from error


def save(file: NodeFile) -> None:
    """Save; a file that cannot be written (a read-only mount) ends the start with the way round."""
    try:
        file.save()
    except OperationFailed as error:
        error.hint = "start without flags that change the file, or name another with --config"
        raise


def start_words(
    file: NodeFile,
    rest: list[str],
    flags: Mapping[str, str | None],
    *,
    overprovisioned: bool,
    unsafe_bypass_fsync: bool | None,
) -> list[str]:
    """The broker's command line: flags given here win over the rpk section of the file."""
    words: list[str] = []
    smp = flags["smp"] or file.get("rpk.smp")
    for name, value in (("smp", smp), *((name, flags[name]) for name in ("memory", "mode", "cpuset"))):
        if value is not None:
            words.append(f"--{name}={value}")
    if overprovisioned or file.get("rpk.overprovisioned", default=False):
        words.append("--overprovisioned")
    if unsafe_bypass_fsync is not None:
        words.append(f"--unsafe-bypass-fsync={'true' if unsafe_bypass_fsync else 'false'}")
    return [*words, *(str(word) for word in file.get("rpk.additional_start_flags", default=[])), *rest]


def become(run: Run, line: list[str]) -> None:
    """Replace this process by the broker."""
    run.debug("exec " + " ".join(line))
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execve(line[0], line, dict(run.environment))
    except OSError as error:
        raise OperationFailed("the broker could not be started", cause=str(error)) from error
