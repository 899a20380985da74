"""Plans and results as rows: the same keys for text, JSON and YAML."""

from __future__ import annotations

from rpk.out.errors import OperationFailed
from rpk.out.output import ItemResult
from rpk.out.tables import Column
from rpk.tune.executors.results import State, TunerResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpk.tune.plan import Plan, Step

PLAN_COLUMNS = (
    Column("TUNER", "tuner"),
    Column("PATH", "path"),
    Column("NOW", "now"),
    Column("WANTED", "wanted"),
    Column("WHY", "why"),
)
CHANGE_COLUMNS = (
    Column("TUNER", "tuner"),
    Column("PATH", "path"),
    Column("BEFORE", "before"),
    Column("WANTED", "wanted"),
    Column("AFTER", "after"),
    Column("VERIFIED", "verified"),
    Column("STATE", "state", wide=True),
    Column("SURVIVES-REBOOT", "survives_reboot", wide=True),
    Column("UNDO-ID", "undo_id", wide=True),
    Column("REASON", "reason", wide=True),
)


def tuner_columns(rows: Sequence[dict[str, object]]) -> tuple[Column, ...]:
    """TUNER APPLIED ENABLED SUPPORTED STATE, and ERROR where any tuner has one."""
    columns = (
        Column("TUNER", "name"),
        Column("APPLIED", "applied"),
        Column("ENABLED", "enabled"),
        Column("SUPPORTED", "supported"),
        Column("STATE", "state"),
    )
    return (*columns, Column("ERROR", "reason")) if any(row["reason"] for row in rows) else columns


def step_row(step: Step) -> dict[str, object]:
    """One step of a plan."""
    action = step.action
    return {
        "tuner": step.tuner,
        "path": action.target,
        "now": action.before,
        "wanted": action.wanted,
        "why": action.why,
        "survives_reboot": action.survives_reboot,
        "side_effects": [each.path for each in getattr(action, "companions", ())],
    }


def plan_rows(plan: Plan) -> list[dict[str, object]]:
    """Every step."""
    return [step_row(step) for step in plan.steps]


def plan_tuners(plan: Plan) -> list[dict[str, object]]:
    """Every tuner with what it will do, alphabetically."""
    rows = []
    for tuner in sorted(plan.tuners, key=lambda each: each.name):
        result = TunerResult(plan=tuner)
        state = "change" if tuner.steps else result.state.value
        rows.append(
            {
                "name": tuner.name,
                "enabled": tuner.enabled,
                "supported": tuner.unsupported is None,
                "state": state,
                "changes": len(tuner.steps),
                "reason": result.reason,
                "notes": list(tuner.notes),
                "reboot_needed": tuner.reboot is not None,
            }
        )
    return rows


def change_rows(results: Sequence[TunerResult]) -> list[dict[str, object]]:
    """Every step that was taken, and every value that could not be changed."""
    rows: list[dict[str, object]] = []
    for result in results:
        for each in result.steps:
            action = each.step.action
            rows.append(
                {
                    "tuner": each.step.tuner,
                    "path": action.target,
                    "before": action.before,
                    "wanted": action.wanted,
                    "after": each.after,
                    "verified": each.verified,
                    "state": each.state.value,
                    "reason": each.reason,
                    "survives_reboot": action.survives_reboot,
                    "undo_id": each.undo_id,
                }
            )
        if result.plan.enabled:
            for refusal in result.plan.refused:
                rows.append(
                    {
                        "tuner": result.plan.name,
                        "path": refusal.target,
                        "before": refusal.now,
                        "wanted": refusal.wanted,
                        "after": refusal.now,
                        "verified": False,
                        "state": State.REFUSED.value,
                        "reason": refusal.reason,
                        "survives_reboot": False,
                        "undo_id": None,
                    }
                )
    return rows


def items(results: Sequence[TunerResult]) -> list[ItemResult]:
    """One result a tuner, alphabetically."""
    found = []
    for result in sorted(results, key=lambda each: each.plan.name):
        error = None
        if result.failed:
            error = OperationFailed(
                f"tuner {result.plan.name} {result.state.value}: {result.reason}",
                hint=f"rpk redpanda tune help {result.plan.name}",
                name=result.state.value.upper().replace("-", "_"),
            )
        found.append(
            ItemResult(
                result.plan.name,
                error,
                state=result.state.value,
                enabled=result.plan.enabled,
                supported=result.plan.unsupported is None,
                applied=result.state in (State.APPLIED, State.ALREADY_OK),
                reason=result.reason,
                notes=list(result.plan.notes),
            )
        )
    return found
