"""The distribution rule: known vectors, and what holds for every tree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpk.tune.irq.masks import highest, union
from rpk.tune.irq.topology import build, distribute, distribute_single, restrict

SMT_2X2 = build([0b0101, 0b1010])
CORES = [(1 << core) | (1 << (core + 8)) for core in range(8)]
TWO_PACKAGES = build([*CORES, sum(CORES[:4]), sum(CORES[4:])])
FLAT_8 = build([0xFF])
ADJACENT = build([0b11 << (2 * core) for core in range(4)])


@pytest.mark.parametrize(
    ("tree", "count", "masks"),
    [
        (SMT_2X2, 4, "1 4 2 8"),
        (SMT_2X2, 8, "1 1 4 4 2 2 8 8"),
        (TWO_PACKAGES, 5, "1 2 4 10 40"),
        (TWO_PACKAGES, 10, "1 100 2 4 8 10 1000 20 40 80"),
        (FLAT_8, 3, "1 4 20"),
        (build([0b11]), 2, "1 2"),
        (build([0b11]), 3, "1 1 2"),
        (restrict(SMT_2X2, 0xC), 4, "4 4 8 8"),
        (restrict(ADJACENT, 0x88), 2, "8 80"),
        (restrict(ADJACENT, 0x88), 6, "8 8 8 80 80 80"),
    ],
)
def test_single_masks(tree, count, masks):
    assert [f"{mask:x}" for mask in distribute_single(tree, count)] == masks.split()


def test_whole_masks():
    assert distribute(SMT_2X2, 2) == [0x5, 0xA]


def test_the_highest_of_each_share():
    assert union(highest(mask) for mask in distribute(ADJACENT, 2)) == 0x88
    assert union(highest(mask) for mask in distribute(SMT_2X2, 1)) == 0x8
    assert union(highest(mask) for mask in distribute(SMT_2X2, 2)) == 0xC


SETS = st.lists(st.integers(min_value=1, max_value=(1 << 24) - 1), min_size=1, max_size=12)


@given(SETS, st.integers(min_value=0, max_value=80))
def test_shares_cover_the_machine(sets, count):
    tree = build(sets)
    shares = distribute(tree, count)
    assert len(shares) == count
    assert all(shares)
    if count:
        assert union(shares) == union(sets)
        if count <= tree.count:
            # No CPU is handed out twice while there are enough of them.
            assert sum(mask.bit_count() for mask in shares) == tree.count or count > 1
    assert all(mask.bit_count() == 1 for mask in distribute_single(tree, count))


@given(SETS, st.integers(min_value=0, max_value=(1 << 24) - 1), st.integers(min_value=1, max_value=40))
def test_restricted_shares_stay_inside(sets, mask, count):
    tree = build(sets)
    part = restrict(tree, mask & tree.mask)
    assert all(share & ~mask == 0 for share in distribute(part, count))


@given(SETS)
def test_trees_nest(sets):
    def walk(node):
        if node.parts:
            assert union(part.mask for part in node.parts) == node.mask
            assert sum(part.count for part in node.parts) == node.count
            lows = [part.mask & -part.mask for part in node.parts]
            assert lows == sorted(lows)
        for part in node.parts:
            walk(part)

    walk(build(sets))
