"""Trees of /proc, /sys and /etc of machines that are not here: topologies, disks and NICs as their kernels show them."""

import os
from dataclasses import dataclass, field

from rpk.tune.irq.masks import format_list
from tests.support.fake_kernel import Channels, FakeEthtool, FakeKernel

BOOT_ID = "11111111-2222-3333-4444-555555555555"


@dataclass
class Machine:
    """A tree under construction. `cpus` is the number of CPUs; interrupts are numbered from 24 on."""

    root: str
    cpus: int
    irqs: list = field(default_factory=list)
    channels: dict = field(default_factory=dict)
    ntuple: dict = field(default_factory=dict)
    mounts: list = field(default_factory=list)
    next_irq: int = 24

    def file(self, path, text, mode=0o644):
        real = self.root + path
        os.makedirs(os.path.dirname(real), exist_ok=True)
        with open(real, "w") as file:
            file.write(text if text.endswith("\n") or not text else text + "\n")
        os.chmod(real, mode)

    def directory(self, path):
        os.makedirs(self.root + path, exist_ok=True)

    def link(self, path, target):
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        os.symlink(target, self.root + path)

    def mask_text(self, mask):
        groups, left = [], self.cpus
        while left > 0:
            digits = 8 if left >= 32 else (left + 3) // 4
            groups.append(f"{mask & 0xFFFFFFFF:0{digits}x}")
            mask >>= 32
            left -= 32
        return ",".join(reversed(groups))

    @property
    def all_cpus(self):
        return (1 << self.cpus) - 1

    def irq(self, label, *, managed=False, number=None, effective=None):
        number = number or self.next_irq
        self.next_irq = max(self.next_irq, number) + 1
        self.irqs.append((number, label))
        base = f"/proc/irq/{number}"
        self.file(f"{base}/smp_affinity", self.mask_text(self.all_cpus), 0o444 if managed else 0o644)
        self.file(f"{base}/effective_affinity", self.mask_text(effective or 1), 0o444)
        return number

    def topology(self, cores, packages=None, nodes=None, shared_caches=()):
        """cores, packages, nodes, shared_caches: lists of masks."""
        base = "/sys/devices/system/cpu"
        self.file(f"{base}/online", format_list(self.all_cpus))
        for cpu in range(self.cpus):
            core = next(mask for mask in cores if mask >> cpu & 1)
            package = next((mask for mask in packages or () if mask >> cpu & 1), self.all_cpus)
            self.file(f"{base}/cpu{cpu}/topology/core_cpus_list", format_list(core))
            self.file(f"{base}/cpu{cpu}/topology/package_cpus_list", format_list(package))
            for mask in shared_caches:
                if mask >> cpu & 1:
                    self.file(f"{base}/cpu{cpu}/cache/index3/shared_cpu_list", format_list(mask))
        for number, mask in enumerate(nodes or [self.all_cpus]):
            self.file(f"/sys/devices/system/node/node{number}/cpulist", format_list(mask))

    def disk(self, name, device, number, *, scheduler="[mq-deadline] none", irqs=(), node=None):
        """A disk at sysfs path `device`/block/name with a block number `major:minor`; irqs go to the PCI device."""
        path = f"{device}/block/{name}" if "/virtual/" not in device else device
        self.file(f"{path}/queue/scheduler", scheduler)
        self.file(f"{path}/queue/nomerges", "0")
        self.file(f"{path}/queue/write_cache", "write back")
        self.file(f"{path}/queue/nr_requests", "256" if "[none]" not in scheduler else "128")
        self.file(f"{path}/dev", number)
        self.link(f"/sys/class/block/{name}", f"../..{path.removeprefix('/sys')}")
        self.link(f"/sys/block/{name}", f"..{path.removeprefix('/sys')}")
        self.link(
            f"/sys/dev/block/{number}", f"../../..{path.removeprefix('/sys')}".replace("../../../", "../../")
        )
        pci = pci_of(path)
        for irq in irqs:
            self.file(f"{pci}/msi_irqs/{irq}", "msix")
        if node is not None:
            self.file(f"{pci}/numa_node", str(node))
        return path

    def mount(self, point, number, filesystem="xfs", source="/dev/x", options="rw"):
        self.mounts.append(
            f"{20 + len(self.mounts)} 1 {number} / {point} {options},relatime - {filesystem} {source} rw"
        )
        self.directory(point)

    def nic(
        self, name, device, driver, *, irqs=(), rx=1, tx=1, node=None, channels=None, ntuple=None, msi=True
    ):
        """A hardware NIC; the interface directory is below the device."""
        path = f"{device}/net/{name}"
        self.file(f"{path}/operstate", "up")
        self.link(f"{path}/device", "../..")
        self.link(f"/sys/class/net/{name}", f"../..{path.removeprefix('/sys')}")
        self.directory(f"/sys/bus/drivers/{driver}")
        depth = device.count("/") - 1
        self.link(f"{device}/driver", "../" * depth + f"bus/drivers/{driver}")
        self.queues(name, path, rx, tx)
        pci = pci_of(device)
        if msi:
            for irq in irqs:
                self.file(f"{pci}/msi_irqs/{irq}", "msix")
        if node is not None:
            self.file(f"{pci}/numa_node", str(node))
        if channels:
            self.channels[name] = Channels(combined=channels[0], combined_max=channels[1])
        if ntuple is not None:
            self.ntuple[name] = ntuple

    def queues(self, name, path, rx, tx):
        for index in range(rx):
            self.file(f"{path}/queues/rx-{index}/rps_cpus", self.mask_text(0))
            self.file(f"{path}/queues/rx-{index}/rps_flow_cnt", "0")
        for index in range(tx):
            # One queue alone: the kernel answers ENOENT.
            if tx > 1:
                self.file(f"{path}/queues/tx-{index}/xps_cpus", self.mask_text(0))
            else:
                self.directory(f"{path}/queues/tx-{index}")

    def finish(self, *, vendor="AuthenticAMD", arm=False, clocksources="tsc hpet acpi_pm", clock="tsc"):
        """Everything every machine has."""
        head = "".join(f"       CPU{cpu}" for cpu in range(self.cpus))
        lines = [head]
        for number, label in sorted(self.irqs):
            lines.append(
                f"{number:4}: " + " ".join(f"{number + cpu:10}" for cpu in range(self.cpus)) + f"  {label}"
            )
        lines += ["NMI:          0   Non-maskable interrupts", "ERR:          0"]
        self.file("/proc/interrupts", "\n".join(lines))
        cpuinfo = "CPU implementer\t: 0x41" if arm else f"vendor_id\t: {vendor}"
        self.file("/proc/cpuinfo", f"processor\t: 0\n{cpuinfo}\nflags\t\t: fpu")
        self.file("/proc/meminfo", "MemTotal:       65536000 kB\nSwapTotal:       1048576 kB")
        if not self.mounts:
            self.mount("/", "8:1", "ext4", "/dev/sda1")
        self.file("/proc/self/mountinfo", "\n".join(self.mounts))
        self.file("/proc/self/cgroup", "0::/")
        self.file("/proc/sys/kernel/random/boot_id", BOOT_ID)
        self.file("/proc/sys/kernel/osrelease", "6.1.0-fake")
        for name, text in (
            ("fs/aio-max-nr", "65536"), ("fs/aio-nr", "0"), ("vm/swappiness", "60"), ("kernel/core_pattern", "core"),
            ("net/core/somaxconn", "128"), ("net/core/rps_sock_flow_entries", "0"),
            ("net/ipv4/tcp_max_syn_backlog", "1024"),
        ):  # fmt: skip
            self.file(f"/proc/sys/{name}", text)
        self.file("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never")
        source = "/sys/devices/system/clocksource/clocksource0"
        self.file(f"{source}/available_clocksource", clocksources)
        self.file(f"{source}/current_clocksource", clock)
        self.file("/dev/cpu_dma_latency", "")
        for path in (
            "/var/lib/redpanda/data",
            "/var/run",
            "/etc/sysctl.d",
            "/etc/udev/rules.d",
            "/etc/systemd/system",
        ):
            self.directory(path)
        return self

    def kernel(self, **options):
        """The machine with a kernel in it."""
        ethtool = FakeEthtool(self.channels, self.ntuple)
        return FakeKernel(self.root, ethtool=ethtool, **options)


