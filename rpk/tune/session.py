"""From flags and redpanda.yaml to facts and parameters: what every tune command starts with."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from rpk.config.keys import suggestion
from rpk.out.errors import ConfigError, UsageError
from rpk.system import paths
from rpk.system.host_writer import HostWriter
from rpk.tune import parameters as defaults
from rpk.tune.facts.files import snapshot
from rpk.tune.facts.host import HostFacts, Request, probe_host
from rpk.tune.irq.masks import parse_list
from rpk.tune.irq.modes import parse_mode
from rpk.tune.parameters import Parameters
from rpk.tune.persist import FILES as PERSIST_FILES
from rpk.tune.persist import LINK, PLACES
from rpk.tune.tuners import coredump, cpu, cpu_latency, fstrim
from rpk.tune.tuners.table import TUNERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from rpk.config.run import Run
    from rpk.system.host import HostReader

ALL = "all"
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", re.ASCII)
_UNITS = {
    "": 1, "b": 1, "k": 10**3, "kb": 10**3, "m": 10**6, "mb": 10**6, "g": 10**9, "gb": 10**9, "t": 10**12,
    "tb": 10**12, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40, "ki": 1 << 10, "mi": 1 << 20,
    "gi": 1 << 30, "ti": 1 << 40,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The flags as typed; empty means what the configuration says."""

    mode: str = ""
    disks: tuple[str, ...] = ()
    nics: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    cpu_set: str = ALL
    reboot_allowed: bool = False
    write_back_cache: str = ""
    root: str = ""
    state_file: str = defaults.STATE_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a command works with."""

    host: HostWriter
    config_path: str
    config: Mapping[str, Any]
    """The whole redpanda.yaml; empty when there is none."""
    parameters: Parameters
    request: Request

    def facts(self) -> HostFacts:
        """Read the host, afresh every time."""
        return probe_host(self.host, self.request)


def split(words: Sequence[str] | None) -> tuple[str, ...]:
    """Repeated comma lists as one."""
    return tuple(item.strip() for word in words or () for item in word.split(",") if item.strip())


def open_session(run: Run, choices: Choices) -> Session:
    """Read configuration and flags; ConfigError and UsageError say what is wrong with them."""
    if choices.root and not os.path.isdir(choices.root):
        raise UsageError(f"--root {choices.root} is not a directory")
    host = HostWriter(choices.root or "/")
    path = run.options.config or paths.redpanda_yaml(run.environment)
    if choices.root and not run.options.config:
        path = host.at("/etc/redpanda/redpanda.yaml")
    from rpk.config.rpk_yaml import read_mapping

    config = read_mapping(path)
    if config is None and run.options.config:
        raise ConfigError(f"there is no file {path}", hint="name another with --config FILE")
    config = config or {}
    tuned = _section(config, "rpk", path)
    node = _section(config, "redpanda", path)
    parameters = read_parameters(tuned, choices, path)
    data = str(node.get("data_directory") or defaults.DATA_DIRECTORY)
    named = bool(choices.disks or choices.directories)
    request = Request(
        directories=choices.directories if named else (data,),
        disks=choices.disks,
        climb=not named,
        nics=choices.nics or None,
        listen=tuple(listen_addresses(node)),
        files=(
            cpu.GRUB, coredump.HANDLER, fstrim.SERVICE, fstrim.TIMER, choices.state_file, *PERSIST_FILES,
        ),
        present=(
            "/var", "/var/lib", "/var/lib/redpanda", "/etc/systemd", cpu_latency.DEVICE, *cpu.GRUB_CONFIGS, *PLACES,
            LINK, f"{fstrim.WANTS}/fstrim.timer", f"{fstrim.WANTS}/redpanda-fstrim.timer",
        ),
        ballast_path=parameters.ballast_path,
        ballast_bytes=parameters.ballast_bytes,
    )  # fmt: skip
    return Session(host=host, config_path=path, config=config, parameters=parameters, request=request)


def read_parameters(tuned: Mapping[str, Any], choices: Choices, path: str) -> Parameters:
    """Parameters out of the rpk section and the flags."""
    try:
        mode = parse_mode(choices.mode)
    except ValueError as error:
        raise UsageError(f"--mode {error}") from error
    try:
        cpu_set = None if choices.cpu_set in (ALL, "") else parse_list(choices.cpu_set)
    except ValueError as error:
        raise UsageError(
            f"--cpu-set {error}", hint="use the system's CPU numbers, such as 0-3,7, or all"
        ) from error
    if choices.write_back_cache not in ("", "on", "off"):
        raise UsageError(f"--write-back-cache {choices.write_back_cache} is neither on nor off")
    ratio = tuned.get("cores_per_dedicated_interrupt_core")
    smp = tuned.get("smp")
    return Parameters(
        mode=mode,
        cpu_set=cpu_set,
        reboot_allowed=choices.reboot_allowed,
        ballast_path=str(tuned.get("ballast_file_path") or defaults.BALLAST_PATH),
        ballast_bytes=parse_size(tuned.get("ballast_file_size"), path),
        coredump_directory=str(tuned.get("coredump_dir") or defaults.COREDUMP_DIRECTORY),
        dedicated_allowed=_flag(tuned, "allow_dedicated_interrupt_mode", path, default=False),
        dedicated_ratio=ratio if isinstance(ratio, int) and ratio > 0 else defaults.DEDICATED_RATIO,
        rps_rfs_allowed=_flag(tuned, "allow_rps_rfs_tuner", path, default=True),
        write_back_cache={"": None, "on": True, "off": False}[choices.write_back_cache],
        smp=smp if isinstance(smp, int) and smp > 0 else None,
        state_file=choices.state_file,
        enabled=frozenset(
            name for name, tuner in TUNERS.items() if _flag(tuned, tuner.key, path, default=False)
        ),
    )


def chosen_tuners(words: Sequence[str]) -> list[str]:
    """Names typed as `all`, `a,b` or `a b`; UsageError with the nearest when one is none."""
    names = list(dict.fromkeys(split(words)))
    if not names:
        raise UsageError(
            "no tuner is named", hint="rpk redpanda tune all, or names from rpk redpanda tune list"
        )
    if ALL in names:
        return list(TUNERS)
    for name in names:
        if name not in TUNERS:
            near = suggestion(name, [*TUNERS, ALL, "list", "help", "status", "revert"])
            raise UsageError(
                f"there is no tuner {name!r}",
                hint=f"did you mean {near}?" if near else "rpk redpanda tune list shows them",
            )
    return names


def parse_size(value: object, path: str) -> int:
    """Bytes of a size such as 1GiB, 500MB, 1073741824; the default where there is none."""
    if value is None or value == "":
        return defaults.BALLAST_BYTES
    match = _SIZE.fullmatch(str(value).strip())
    unit = match[2].lower() if match else ""
    if match is None or unit not in _UNITS:
        raise ConfigError(
            f"{path}: rpk.ballast_file_size cannot be {value!r}", hint="write a size such as 1GiB or 500MB"
        )
    return int(float(match[1]) * _UNITS[unit])


def listen_addresses(node: Mapping[str, Any]) -> list[str]:
    """Addresses of the Kafka and RPC listeners; anywhere when nothing is configured."""
    found = []
    for name in ("kafka_api", "rpc_server"):
        value = node.get(name)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict) and each.get("address") is not None:
                found.append(str(each["address"]))
    return found or ["0.0.0.0"]


def state_of(host: HostReader, path: str = defaults.STATE_FILE) -> dict[str, object]:
    """What tuning of this boot hands to the broker's start."""
    from rpk.tune.facts.state_file import parse_state

    found = snapshot(host, path)
    return parse_state(found.text if found else None)


def _section(config: Mapping[str, Any], name: str, path: str) -> Mapping[str, Any]:
    value = config.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: {name} must be a mapping, not {type(value).__name__}")
    return value


def _flag(tuned: Mapping[str, Any], key: str, path: str, *, default: bool) -> bool:
    value = tuned.get(key)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise ConfigError(f"{path}: rpk.{key} must be true or false, not {value!r}")
    return value
