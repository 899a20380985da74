"""Probes: what they make of the kernel's files, and that no text can upset them."""

from hypothesis import given
from hypothesis import strategies as st

from rpk.system.host import HostReader
from rpk.system.mounts import mount_of, parse_mounts
from rpk.tune.facts.interrupts import parse_interrupts
from tests.rpk.tune.conftest import facts_of

TEXT = st.text(max_size=300)


@given(TEXT)
def test_any_interrupts_text(text):
    assert all(isinstance(number, int) for number in parse_interrupts(text))


@given(TEXT)
def test_any_mounts_text(text):
    assert mount_of(parse_mounts(text), "/a/b") is None or parse_mounts(text)


def test_interrupt_lines():
    found = parse_interrupts(
        "           CPU0       CPU1\n 36:          0     598976 PCI-MSIX-0000:00:02.0   1-edge      virtio1-req.0\n"
        "NMI:   0 0 Non-maskable interrupts\nERR:          0\n"
    )
    assert found == {36: "PCI-MSIX-0000:00:02.0 1-edge virtio1-req.0"}


def test_labels_may_begin_with_a_number():
    assert parse_interrupts("  CPU0\n  8:  5  9 rtc0\n") == {8: "9 rtc0"}


def test_mounts_nest_and_later_ones_hide():
    mounts = parse_mounts(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:2 / /a rw - xfs /dev/sda2 rw\n"
        "3 1 0:5 / /a rw - tmpfs tmpfs rw\n4 1 8:3 / /with\\040space ro - xfs /dev/sda3 rw\nnoise\n"
    )
    assert mount_of(mounts, "/a/b").filesystem == "tmpfs"
    assert mount_of(mounts, "/ab").device == "8:1"
    assert mount_of(mounts, "/with space/x").read_only


def test_disk_behind_a_root_port_has_its_own_interrupts(machine):
    facts = facts_of(machine("nvme_server").kernel())
    disk = facts.disks["nvme0n1"]
    assert disk.controllers == ("/sys/devices/pci0000:80/0000:80:01.0/0000:81:00.0",)
    assert disk.numa_node == 1
    assert len(disk.irqs) == 9


def test_virtio_claims_its_own_lines_only(machine):
    facts = facts_of(machine("gcp_virtio").kernel())
    labels = [facts.interrupts[irq].label for irq in facts.nics["eth0"].irqs]
    assert len(labels) == 9
    assert all("virtio1-" in label for label in labels)


def test_bond_and_vlan_are_followed_to_every_member(machine):
    kernel = machine("bonded_mlx5").kernel()
    assert facts_of(kernel, nics=("bond0.7",)).nic_targets == ("eth0", "eth1")
    assert facts_of(kernel).nic_targets == ("eth0", "eth1")


def test_md_is_followed_to_its_disks(machine):
    facts = facts_of(machine("bonded_mlx5").kernel())
    assert facts.queue_disks == ("nvme0n1", "nvme1n1")


def test_synthetic_nic_is_followed_to_its_function(machine):
    assert set(facts_of(machine("azure").kernel()).nic_targets) == {"eth0", "enP1s1"}


def test_nvme_multipath_is_followed_to_its_controllers(machine):
    box = machine("ec2_ena")
    subsystem = "/sys/devices/virtual/nvme-subsystem/nvme-subsys9"
    box.file(f"{subsystem}/nvme9n1/queue/scheduler", "[none] mq-deadline")
    box.file(f"{subsystem}/nvme9n1/queue/nomerges", "0")
    box.link(f"{subsystem}/nvme9n1/device", "..")
    for number in (9, 10):
        controller = f"/sys/devices/pci0000:00/0000:00:0a.{number - 9}/nvme/nvme{number}"
        box.file(f"{controller}/address", "x")
        box.file(f"/sys/devices/pci0000:00/0000:00:0a.{number - 9}/msi_irqs/{24 + number - 9}", "msix")
        box.link(
            f"{subsystem}/nvme{number}", f"../../../pci0000:00/0000:00:0a.{number - 9}/nvme/nvme{number}"
        )
    box.link("/sys/class/block/nvme9n1", "../../devices/virtual/nvme-subsystem/nvme-subsys9/nvme9n1")
    facts = facts_of(box.kernel(), directories=(), disks=("nvme9n1",))
    assert len(facts.disks["nvme9n1"].controllers) == 2
    assert len(facts.disks["nvme9n1"].irqs) == 2


def test_container_is_seen(machine):
    facts = facts_of(machine("container").kernel())
    assert facts.machine.container == "docker"
    assert facts.machine.read_only == ("/proc/sys", "/sys")


def test_links_stay_inside_the_tree(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "here").write_text("inside")
    (tmp_path / "absolute").symlink_to("/etc/here")
    (tmp_path / "upwards").symlink_to("../../../../../../etc/here")
    (tmp_path / "loop").symlink_to("loop")
    host = HostReader(str(tmp_path))
    assert host.read("/absolute") == "inside"
    assert host.read("/upwards") == "inside"
    assert host.read("/loop") is None


def test_irqbalance_variable_of_the_installed_version(machine):
    box = machine("nvme_server")
    assert facts_of(box.kernel()).irqbalance.key == "IRQBALANCE_ARGS"
    assert facts_of(machine("arm_box").kernel()).irqbalance.running is False