def pci_of(path):
    """The last PCI device on a sysfs path."""
    parts = path.split("/")
    at = [index for index, part in enumerate(parts) if part.count(":") == 2]
    return "/".join(parts[: at[-1] + 1]) if at else path


PCI = "/sys/devices/pci0000:00"


def nvme_server(root):
    """2 packages (NUMA nodes) x 16 cores x 2 threads = 64 CPUs; NVMe behind a root port on node 1; ixgbe on node 0."""
    machine = Machine(str(root), 64)
    cores = [(1 << core) | (1 << (core + 32)) for core in range(32)]
    packages = [sum(cores[:16]), sum(cores[16:])]
    machine.topology(cores, packages, packages, packages)
    port = machine.irq("PCI-MSI 65536-edge PCIe PME, pciehp")
    machine.file("/sys/devices/pci0000:80/0000:80:01.0/msi_irqs/" + str(port), "msi")
    queues = [
        machine.irq(f"PCI-MSI {n}-edge nvme0q{n}", managed=n > 0, effective=1 << (n % 64)) for n in range(9)
    ]
    machine.disk(
        "nvme0n1", "/sys/devices/pci0000:80/0000:80:01.0/0000:81:00.0/nvme/nvme0", "259:0",
        scheduler="[mq-deadline] none", irqs=queues, node=1,
    )  # fmt: skip
    os.makedirs(
        machine.root + "/sys/devices/pci0000:80/0000:80:01.0/0000:81:00.0/nvme/nvme0/block/nvme0n1/nvme0n1p1"
    )
    machine.link(
        "/sys/dev/block/259:1",
        "../../devices/pci0000:80/0000:80:01.0/0000:81:00.0/nvme/nvme0/block/nvme0n1/nvme0n1p1",
    )
    machine.mount("/", "8:1", "ext4", "/dev/sda1")
    machine.mount("/var/lib/redpanda/data", "259:1", "xfs", "/dev/nvme0n1p1")
    irqs = [machine.irq(f"PCI-MSI {n}-edge eth0-TxRx-{n}") for n in range(20)] + [machine.irq("PCI-MSI eth0")]
    machine.nic("eth0", f"{PCI}/0000:00:03.0", "ixgbe", irqs=irqs, rx=16, tx=20, node=0, ntuple=False)
    for policy in range(64):
        base = f"/sys/devices/system/cpu/cpufreq/policy{policy}"
        machine.file(f"{base}/scaling_governor", "powersave")
        machine.file(f"{base}/scaling_available_governors", "performance powersave")
    machine.file("/sys/devices/system/cpu/cpufreq/boost", "1")
    machine.file("/etc/default/irqbalance", '# options\nOPTIONS="--foo"\nIRQBALANCE_ARGS="--bar"')
    machine.file("/usr/lib/systemd/system/irqbalance.service", "[Unit]")
    machine.file("/proc/321/comm", "irqbalance")
    machine.file("/sys/class/dmi/id/sys_vendor", "Dell Inc.")
    return machine.finish(vendor="GenuineIntel")


