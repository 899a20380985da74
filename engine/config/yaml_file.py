"""Reads a YAML file that may be hostile into plain values: bounded in size, depth and number of nodes.

Only mappings with text keys, lists, text, numbers, booleans and null come out; dates stay text. Aliases are
followed but count every time, so an alias bomb meets the node limit.
"""

from pathlib import Path
from typing import TypeAlias

import yaml

from engine.config.errors import ConfigError

FILE_BYTES_MAX = 1_048_576
NODES_MAX = 20_000
DEPTH_MAX = 32
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float"))

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str | int | float | bool | None"


class _TooMuch(Exception):
    """The document exceeds a limit; the text says which."""


class _Reader:
    """Turns one document's nodes into plain values, counting."""

    def __init__(self, loader: yaml.SafeLoader) -> None:
        self._loader = loader
        self._nodes = 0

    def value(self, node: yaml.Node, depth: int = 0) -> Plain:
        self._nodes += 1
        if self._nodes > NODES_MAX:
            raise _TooMuch(f"it holds more than {NODES_MAX} values")
        if depth > DEPTH_MAX:
            raise _TooMuch(f"it is nested deeper than {DEPTH_MAX} levels")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, depth + 1) for item in node.value]
        if node.tag in _PLAIN_TAGS:
            plain: Plain = self._loader.construct_object(node)
            return plain
        return str(node.value)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Plain]:
        found: dict[str, Plain] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _TooMuch(f"line {key_node.start_mark.line + 1}: a key must be text")
            key = str(key_node.value)
            if key in found:
                raise _TooMuch(f"line {key_node.start_mark.line + 1}: the key {key[:80]!r} is there twice")
            found[key] = self.value(value_node, depth + 1)
        return found


def _scan(text: str) -> None:
    """Bound nesting before nodes are built, which recurses."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH_MAX:
                raise _TooMuch(f"it is nested deeper than {DEPTH_MAX} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_yaml(text: str, *, file: str) -> Plain:
    """The plain value of one YAML document; raises `ConfigError` naming `file` for anything else."""
    if len(text) > FILE_BYTES_MAX:
        raise ConfigError(file, "", f"it is larger than {FILE_BYTES_MAX} bytes", "is this the right file?")
    try:
        _scan(text)
        loader = _LOADER(text)
        try:
            node = loader.get_single_node()
            return None if node is None else _Reader(loader).value(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ConfigError(file, "", f"{line}not valid YAML: {error.problem}", "correct the file") from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        reason = str(error).split("\n", 1)[0][:200]
        raise ConfigError(file, "", f"not valid YAML: {reason}", "correct the file") from None
    except _TooMuch as error:
        raise ConfigError(file, "", str(error), "correct the file") from None


def read_yaml_mapping(path: Path) -> dict[str, Plain]:
    """The mapping in the file at `path` (empty for an empty file); raises `ConfigError`."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        raise ConfigError(str(path), "", "no such file", "give the path with --redpanda-cfg") from None
    except OSError as error:
        raise ConfigError(
            str(path), "", f"cannot be read: {error.strerror}", "check its owner and mode"
        ) from None
    if len(data) > FILE_BYTES_MAX:
        raise ConfigError(
            str(path), "", f"it is larger than {FILE_BYTES_MAX} bytes", "is this the right file?"
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(
            str(path), "", f"byte {error.start} is not UTF-8", "save the file as UTF-8"
        ) from None
    value = parse_yaml(text, file=str(path))
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(str(path), "", "it must hold a mapping of sections", "start it with 'redpanda:'")
    return value
