"""Before a broker starts: check the host, tune it, take over what tuning left for it (CPUs, sleep states)."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass

from rpk.out.errors import OperationFailed, Unhealthy, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.config.run import Run
    from rpk.tune.session import Session

LATENCY_DEVICE = "/dev/cpu_dma_latency"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """What tuning of this boot says to the broker: its CPUs (a list such as 1-3,5; empty: all), their number."""

    cpuset: str = ""
    cpus: int = 0
    latency_us: int | None = None


def check_host(run: Run, session: Session) -> None:
    """Warnings are counted on stderr; Unhealthy when a check is fatal."""
    from rpk.redpanda.check import check_rows

    failed = [row for row in check_rows(session) if row.passed is False]
    fatal = [row for row in failed if row.severity == "fatal"]
    if fatal:
        raise Unhealthy(f"{fatal[0].condition}: failed", cause=fatal[0].current, hint=fatal[0].fix)
    for row in failed:
        run.debug(f"check: {row.condition}: {row.current}, wanted {row.required}")
    if failed:
        run.out.warning(
            f"{len(failed)} host checks failed; rpk redpanda check shows them and how to mend them"
        )


def tune_host(run: Run, session: Session) -> None:
    """Apply every tuner that is switched on; the first that fails ends the start."""
    from rpk.tune.run import execute, plan_for, refuse_here
    from rpk.tune.tuners.table import TUNERS

    names = [name for name in TUNERS if name in session.parameters.enabled]
    for name in TUNERS:
        if name not in names:
            run.debug(f"tuner {name} is off: skipped")
    plan = plan_for(session, names)
    if refuse_here(session, plan):
        raise OperationFailed(
            "this host cannot be tuned from here",
            cause=" and ".join(plan.read_only) + " read-only" if plan.read_only else "not root",
            hint="rpk redpanda tune all prints the script for the host; start without --tune",
            name="READ_ONLY_HOST" if plan.read_only else "NOT_ROOT",
        )
    for result in execute(run, session, plan, names):
        if result.state in ("failed", "refused") and result.failed:
            raise OperationFailed(
                f"tuner {result.plan.name} {result.state.value}: {result.reason}",
                hint="rpk redpanda tune revert goes back; start without --tune",
            )
        run.debug(f"tuner {result.plan.name}: {result.state.value} {result.reason}")


def handed_over(state: dict[str, object]) -> HandOver:
    """The state file's content, whatever is in it: what cannot be understood is left out."""
    cpusets = state.get("cpusets")
    cpuset, count = "", 0
    if isinstance(cpusets, dict):
        from rpk.tune.irq.masks import parse_list

        text = str(cpusets.get("redpanda_cpuset") or "")
        with contextlib.suppress(ValueError):
            count = parse_list(text).bit_count()
            cpuset = text if count else ""
    latency = state.get("cpu_dma_latency_us")
    return HandOver(
        cpuset=cpuset, cpus=count, latency_us=latency if isinstance(latency, int) and latency >= 0 else None
    )


def placed(hand_over: HandOver, cpuset: str | None, smp: str | None) -> tuple[str | None, str | None]:
    """(cpuset, smp) of the broker: tuned CPUs where there are any, and no more shards than those."""
    if not hand_over.cpuset:
        return cpuset, smp
    if cpuset is not None:
        raise UsageError(
            f"--cpuset {cpuset} contradicts tuning, which gave the broker the CPUs {hand_over.cpuset}",
            hint="leave --cpuset out, or go back: rpk redpanda tune revert net",
        )
    if smp is not None and smp.isdigit() and int(smp) > hand_over.cpus:
        smp = str(hand_over.cpus)
    return hand_over.cpuset, smp


def hold_latency(run: Run, latency_us: int) -> None:
    """Keep CPUs from deep sleep for as long as this process, and what it becomes, lives (pm_qos interface)."""
    try:
        descriptor = os.open(LATENCY_DEVICE, os.O_WRONLY)
        os.write(descriptor, latency_us.to_bytes(4, "little", signed=True))
        os.set_inheritable(descriptor, True)
    except OSError as error:
        run.out.warning(f"{LATENCY_DEVICE} cannot be held: {error.strerror or error}")
