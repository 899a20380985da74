"""Interrupts of the disks."""

from __future__ import annotations

from rpk.tune.irq.modes import PlacementError, allowed_cpus, disk_mode, near_device, place
from rpk.tune.irq.topology import distribute_single, restrict
from rpk.tune.plan import Proposal, Setting
from rpk.tune.tuners.affinity import affinity_settings, hand_over
from rpk.tune.tuners.disk_targets import no_disks
from rpk.tune.tuners.record import Tuner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts
    from rpk.tune.parameters import Parameters


def plan(facts: HostFacts, parameters: Parameters) -> Proposal:
    """NVMe interrupts over all allowed CPUs, those of other disks as the mode says, each near its device."""
    reason = no_disks(facts)
    if reason is not None:
        return Proposal(unsupported=reason)
    disks = [facts.disks[name] for name in facts.irq_disks]
    if not any(disk.irqs for disk in disks):
        names = ", ".join(disk.name for disk in disks)
        return Proposal(unsupported=f"{names}: no interrupts of its own", excused=True)
    mode = disk_mode(facts.cpu, disks, parameters)
    try:
        placement = place(mode, facts.cpu, parameters)
        everywhere = allowed_cpus(facts.cpu, parameters)
    except PlacementError as error:
        return Proposal(unsupported=str(error))
    settings: list[Setting] = []
    seen: set[int] = set()
    for nvme, mask in ((True, everywhere), (False, placement.interrupts)):
        # One distribution a NUMA node, so that disks of different nodes do not queue up for the same CPUs.
        groups: dict[int | None, list[int]] = {}
        for disk in disks:
            if disk.nvme is nvme:
                groups.setdefault(disk.numa_node, []).extend(irq for irq in disk.irqs if irq not in seen)
                seen.update(disk.irqs)
        for node, numbers in groups.items():
            irqs = sorted(set(numbers))
            near = near_device(facts.cpu, mask, node, len(irqs))
            masks = distribute_single(restrict(facts.cpu.tree, near), len(irqs))
            settings += affinity_settings(
                facts, list(zip(irqs, masks, strict=True)), f"disk interrupts, mode {mode}"
            )
    notes = () if mode == "mq" else (f"mode {mode}: interrupts of disks other than NVMe",)
    return Proposal(
        settings=tuple(settings),
        ban_irqs=tuple(sorted(seen)),
        hand_over=hand_over(placement) if parameters.mode else None,
        notes=notes,
    )


TUNER = Tuner(
    name="disk_irq",
    key="tune_disk_irq",
    summary="Spread the interrupts of the broker's disks over the CPUs.",
    what="Writes smp_affinity of every interrupt of the disks under the data directory, NVMe over all allowed CPUs, "
    "others by mode (mq with at most 4 CPUs, sq with at most 4 cores, else sq-split), and bans them in irqbalance. "
    "Interrupts the kernel manages by itself are reported as refused.",
    why="Left alone, completions of all disks may arrive on one CPU, whose shard then waits for the others' work.",
    risk="A wrong mode piles interrupts on few CPUs; compare latency before and after.",
    plan=plan,
)
