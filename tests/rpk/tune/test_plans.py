"""Plans for machines that are not here, against known vectors."""

import pytest

from rpk.tune.irq.masks import parse_mask
from rpk.tune.plan import SetChannels, WriteFile
from tests.rpk.tune.conftest import everything, plan_of, values


def nic_masks(plan, machine, word):
    """Wanted masks of the interrupts with `word` in their label, in their order."""
    found = values(plan, "/smp_affinity")
    return [
        f"{parse_mask(found[f'/proc/irq/{number}/smp_affinity']):x}"
        for number, label in machine.irqs
        if word in label and f"/proc/irq/{number}/smp_affinity" in found
    ]


def flows(plan):
    return sorted(set(values(plan, "/rps_flow_cnt").values()))


def masks(plan, ending):
    return sorted({f"{parse_mask(text):x}" for text in values(plan, ending).values()})


def test_ena_spreads_over_cores_first(machine):
    box = machine("ec2_ena")
    plan = plan_of(box.kernel(), ["net"])
    assert nic_masks(plan, box, "Tx-Rx") == ["1", "4", "2", "8"]
    assert nic_masks(plan, box, "mgmnt") == []
    assert masks(plan, "rps_cpus") == ["0"], "four queues for four CPUs: the hardware does it"


def test_virtio_pairs(machine):
    box = machine("gcp_virtio")
    plan = plan_of(box.kernel(), ["net"])
    assert nic_masks(plan, box, "virtio1-") == ["1", "1", "4", "4", "2", "2", "8", "8"]


def test_dedicated_one_cpu(machine):
    box = machine("ec2_ena")
    kernel = box.kernel()
    plan = plan_of(kernel, ["net"], everything(mode="dedicated", dedicated_ratio=4))
    change = next(step.action for step in plan.steps if isinstance(step.action, SetChannels))
    assert (change.old, change.new) == ((4, 0, 0), (1, 0, 0))
    assert set(nic_masks(plan, box, "Tx-Rx")) == {"8"}
    assert masks(plan, "rps_cpus") == ["7"]
    assert flows(plan) == ["32768"]
    state = next(step.action.new.text for step in plan.steps if isinstance(step.action, WriteFile))
    assert 'redpanda_cpuset: "0-2"' in state
    assert 'interrupts_cpuset: "3"' in state


def test_dedicated_two_cpus_live_queues_first(machine):
    box = machine("gcp_virtio", live=2)
    box.channels["eth0"] = box.channels["eth0"].__class__(combined=2, combined_max=4)
    plan = plan_of(box.kernel(), ["net"], everything(mode="dedicated", dedicated_ratio=2))
    assert nic_masks(plan, box, "virtio1-") == ["4", "4", "8", "8", "4", "4", "8", "8"]
    assert masks(plan, "rps_cpus") == ["3"]
    assert flows(plan) == ["16384"]


def test_dedicated_azure(machine):
    box = machine("azure")
    plan = plan_of(box.kernel(), ["net"], everything(mode="dedicated", dedicated_ratio=4), nics=("enP1s1",))
    assert nic_masks(plan, box, "comp") == ["8", "80", "8", "8", "8", "80", "80", "80"]
    assert masks(plan, "rps_cpus") == ["77"]


def test_dedicated_by_default_when_allowed(machine):
    box = machine("nvme_server")
    parameters = everything(dedicated_allowed=True, dedicated_ratio=16)
    plan = plan_of(box.kernel(), ["net"], parameters)
    spared = set(nic_masks(plan, box, "TxRx"))
    # One in sixteen of 64, the same number on both nodes; the NIC's are those of its own node when they suffice.
    assert len(spared) == 4
    mask = sum(int(text, 16) for text in spared)
    low_node = sum((1 << core) | (1 << (core + 32)) for core in range(16))
    assert (mask & low_node).bit_count() == 2


