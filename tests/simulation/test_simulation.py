"""Runs of the simulated cluster: a fixed few in every test run, many in `make soak`."""

import os

import pytest

from engine.base.errors import InvariantError
from tests.simulation.checkers import Violation
from tests.simulation.mutations import MUTATIONS
from tests.simulation.world import simulate

SEEDS = 60
SOAK_SEEDS = 10_000
SOAK_CHUNK = 250


@pytest.mark.parametrize("seed", range(SEEDS))
def test_fixed_seed(seed):
    simulate(seed)


def test_fresh_seeds():
    first = int.from_bytes(os.urandom(4), "big")
    for seed in range(first, first + 10):
        simulate(seed)


def test_a_seed_is_a_run():
    assert simulate(7).counts == simulate(7).counts


def test_faults_and_changes_happen():
    counts = sum((simulate(seed).counts for seed in range(10)), start=type(simulate(0).counts)())
    for what in ("crash", "change", "transfer", "reads", "acknowledged", "ResetRequest"):
        assert counts[what] > 0, what


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("first", range(SEEDS, SEEDS + SOAK_SEEDS, SOAK_CHUNK))
def test_many_seeds(first):
    for seed in range(first, first + SOAK_CHUNK):
        simulate(seed)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_planted_bug_is_found(mutation):
    with mutation.plant():
        for seed in range(mutation.first_seed, mutation.first_seed + mutation.seeds_max):
            try:
                simulate(seed, weather=mutation.weather)
            except (Violation, InvariantError):
                return
    pytest.fail(f"{mutation.name} ({mutation.rule}) was not found in {mutation.seeds_max} seeds")
