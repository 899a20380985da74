"""Is redpanda.yaml complete enough for a broker?"""

from __future__ import annotations

from rpk.tune.checks.row import FATAL, Row, boolean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def check_config(config: Mapping[str, Any], path: str) -> list[Row]:
    """One row; its current value lists everything that is wrong."""
    problems = config_problems(config)
    return [
        boolean(
            "config_file",
            "Config file valid",
            not problems,
            f"{path}: {problems[0]}; rpk redpanda config set changes it" if problems else "",
            severity=FATAL,
            current="; ".join(problems) if problems else "true",
        )
    ]


def config_problems(config: Mapping[str, Any]) -> list[str]:
    """What a broker or a tuner would stumble over."""
    node = config.get("redpanda")
    if not isinstance(node, dict):
        return ["there is no redpanda section"]
    tuned = config.get("rpk") if isinstance(config.get("rpk"), dict) else {}
    problems = []
    if not node.get("data_directory"):
        problems.append("redpanda.data_directory is not set")
    node_id = node.get("node_id")
    if isinstance(node_id, int) and node_id < 0:
        problems.append("redpanda.node_id is negative")
    problems += _listeners(node, "rpc_server")
    problems += _listeners(node, "kafka_api")
    for at, seed in enumerate(_list(node.get("seed_servers"))):
        host = seed.get("host", seed) if isinstance(seed, dict) else None
        if not isinstance(host, dict) or not host.get("address") or not host.get("port"):
            problems.append(f"redpanda.seed_servers[{at}] lacks an address or a port")
    if tuned and tuned.get("tune_coredump") and tuned.get("coredump_dir") == "":
        problems.append("rpk.coredump_dir is empty")
    return problems


def _listeners(node: Mapping[str, Any], name: str) -> list[str]:
    problems = []
    for at, each in enumerate(_list(node.get(name))):
        if not isinstance(each, dict) or not each.get("address") or not each.get("port"):
            problems.append(f"redpanda.{name}[{at}] lacks an address or a port")
    return problems


def _list(value: object) -> list[Any]:
    """A value, several, or none; an absent listener has the broker's default and is no problem."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
