"""After apply the next plan is empty; after revert the tree is byte-equal; the script does the same writes."""

import os
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rpk.out.errors import OperationFailed
from rpk.system.host_writer import HostWriter
from rpk.tune.executors import revert as undo
from rpk.tune.executors.apply import apply_plan
from rpk.tune.executors.results import State
from rpk.tune.executors.script import render_script, render_undo
from rpk.tune.journal import FILE, Journal, read_entries
from rpk.tune.plan import Plan
from rpk.tune.tuners.table import TUNERS
from tests.rpk.tune.conftest import everything, plan_of
from tests.support.fake_kernel import picture
from tests.support.fake_machines import BOOT_ID, MACHINES

NAMES = [name for name in MACHINES if name != "container"]


def apply(kernel, plan):
    with Journal(kernel) as journal:
        return apply_plan(kernel, plan, journal, timeout_s=1)


def revert(kernel, names=None, *, forced=False, boot_id=BOOT_ID):
    with Journal(kernel) as journal:
        return undo.revert(kernel, journal, boot_id, names=names, forced=forced, timeout_s=1)


def states(results):
    return {result.plan.name: result.state for result in results}


@pytest.mark.parametrize("name", NAMES)
def test_apply_then_nothing_then_back(machine, name):
    kernel = machine(name).kernel()
    before = picture(kernel.root)
    results = apply(kernel, plan_of(kernel))
    assert not [each for result in results for each in result.steps if each.state is not State.APPLIED]
    assert plan_of(kernel).empty
    assert read_entries(kernel)
    undone = revert(kernel)
    assert {each.state for each in undone} == {undo.REVERTED}
    assert picture(kernel.root) == before


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_choice_goes_and_comes_back(tmp_path_factory, data):
    name = data.draw(st.sampled_from(NAMES))
    chosen = data.draw(st.lists(st.sampled_from(sorted(TUNERS)), min_size=1, unique=True))
    mode = data.draw(st.sampled_from([None, "mq", "sq", "sq-split", "dedicated"]))
    allowed = data.draw(st.booleans())
    root = tmp_path_factory.mktemp("machine")
    kernel = MACHINES[name](root).kernel()
    parameters = everything(
        mode=mode,
        dedicated_ratio=2,
        rps_rfs_allowed=allowed,
        write_back_cache=data.draw(st.sampled_from([None, False])),
    )
    before = picture(kernel.root)
    plan = plan_of(kernel, chosen, parameters)
    apply(kernel, plan)
    again = plan_of(kernel, chosen, parameters)
    if not any(step.action.kind == "channels" for step in plan.steps):
        assert again.empty, again.steps
    back = data.draw(st.permutations(chosen))
    for each in back:
        revert(kernel, {each})
    assert picture(kernel.root) == before


def test_tuning_over_tuning_goes_back_to_the_first_value(machine):
    kernel = machine("ec2_ena").kernel()
    before = picture(kernel.root)
    for mode in ("mq", "sq", "sq-split"):
        apply(kernel, plan_of(kernel, ["net", "disk_irq"], everything(mode=mode)))
    revert(kernel)
    assert picture(kernel.root) == before


def test_side_effects_come_back(machine):
    kernel = machine("gcp_virtio").kernel()
    requests = f"{kernel.resolve('/sys/block/sda')}/queue/nr_requests"
    kernel.write_value(requests, "999")
    before = picture(kernel.root)
    apply(kernel, plan_of(kernel, ["disk_scheduler"]))
    assert kernel.read(requests) == "128"
    revert(kernel)
    assert picture(kernel.root) == before


def test_what_somebody_else_wrote_is_not_touched(machine):
    kernel = machine("ec2_ena").kernel()
    apply(kernel, plan_of(kernel, ["swappiness", "aio_events"]))
    kernel.write_value("/proc/sys/vm/swappiness", "30")
    found = {each.entry.tuner: each.state for each in revert(kernel)}
    assert found == {"swappiness": undo.REFUSED, "aio_events": undo.REVERTED}
    assert kernel.read("/proc/sys/vm/swappiness") == "30"
    assert [each.state for each in revert(kernel, forced=True)] == [undo.REVERTED]
    assert kernel.read("/proc/sys/vm/swappiness") == "60"


def test_a_changed_side_effect_is_not_touched_either(machine):
    kernel = machine("gcp_virtio").kernel()
    apply(kernel, plan_of(kernel, ["disk_scheduler"]))
    kernel.write_value(f"{kernel.resolve('/sys/block/sda')}/queue/nr_requests", "64")
    assert [each.state for each in revert(kernel)] == [undo.REFUSED]


def test_a_write_that_did_not_stick_is_never_applied(machine):
    box = machine("ec2_ena")
    kernel = box.kernel()
    box.file("/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet")
    plan = plan_of(kernel, ["clocksource"])
    box.file("/sys/devices/system/clocksource/clocksource0/available_clocksource", "hpet acpi_pm")
    (result,) = apply(kernel, plan)
    assert result.state is State.REFUSED
    assert result.failed
    assert "kept hpet" in result.reason
    assert not kernel.exists(FILE)


def test_interrupt_the_kernel_turns_out_to_manage(machine):
    box = machine("ec2_ena")
    kernel = box.kernel()
    plan = plan_of(kernel, ["disk_irq"])
    os.chmod(f"{box.root}/proc/irq/30/smp_affinity", 0o444)
    (result,) = apply(kernel, plan)
    assert [each.state.value for each in result.steps] == ["applied", "refused", "applied"]
    assert result.state is State.APPLIED
    assert not result.failed