def test_driver_with_few_queues_gets_two_distributions(machine):
    box = machine("nvme_server")
    plan = plan_of(box.kernel(), ["net"])
    placed = nic_masks(plan, box, "TxRx")
    assert len(set(placed[:16])) == 16
    assert len(set(placed[16:])) == 4
    assert flows(plan) == ["2048"]


def test_interrupts_near_their_device(machine):
    box = machine("nvme_server")
    plan = plan_of(box.kernel(), ["disk_irq"])
    node = sum((1 << core) | (1 << (core + 32)) for core in range(16, 32))
    wanted = [parse_mask(text) for text in values(plan, "smp_affinity").values()]
    wanted += [parse_mask(refusal.wanted) for tuner in plan.tuners for refusal in tuner.refused]
    assert len(wanted) == 9
    assert all(mask & node == mask for mask in wanted)


def test_managed_interrupts_are_refused_and_excused(machine):
    plan = plan_of(machine("nvme_server").kernel(), ["disk_irq"])
    refused = plan.tuners[0].refused
    assert len(refused) == 8
    assert all(refusal.excused and refusal.reason == "managed by the kernel" for refusal in refused)


@pytest.mark.parametrize(
    ("mode", "interrupts", "compute"),
    [("sq", "1", "e"), ("sq-split", "5", "a"), ("sq_split", "5", "a"), ("mq", "f", "0")],
)
def test_modes(machine, mode, interrupts, compute):
    from rpk.tune.irq.modes import parse_mode

    box = machine("ec2_ena")
    plan = plan_of(box.kernel(), ["net"], everything(mode=parse_mode(mode)))
    union = 0
    for text in nic_masks(plan, box, "Tx-Rx"):
        union |= int(text, 16)
    assert f"{union:x}" == interrupts
    assert masks(plan, "rps_cpus") == [compute]


def test_cpu_set_is_of_the_systems_numbers(machine):
    box = machine("ec2_ena")
    plan = plan_of(box.kernel(), ["net"], everything(cpu_set=0b1100))
    assert set(nic_masks(plan, box, "Tx-Rx")) == {"4", "8"}
    assert {parse_mask(text) & ~0b1100 for text in values(plan, "xps_cpus").values()} == {0}


def test_impossible_modes_say_so(machine):
    box = machine("ec2_ena")
    one = plan_of(box.kernel(), ["net"], everything(mode="sq", cpu_set=0b1)).tuners[0]
    assert "leaves no CPU for the broker" in one.unsupported
    none = plan_of(box.kernel(), ["net"], everything(cpu_set=1 << 70)).tuners[0]
    assert "is online" in none.unsupported


def test_irqbalance_is_told_before_anything_moves(machine):
    plan = plan_of(machine("nvme_server").kernel(), ["disk_irq", "net"])
    first = plan.steps[0]
    assert isinstance(first.action, WriteFile)
    assert first.owners == ("disk_irq", "net")
    assert 'IRQBALANCE_ARGS="--bar --banirq=25' in first.action.new.text
    assert 'OPTIONS="--foo"\n' in first.action.new.text


def test_cpu_tuner_finds_every_policy(machine):
    plan = plan_of(machine("nvme_server").kernel(), ["cpu"])
    assert len(values(plan, "scaling_governor")) == 64
    assert values(plan, "boost") == {"/sys/devices/system/cpu/cpufreq/boost": "0"}


def test_boot_options(machine):
    box = machine("nvme_server")
    box.file("/etc/default/grub", 'GRUB_CMDLINE_LINUX="root=UUID=abc quiet"')
    box.file("/sys/devices/system/cpu/cpuidle/current_driver", "intel_idle")
    box.file("/sys/module/intel_idle/parameters/max_cstate", "9")
    box.file("/usr/sbin/update-grub", "", 0o755)
    tuner = plan_of(box.kernel(), ["cpu"], everything(reboot_allowed=True)).tuners[0]
    assert tuner.reboot
    assert tuner.steps[0].action.reload == ("/usr/sbin/update-grub",)
    assert (
        "root=UUID=abc quiet intel_idle.max_cstate=0 processor.max_cstate=1" in tuner.steps[0].action.new.text
    )
    assert not plan_of(box.kernel(), ["cpu"]).tuners[0].reboot


