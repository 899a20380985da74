"""Network interfaces: queue counts, interrupts, receive and transmit steering, backlogs."""

from __future__ import annotations

from rpk.tune.irq.masks import format_mask
from rpk.tune.irq.modes import PlacementError, near_device, nic_mode, place
from rpk.tune.irq.nic_queues import DRIVERS_WITH_CHANNELS, RSS_QUEUES_MAX, fast_path, queue_index, spread
from rpk.tune.irq.topology import distribute
from rpk.tune.irq.topology import restrict as restrict_tree
from rpk.tune.plan import Action, Comparison, Proposal, Refusal, SetChannels, SetNtuple, Setting
from rpk.tune.tuners.affinity import affinity_settings, hand_over
from rpk.tune.tuners.record import Tuner, number_setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts
    from rpk.tune.facts.nic import Nic
    from rpk.tune.irq.modes import Placement
    from rpk.tune.parameters import Parameters

FLOWS = 32_768
SOMAXCONN = 4096
SYN_BACKLOG = 4096
FLOW_TABLE = "/proc/sys/net/core/rps_sock_flow_entries"
BACKLOGS = (
    (FLOW_TABLE, FLOWS, "flows remembered for receive flow steering"),
    ("/proc/sys/net/core/somaxconn", SOMAXCONN, "connections waiting to be accepted"),
    ("/proc/sys/net/ipv4/tcp_max_syn_backlog", SYN_BACKLOG, "connections being set up"),
)


def power_of_two(count: int) -> int:
    """The count the kernel makes of a flow count: the next power of two; 0 stays."""
    return 1 << (count - 1).bit_length() if count > 0 else 0


def plan(facts: HostFacts, parameters: Parameters) -> Proposal:
    """Every chosen NIC by one mode, then the backlogs, which need no NIC."""
    if facts.nic_problems:
        return Proposal(unsupported="; ".join(facts.nic_problems))
    settings: list[Setting] = []
    actions: list[Action] = []
    refused: list[Refusal] = []
    ban: list[int] = []
    mode = nic_mode(facts.cpu, parameters)
    try:
        placement = place(mode, facts.cpu, parameters)
    except PlacementError as error:
        return Proposal(unsupported=str(error))
    for name in facts.nic_targets:
        nic = facts.nics[name]
        queues, change = channel_count(nic, placement, parameters)
        if change is not None:
            actions.append(change)
        kept = fast_path({irq: facts.interrupts[irq].label for irq in nic.irqs})
        # What is not moved is left to irqbalance: only interrupts that were placed are banned.
        ban += kept
        settings += _interrupts(facts, nic, kept, placement, queues)
        settings += _receive(nic, placement, parameters, queues)
        settings += _transmit(facts, nic, placement, None if change is None else queues)
        if nic.ntuple is False and nic.driver in NTUPLE_DRIVERS and placement.mode == "mq":
            actions.append(
                SetNtuple(interface=name, old=False, new=True, why="flows reach the CPU that reads them")
            )
    settings += [
        setting
        for path, wanted, why in BACKLOGS
        if (setting := number_setting(facts, path, wanted, why)) is not None
    ]
    notes = () if facts.nic_targets else ("no network interface is chosen: only the backlogs are tuned",)
    return Proposal(
        settings=tuple(settings),
        actions=tuple(actions),
        refused=tuple(refused),
        ban_irqs=tuple(sorted(ban)),
        hand_over=hand_over(placement),
        notes=notes,
    )


NTUPLE_DRIVERS = ("ixgbe", "i40e", "ice", "mlx5_core", "bnxt_en")
"""Drivers whose filters are known to steer flows usefully."""


def channel_count(nic: Nic, placement: Placement, parameters: Parameters) -> tuple[int, SetChannels | None]:
    """Receive queues the NIC will have, and the change that takes: no more queues than CPUs that serve them."""
    queues = len(nic.rx)
    channels = nic.channels
    allowed = parameters.dedicated_allowed or placement.mode == "dedicated"
    if channels is None or nic.driver not in DRIVERS_WITH_CHANNELS or not allowed:
        return queues, None
    served = placement.interrupts.bit_count()
    old = (channels.combined, channels.rx, channels.tx)
    if channels.combined_max:
        new = (min(channels.combined_max, served), channels.rx, channels.tx)
    else:
        new = (channels.combined, min(channels.rx_max, served), min(channels.tx_max, served))
    count = new[0] or new[1]
    if new == old or not count:
        return count or queues, None
    return count, SetChannels(
        interface=nic.name, old=old, new=new, why="a queue a CPU that serves interrupts"
    )


