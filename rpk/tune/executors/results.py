"""What became of steps and tuners, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.plan import Step, TunerPlan


class State(StrEnum):
    """Of a step or of a whole tuner."""

    APPLIED = "applied"
    ALREADY_OK = "already-ok"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"
    REBOOT_NEEDED = "reboot-needed"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One step taken: `after` is what was read back. excused: refused by what nobody can change."""

    step: Step
    state: State
    after: str
    reason: str = ""
    excused: bool = False
    undo_id: int | None = None

    @property
    def verified(self) -> bool:
        """Whether the target reads as wanted."""
        return self.state is State.APPLIED


@dataclass(frozen=True, slots=True, kw_only=True)
class TunerResult:
    """One tuner: its part of the plan and what became of every step."""

    plan: TunerPlan
    steps: tuple[StepResult, ...] = ()

    @property
    def state(self) -> State:
        """The worst that happened, what is excused aside."""
        plan = self.plan
        if not plan.enabled:
            return State.DISABLED
        if plan.unsupported is not None:
            return State.UNSUPPORTED
        for state in (State.FAILED, State.REFUSED):
            if any(each.state is state and not each.excused for each in self.steps):
                return state
        if any(not refusal.excused for refusal in plan.refused):
            return State.REFUSED
        if plan.reboot is not None:
            return State.REBOOT_NEEDED
        if any(each.state is State.APPLIED for each in self.steps):
            return State.APPLIED
        # All that could not be done is nobody's to do; with nothing in place either, say so.
        excused = bool(plan.refused) or any(each.state is State.REFUSED for each in self.steps)
        if excused and not plan.satisfied:
            return State.REFUSED
        return State.ALREADY_OK

    @property
    def failed(self) -> bool:
        """Whether the command must end with an error for it."""
        if self.state is State.UNSUPPORTED:
            return not self.plan.unsupported_is_fine
        if self.state is State.REFUSED:
            return any(not each.excused for each in self.steps if each.state is State.REFUSED) or any(
                not refusal.excused for refusal in self.plan.refused
            )
        return self.state is State.FAILED

    @property
    def reason(self) -> str:
        """Why it is not as wanted; empty when it is."""
        if self.plan.unsupported is not None:
            return self.plan.unsupported
        words = [each.reason for each in self.steps if each.reason]
        words += [f"{refusal.target}: {refusal.reason}" for refusal in self.plan.refused]
        if self.plan.reboot:
            words.append(self.plan.reboot)
        return "; ".join(dict.fromkeys(words))