def ec2_ena(root, *, queues=4):
    """2 cores x 2 threads, siblings {0,2} {1,3}; an ena NIC with `queues` interrupts and channels, an NVMe disk."""
    machine = Machine(str(root), 4)
    machine.topology([0b0101, 0b1010])
    irqs = [machine.irq("PCI-MSIX ena-mgmnt@pci:0000:00:05.0")]
    irqs += [machine.irq(f"PCI-MSIX {n}-edge eth0-Tx-Rx-{n}") for n in range(queues)]
    machine.nic(
        "eth0",
        f"{PCI}/0000:00:05.0",
        "ena",
        irqs=irqs,
        rx=queues,
        tx=queues,
        channels=(queues, queues),
        node=-1,
    )
    nvme = [machine.irq(f"PCI-MSIX {n}-edge nvme0q{n}") for n in range(3)]
    machine.disk(
        "nvme0n1", f"{PCI}/0000:00:1f.0/nvme/nvme0", "259:0", scheduler="[none] mq-deadline", irqs=nvme
    )
    machine.mount("/", "259:0", "xfs", "/dev/nvme0n1")
    machine.file("/sys/class/dmi/id/sys_vendor", "Amazon EC2")
    return machine.finish()


def gcp_virtio(root, *, live=4, queues=4):
    """As EC2's topology; a virtio NIC with `queues` pairs of interrupts of which `live` are in use; a virtio-scsi disk."""
    machine = Machine(str(root), 4)
    machine.topology([0b0101, 0b1010])
    device = f"{PCI}/0000:00:04.0/virtio1"
    irqs = [machine.irq("PCI-MSIX-0000:00:04.0 0-edge virtio1-config")]
    for n in range(queues):
        irqs.append(machine.irq(f"PCI-MSIX-0000:00:04.0 {2 * n + 1}-edge virtio1-input.{n}"))
        irqs.append(machine.irq(f"PCI-MSIX-0000:00:04.0 {2 * n + 2}-edge virtio1-output.{n}"))
    # A second device of the same driver, and one whose name begins alike: neither is ours.
    machine.irq("PCI-MSIX-0000:00:06.0 0-edge virtio10-input.0")
    machine.nic("eth0", device, "virtio_net", irqs=irqs, rx=live, tx=live, channels=(live, queues), msi=False)
    machine.file(f"{device}/modalias", "virtio:d00000001v00001AF4")
    scsi = [machine.irq(f"PCI-MSIX-0000:00:03.0 {n}-edge virtio0-req.{n}") for n in range(3)]
    machine.disk("sda", f"{PCI}/0000:00:03.0/virtio0/host0/target0:0:1/0:0:1:0", "8:0", irqs=scsi)
    machine.mount("/", "8:0", "xfs", "/dev/sda")
    machine.file("/sys/class/dmi/id/sys_vendor", "Google")
    machine.file("/sys/class/dmi/id/product_name", "Google Compute Engine")
    return machine.finish(clocksources="kvm-clock tsc acpi_pm", clock="kvm-clock")


