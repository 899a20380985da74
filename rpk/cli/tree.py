"""`rpk --print-tree`: every command with its flags, defaults and examples, for machines (UX-11)."""

from __future__ import annotations

from typing import Any

import click

from rpk.cli.loader import LazyGroup, Leaf, argument_name
from rpk.cli.table import GLOBAL_FLAGS, ROOT
from rpk.config.run import current
from rpk.out.errors import EXIT_CODES
from rpk.out.output import SCHEMA_VERSION


def print_tree() -> None:
    """Print the tree: JSON or YAML, or one line a command as text."""
    out = current().out
    tree = command_tree()
    if out.structured:
        out.emit(tree)
    else:
        out.raw("".join(f"{line}\n" for line in _lines(tree["root"], 0)))


def command_tree() -> dict[str, Any]:
    """The tree as data; a command whose module cannot be imported fails here, loudly."""
    return {
        "schema_version": SCHEMA_VERSION,
        "exit_codes": [{"code": code, "meaning": meaning} for code, meaning in EXIT_CODES],
        "global_flags": [{"flag": flag, "help": text} for flag, text in GLOBAL_FLAGS],
        "root": _group(LazyGroup(ROOT, "rpk")),
    }


def subtree(node: LazyGroup | Leaf | None) -> dict[str, Any]:
    """One command, or a group with everything under it, as data."""
    return _leaf(node) if isinstance(node, Leaf) else _group(node) if node is not None else {}


def _group(group: LazyGroup) -> dict[str, Any]:
    children = [subtree(group.child(entry.name)) for entry in group.table.children]
    return {
        "name": group.table.name,
        "path": group.path,
        "help": group.table.help,
        "aliases": list(group.table.aliases),
        "hidden": group.table.hidden,
        "commands": children,
    }


def _leaf(leaf: Leaf) -> dict[str, Any]:
    return {
        "name": leaf.entry.name,
        "path": leaf.path,
        "help": leaf.entry.help,
        "aliases": list(leaf.entry.aliases),
        "hidden": leaf.entry.hidden,
        "deprecated": leaf.entry.deprecated,
        "arguments": [
            {
                "name": argument_name(item),
                "required": item.required,
                "help": leaf.argument_help(item),
            }
            for item in leaf.params
            if isinstance(item, click.Argument)
        ],
        "flags": [
            _flag(item) for item in leaf.params if isinstance(item, click.Option) and item.expose_value
        ],
        "examples": [{"command": command, "help": text} for command, text in leaf.examples],
        "fields": leaf.output,
    }


def _flag(option: click.Option) -> dict[str, Any]:
    default = option.default
    plain = default if isinstance(default, (str, int, float, bool, type(None))) else None
    return {
        "names": [*option.opts, *option.secondary_opts],
        "type": "boolean" if option.is_flag else option.type.name,
        "default": plain,
        "required": option.required,
        "repeatable": option.multiple,
        "hidden": option.hidden,
        "help": option.help or "",
    }


def _lines(node: dict[str, Any], depth: int) -> list[str]:
    lines = [f"{'  ' * depth}{node['name']}  {node['help']}"]
    for child in node.get("commands", ()):
        if not child["hidden"]:
            lines.extend(_lines(child, depth + 1))
    return lines
