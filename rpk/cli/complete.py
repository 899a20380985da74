"""Candidates for an unfinished command line: commands from the tables, flags from the command, names from a cache."""

from __future__ import annotations

from rpk.cli.table import GLOBAL_FLAGS, ROOT
from rpk.out.commands import Command, Group, find
from rpk.out.errors import RpkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    Candidates = list[tuple[str, str]]

_FORMATS = ("text", "wide", "json", "yaml", "help")
_VALUE_FLAGS = ("-X", "--config-opt", "--profile", "--config", "--format", "--color", "--timeout")
_ARGUMENT_KINDS = {"TOPIC": "topics", "TOPICS": "topics", "GROUP": "groups", "GROUPS": "groups"}


def complete(words: list[str], environment: Mapping[str, str]) -> Candidates:
    """(candidate, description) pairs for the last of `words`; never raises an operating error."""
    *before, last = words
    if "--" in before:
        return []
    flag, equals, value = last.partition("=")
    if equals and flag.startswith("--"):
        return [(f"{flag}={name}", text) for name, text in complete([*before, flag, value], environment)]
    try:
        node, rest = _walk(before)
        found = _candidates(node, rest, before, last, environment)
    except (RpkError, OSError, ImportError):
        return []
    return [(name, text) for name, text in found if name.startswith(last)]


def answer(words: list[str]) -> str:
    """What `rpk __complete -- WORD…` prints; typer is loaded only where flags of a command are asked for."""
    import os
    from itertools import pairwise

    from rpk.config.run import Options, Run, enter, leave

    options = Options()
    for name, value in pairwise(words[:-1]):
        if name in ("-X", "--config-opt"):
            options.overrides.append(value)
        elif name == "--profile":
            options.profile = value
        elif name == "--config":
            options.config = value
    enter(Run(options))
    try:
        return "".join(f"{name}\t{text}\n" for name, text in complete(words or [""], os.environ))
    finally:
        leave()


def _walk(words: list[str]) -> tuple[Command | Group, list[str]]:
    """The command the words name, and the words after its name; flags in between are skipped."""
    node: Command | Group = ROOT
    rest: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-"):
            rest.append(word)
            skip = word in _VALUE_FLAGS
        elif isinstance(node, Group) and (child := find(node, word)) is not None:
            node = child
            rest = []
        else:
            rest.append(word)
    return node, rest


def _candidates(
    node: Command | Group, rest: list[str], before: list[str], last: str, environment: Mapping[str, str]
) -> Candidates:
    previous = before[-1] if before else ""
    if previous in ("-X", "--config-opt"):
        from rpk.config.keys import KEYS

        return [(f"{key.name}=", key.help) for key in KEYS] + [("list", ""), ("help", "")]
    if previous == "--profile":
        return _names("profiles", environment)
    if previous == "--format":
        return [(name, "") for name in _FORMATS]
    if previous == "--color":
        return [(name, "") for name in ("auto", "always", "never")]
    if isinstance(node, Group):
        if last.startswith("-"):
            return _global_flags()
        if any(not word.startswith("-") for word in rest):
            return []  # a word that names no command
        return [(child.name, child.help) for child in node.children if not child.hidden]
    from rpk.cli.loader import load

    leaf = load(node, node.name)
    import click

    options = [item for item in leaf.params if isinstance(item, click.Option) and not item.hidden]
    if last.startswith("-"):
        return [(name, item.help or "") for item in options for name in item.opts if name.startswith("--")]
    for item in options:
        if previous in item.opts and not item.is_flag:
            if isinstance(item.type, click.Choice):
                return [(str(choice), "") for choice in item.type.choices]
            kind = {"--group": "groups", "--topic": "topics"}.get(item.opts[-1])
            return _names(kind, environment) if kind else []
    arguments = [item for item in leaf.params if isinstance(item, click.Argument)]
    given = len([word for word in rest if not word.startswith("-")])
    for at, argument in enumerate(arguments):
        if at == given or (argument.nargs == -1 and given >= at):
            return _argument(node, argument.metavar or argument.name or "", environment)
    return []


def _argument(node: Command, name: str, environment: Mapping[str, str]) -> Candidates:
    kind = _ARGUMENT_KINDS.get(name.upper().strip(".[]"))
    if kind is None and node.module.startswith("rpk.profile."):
        kind = "profiles"
    return _names(kind, environment) if kind else []


def _names(kind: str, environment: Mapping[str, str]) -> Candidates:
    from rpk.cli.live_names import names

    return [(name, "") for name in names(kind, environment)]


def _global_flags() -> Candidates:
    found: Candidates = []
    for term, text in GLOBAL_FLAGS:
        found.extend((word.rstrip(","), text) for word in term.split() if word.startswith("--"))
    return found
