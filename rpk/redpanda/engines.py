"""The command line of each engine: the bundled one, and an installed Redpanda."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field

from rpk.out.errors import NotFound, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rpk.config.node_file import NodeFile

BUNDLED, REDPANDA = "bundled", "redpanda"
ENGINES = (BUNDLED, REDPANDA)
INSTALL_DIRECTORIES = ("/opt/redpanda", "/usr", "/usr/local")
DEV_CONTAINER = ("--overprovisioned", "--reserve-memory=0M", "--unsafe-bypass-fsync=true")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What decides a broker's command line, flags over configuration. None: not said."""

    smp: str | None = None
    memory: str | None = None
    mode: str | None = None
    cpuset: str | None = None
    reserve_memory: str | None = None
    io_properties: str | None = None
    io_properties_file: str | None = None
    overprovisioned: bool = False
    lock_memory: bool | None = None
    unsafe_bypass_fsync: bool | None = None
    rest: tuple[str, ...] = field(default=())


def chosen(file: NodeFile, flag: str | None) -> str:
    """The engine: the flag, else rpk.engine of redpanda.yaml, else the bundled one. UsageError."""
    name = flag or str(file.get("rpk.engine", default=BUNDLED))
    if name not in ENGINES:
        raise UsageError(f"there is no engine {name!r}", hint=f"use one of {', '.join(ENGINES)}")
    return name


def bundled_line(path: str, words: Sequence[str]) -> list[str]:
    """Our own broker."""
    return [sys.executable, "-m", "engine.node", "--redpanda-cfg", os.path.abspath(path), *words]


def redpanda_program(install_directory: str | None, environment: Mapping[str, str]) -> str:
    """The installed binary: below --install-dir, on PATH, or where packages put it. NotFound."""
    if install_directory:
        found = os.path.join(install_directory, "bin", "redpanda")
        if not os.access(found, os.X_OK):
            raise NotFound(
                f"there is no program {found}", hint="--install-dir names the directory above bin/redpanda"
            )
        return found
    on_path = shutil.which("redpanda", path=environment.get("PATH"))
    for each in (on_path, *(f"{directory}/bin/redpanda" for directory in INSTALL_DIRECTORIES)):
        if each and os.access(each, os.X_OK):
            return each
    raise NotFound(
        "Redpanda is not installed", hint="install it, name it with --install-dir, or use --engine bundled"
    )


def redpanda_line(program: str, file: NodeFile, choices: Choices, *, swap: bool) -> list[str]:
    """Redpanda's command line out of flags, redpanda.yaml and tuning.

    Memory is locked where the configuration wants it and swap is there: without swap locking could only lead to
    the kernel killing the broker. I/O properties: a flag, else io-config.yaml beside redpanda.yaml.
    """
    path = os.path.abspath(file.path)
    dev = choices.mode == "dev-container"
    words = [program, "--redpanda-cfg", path]
    words += _io_properties(path, choices)
    smp = choices.smp or file.get("rpk.smp")
    for name, value in (
        ("smp", 1 if dev and smp is None else smp),
        ("memory", choices.memory),
        ("reserve-memory", choices.reserve_memory),
        ("cpuset", choices.cpuset),
    ):
        if value is not None:
            words.append(f"--{name}={value}")
    locked = choices.lock_memory
    if locked is None:
        locked = bool(file.get("rpk.enable_memory_locking", default=False)) and swap
    words.append(f"--lock-memory={'true' if locked else 'false'}")
    if dev:
        words += [
            flag for flag in DEV_CONTAINER if not (flag.startswith("--reserve") and choices.reserve_memory)
        ]
    elif choices.overprovisioned or file.get("rpk.overprovisioned", default=False):
        words.append("--overprovisioned")
    if choices.unsafe_bypass_fsync is not None and not dev:
        words.append(f"--unsafe-bypass-fsync={'true' if choices.unsafe_bypass_fsync else 'false'}")
    return [
        *words,
        *(str(word) for word in file.get("rpk.additional_start_flags", default=[])),
        *choices.rest,
    ]


def _io_properties(path: str, choices: Choices) -> list[str]:
    if choices.io_properties is not None and choices.io_properties_file is not None:
        raise UsageError("--io-properties and --io-properties-file exclude each other")
    if choices.io_properties is not None:
        return [f"--io-properties={choices.io_properties}"]
    beside = os.path.join(os.path.dirname(path), "io-config.yaml")
    file = choices.io_properties_file or (beside if os.path.exists(beside) else None)
    return [f"--io-properties-file={os.path.abspath(file)}"] if file else []
