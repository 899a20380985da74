"""`rpk redpanda tune all | NAME[,NAME]`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from rpk.config.run import current
from rpk.out.errors import AuthError, UsageError
from rpk.out.output import items_failed
from rpk.out.tables import Table, Text
from rpk.tune import parameters as defaults
from rpk.tune import view
from rpk.tune.session import Choices, Session, chosen_tuners, open_session, split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpk.config.run import Run
    from rpk.out.tables import View
    from rpk.tune.executors.results import TunerResult
    from rpk.tune.plan import Plan

EXAMPLES = (
    ("rpk redpanda tune all --dry-run", "the plan: path, now, wanted, why; nothing is written"),
    ("rpk redpanda tune all", "apply, read back, and remember what was there"),
    ("rpk redpanda tune disk_irq,net --mode sq-split --cpu-set 2-7 -n eth0", "interrupts on core 2 alone"),
    ("rpk redpanda tune all --output-script tune.sh", "the same writes as a script, and tune.undo.sh"),
)
OUTPUT = {
    "schema_version": "integer",
    "dry_run": "boolean",
    "tuners": "list of {name, ok, error, state, enabled, supported, applied, reason, notes}",
    "changes": "list of {tuner, path, before, wanted, after, verified, state, reason, survives_reboot, undo_id}",
    "plan": "list of {tuner, path, now, wanted, why, survives_reboot, side_effects} (--dry-run)",
    "reboot_needed": "boolean",
    "host_script": "string, where this host can only be tuned from outside",
}
COMMAND_S = 10.0
ROUNDS_MAX = 2
Names = Annotated[list[str] | None, typer.Option(metavar="LIST")]


def command(
    tuners: Annotated[list[str], typer.Argument(metavar="TUNER", help="all, or names.")],
    mode: Annotated[
        str,
        typer.Option(
            "--mode", "-m", metavar="MODE", help="Interrupts: mq, sq, sq-split or dedicated; else by device."
        ),
    ] = "",
    disks: Annotated[
        list[str] | None,
        typer.Option("--disks", "-d", metavar="LIST", help="Disks to tune, such as nvme0n1."),
    ] = None,
    nic: Annotated[
        list[str] | None,
        typer.Option("--nic", "-n", metavar="LIST", help="Interfaces; else those listened on."),
    ] = None,
    dirs: Annotated[
        list[str] | None,
        typer.Option(
            "--dirs", "-r", metavar="LIST", help="Directories whose disks are tuned; else data_directory."
        ),
    ] = None,
    cpu_set: Annotated[
        str, typer.Option("--cpu-set", metavar="LIST", help="CPUs that may be used, the system's numbers.")
    ] = "all",
    reboot_allowed: Annotated[
        bool, typer.Option("--reboot-allowed", help="Boot options may be changed (cpu).")
    ] = False,
    write_back_cache: Annotated[
        str,
        typer.Option("--write-back-cache", metavar="on|off", help="Have disk_write_cache set this anywhere."),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--dry", help="Show the plan, write nothing.")
    ] = False,
    output_script: Annotated[
        str,
        typer.Option(
            "--output-script", metavar="FILE", help="Write the plan as a script, and one that undoes it."
        ),
    ] = "",
    persist: Annotated[
        bool, typer.Option("--persist", help="Also install what tunes again after a reboot.")
    ] = False,
    root: Annotated[
        str, typer.Option("--root", metavar="DIR", help="Work on the tree below DIR instead of this host.")
    ] = "",
    node_tuner_state_path: Annotated[
        str,
        typer.Option(
            "--node-tuner-state-path", metavar="FILE", help="Where the broker's CPUs are handed over."
        ),
    ] = defaults.STATE_FILE,
    interactive: Annotated[bool, typer.Option("--interactive", hidden=True)] = False,
) -> None:
    """Tune this host.

    Only tuners switched on in the rpk section of redpanda.yaml do anything (rpk redpanda mode prod switches them
    on). The host is read once, a plan is made, what is there is written to the journal in /var/lib/rpk/tune and
    synced, then every value is written and read back. rpk redpanda tune revert goes back.

    A tuner ends as applied, already-ok, refused (by the kernel, or because somebody may not), unsupported, failed or
    reboot-needed. Exit 1 when one that is switched on failed or is unsupported, 4 when this user or this container
    may not tune: then the script for the host is printed.

    --timeout limits each external command, default 10s.
    """
    run = current()
    if interactive:
        run.out.warning("--interactive does nothing any more")
    choices = Choices(
        mode=mode, disks=split(disks), nics=split(nic), directories=split(dirs), cpu_set=cpu_set,
        reboot_allowed=reboot_allowed, write_back_cache=write_back_cache, root=root,
        state_file=node_tuner_state_path,
    )  # fmt: skip
    names = chosen_tuners(tuners)
    session = open_session(run, choices)
    again = _again(run, names, choices) if persist else None
    plan = plan_for(session, names, again)
    if not any(tuner.enabled for tuner in plan.tuners if tuner.name != "persist"):
        run.out.notice(
            f"none of these tuners is switched on in {session.config_path}; rpk redpanda mode prod switches on "
            "what production wants"
        )
    if dry_run:
        show_plan(run, plan)
    elif output_script:
        write_scripts(run, plan, output_script)
    elif refuse_here(session, plan):
        hand_to_host(run, session, plan)
    else:
        apply(run, session, plan, names, again)


def plan_for(session: Session, names: Sequence[str], again: Sequence[str] | None = None) -> Plan:
    """Read the host and plan. again: the command line that persistence runs at boot, None without."""
    from dataclasses import replace

    from rpk.tune.persist import persistence
    from rpk.tune.planner import make_plan

    facts = session.facts()
    plan = make_plan(facts, session.parameters, names)
    if again is not None:
        extra = persistence(facts, session.parameters, names, again)
        plan = replace(plan, tuners=(*plan.tuners, extra))
    return plan


def show_plan(run: Run, plan: Plan) -> None:
    """The dry run."""
    steps, tuners = view.plan_rows(plan), view.plan_tuners(plan)
    views: list[View] = [Table(view.PLAN_COLUMNS, steps)]
    if not steps:
        views = [Text("Nothing to change.")]
    others = [row for row in tuners if row["enabled"] and row["reason"]]
    views += (
        [Text(*(f"{row['name']}: {row['reason']}" for row in others), title="NOT POSSIBLE")] if others else []
    )
    notes = [f"{row['name']}: {note}" for row in tuners if row["enabled"] for note in _list(row["notes"])]
    views += [Text(*notes, title="NOTES")] if notes else []
    reboot = any(row["reboot_needed"] for row in tuners if row["enabled"])
    run.out.document({"dry_run": True, "tuners": tuners, "plan": steps, "reboot_needed": reboot}, *views)


def _list(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def write_scripts(run: Run, plan: Plan, path: str) -> None:
    """Both scripts; what cannot be tuned is said on stderr."""
    from rpk.system import files
    from rpk.tune.executors.script import render_script, render_undo

    if os.path.isdir(path):
        raise UsageError(f"--output-script {path} is a directory")
    stem = path.removesuffix(".sh")
    undo = f"{stem}.undo.sh"
    for name, text in (
        (path, render_script(plan, "Tune this host for the broker.")),
        (undo, render_undo(plan, f"Undo {os.path.basename(path)}.")),
    ):
        files.write_text(os.path.abspath(name), text, mode=0o755)
        os.chmod(name, 0o755)
    for row in view.plan_tuners(plan):
        if row["enabled"] and row["reason"]:
            run.out.notice(f"{row['name']}: {row['reason']}")
    run.out.done(
        f"Wrote {len(plan.steps)} changes to {path}; {undo} undoes them.",
        script=path, undo_script=undo, changes=len(plan.steps),
    )  # fmt: skip


def refuse_here(session: Session, plan: Plan) -> bool:
    """Whether nothing may be written from here: no rights, or the kernel's files are mounted read-only."""
    if plan.empty:
        return False
    if session.host.is_machine and os.geteuid() != 0:
        return True
    return (
        any(step.action.target.startswith(plan.read_only) for step in plan.steps) if plan.read_only else False
    )


