"""Interrupts and packet steering, compared with what the tuners would do now."""

from __future__ import annotations

from dataclasses import replace

from rpk.tune.checks.row import Row, boolean
from rpk.tune.irq.irqbalance_file import banned
from rpk.tune.tuners import disk_irq, net

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpk.tune.facts.host import HostFacts
    from rpk.tune.parameters import Parameters
    from rpk.tune.plan import Setting


def check_interrupts(facts: HostFacts, parameters: Parameters) -> list[Row]:
    """Rows of the disks, then of every NIC. What the kernel manages by itself passes: nobody can move it."""
    disk = disk_irq.plan(facts, parameters)
    rows = [
        _bans(facts, "disk_irq_bans", "Disk IRQs banned from irqbalance", disk.ban_irqs, "disk_irq"),
        _settings(
            "disk_irq_affinity", "Disk IRQs affinity set", disk.settings, "disk_irq",
            unknown=disk.unsupported is not None,
        ),
    ]  # fmt: skip
    for name in facts.nic_targets:
        proposal = net.plan(replace(facts, nic_targets=(name,)), parameters)
        settings = [each for each in proposal.settings if f"/{name}/" in each.path or "/irq/" in each.path]
        groups = {
            ending: [each for each in settings if each.path.endswith(ending)]
            for ending in ("smp_affinity", "rps_flow_cnt", "xps_cpus", "rps_cpus")
        }
        rows += [
            _settings("nic_irq_affinity", f"NIC {name} IRQ affinity set", groups["smp_affinity"], "net"),
            _bans(facts, "nic_irq_bans", f"NIC {name} IRQ affinity not balanced", proposal.ban_irqs, "net"),
            _settings("rfs", f"NIC {name} RFS set", groups["rps_flow_cnt"], "net"),
            _settings("xps", f"NIC {name} XPS set", groups["xps_cpus"], "net"),
            _settings("rps", f"NIC {name} RPS set", groups["rps_cpus"], "net"),
        ]
    return rows


def _settings(
    name: str, condition: str, settings: Sequence[Setting], tuner: str, *, unknown: bool = False
) -> Row:
    wrong = [each for each in settings if not each.satisfied and each.changeable]
    # No such file (one transmit queue has no xps_cpus) means nothing to set.
    passed = None if unknown else not wrong
    current = None
    if wrong:
        parts = wrong[0].path.rsplit("/", 2)
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        current = f"{parts[1]} {wrong[0].current}, not {wrong[0].wanted}{more}"
    return boolean(name, condition, passed, f"rpk redpanda tune {tuner}", current=current)


def _bans(facts: HostFacts, name: str, condition: str, irqs: Sequence[int], tuner: str) -> Row:
    found = facts.irqbalance
    if not found.running:
        return boolean(name, condition, True, "", current="true (irqbalance is not running)")
    missing = sorted(set(irqs) - banned(found.text, found.key))
    return boolean(
        name,
        condition,
        not missing,
        f"rpk redpanda tune {tuner}",
        current=f"not banned: {','.join(map(str, missing))}" if missing else None,
    )
