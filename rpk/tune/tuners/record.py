"""What a tuner is: one record from which list, help, config keys, prod mode, man page and planning come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rpk.tune.plan import Comparison, Proposal, Setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts
    from rpk.tune.parameters import Parameters


class Planner(Protocol):
    """What a tuner wants of a host. Pure: the same facts and parameters give the same proposal."""

    def __call__(self, facts: HostFacts, parameters: Parameters) -> Proposal:
        """The proposal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuner:
    """One tuner.

    key: its switch in the rpk section of redpanda.yaml. prod: what `mode prod` does with the switch (on, off,
    keep). severity: of its being out of tune, for `check`. unsupported_is_fine: not being possible here is no
    failure of `tune`. summary is a line; what, why, risk and undo are a paragraph each.
    """

    name: str
    key: str
    summary: str
    what: str
    why: str
    risk: str
    undo: str = "rpk redpanda tune revert writes back the values there were."
    prod: str = "on"
    severity: str = "warning"
    unsupported_is_fine: bool = False
    plan: Planner


def number_setting(
    facts: HostFacts, path: str, wanted: int, why: str, *, at_least: bool = True
) -> Setting | None:
    """A kernel number that should be `wanted` (or more, then it stays); None when the kernel has no such value."""
    text = facts.sysctls.get(path)
    if text is None:
        return None
    try:
        current = int(text)
    except ValueError:
        current = None
    aim = current if at_least and current is not None and current >= wanted else wanted
    return Setting(
        path=path,
        comparison=Comparison.NUMBER,
        current=text,
        wanted=str(aim),
        why=why,
        persist="sysctl",
    )
