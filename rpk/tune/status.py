"""`rpk redpanda tune status`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.config.run import current
from rpk.out.errors import DifferencesFound
from rpk.out.tables import Column, Table, Text
from rpk.system.host_writer import HostWriter
from rpk.tune.executors.revert import foreign
from rpk.tune.journal import Entry, read_entries
from rpk.tune.persist import NAME as PERSIST
from rpk.tune.persist import SYSCTL, UDEV, UNIT
from rpk.tune.plan import WriteValue
from rpk.tune.verify import read_back

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLES = (
    ("rpk redpanda tune status", "what is in force, what drifted, what a reboot would take"),
    ("rpk redpanda tune status --exit-code", "for monitoring: exit 11 when something drifted"),
)
OUTPUT = {
    "schema_version": "integer",
    "tuned": "boolean",
    "persistent": "boolean",
    "drifted": "integer",
    "lost": "integer",
    "changes": "list of {tuner, path, before, wanted, now, state, survives_reboot, undo_ids}",
}
COLUMNS = (
    Column("TUNER", "tuner"),
    Column("PATH", "path"),
    Column("BEFORE", "before"),
    Column("WANTED", "wanted"),
    Column("NOW", "now"),
    Column("STATE", "state"),
    Column("SURVIVES-REBOOT", "survives_reboot"),
)


def command(
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 11 when a value is not as tuned.")
    ] = False,
    root: Annotated[str, typer.Option("--root", metavar="DIR", help="As for tune.")] = "",
) -> None:
    """Show what tuning is in force.

    States: in-force; drifted (somebody wrote another value since); reverted (it is as it was before tuning); lost (a
    kernel value of an earlier boot). SURVIVES-REBOOT is true for files, and for values that --persist covers.
    """
    run = current()
    host = HostWriter(root or "/")
    entries = read_entries(host)
    boot_id = host.read("/proc/sys/kernel/random/boot_id") or ""
    covered = _covered(entries)
    rows = [_row(host, entry, boot_id, covered) for entry in entries]
    drifted = sum(1 for row in rows if row["state"] in ("drifted", "reverted"))
    lost = sum(1 for row in rows if row["state"] == "lost")
    tuned = any(row["state"] == "in-force" and row["tuner"] != PERSIST for row in rows)
    persistent = any(path in covered for path in (SYSCTL, UDEV, UNIT))
    lines = ["This boot has been tuned." if tuned else "This boot has not been tuned."]
    if lost and not tuned:
        lines.append(
            "An earlier boot was: run rpk redpanda tune all, with --persist to have it done at boot."
        )
    if drifted:
        lines.append(
            f"{drifted} of {len(rows)} values are not as tuned: rpk redpanda tune all writes them again."
        )
    if tuned and not persistent:
        lines.append("It will not survive a reboot: rpk redpanda tune all --persist.")
    run.out.document(
        {"tuned": tuned, "persistent": persistent, "drifted": drifted, "lost": lost, "changes": rows},
        Text(*lines),
        *([Table(COLUMNS, rows)] if rows else []),
    )
    if exit_code and (drifted or lost):
        raise DifferencesFound(f"{drifted + lost} tuned values are not in force")


def _row(host: HostWriter, entry: Entry, boot_id: str, covered: set[str]) -> dict[str, object]:
    action = entry.action
    reading = read_back(host, action)
    if entry.lost(boot_id):
        state = "lost"
    elif reading.is_new:
        state = "in-force"
    else:
        state = "drifted" if foreign(host, entry) is not None else "reverted"
    survives = action.survives_reboot or (
        isinstance(action, WriteValue)
        and (
            UNIT in covered
            or (SYSCTL in covered and action.path.startswith("/proc/sys/"))
            or (UDEV in covered and "/queue/" in action.path)
        )
    )
    return {
        "tuner": entry.tuner,
        "path": action.target,
        "before": action.before,
        "wanted": action.wanted,
        "now": reading.shown,
        "state": state,
        "survives_reboot": survives,
        "undo_ids": list(entry.ids),
    }


def _covered(entries: Sequence[Entry]) -> set[str]:
    return {entry.action.target for entry in entries if entry.tuner == PERSIST}
