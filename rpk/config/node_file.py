"""redpanda.yaml as a person keeps it: edited key by key, comments, order and unknown keys kept (UX-30).

The broker's own reader (`engine.config`) decides what the keys mean; this file only moves values in and out. The
editing library is loaded when the first value is changed.
"""

from __future__ import annotations

import io
import re
from itertools import pairwise

from rpk.out.errors import ConfigError, UsageError
from rpk.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Step = str | int
    Node = Any
    """A value in a YAML document: a mapping, a list or a scalar, ruamel.yaml's own classes, which have no types."""

FILE_MODE = 0o644
LIST_ITEMS_MAX = 100
INDENT = 2
_STEP = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)((?:\[\d{1,2}\])*)", re.ASCII)


class NodeFile:
    """One redpanda.yaml in memory; `save` writes it back when something changed."""

    def __init__(self, path: str, document: Node, yaml: Node) -> None:
        self.path = path
        self._document = document
        self._yaml = yaml
        self._changed = False

    @classmethod
    def load(cls, path: str, *, required: bool = False) -> NodeFile:
        """Read the file; a missing one is empty unless `required`. ConfigError when it cannot be understood."""
        text = files.read_text(path)
        if text is None:
            if required:
                raise ConfigError(f"there is no file {path}", hint="name another with --config FILE")
            text = ""
        from ruamel.yaml.error import YAMLError

        yaml = _yaml(text)
        try:
            document = yaml.load(text)
        except (YAMLError, ValueError) as error:
            mark = getattr(error, "problem_mark", None)
            where = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
            problem = str(getattr(error, "problem", None) or error).split("\n")[0]
            raise ConfigError(f"{path}{where}: not valid YAML", cause=problem) from error
        if document is None:
            document = yaml.map() if not text.strip() else yaml.load(text + "\n{}")
        if not isinstance(document, dict):
            raise ConfigError(f"{path}: the file must be a mapping, not {type(document).__name__}")
        return cls(path, document, yaml)

    def get(self, key: str, default: Node = None) -> Node:
        """The value at a dotted path with `[i]` for lists; `default` where there is none."""
        node: Node = self._document
        for step in steps(key):
            try:
                node = node[step]
            except (KeyError, IndexError, TypeError):
                return default
        return default if node is None else node

    def set(self, key: str, value: Node) -> None:
        """Put a value at a dotted path; sections and lists on the way are made. UsageError where it does not fit."""
        path = steps(key)
        if self.get(key) == value and type(self.get(key)) is type(value):
            return
        self._changed = True
        node: Node = self._document
        for step, following in pairwise(path):
            node = self._below(node, step, following, key)
        last = path[-1]
        if isinstance(last, str) and isinstance(node, dict):
            node[last] = value
        elif isinstance(last, int) and isinstance(node, list) and last <= min(len(node), LIST_ITEMS_MAX):
            node[last : last + 1] = [value]
        else:
            raise UsageError(f"{key} does not fit what {self.path} holds there")

    def remove(self, key: str) -> bool:
        """Take a key away; True when it was there."""
        path = steps(key)
        node: Node = self._document
        for step in path[:-1]:
            try:
                node = node[step]
            except (KeyError, IndexError, TypeError):
                return False
        if isinstance(node, dict) and path[-1] in node:
            del node[path[-1]]
            self._changed = True
            return True
        return False

    def text(self) -> str:
        """The file as it would be written."""
        out = io.StringIO()
        self._yaml.dump(self._document, out)
        return out.getvalue()

    def save(self) -> bool:
        """Write atomically, owner and mode kept; True when the file changed. Without a change nothing is touched."""
        if not self._changed:
            return False
        self._changed = False
        return files.write_text(self.path, self.text(), mode=FILE_MODE)

    def _below(self, node: Node, step: Step, following: Step, key: str) -> Node:
        """The section or list below `node` at `step`, made when missing."""
        empty: Node = {} if isinstance(following, str) else []
        if isinstance(node, dict) and isinstance(step, str):
            if node.get(step) is None:
                node[step] = empty
            return node[step]
        if isinstance(node, list) and isinstance(step, int) and step <= min(len(node), LIST_ITEMS_MAX):
            if step == len(node):
                node.append(empty)
            return node[step]
        raise UsageError(f"{key} does not fit what {self.path} holds there")


def steps(key: str) -> list[Step]:
    """`redpanda.kafka_api[0].port` as its steps; UsageError when it is no path."""
    found: list[Step] = []
    for part in key.split("."):
        match = _STEP.fullmatch(part)
        if match is None:
            raise UsageError(
                f"{key!r} is not a key", hint="for example redpanda.node_id or redpanda.kafka_api[0].port"
            )
        found.append(match[1])
        found.extend(int(index) for index in re.findall(r"\d+", match[2]))
    return found


def parse_value(text: str, what: str) -> Node:
    """A value as YAML reads it (numbers, booleans, lists, mappings, else text); UsageError when it is none."""
    from ruamel.yaml.error import YAMLError

    try:
        return _yaml("").load(text)
    except (YAMLError, ValueError) as error:
        raise UsageError(f"{what}: the value is not YAML", cause=str(error).split("\n")[0]) from error


def _yaml(text: str) -> Node:
    """An editor that writes as `text` is written: its indentation, quotes and long lines."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes = True
    yaml.width = 4096
    mapping, sequence, dash = _indentation(text)
    yaml.indent(mapping=mapping, sequence=sequence, offset=dash)
    return yaml


def _indentation(text: str) -> tuple[int, int, int]:
    """(mapping, sequence, dash) indents of the first nested key and the first nested list; rpk's own otherwise."""
    mapping = re.search(
        r"^[A-Za-z_][^\n]*:[ ]*(?:#[^\n]*)?\n(?:[ ]*(?:#[^\n]*)?\n)*([ ]+)[A-Za-z_]", text, re.M
    )
    width = len(mapping[1]) if mapping else INDENT
    item = re.search(
        r"^([ ]*)[A-Za-z_][^\n]*:[ ]*(?:#[^\n]*)?\n(?:[ ]*(?:#[^\n]*)?\n)*([ ]*)-([ ]+)", text, re.M
    )
    if item is None or len(item[2]) < len(item[1]):
        return width, INDENT + 2, INDENT
    dash = len(item[2]) - len(item[1])
    return width, dash + 1 + len(item[3]), dash
