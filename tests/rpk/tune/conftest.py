"""Machines of files, and plans for them."""

import os

import pytest

from rpk.tune.facts.host import Request, probe_host
from rpk.tune.parameters import Parameters
from rpk.tune.planner import make_plan
from rpk.tune.session import Choices, open_session
from rpk.tune.tuners.table import TUNERS
from tests.support.fake_machines import MACHINES


@pytest.fixture(scope="module", autouse=True)
def quick_disk():
    """Trees of files need not survive a power cut; `test_journal.py` looks at what is synced by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture
def machine(tmp_path):
    """`machine("ec2_ena", queues=2)` → a Machine in a directory of its own."""

    def make(name, **options):
        root = tmp_path / name
        root.mkdir()
        return MACHINES[name](root, **options)

    return make


def request(**more):
    from rpk.config.run import Options, Run

    choices = Choices(**more)
    return open_session(Run(Options(), {}), choices)


def everything(**more):
    """Parameters with every tuner switched on and a small ballast."""
    return Parameters(enabled=frozenset(TUNERS), ballast_bytes=1 << 20, **more)


def session_request(root, parameters, **more):
    """The request the commands make, for a tree."""
    from dataclasses import replace

    from rpk.config.run import Options, Run

    session = open_session(Run(Options(), {"HOME": "/nonexistent"}), Choices(root=str(root)))
    return replace(
        session.request, ballast_path=parameters.ballast_path, ballast_bytes=parameters.ballast_bytes, **more
    )


def facts_of(kernel, parameters=None, **more):
    return probe_host(kernel, session_request(kernel.root, parameters or everything(), **more))


def plan_of(kernel, names=None, parameters=None, **more):
    parameters = parameters or everything()
    return make_plan(facts_of(kernel, parameters, **more), parameters, names or list(TUNERS))


def values(plan, ending=""):
    """Path to wanted value of every write and every value that is right already."""
    found = {step.action.path: step.action.new for step in plan.steps if step.action.kind == "value"}
    for tuner in plan.tuners:
        for setting in tuner.satisfied:
            found[setting.path] = setting.wanted
    return {path: value for path, value in found.items() if path.endswith(ending)}


__all__ = ["Request"]
