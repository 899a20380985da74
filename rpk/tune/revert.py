"""`rpk redpanda tune revert`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from rpk.config.run import current
from rpk.out.errors import AuthError, OperationFailed, UsageError
from rpk.out.output import ItemResult, items_failed
from rpk.out.tables import Column, Table, Text
from rpk.system.host_writer import HostWriter
from rpk.tune.executors import revert as undo
from rpk.tune.journal import Journal, read_entries
from rpk.tune.session import split
from rpk.tune.tuners.table import TUNERS
from rpk.tune.verify import read_back

EXAMPLES = (
    ("rpk redpanda tune revert", "everything back to what was there"),
    ("rpk redpanda tune revert net disk_irq --dry-run", "what two tuners would give back"),
)
OUTPUT = {
    "schema_version": "integer",
    "changes": "list of {name, ok, error, tuner, state, found, before, after, reason}",
}
COLUMNS = (
    Column("TUNER", "tuner"),
    Column("PATH", "name"),
    Column("FOUND", "found"),
    Column("BEFORE-TUNING", "before"),
    Column("AFTER", "after"),
    Column("STATE", "state"),
    Column("REASON", "reason", wide=True),
)
COMMAND_S = 10.0


def command(
    tuners: Annotated[
        list[str] | None, typer.Argument(metavar="TUNER", help="Names; without any, all.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also where somebody changed the value since.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--dry", help="Show what would be written back.")
    ] = False,
    root: Annotated[str, typer.Option("--root", metavar="DIR", help="As for tune.")] = "",
) -> None:
    """Write back what was there before tuning, newest change first.

    A value that is neither what tuning wrote nor what was there before belongs to somebody else: it is refused, and
    the command exits 1, unless --force is given. Kernel values of an earlier boot are gone already and are forgotten.
    """
    run = current()
    names = split(tuners)
    for name in names:
        if name not in TUNERS and name not in ("all", "persist"):
            raise UsageError(
                f"there is no tuner {name!r}", hint="rpk redpanda tune status shows what can be undone"
            )
    wanted = None if not names or "all" in names else frozenset(names)
    host = HostWriter(root or "/")
    boot_id = host.read("/proc/sys/kernel/random/boot_id") or ""
    entries = undo.selected(read_entries(host), wanted)
    if not entries:
        run.out.document({"changes": []}, Text("Nothing to undo."))
        return
    if dry_run:
        planned: list[dict[str, object]] = []
        for entry in entries:
            other = undo.foreign(host, entry)
            lost = entry.lost(boot_id)
            state = undo.LOST if lost else "refused" if other is not None and not force else "revert"
            found = read_back(host, entry.action).shown
            planned.append(
                {
                    "name": entry.action.target, "tuner": entry.tuner, "state": state, "found": found,
                    "before": entry.action.before, "after": None, "reason": "",
                }
            )  # fmt: skip
        run.out.document({"dry_run": True, "changes": planned}, Table(COLUMNS, planned))
        return
    if host.is_machine and os.geteuid() != 0:
        raise AuthError("undoing needs root: nothing was changed", hint="sudo rpk redpanda tune revert")
    with Journal(host) as journal:
        undone = undo.revert(
            host, journal, boot_id, names=wanted, forced=force, timeout_s=run.timeout_s(COMMAND_S)
        )
    results = [_item(each) for each in undone]
    rows = [{**item.fields, "name": item.name} for item in results]
    run.out.document({"changes": [item.as_json() for item in results]}, Table(COLUMNS, rows))
    failed = [item for item in results if not item.ok]
    if failed:
        raise items_failed("change", failed, len(results))


def _item(each: undo.Undone) -> ItemResult:
    error = None
    if each.state in (undo.REFUSED, undo.FAILED):
        error = OperationFailed(
            f"{each.entry.action.target}: {each.reason}",
            cause=each.reason,
            hint="add --force to write the old value over it" if each.state == undo.REFUSED else None,
            name=each.state.upper(),
        )
    return ItemResult(
        each.entry.action.target,
        error,
        tuner=each.entry.tuner,
        state=each.state,
        found=each.now,
        before=each.entry.action.before,
        after=each.after,
        reason=each.reason,
    )
