"""Apply a plan: journal first, then each write, each read back at once."""

from __future__ import annotations

import errno

from rpk.tune.executors.perform import ReloadFailed, perform, reload
from rpk.tune.executors.results import State, StepResult, TunerResult
from rpk.tune.plan import WriteFile, WriteValue, canonical
from rpk.tune.verify import read_back

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from rpk.system.host_writer import HostWriter
    from rpk.tune.journal import Journal
    from rpk.tune.plan import Action, Plan, Step

NOT_TRIED = "not tried: an earlier step of this tuner failed"


def apply_plan(
    host: HostWriter,
    plan: Plan,
    journal: Journal,
    *,
    timeout_s: float,
    note: Callable[[str], None] = lambda text: None,
) -> list[TunerResult]:
    """Take every step of the plan. timeout_s: of each external command. Results in the plan's order."""
    mend_interrupted(host, journal, plan.boot_id, timeout_s=timeout_s)
    steps = plan.steps
    ids = iter(journal.intend(plan.boot_id, steps)) if steps else iter(())
    results = []
    for tuner in plan.tuners:
        done: list[StepResult] = []
        for step in tuner.steps:
            step_id = next(ids)
            note(f"{step.tuner}: {step.action.target} = {step.action.wanted}")
            if any(each.state is State.FAILED for each in done):
                journal.dropped([step_id])
                after = read_back(host, step.action).shown
                done.append(StepResult(step=step, state=State.FAILED, after=after, reason=NOT_TRIED))
                continue
            done.append(take(host, step, step_id, journal, timeout_s=timeout_s))
        results.append(TunerResult(plan=tuner, steps=tuple(done)))
    return results


def take(host: HostWriter, step: Step, step_id: int, journal: Journal, *, timeout_s: float) -> StepResult:
    """One step and its reading."""
    action = step.action
    state, reason, excused = State.APPLIED, "", False
    try:
        perform(host, action, timeout_s=timeout_s)
    except OSError as error:
        state, reason, excused = judge(action, error)
    except ReloadFailed as error:
        state, reason = State.FAILED, str(error)
    reading = read_back(host, action)
    if state is State.APPLIED and not reading.is_new:
        state, reason = State.REFUSED, f"the kernel was told {action.wanted} and kept {reading.shown}"
    if state is not State.APPLIED and reading.is_old:
        journal.dropped([step_id])
        return StepResult(step=step, state=state, after=reading.shown, reason=reason, excused=excused)
    companions: list[str] = []
    if isinstance(action, WriteValue):
        companions = [canonical(each.comparison, host.read(each.path) or "") for each in action.companions]
    other = reading.shown if not reading.is_new and not reading.is_old else None
    journal.done(step_id, other, companions)
    return StepResult(
        step=step, state=state, after=reading.shown, reason=reason, excused=excused, undo_id=step_id
    )


def judge(action: Action, error: OSError) -> tuple[State, str, bool]:
    """An error of the kernel as (state, reason, excused)."""
    words = error.strerror or str(error)
    if error.errno == errno.EROFS:
        return State.REFUSED, "mounted read-only here; run it on the host", False
    affinity = isinstance(action, WriteValue) and action.path.startswith("/proc/irq/")
    if affinity and error.errno in (errno.EIO, errno.EPERM, errno.ENOSPC):
        return State.REFUSED, f"managed by the kernel ({words})", True
    if error.errno in (errno.EACCES, errno.EPERM):
        return State.REFUSED, f"not permitted ({words})", False
    if error.errno in (errno.EINVAL, errno.EBUSY, errno.EOPNOTSUPP, errno.EOVERFLOW, errno.ENODEV):
        return State.REFUSED, f"refused by the kernel ({words})", False
    return State.FAILED, words, False


def mend_interrupted(host: HostWriter, journal: Journal, boot_id: str, *, timeout_s: float) -> None:
    """Finish what a killed run left: a file that was written but never took effect; drop what a reboot undid."""
    gone: list[int] = []
    for entry in journal.entries():
        if entry.lost(boot_id):
            gone.extend(entry.ids)
            continue
        action = entry.action
        written = isinstance(action, WriteFile) and action.reload and not entry.finished
        if isinstance(action, WriteFile) and written and read_back(host, action).is_new:
            try:
                reload(host, action, timeout_s=timeout_s)
            except ReloadFailed:
                continue  # the plan of this run, or revert, will meet the same failure and say so
            journal.done(entry.ids[-1], None)
    journal.dropped(gone)
