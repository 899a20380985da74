"""The journal survives a kill at any point, and revert is exact from wherever it left things."""

import contextlib
import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rpk.out.errors import OperationFailed
from rpk.tune.executors import revert as undo
from rpk.tune.executors.apply import apply_plan
from rpk.tune.journal import FILE, Journal, read_entries
from rpk.tune.plan import Step
from rpk.tune.records import RecordError, from_record, to_record
from tests.rpk.tune.conftest import everything, plan_of
from tests.support.fake_kernel import picture
from tests.support.fake_machines import BOOT_ID, ec2_ena, gcp_virtio

NAMES = ["swappiness", "disk_scheduler", "coredump", "ballast_file", "disk_irq", "cpu_latency"]


def work(kernel, *, back=False):
    with Journal(kernel) as journal:
        if back:
            undo.revert(kernel, journal, BOOT_ID, names=None, forced=False, timeout_s=1)
        else:
            apply_plan(kernel, plan_of(kernel, NAMES), journal, timeout_s=1)


def in_child(action):
    """Run in a forked child; True when it was killed, False when it came to its end."""
    child = os.fork()
    if not child:
        try:
            action()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def kill_everywhere(box, before, *, back):
    """Kill at effect 0, 1, 2, … until one run ends by itself; each time revert must give the first picture."""
    at = 0
    while True:
        if back:
            work(box.kernel())
        killed = in_child(lambda at=at: work(box.kernel(kill_at=at), back=back))
        for each in read_entries(box.kernel()):
            assert each.boot_id == BOOT_ID
        work(box.kernel(), back=True)
        left = read_entries(box.kernel())
        assert not left
        assert dict(picture(box.root).items()) == before, f"killed at effect {at}"
        if not killed:
            return at
        at += 1


def test_killed_at_every_step_of_apply(tmp_path):
    box = gcp_virtio(tmp_path)
    assert kill_everywhere(box, picture(box.root), back=False) > 15


def test_killed_at_every_step_of_revert(tmp_path):
    box = gcp_virtio(tmp_path)
    assert kill_everywhere(box, picture(box.root), back=True) > 15


def test_killed_runs_pile_up_and_still_go_back(tmp_path):
    box = gcp_virtio(tmp_path)
    before = picture(box.root)
    for at in (3, 9, 17, 12, 1):
        in_child(lambda at=at: work(box.kernel(kill_at=at)))
    work(box.kernel(), back=True)
    assert picture(box.root) == before


def test_an_interrupted_reload_is_made_up_for(tmp_path):
    from tests.support.fake_machines import nvme_server

    box = nvme_server(tmp_path)
    kernel = box.kernel()
    plan = plan_of(kernel, ["net"])
    first = plan.steps[0]
    with Journal(kernel) as journal:
        journal.intend(BOOT_ID, [first])
        kernel.replace_file(first.action.path, first.action.new.text, first.action.new.mode)
    reloaded = []
    with Journal(kernel) as journal:
        from rpk.tune.executors import apply

        original = apply.reload
        apply.reload = lambda host, action, timeout_s: reloaded.append(action.reload)
        try:
            apply_plan(kernel, plan_of(kernel, ["net"]), journal, timeout_s=1)
        finally:
            apply.reload = original
    assert reloaded == [("systemctl", "try-restart", "irqbalance")]