def bonded_mlx5(root):
    """8 flat cores; bond0 over two mlx5 NICs, a VLAN on the bond; md0 over two NVMe disks."""
    machine = Machine(str(root), 8)
    machine.topology([1 << cpu for cpu in range(8)])
    for number, name in enumerate(("eth0", "eth1")):
        irqs = [machine.irq(f"PCI-MSIX mlx5_comp{n}@pci:0000:0{number + 1}:00.0") for n in range(8)]
        irqs.append(machine.irq(f"PCI-MSIX mlx5_async0@pci:0000:0{number + 1}:00.0"))
        machine.nic(
            name, f"{PCI}/0000:00:0{number + 1}.0/0000:0{number + 1}:00.0", "mlx5_core", irqs=irqs, rx=8, tx=8,
            channels=(8, 8), ntuple=False,
        )  # fmt: skip
    bond = "/sys/devices/virtual/net/bond0"
    machine.file(f"{bond}/operstate", "up")
    machine.file(f"{bond}/bonding/slaves", "eth0 eth1")
    machine.link(f"{bond}/lower_eth0", "../../../pci0000:00/0000:00:01.0/0000:01:00.0/net/eth0")
    machine.link(f"{bond}/lower_eth1", "../../../pci0000:00/0000:00:02.0/0000:02:00.0/net/eth1")
    machine.link("/sys/class/net/bond0", "../../devices/virtual/net/bond0")
    vlan = "/sys/devices/virtual/net/bond0.7"
    machine.file(f"{vlan}/operstate", "up")
    machine.link(f"{vlan}/lower_bond0", "../bond0")
    machine.link("/sys/class/net/bond0.7", "../../devices/virtual/net/bond0.7")
    machine.file("/sys/class/net/bonding_masters", "bond0")
    for number in (0, 1):
        irqs = [machine.irq(f"PCI-MSIX nvme{number}q{n}") for n in range(2)]
        path = machine.disk(
            f"nvme{number}n1", f"{PCI}/0000:00:1{number}.0/nvme/nvme{number}", f"259:{number}", irqs=irqs
        )
        machine.link(
            f"/sys/devices/virtual/block/md0/slaves/nvme{number}n1",
            "../../../../.." + path.removeprefix("/sys"),
        )
    machine.disk("md0", "/sys/devices/virtual/block/md0", "9:0", scheduler="none")
    machine.mount("/", "9:0", "xfs", "/dev/md0")
    return machine.finish()


