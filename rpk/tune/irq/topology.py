"""The tree of a machine's CPUs (machine, packages and NUMA nodes, shared caches, cores, threads) and fair shares of it.

`distribute` hands out n sets of CPUs so that neighbours in the list are neighbours in the tree: among siblings
with w CPUs of W in all, the i-th gets ceil(S_{i+1}·n/W) − ceil(S_i·n/W) of them, S being the running sum.
"""

from __future__ import annotations

from dataclasses import dataclass

from rpk.tune.irq.masks import lowest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuSet:
    """A node of the tree: its CPUs, and the parts it falls into, ordered by their lowest CPU. Leaves have none."""

    mask: int
    parts: tuple[CpuSet, ...] = ()

    @property
    def count(self) -> int:
        """CPUs in it."""
        return self.mask.bit_count()


def build(sets: Iterable[int]) -> CpuSet:
    """The tree of nested sets; sets that cut across others found before them are left out.

    Their union is the machine. Every single CPU becomes a leaf.
    """
    wanted = {mask for mask in sets if mask}
    machine = 0
    for mask in wanted:
        machine |= mask
    left = machine
    while left:
        wanted.add(lowest(left))
        left ^= lowest(left)
    kept: list[int] = []
    for mask in sorted(wanted | {machine}, key=lambda mask: (-mask.bit_count(), mask)):
        if mask and all(mask & other in (0, mask) for other in kept):
            kept.append(mask)
    return _nest(machine, [mask for mask in kept if mask != machine])


def _nest(mask: int, inside: list[int]) -> CpuSet:
    parts = []
    rest = inside
    while rest:
        top = rest[0]  # the largest left is inside no other of them
        parts.append(_nest(top, [each for each in rest[1:] if each & top]))
        rest = [each for each in rest[1:] if not each & top]
    return CpuSet(mask=mask, parts=tuple(sorted(parts, key=lambda part: lowest(part.mask))))


def restrict(tree: CpuSet, mask: int) -> CpuSet:
    """The tree with only the CPUs of `mask`; levels that no longer divide anything are left out."""
    parts = tuple(restrict(part, mask) for part in tree.parts if part.mask & mask)
    if len(parts) == 1:
        return parts[0]
    return CpuSet(mask=tree.mask & mask, parts=parts)


def distribute(tree: CpuSet, count: int) -> list[int]:
    """`count` masks spread over the tree; none for a count of 0 or an empty tree."""
    if count <= 0 or not tree.mask:
        return []
    if count == 1 or not tree.parts:
        return [tree.mask] * count
    shares: list[int] = []
    before, whole = 0, tree.count
    for part in tree.parts:
        after = before + part.count
        share = _ceil(after * count, whole) - _ceil(before * count, whole)
        before = after
        if share:
            shares.extend(distribute(part, share))
        else:
            shares[-1] |= part.mask  # too many siblings: this one strengthens its neighbour
    return shares


def distribute_single(tree: CpuSet, count: int) -> list[int]:
    """As `distribute`, each set narrowed to its lowest CPU."""
    return [lowest(mask) for mask in distribute(tree, count)]


def _ceil(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
