"""From facts and parameters to one plan: every tuner asked once, values merged, shared files edited once. Pure."""

from __future__ import annotations

from dataclasses import replace

from rpk.tune.facts.files import FileText
from rpk.tune.facts.state_file import parse_state, render_state
from rpk.tune.irq.irqbalance_file import OptionsUnclear, ban
from rpk.tune.plan import Action, Plan, Proposal, Refusal, Setting, Step, TunerPlan, WriteFile
from rpk.tune.tuners.table import ORDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpk.tune.facts.host import HostFacts
    from rpk.tune.parameters import Parameters
    from rpk.tune.tuners.record import Tuner


def order(names: Sequence[str]) -> list[Tuner]:
    """The records of these tuners, each once, in the order of their work."""
    return [tuner for tuner in ORDER if tuner.name in names]


def make_plan(facts: HostFacts, parameters: Parameters, names: Sequence[str]) -> Plan:
    """The plan of these tuners. Those that are switched off are in it without steps."""
    asked = [(tuner, tuner.plan(facts, parameters)) for tuner in order(names)]
    working = [
        (tuner.name, proposal)
        for tuner, proposal in asked
        if tuner.name in parameters.enabled and proposal.unsupported is None
    ]
    shared, problems = _shared(facts, parameters, working)
    claimed: dict[str, tuple[str, Action]] = {}
    joined: dict[str, tuple[str, ...]] = {}
    tuners = []
    for tuner, proposal in asked:
        enabled = tuner.name in parameters.enabled
        plan = TunerPlan(
            name=tuner.name,
            enabled=enabled,
            unsupported=proposal.unsupported,
            unsupported_is_fine=tuner.unsupported_is_fine or proposal.excused,
            satisfied=tuple(setting for setting in proposal.settings if setting.satisfied),
            refused=proposal.refused + _unchangeable(proposal.settings),
            reboot=proposal.reboot,
            notes=proposal.notes,
        )
        if enabled and proposal.unsupported is None:
            before = [step for step in shared if step.tuner == tuner.name and _comes_first(step.action)]
            after = [step for step in shared if step.tuner == tuner.name and not _comes_first(step.action)]
            own, conflicts = _own(tuner.name, proposal, claimed, joined)
            refused = (*plan.refused, *conflicts, *problems.get(tuner.name, ()))
            plan = replace(plan, steps=(*before, *own, *after), refused=refused)
        tuners.append(plan)
    return Plan(
        boot_id=facts.machine.boot_id,
        tuners=tuple(
            replace(
                tuner,
                steps=tuple(
                    replace(step, owners=step.owners + joined.get(step.action.target, ()))
                    for step in tuner.steps
                ),
            )
            for tuner in tuners
        ),
        read_only=facts.machine.read_only,
        container=facts.machine.container,
    )


def _comes_first(action: Action) -> bool:
    """Whether a shared edit must precede: irqbalance must know what it may not touch before anything is moved."""
    return isinstance(action, WriteFile) and bool(action.reload)


def _unchangeable(settings: Sequence[Setting]) -> tuple[Refusal, ...]:
    return tuple(
        Refusal(
            target=setting.path,
            now=setting.current,
            wanted=setting.wanted,
            reason="managed by the kernel",
            excused=True,
        )
        for setting in settings
        if not setting.satisfied and not setting.changeable
    )


def _own(
    name: str,
    proposal: Proposal,
    claimed: dict[str, tuple[str, Action]],
    joined: dict[str, tuple[str, ...]],
) -> tuple[list[Step], list[Refusal]]:
    """Steps of one tuner.

    A target another tuner has claimed is refused when it wants something else; when both want the same, the step
    that is there serves both (`joined`), and stays until both are undone.
    """
    actions: list[Action] = [
        *proposal.actions,
        *(setting.action() for setting in proposal.settings if not setting.satisfied and setting.changeable),
    ]
    steps, conflicts = [], []
    for action in actions:
        other = claimed.get(action.target)
        if other is None:
            claimed[action.target] = (name, action)
            steps.append(Step(tuner=name, action=action, owners=(name,)))
        elif other[1].wanted != action.wanted:
            conflicts.append(
                Refusal(
                    target=action.target,
                    now=action.before,
                    wanted=action.wanted,
                    reason=f"tuner {other[0]} wants {other[1].wanted}",
                )
            )
        else:
            joined[action.target] = (*joined.get(action.target, ()), name)
    return steps, conflicts


def _shared(
    facts: HostFacts, parameters: Parameters, working: Sequence[tuple[str, Proposal]]
) -> tuple[list[Step], dict[str, tuple[Refusal, ...]]]:
    """Edits several tuners need together: bans in irqbalance's options, the state file for the broker."""
    steps: list[Step] = []
    problems: dict[str, tuple[Refusal, ...]] = {}
    banning = [(name, proposal.ban_irqs) for name, proposal in working if proposal.ban_irqs]
    if banning and facts.irqbalance.running:
        irqs = sorted({irq for _, each in banning for irq in each})
        owners = tuple(name for name, _ in banning)
        wanted = f"bans {','.join(map(str, irqs))}"
        found = facts.irqbalance
        if found.config is None:
            reason = "irqbalance runs, but none of its option files is there: it may move interrupts back"
            problems[owners[0]] = (Refusal(target="irqbalance", now="", wanted=wanted, reason=reason),)
        else:
            try:
                text = ban(found.text, found.key, irqs)
            except OptionsUnclear as error:
                refusal = Refusal(target=found.config, now="", wanted=wanted, reason=str(error))
                problems[owners[0]] = (refusal,)
            else:
                if text != found.text:
                    action = WriteFile(
                        path=found.config,
                        old=FileText(text=found.text, mode=found.mode),
                        new=FileText(text=text, mode=found.mode),
                        why="irqbalance leaves placed interrupts alone",
                        reload=found.restart,
                    )
                    steps.append(Step(tuner=owners[0], action=action, owners=owners))
    handing = [(name, proposal.hand_over) for name, proposal in working if proposal.hand_over is not None]
    old = facts.files.get(parameters.state_file)
    state = parse_state(old.text if old else None)
    before = dict(state)
    # The interfaces' placement wins over the disks' where both hand one over: it was asked for last in ORDER.
    for _, part in handing:
        state.update(part or {})
    if state != before and any(state.values()) | any(before.values()):
        action = WriteFile(
            path=parameters.state_file,
            old=old,
            new=FileText(text=render_state(state), mode=0o644),
            why="rpk redpanda start pins the broker by it",
        )
        owners = tuple(name for name, _ in handing)
        steps.append(Step(tuner=owners[-1], action=action, owners=owners))
    return steps, problems
