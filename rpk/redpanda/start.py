"""`rpk redpanda start`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from rpk.config.node_file import NodeFile, parse_value
from rpk.config.run import Run, current
from rpk.out.errors import ConfigError, OperationFailed, UsageError
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
)
OUTPUT: dict[str, str] = {}
CONTEXT_SETTINGS = {"ignore_unknown_options": True, "allow_extra_args": True}
DATA_DIRECTORY = "/var/lib/redpanda/data"
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
    cpuset: Annotated[str | None, typer.Option(hidden=True)] = None,
    overprovisioned: Annotated[bool, typer.Option("--overprovisioned", hidden=True)] = False,
    unsafe_bypass_fsync: Annotated[bool | None, typer.Option("--unsafe-bypass-fsync", hidden=True)] = None,
) -> None:
    """Start the broker in the foreground.

    Reads --config, ./redpanda.yaml or /etc/redpanda/redpanda.yaml. Addresses, seeds and --set are saved to that file,
    its comments kept; it is not touched when nothing changes. The broker then replaces this process: SIGTERM drains
    it and it exits 0. Flags rpk does not know are handed to the broker.
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
    words = start_words(
        file,
        context.args,
        {"smp": str(smp) if smp else None, "memory": memory, "mode": mode, "cpuset": cpuset},
        overprovisioned=overprovisioned,
        unsafe_bypass_fsync=unsafe_bypass_fsync,
    )
    become(run, path, words)


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


def become(run: Run, path: str, words: list[str]) -> None:
    """Replace this process by the broker."""
    command_line = [sys.executable, "-m", "engine.node", "--redpanda-cfg", os.path.abspath(path), *words]
    run.debug("exec " + " ".join(command_line))
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execve(sys.executable, command_line, dict(run.environment))
    except OSError as error:
        raise OperationFailed("the broker could not be started", cause=str(error)) from error
