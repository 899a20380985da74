"""The command line: our flags, and the many of Redpanda's engine that are accepted and change nothing.

Parsed by hand: every flag may be written ``--name value`` or ``--name=value``, unknown ones must not fail, and the
standard parsers cost milliseconds before the first listening socket.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from engine.node.errors import StartFailed
from engine.node.exit_codes import ExitCode

USAGE = """\
usage: python -m engine.node --redpanda-cfg FILE [flags]

  --redpanda-cfg FILE        the node file (redpanda.yaml)
  --set SECTION.KEY=VALUE    set a key of the node file for this run; may be repeated
  --smp N                    shards; 1 in this version
  --memory SIZE              memory bound, such as 512M or 2G
  --cpuset LIST              run on these CPUs, such as 0,2-3
  --mode dev-container       first start with the defaults of a development container
  --overprovisioned          share the CPUs with others: no pinning
  --unsafe-bypass-fsync      acknowledge without waiting for the disk: a power cut loses data
  --default-log-level LEVEL  error, warn, info, debug or trace
  --logger-log-level A=LEVEL[:B=LEVEL]
  --ready-fd N               write a line to this descriptor when ready, then close it
  --version                  print the version
"""

_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_SIZE = re.compile(r"([0-9]{1,15})([kmgtKMGT]?)(?:i?[bB])?", re.ASCII)
LEVELS = ("error", "warn", "info", "debug", "trace")
MODES = ("dev-container",)
MEMORY_BYTES_MIN = 128 * 2**20
_BARE = frozenset({"overprovisioned", "version", "help", "lock-memory", "unsafe-bypass-fsync"})
"""Flags that take no value, or one only behind ``=``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """The parsed command line."""

    config_file: str | None = None
    sets: tuple[str, ...] = ()
    smp: int = 1
    memory_bytes: int | None = None
    cpus: frozenset[int] | None = None
    mode: str | None = None
    overprovisioned: bool = False
    bypass_fsync: bool = False
    log_level: str = "info"
    logger_levels: dict[str, str] = field(default_factory=dict)
    ready_fd: int | None = None
    version: bool = False
    help: bool = False
    ignored: tuple[str, ...] = ()
    """Flags accepted and without effect."""


def _wrong(flag: str, value: str | None, allowed: str) -> StartFailed:
    shown = "no value" if value is None else repr(value[:80])
    return StartFailed(f"--{flag}: {shown}; must be {allowed}", ExitCode.USAGE)


def size_bytes(flag: str, raw: str | None) -> int:
    """``512M`` → bytes. Raises `StartFailed`."""
    match = _SIZE.fullmatch(raw or "")
    if match is None:
        raise _wrong(flag, raw, "a size such as 512M or 2G")
    return int(match[1]) * _UNITS[match[2].lower()]


def _number(flag: str, raw: str | None, minimum: int, maximum: int) -> int:
    if (
        raw is None
        or not raw.isascii()
        or not raw.isdigit()
        or len(raw) > 6
        or not minimum <= int(raw) <= maximum
    ):
        raise _wrong(flag, raw, f"a number from {minimum} to {maximum}")
    return int(raw)


def cpu_list(flag: str, raw: str | None) -> frozenset[int]:
    """``0,2-3`` → {0, 2, 3}. Raises `StartFailed`."""
    found: set[int] = set()
    for part in (raw or "").split(","):
        first, dash, last = part.partition("-")
        low = _number(flag, first, 0, 4095)
        high = _number(flag, last, low, 4095) if dash else low
        found.update(range(low, high + 1))
    return frozenset(found)


def _word(flag: str, raw: str | None, allowed: Sequence[str]) -> str:
    if raw is None or raw not in allowed:
        raise _wrong(flag, raw, "one of " + ", ".join(allowed))
    return raw


def _levels(flag: str, raw: str | None) -> dict[str, str]:
    found = {}
    for part in (raw or "").split(":"):
        name, equals, level = part.partition("=")
        if not name or not equals:
            raise _wrong(flag, raw, "NAME=LEVEL[:NAME=LEVEL]")
        found[name] = _word(flag, level, LEVELS)
    return found


def _truth(flag: str, raw: str | None) -> bool:
    return raw is None or _word(flag, raw.lower(), ("true", "false", "1", "0")) in {"true", "1"}


def _split(argv: Sequence[str]) -> list[tuple[str, str | None]]:
    """(flag, value or None) in order. Raises `StartFailed` for what is no flag."""
    found: list[tuple[str, str | None]] = []
    at = 0
    while at < len(argv):
        item = argv[at]
        at += 1
        if item in {"-h", "-c"}:
            item = "--help" if item == "-h" else "--smp"
        if not item.startswith("--") or len(item) == 2:
            raise StartFailed(f"{item[:80]!r} is not a flag; try --help", ExitCode.USAGE)
        name, equals, value = item[2:].partition("=")
        if equals:
            found.append((name, value))
        elif name not in _BARE and at < len(argv) and not argv[at].startswith("--"):
            found.append((name, argv[at]))
            at += 1
        else:
            found.append((name, None))
    return found


def _memory(flag: str, raw: str | None) -> int:
    found = size_bytes(flag, raw)
    if found < MEMORY_BYTES_MIN:
        raise _wrong(flag, raw, f"at least {MEMORY_BYTES_MIN // 2**20}M")
    return found


def _path(flag: str, raw: str | None) -> str:
    if not raw:
        raise _wrong(flag, raw, "a path")
    return raw


_FIELDS: dict[str, tuple[str, Callable[[str, str | None], object]]] = {
    "redpanda-cfg": ("config_file", _path),
    "config": ("config_file", _path),
    "smp": ("smp", lambda flag, raw: _number(flag, raw, 1, 4096)),
    "memory": ("memory_bytes", _memory),
    "cpuset": ("cpus", cpu_list),
    "mode": ("mode", lambda flag, raw: _word(flag, raw, MODES)),
    "overprovisioned": ("overprovisioned", _truth),
    "unsafe-bypass-fsync": ("bypass_fsync", _truth),
    "default-log-level": ("log_level", lambda flag, raw: _word(flag, raw, LEVELS)),
    "ready-fd": ("ready_fd", lambda flag, raw: _number(flag, raw, 3, 65_535)),
    "version": ("version", _truth),
    "help": ("help", _truth),
}
"""Flag → the field it sets, and how its text is read."""


def parse_arguments(argv: Sequence[str]) -> Arguments:
    """Read the command line (without the program's name). Raises `StartFailed` with the usage exit code."""
    values: dict[str, object] = {}
    sets: list[str] = []
    ignored: list[str] = []
    levels: dict[str, str] = {}
    for flag, raw in _split(argv):
        if flag in _FIELDS:
            name, read = _FIELDS[flag]
            values[name] = read(flag, raw)
        elif flag == "set":
            sets.append(raw or "")
        elif flag == "logger-log-level":
            levels |= _levels(flag, raw)
        else:
            ignored.append(f"--{flag}" if raw is None else f"--{flag}={raw}")
    return Arguments(sets=tuple(sets), ignored=tuple(ignored), logger_levels=levels, **values)  # type: ignore[arg-type]  # typed above, by flag