def hand_to_host(run: Run, session: Session, plan: Plan) -> None:
    """Print the script for whoever may run it, then fail with what stood in the way."""
    from rpk.tune.executors.script import render_script

    script = render_script(plan, "Tune this host for the broker.")
    steps = view.plan_rows(plan)
    run.out.document(
        {
            "dry_run": False,
            "tuners": view.plan_tuners(plan),
            "changes": [],
            "plan": steps,
            "host_script": script,
        },
        Table(view.PLAN_COLUMNS, steps),
        *([] if run.out.structured else [Text(title="SCRIPT TO RUN ON THE HOST")]),
    )
    if not run.out.structured:
        run.out.raw(script)
    if plan.read_only and session.host.is_machine and os.geteuid() == 0:
        where = f" (a {plan.container} container)" if plan.container else ""
        raise AuthError(
            f"{' and '.join(plan.read_only)} cannot be written here{where}: nothing was changed",
            hint="run the script above on the host, or give the container writable /proc/sys and /sys",
            name="READ_ONLY_HOST",
        )
    raise AuthError(
        "tuning needs root: nothing was changed",
        hint="sudo rpk redpanda tune …, or run the script above as root",
    )


def apply(run: Run, session: Session, plan: Plan, names: Sequence[str], again: Sequence[str] | None) -> None:
    """Write, verify, show; ends with ItemsFailed when a tuner failed."""
    results = execute(run, session, plan, names, again)
    items = view.items(results)
    rows = [{**item.fields, "name": item.name} for item in items]
    changes = view.change_rows(results)
    reboot = any(result.plan.enabled and result.plan.reboot for result in results)
    views: list[View] = [Table(view.tuner_columns(rows), rows)]
    if changes:
        views.append(Table(view.CHANGE_COLUMNS, changes))
    run.out.document(
        {
            "dry_run": False,
            "tuners": [item.as_json() for item in items],
            "changes": changes,
            "reboot_needed": bool(reboot),
        },
        *views,
    )
    if reboot:
        run.out.notice(f"IMPORTANT: reboot this host, then run again: rpk redpanda tune {','.join(names)}")
    failed = [item for item in items if not item.ok]
    if failed:
        raise items_failed("tuner", failed, len(items))