def _interrupts(
    facts: HostFacts, nic: Nic, kept: list[int], placement: Placement, queues: int
) -> list[Setting]:
    labels = {irq: facts.interrupts[irq].label for irq in kept}
    cap = RSS_QUEUES_MAX.get(nic.driver)
    receive = min(queues or len(kept), cap or queues or len(kept))
    near = near_device(facts.cpu, placement.interrupts, nic.numa_node, len(kept))
    tree = facts.cpu.tree
    if cap is not None and cap < len(kept):
        first, rest = kept[:receive], kept[receive:]
        pairs = spread(tree, near, first, labels, live_queues=None)
        pairs += spread(tree, near, rest, labels, live_queues=None)
    else:
        separate = placement.mode != "mq" and nic.driver in DRIVERS_WITH_CHANNELS
        known = any(queue_index(label) < queues for label in labels.values())
        pairs = spread(tree, near, kept, labels, live_queues=queues if separate and known else None)
    return affinity_settings(facts, pairs, f"{nic.name} interrupts, mode {placement.mode}")


def _receive(nic: Nic, placement: Placement, parameters: Parameters, queues: int) -> list[Setting]:
    """RPS and RFS: off where every CPU has a queue of its own, for the hardware then does it."""
    live = [queue for queue in nic.rx if queue.index < queues]
    enough = placement.mode == "mq" and len(live) >= placement.compute.bit_count()
    off = enough or not parameters.rps_rfs_allowed
    mask = 0 if off else placement.compute
    flows = 0 if off or not live else power_of_two(FLOWS // len(live))
    why = "every CPU has a receive queue" if enough else "packets are spread over the broker's CPUs"
    settings = []
    for queue in live:
        if queue.rps_cpus is not None:
            settings.append(
                Setting(
                    path=f"{queue.path}/rps_cpus", comparison=Comparison.MASK, current=queue.rps_cpus,
                    wanted=format_mask(mask), why=why,
                )
            )  # fmt: skip
        if queue.rps_flow_cnt is not None:
            settings.append(
                Setting(
                    path=f"{queue.path}/rps_flow_cnt", comparison=Comparison.NUMBER,
                    current=queue.rps_flow_cnt, wanted=str(flows),
                    why="packets follow the thread that reads the socket" if flows else why,
                )
            )  # fmt: skip
    return settings


def _transmit(facts: HostFacts, nic: Nic, placement: Placement, left: int | None) -> list[Setting]:
    """XPS: each transmit queue serves its own CPUs. left: queues that stay when their count is being changed."""
    live = [queue for queue in nic.tx if queue.xps_cpus is not None and (left is None or queue.index < left)]
    base = placement.compute | placement.interrupts
    shares = distribute(restrict_tree(facts.cpu.tree, base), len(live))
    return [
        Setting(
            path=f"{queue.path}/xps_cpus",
            comparison=Comparison.MASK,
            current=queue.xps_cpus or "0",
            wanted=format_mask(mask),
            why="a transmit queue of its own for each group of CPUs",
        )
        for queue, mask in zip(live, shares, strict=True)
    ]


TUNER = Tuner(
    name="net",
    key="tune_network",
    summary="Spread network interrupts and packets over the CPUs; longer backlogs.",
    what="For every NIC the broker listens on (bonds and VLANs down to hardware): bans its interrupts in irqbalance and "
    "places them by mode (mq, sq, sq-split, dedicated), sets RPS, RFS and XPS, and in dedicated mode one queue a CPU "
    "that serves interrupts. Raises net.core.rps_sock_flow_entries to 32768, somaxconn and tcp_max_syn_backlog to "
    "4096. The CPUs left to the broker are written to the node tuner's state file, by which it pins its shards.",
    why="Left alone, packets of all connections may arrive on one CPU, and connections are refused in bursts.",
    risk="sq and dedicated only help when the broker leaves the interrupt CPUs alone. Changing queue counts takes the "
    "NIC down for a moment.",
    plan=plan,
)
