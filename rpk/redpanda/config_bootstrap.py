"""`rpk redpanda config bootstrap`."""

from __future__ import annotations

import ipaddress
import socket
from typing import Annotated

import typer

from rpk.config.node_file import NodeFile
from rpk.config.run import current
from rpk.out.errors import UsageError
from rpk.redpanda.listeners import parse, parse_seeds
from rpk.redpanda.start import DATA_DIRECTORY, KAFKA_PORT, RPC_PORT, check
from rpk.system import paths

EXAMPLES = (
    (
        "rpk redpanda config bootstrap --self 10.0.0.1 --ips 10.0.0.1,10.0.0.2,10.0.0.3",
        "one of three founders",
    ),
    (
        "rpk redpanda config bootstrap --config ./redpanda.yaml",
        "a single broker at this host's private address",
    ),
)
OUTPUT = {
    "schema_version": "integer",
    "ok": "boolean",
    "message": "string",
    "self": "string",
    "seeds": "list of strings",
}
ADMIN_PORT = 9644


def command(
    self_: Annotated[
        str | None, typer.Option("--self", metavar="ADDRESS", help="Address of this host.")
    ] = None,
    ips: Annotated[
        list[str] | None, typer.Option("--ips", metavar="LIST", help="Addresses of all founders.")
    ] = None,
    advertised_kafka: Annotated[
        str | None, typer.Option("--advertised-kafka", metavar="HOST:PORT", help="Where clients connect.")
    ] = None,
    advertised_rpc: Annotated[
        str | None, typer.Option("--advertised-rpc", metavar="HOST:PORT", help="Where other brokers connect.")
    ] = None,
    node_id: Annotated[int, typer.Option("--id", hidden=True)] = -1,
) -> None:
    """Write the first redpanda.yaml of a host.

    Listeners on its own address, all founders as seeds, and empty_seed_starts_cluster false, so that the cluster
    forms when all founders are up. Without --self the host must have exactly one private address.
    """
    run = current()
    file = NodeFile.load(run.options.config or paths.redpanda_yaml(run.environment))
    own = self_ or private_address()
    try:
        ipaddress.ip_address(own)
    except ValueError as error:
        raise UsageError(f"--self {own}: not an IP address") from error
    seeds = parse_seeds(ips or (), RPC_PORT, "--ips")
    if file.get("redpanda.data_directory") is None:
        file.set("redpanda.data_directory", DATA_DIRECTORY)
    if node_id >= 0:
        file.set("redpanda.node_id", node_id)
    file.set("redpanda.rpc_server", {"address": own, "port": RPC_PORT})
    file.set("redpanda.kafka_api", [{"address": own, "port": KAFKA_PORT}])
    file.set("redpanda.admin", [{"address": own, "port": ADMIN_PORT}])
    file.set(
        "redpanda.advertised_kafka_api", [advertised(advertised_kafka, own, KAFKA_PORT, "--advertised-kafka")]
    )
    file.set("redpanda.advertised_rpc_api", advertised(advertised_rpc, own, RPC_PORT, "--advertised-rpc"))
    file.set("redpanda.seed_servers", [{"host": seed} for seed in seeds])
    if seeds:
        file.set("redpanda.empty_seed_starts_cluster", value=False)
    check(file)
    file.save()
    addresses = [f"{seed['address']}:{seed['port']}" for seed in seeds]
    run.out.done(f"Wrote {file.path} for {own}.", address=own, seeds=addresses)


def advertised(text: str | None, own: str, port: int, flag: str) -> dict[str, object]:
    """The asked address, or this host's own."""
    return parse(text, port, flag) if text else {"address": own, "port": port}


def private_address() -> str:
    """The only private address of this host; UsageError when it has none or several."""
    import psutil

    found = [
        entry.address
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family == socket.AF_INET and is_private(entry.address)
    ]
    if len(found) != 1:
        which = f"several: {', '.join(found)}" if found else "none"
        raise UsageError(f"which address is this host's own? It has {which}", hint="name it with --self")
    return found[0]


def is_private(text: str) -> bool:
    """Whether an address is one of a private network, loopback aside."""
    address = ipaddress.ip_address(text)
    return address.is_private and not address.is_loopback and not address.is_link_local