def azure(root, *, live=2):
    """4 cores x 2 adjacent threads; hv_netvsc eth0 over an mlx5 virtual function with 8 completion vectors."""
    machine = Machine(str(root), 8)
    machine.topology([0b11 << (2 * core) for core in range(4)])
    function = f"{PCI}/47505500-0001-0001-3130-444531334632/pci0001:00/0001:00:02.0"
    irqs = [machine.irq(f"Hyper-V PCIe MSI mlx5_comp{n}@pci:0001:00:02.0") for n in range(8)]
    irqs.append(machine.irq("Hyper-V PCIe MSI mlx5_async0@pci:0001:00:02.0"))
    machine.nic("enP1s1", function, "mlx5_core", irqs=irqs, rx=live, tx=live, channels=(live, 8))
    machine.nic("eth0", "/sys/devices/LNXSYSTM:00/VMBUS:00/0022", "hv_netvsc", rx=8, tx=8)
    machine.link("/sys/devices/LNXSYSTM:00/VMBUS:00/0022/net/eth0/lower_enP1s1", "../../../../" + function)
    machine.disk("sda", "/sys/devices/LNXSYSTM:00/VMBUS:00/0033/host0/target0:0:0/0:0:0:0", "8:0")
    machine.mount("/", "8:0", "ext4", "/dev/sda")
    machine.file("/sys/class/dmi/id/chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77")
    return machine.finish(
        clocksources="hyperv_clocksource_tsc_page acpi_pm", clock="hyperv_clocksource_tsc_page"
    )


def arm_box(root):
    """4 cores, no x86 clock sources, a platform NIC and an MMC card without MSI."""
    machine = Machine(str(root), 4)
    machine.topology([1 << cpu for cpu in range(4)])
    irq = machine.irq("GICv3 189 Level eth0")
    machine.nic("eth0", "/sys/devices/platform/fd580000.ethernet", "bcmgenet", rx=1, tx=1)
    machine.file("/sys/devices/platform/fd580000.ethernet/irq", str(irq))
    machine.disk("mmcblk0", "/sys/devices/platform/emmc2bus/mmc_host/mmc0/mmc0:0001", "179:0")
    machine.mount("/", "179:0", "ext4", "/dev/mmcblk0")
    return machine.finish(arm=True, clocksources="arch_sys_counter", clock="arch_sys_counter")


def container(root):
    """A container on the EC2 machine: overlay root, /proc/sys and /sys read-only."""
    machine = ec2_ena(root)
    machine.mounts = []
    machine.mount("/", "0:50", "overlay", "overlay")
    machine.mount("/proc/sys", "0:51", "proc", "proc", "ro")
    machine.mount("/sys", "0:52", "sysfs", "sysfs", "ro")
    machine.mount("/var/lib/redpanda/data", "259:0", "xfs", "/dev/nvme0n1")
    machine.file("/proc/self/mountinfo", "\n".join(machine.mounts))
    machine.file("/.dockerenv", "")
    return machine


MACHINES = {
    "nvme_server": nvme_server,
    "ec2_ena": ec2_ena,
    "gcp_virtio": gcp_virtio,
    "bonded_mlx5": bonded_mlx5,
    "azure": azure,
    "arm_box": arm_box,
    "container": container,
}
