"""`rpk redpanda config set`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.config.node_file import NodeFile, parse_value
from rpk.config.run import current
from rpk.out.errors import UsageError
from rpk.redpanda.start import check
from rpk.system import paths

EXAMPLES = (
    ("rpk redpanda config set redpanda.rack a", "one key; its comments and neighbours stay"),
    ("rpk redpanda config set redpanda.kafka_api[0].port=19092 rpk.smp=2", "several, the value after ="),
)
OUTPUT = {
    "schema_version": "integer",
    "ok": "boolean",
    "message": "string",
    "changes": "list of {key, old, new}",
}


def command(
    words: Annotated[
        list[str], typer.Argument(metavar="KEY VALUE | KEY=VALUE...", help="Dotted keys, [i] for lists.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--dry", help="Show old and new, write nothing.")
    ] = False,
) -> None:
    """Change keys of redpanda.yaml.

    Values are YAML. The file is checked as the broker will read it before it is replaced; a change takes effect
    when the broker starts again.
    """
    run = current()
    file = NodeFile.load(run.options.config or paths.redpanda_yaml(run.environment))
    changes = []
    for key, raw in pairs(words):
        value = parse_value(raw, key)
        changes.append({"key": key, "old": file.get(key), "new": value})
        file.set(key, value)
    if file.get("redpanda") is not None:
        check(file)
    changed = False if dry_run else file.save()
    verb = "Would change" if dry_run else ("Changed" if changed else "Nothing to change in")
    run.out.done(f"{verb} {file.path}.", changes=changes)


def pairs(words: list[str]) -> list[tuple[str, str]]:
    """`KEY VALUE`, or any number of `KEY=VALUE`."""
    if len(words) == 2 and "=" not in words[0]:
        return [(words[0], words[1])]
    found = []
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(
                f"{word!r} is not KEY=VALUE", hint="give KEY VALUE, or KEY=VALUE as often as you like"
            )
        found.append((key, value))
    return found
