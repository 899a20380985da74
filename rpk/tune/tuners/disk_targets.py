"""What disk tuners say when there is nothing for them to tune."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts


def no_disks(facts: HostFacts) -> str | None:
    """Why there is no disk; None when there is one and everything that was named could be found."""
    problems = [target.problem for target in facts.targets if target.problem]
    if problems:
        return "; ".join(problems)
    if not facts.targets:
        return "neither directories nor disks are given"
    return None if facts.disks else "there is no disk under what was given"