def execute(
    run: Run, session: Session, plan: Plan, names: Sequence[str], again: Sequence[str] | None = None
) -> list[TunerResult]:
    """Apply the plan; when it changed queue counts, look again and apply what the new queues need."""
    from rpk.tune.executors.apply import apply_plan
    from rpk.tune.journal import Journal
    from rpk.tune.plan import SetChannels

    timeout_s = run.timeout_s(COMMAND_S)
    with Journal(session.host) as journal:
        results = apply_plan(session.host, plan, journal, timeout_s=timeout_s, note=run.debug)
        for _ in range(1, ROUNDS_MAX):
            reshaped = any(
                each.verified and isinstance(each.step.action, SetChannels)
                for result in results
                for each in result.steps
            )
            if not reshaped:
                break
            run.debug("queues changed: reading the host again")
            later = apply_plan(
                session.host, plan_for(session, names, again), journal, timeout_s=timeout_s, note=run.debug
            )
            results = _joined(results, later)
    return results


def _joined(first: list[TunerResult], second: list[TunerResult]) -> list[TunerResult]:
    """The second round's view of each tuner, with the steps of both."""
    from dataclasses import replace

    earlier = {result.plan.name: result.steps for result in first}
    return [replace(result, steps=earlier.get(result.plan.name, ()) + result.steps) for result in second]


def _again(run: Run, names: Sequence[str], choices: Choices) -> list[str]:
    """The command line that tunes the same way at boot."""
    from rpk.tune.tuners.table import TUNERS

    program = os.path.abspath(sys.argv[0])
    words = [sys.executable, "-m", "rpk.cli.main"] if program.endswith(".py") else [program]
    words += ["redpanda", "tune", "all" if len(names) == len(TUNERS) else ",".join(names)]
    config = run.options.config
    for flag, value in (
        ("--config", os.path.abspath(config) if config else ""),
        ("--mode", choices.mode),
        ("--disks", ",".join(choices.disks)),
        ("--nic", ",".join(choices.nics)),
        ("--dirs", ",".join(choices.directories)),
        ("--cpu-set", "" if choices.cpu_set == "all" else choices.cpu_set),
        ("--write-back-cache", choices.write_back_cache),
    ):
        words += [flag, value] if value else []
    return words