def test_clock_sources(machine):
    assert plan_of(machine("gcp_virtio").kernel(), ["clocksource"]).steps[0].action.new == "tsc"
    arm = plan_of(machine("arm_box").kernel(), ["clocksource"]).tuners[0]
    assert arm.unsupported == "Clocksource setting not available for this architecture"
    assert arm.unsupported_is_fine
    azure = plan_of(machine("azure").kernel(), ["clocksource"]).tuners[0]
    assert "not available" in azure.unsupported


def test_write_cache_only_where_it_is_safe_or_asked_for(machine):
    gcp, ec2 = machine("gcp_virtio").kernel(), machine("ec2_ena").kernel()
    assert values(plan_of(gcp, ["disk_write_cache"]), "write_cache")
    assert plan_of(ec2, ["disk_write_cache"]).tuners[0].unsupported == (
        "Disk write cache tuner is only supported in GCP"
    )
    asked = plan_of(ec2, ["disk_write_cache"], everything(write_back_cache=False))
    assert list(values(asked, "write_cache").values()) == ["write through"]


def test_one_bad_disk_does_not_stop_the_others(machine):
    box = machine("bonded_mlx5")
    kernel = box.kernel()
    box.file("/sys/devices/pci0000:00/0000:00:10.0/nvme/nvme0/block/nvme0n1/queue/scheduler", "[bfq] kyber")
    tuner = plan_of(kernel, ["disk_scheduler"]).tuners[0]
    assert len(tuner.steps) == 1
    assert "neither none nor noop" in tuner.refused[0].reason


def test_aio_leaves_room_beside_what_is_in_use(machine):
    box = machine("ec2_ena")
    kernel = box.kernel()
    box.file("/proc/sys/fs/aio-nr", "2000000")
    assert int(next(iter(values(plan_of(kernel, ["aio_events"])).values()))) > 2_000_000


def test_flow_counts_are_what_the_kernel_makes_of_them(machine):
    box = machine("ec2_ena", queues=3)
    plan = plan_of(box.kernel(), ["net"])
    assert flows(plan) == ["16384"]


def test_fstrim_with_systemd(machine):
    box = machine("ec2_ena")
    box.directory("/run/systemd/system")
    box.directory("/etc/systemd/system/timers.target.wants")
    box.file("/usr/sbin/fstrim", "", 0o755)
    steps = plan_of(box.kernel(), ["fstrim"]).steps
    assert [step.action.kind for step in steps] == ["file", "file", "link", "unit"]


def test_ballast_cuts_no_data_and_fills_no_disk(machine):
    box = machine("ec2_ena")
    kernel = box.kernel()
    box.file("/var/lib/redpanda/data/ballast", "x" * (2 << 20))
    tuner = plan_of(kernel, ["ballast_file"]).tuners[0]
    assert "holds data" in tuner.refused[0].reason
    huge = plan_of(
        kernel,
        ["ballast_file"],
        everything().__class__(enabled=frozenset({"ballast_file"}), ballast_bytes=1 << 60),
    ).tuners[0]
    assert "are free" in huge.refused[0].reason


def test_everything_off_plans_nothing(machine):
    from rpk.tune.parameters import Parameters

    plan = plan_of(machine("ec2_ena").kernel(), None, Parameters())
    assert plan.empty
    assert not any(tuner.enabled for tuner in plan.tuners)


def test_a_plan_is_a_function_of_facts(machine):
    kernel = machine("nvme_server").kernel()
    assert plan_of(kernel) == plan_of(kernel)