def test_a_failed_step_stops_its_tuner_only(machine):
    box = machine("ec2_ena")
    kernel = box.kernel()
    plan = plan_of(kernel, ["coredump", "swappiness"])
    box.directory("/var/lib/redpanda/save_coredump")
    found = states(apply(kernel, plan))
    assert found == {"coredump": State.FAILED, "swappiness": State.APPLIED}
    assert kernel.read("/proc/sys/kernel/core_pattern") == "core"


def test_shared_bans_stay_until_both_tuners_are_undone(machine):
    kernel = machine("nvme_server").kernel()
    before = picture(kernel.root)
    apply(kernel, plan_of(kernel, ["disk_irq", "net"]))
    revert(kernel, {"net"})
    assert "--banirq" in kernel.read("/etc/default/irqbalance")
    revert(kernel, {"disk_irq"})
    assert picture(kernel.root) == before


def test_a_reboot_undoes_kernel_values_and_only_those(machine):
    box = machine("ec2_ena")
    kernel = box.kernel()
    apply(kernel, plan_of(kernel, ["swappiness", "coredump"]))
    box.file("/proc/sys/kernel/random/boot_id", "another")
    box.file("/proc/sys/vm/swappiness", "45")
    found = {each.entry.action.target: each.state for each in revert(kernel, boot_id="another")}
    assert found["/proc/sys/vm/swappiness"] == undo.LOST
    assert found["/var/lib/redpanda/save_coredump"] == undo.REVERTED
    assert kernel.read("/proc/sys/vm/swappiness") == "45"


def test_tuning_again_after_a_reboot_forgets_the_old_boot(machine):
    box = machine("ec2_ena")
    kernel = box.kernel()
    apply(kernel, plan_of(kernel, ["swappiness"]))
    box.file("/proc/sys/kernel/random/boot_id", "another")
    box.file("/proc/sys/vm/swappiness", "45")
    apply(kernel, plan_of(kernel, ["swappiness"]))
    (entry,) = read_entries(kernel)
    assert (entry.boot_id, entry.action.old) == ("another", "45")


@pytest.mark.parametrize("back", [["coredump", "ballast_file"], ["ballast_file", "coredump"]])
def test_a_fresh_host_without_the_brokers_directories(machine, back):
    """Directories two tuners need are made once, and go with the last of them."""
    box = machine("ec2_ena")
    os.rmdir(f"{box.root}/var/lib/redpanda/data")
    os.rmdir(f"{box.root}/var/lib/redpanda")
    kernel = box.kernel()
    before = picture(kernel.root)
    results = apply(kernel, plan_of(kernel, ["ballast_file", "coredump", "disk_nomerges"]))
    assert set(states(results).values()) == {State.APPLIED}
    assert plan_of(kernel, ["ballast_file", "coredump", "disk_nomerges"]).empty
    for name in back:
        revert(kernel, {name})
    revert(kernel)
    assert picture(kernel.root) == before


def test_what_is_gone_is_forgotten(machine):
    box = machine("ec2_ena")
    kernel = box.kernel()
    apply(kernel, plan_of(kernel, ["disk_nomerges"]))
    os.unlink(f"{box.root}{kernel.resolve('/sys/block/nvme0n1/queue/nomerges')}")
    assert [each.state for each in revert(kernel)] == [undo.LOST]
    assert not read_entries(kernel)


def test_files_in_use_are_left(machine):
    box = machine("arm_box")
    os.rmdir(f"{box.root}/var/lib/redpanda/data")
    os.rmdir(f"{box.root}/var/lib/redpanda")
    kernel = box.kernel()
    apply(kernel, plan_of(kernel, ["coredump"]))
    box.file("/var/lib/redpanda/coredump/core.1", "x")
    revert(kernel)
    assert kernel.exists("/var/lib/redpanda/coredump/core.1")
    assert not kernel.exists("/var/lib/redpanda/save_coredump")
    assert not read_entries(kernel)


def plain(machine, name):
    """The machine as mere files: what a script writes can be compared with what apply writes."""
    return HostWriter(machine(name).root)


@pytest.mark.parametrize("name", NAMES)
def test_the_script_writes_what_apply_writes(machine, tmp_path, name):
    applied = plain(machine, name)
    names = list(TUNERS)
    plan = plan_of(applied, names)
    scripted = tmp_path / "copy"
    subprocess.run(["cp", "-a", applied.root, scripted], check=True)
    before = picture(scripted)
    results = apply(applied, plan)
    assert all(each.state is State.APPLIED for result in results for each in result.steps)
    environment = {**os.environ, "RPK_TUNE_ROOT": str(scripted)}
    for script in (render_script(plan, "t"), render_undo(plan, "u")):
        (tmp_path / "script").write_text(script)
        done = subprocess.run(
            ["bash", str(tmp_path / "script")], env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        if script == render_script(plan, "t"):
            wanted = {path: what for path, what in picture(applied.root).items() if "var/lib/rpk" not in path}
            assert picture(scripted) == wanted
    # Bracketed words are written plain, so compare what was not one.
    after = picture(scripted)
    words = [
        path
        for path in before
        if path.endswith(("queue/scheduler", "hugepage/enabled", "smp_affinity", "_cpus"))
    ]
    for path in set(before) - set(words):
        assert after[path] == before[path]
    assert set(after) == set(before)


def test_a_second_run_waits_its_turn(machine):
    kernel = machine("ec2_ena").kernel()
    with Journal(kernel), pytest.raises(OperationFailed, match="at work"), Journal(kernel):
        pass


def test_an_empty_plan_leaves_no_trace(machine):
    kernel = machine("ec2_ena").kernel()
    before = picture(kernel.root)
    apply(kernel, Plan(boot_id=BOOT_ID, tuners=()))
    assert picture(kernel.root) == before