@pytest.fixture
def tuned_box(tmp_path):
    """A tuned machine: its kernel, its journal's bytes, how many entries they are."""
    kernel = ec2_ena(tmp_path).kernel()
    work(kernel)
    return kernel, Path(kernel.at(FILE)).read_bytes(), len(read_entries(kernel))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    share=st.floats(min_value=0, max_value=1),
    zeros=st.integers(min_value=0, max_value=30),
    bits=st.integers(min_value=1, max_value=255),
)
def test_a_torn_tail_is_dropped_and_damage_is_told(tuned_box, share, zeros, bits):
    kernel, whole, count = tuned_box
    path = kernel.at(FILE)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    Path(path).write_bytes(whole[: int(share * len(whole))] + b"\0" * zeros)
    assert len(read_entries(kernel)) <= count
    with Journal(kernel) as journal:
        assert len(journal.entries()) <= count
    # A journal that lost everything removes itself.
    os.makedirs(os.path.dirname(path), exist_ok=True)
    at = int(share * (whole.rfind(b"\n", 0, len(whole) - 1) - 1))
    Path(path).write_bytes(whole[:at] + bytes([whole[at] ^ bits]) + whole[at + 1 :])
    with pytest.raises(OperationFailed, match="damaged"), Journal(kernel):
        pass
    assert os.path.getsize(path) == len(whole), "a damaged journal is not touched"


def test_the_intention_is_on_disk_before_the_first_write(tmp_path):
    box = ec2_ena(tmp_path)
    assert in_child(lambda: work(box.kernel(kill_at=0)))
    plan = plan_of(box.kernel(), NAMES)
    assert [each.action.target for each in read_entries(box.kernel())] == [
        step.action.target for step in plan.steps
    ]


def test_the_intention_is_synced_before_the_first_write(tmp_path, monkeypatch):
    kernel = ec2_ena(tmp_path).kernel()
    plan = plan_of(kernel, NAMES)
    events = []

    def fsync(descriptor):
        name = os.readlink(f"/proc/self/fd/{descriptor}")
        events.append(
            (
                name.removeprefix(kernel.root),
                b"cpu_latency" in Path(name).read_bytes() if os.path.isfile(name) else None,
            )
        )

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(kernel, "_mortal", lambda: events.append("effect"))
    with Journal(kernel) as journal:
        apply_plan(kernel, plan, journal, timeout_s=1)
    before = events[: events.index("effect")]
    # The directories made for it, its own entry, then its content, the last step included.
    assert ("/var/lib/rpk", None) in before
    assert ("/var/lib/rpk/tune", None) in before
    assert before[-1] == (FILE, True)


def test_dead_lines_are_left_out(tmp_path, monkeypatch):
    from rpk.tune import journal as module

    monkeypatch.setattr(module, "DEAD_LINES_MAX", 10)
    kernel = ec2_ena(tmp_path).kernel()
    sizes = []
    with Journal(kernel) as keeper:
        keeper.intend(
            BOOT_ID, [Step(tuner="x", action=plan_of(kernel, ["aio_events"]).steps[0].action, owners=("x",))]
        )
    for _ in range(20):
        with Journal(kernel) as journal:
            apply_plan(kernel, plan_of(kernel, ["swappiness"]), journal, timeout_s=1)
            undo.revert(kernel, journal, BOOT_ID, names={"swappiness"}, forced=False, timeout_s=1)
        sizes.append(os.path.getsize(kernel.at(FILE)))
    assert max(sizes) < 8000
    assert len(read_entries(kernel)) == 1


def test_no_place_for_a_journal_no_tuning(tmp_path):
    box = ec2_ena(tmp_path)
    box.file("/var/lib/rpk", "a file")
    before = picture(box.root)
    with pytest.raises(OperationFailed, match="nothing was changed"):
        work(box.kernel())
    assert picture(box.root) == before


@pytest.mark.parametrize("machine_name", ["nvme_server", "azure", "gcp_virtio"])
def test_actions_survive_the_way_through_json(machine, machine_name):
    import json

    kernel = machine(machine_name).kernel()
    for parameters in (everything(), everything(mode="dedicated", dedicated_ratio=2)):
        for step in plan_of(kernel, None, parameters).steps:
            data = json.loads(json.dumps(to_record(step.action)))
            assert from_record(data) == step.action
            assert from_record(to_record(step.action.inverse())).inverse() == step.action


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.sampled_from(["value", "file", "channels", "directory", "no"]))
def test_any_data_is_an_action_or_an_error(data, kind):
    for each in (data, {**data, "kind": kind} if isinstance(data, dict) else None):
        with contextlib.suppress(RecordError):
            from_record(each)
