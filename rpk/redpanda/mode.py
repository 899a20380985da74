"""`rpk redpanda mode`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from rpk.config.node_file import NodeFile
from rpk.config.run import current
from rpk.out.errors import UsageError
from rpk.system import paths
from rpk.tune.tuners.table import TUNERS

EXAMPLES = (
    ("rpk redpanda mode prod", "switch on what production wants, then: rpk redpanda tune all"),
    ("rpk redpanda mode dev --dry-run", "old and new value of each key"),
)
OUTPUT = {
    "schema_version": "integer",
    "ok": "boolean",
    "message": "string",
    "mode": "string",
    "changes": "list of {key, old, new}",
}
MODES = ("development", "production", "recovery")
DROPPED_IN_DEV = ("rpk.enable_memory_locking", "rpk.smp", "rpk.well_known_io")


def command(
    mode: Annotated[
        str, typer.Argument(help="development, production or recovery; any beginning of the word.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--dry", help="Show old and new, write nothing.")
    ] = False,
) -> None:
    """Switch redpanda.yaml to a mode.

    production: developer_mode and overprovisioned off, tuners on (fstrim off; transparent_hugepages, coredump and
    cpu_latency as they were). development: all tuners off, developer_mode and overprovisioned on. recovery:
    recovery_mode_enabled on, the rest as it was.

    Comments, unknown keys, owner and permissions of the file are kept; nothing is written when nothing changes.
    """
    run = current()
    name = mode_named(mode)
    file = NodeFile.load(run.options.config or paths.redpanda_yaml(run.environment))
    changes = apply(file, name)
    if changes and not dry_run:
        # Made for everybody to read: the broker runs as another user.
        os.makedirs(os.path.dirname(os.path.abspath(file.path)), mode=0o755, exist_ok=True)
        file.save()
    if not changes:
        sentence = f"{file.path} is in {name} mode already ({mode})."
    else:
        sentence = f"{'Would write' if dry_run else 'Wrote'} mode {mode!r} to {file.path}."
    run.out.done(sentence, mode=name, changes=changes)


def mode_named(text: str) -> str:
    """The mode a beginning means; an empty text is development. UsageError."""
    for mode in MODES:
        if mode.startswith(text.lower()):
            return mode
    raise UsageError(f"{text!r} is no mode", hint="use development, production or recovery")


def apply(file: NodeFile, mode: str) -> list[dict[str, object]]:
    """Edit the file; {key, old, new} of what changed. A false key is left out of the file where it may be."""
    changes: list[dict[str, object]] = []

    def put(key: str, value: bool) -> None:
        old = file.get(key)
        if bool(old) == value and (old is not None or not value):
            return
        if value or key.startswith("redpanda."):
            file.set(key, value)
        else:
            file.remove(key)
        changes.append({"key": key, "old": old, "new": value})

    if mode == "recovery":
        put("redpanda.recovery_mode_enabled", True)
        return changes
    production = mode == "production"
    put("redpanda.developer_mode", not production)
    put("redpanda.recovery_mode_enabled", False)
    put("rpk.overprovisioned", not production)
    for tuner in TUNERS.values():
        if not production:
            put(f"rpk.{tuner.key}", False)
        elif tuner.prod != "keep":
            put(f"rpk.{tuner.key}", tuner.prod == "on")
    if not production:
        for key in DROPPED_IN_DEV:
            old = file.get(key)
            if file.remove(key):
                changes.append({"key": key, "old": old, "new": None})
    return changes
