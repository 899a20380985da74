"""Which interrupts of a NIC carry packets, in the order of their queues, and where each goes."""

from __future__ import annotations

import re

from rpk.tune.irq.topology import distribute_single, restrict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rpk.tune.irq.topology import CpuSet

_FAST = re.compile(
    r"-TxRx-|-Tx-Rx-|-fp-|mlx\d+-\d+@|mlx5_comp\d+|virtio\d+-(?:in|out)put|ntfy-block\.\d+|gve-ntfy-blk\d+|mana_q\d+"
)
_INDEX = (
    re.compile(r"-Tx-?Rx-(\d+)"),
    re.compile(r"-fp-(\d+)"),
    re.compile(r"(?:in|out)put\.(\d+)"),
    re.compile(r"mlx5_comp(\d+)"),
    re.compile(r"mlx\d+-(\d+)@"),
    re.compile(r"mana_q(\d+)"),
)
_GVE = re.compile(r"(?:ntfy-block\.|gve-ntfy-blk)(\d+)")
_LAST = 1 << 30
RSS_QUEUES_MAX = {"ixgbe": 16, "ixgbevf": 4, "i40e": 64, "i40evf": 16}
"""Receive queues these drivers spread packets over, however many interrupts they have."""
DRIVERS_WITH_CHANNELS = ("ena", "virtio_net", "virtio", "gve", "mlx5_core", "mana")
"""Drivers whose queue counts may be set."""


def fast_path(labels: Mapping[int, str]) -> list[int]:
    """Interrupts that carry packets by queue number; all of them where none is known by its name."""
    kept = [irq for irq, label in labels.items() if _FAST.search(label)] or list(labels)
    gve = sum(1 for irq in kept if _GVE.search(labels[irq]))
    return sorted(kept, key=lambda irq: (queue_index(labels[irq], gve), irq))


def queue_index(label: str, gve_count: int = 0) -> int:
    """The queue a label names; a very large number for flow directors and unknown names, which come last.

    gve names transmit blocks first and receive blocks after them: half the count belongs to each.
    """
    if "fdir" in label:
        return _LAST
    found = _GVE.search(label)
    if found is not None:
        return int(found[1]) % max(gve_count // 2, 1)
    for pattern in _INDEX:
        found = pattern.search(label)
        if found is not None:
            return int(found[1])
    return _LAST


def spread(
    tree: CpuSet, mask: int, irqs: Sequence[int], labels: Mapping[int, str], *, live_queues: int | None
) -> list[tuple[int, int]]:
    """(irq, mask of one CPU) for interrupts in queue order.

    live_queues: how many queues really get packets; their interrupts are spread first and the rest by
    themselves, so that dead ones take no CPU away. None when all count alike.
    """
    part = restrict(tree, mask)
    if live_queues is None:
        return list(zip(irqs, distribute_single(part, len(irqs)), strict=True))
    gve = sum(1 for irq in irqs if _GVE.search(labels[irq]))
    live = [irq for irq in irqs if queue_index(labels[irq], gve) < live_queues]
    rest = [irq for irq in irqs if irq not in live]
    return [
        pair
        for group in (live, rest)
        for pair in zip(group, distribute_single(part, len(group)), strict=True)
    ]
