"""`HostFacts`: everything known about a host before anything is decided, read once, frozen."""

from __future__ import annotations

from dataclasses import dataclass, field

from rpk.system.mounts import parse_mounts
from rpk.tune.facts.block_device import (
    Disk,
    DiskTarget,
    controllers_of,
    device_of_directory,
    probe_disk,
    resolve_disks,
)
from rpk.tune.facts.clock import ClockFacts, probe_clock
from rpk.tune.facts.cpu import CpuFacts, probe_cpu
from rpk.tune.facts.device_irqs import irqs_of
from rpk.tune.facts.files import FileText, LargeFile, probe_large_file, snapshot
from rpk.tune.facts.interrupts import (
    Interrupt,
    Irqbalance,
    probe_interrupts,
    probe_irqbalance,
    process_names,
)
from rpk.tune.facts.machine import MachineFacts, probe_machine
from rpk.tune.facts.memory import MemoryFacts, probe_memory
from rpk.tune.facts.nic import Nic, hardware_below, machine_addresses, probe_nics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rpk.system.host import HostReader
    from rpk.system.mounts import Mount

SYSCTLS = (
    "/proc/sys/fs/aio-max-nr",
    "/proc/sys/fs/aio-nr",
    "/proc/sys/vm/swappiness",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/net/core/somaxconn",
    "/proc/sys/net/core/rps_sock_flow_entries",
    "/proc/sys/net/ipv4/tcp_max_syn_backlog",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Whom to look at. Empty disks, directories or nics mean what the caller's configuration says.

    climb: a directory that is not there yet stands for the nearest one above it that is.
    nics None: all hardware that is up (or has one of `listen`, where addresses are known). files: texts to snapshot.
    """

    directories: tuple[str, ...] = ()
    disks: tuple[str, ...] = ()
    climb: bool = False
    nics: tuple[str, ...] | None = None
    listen: tuple[str, ...] = ("0.0.0.0",)
    files: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    ballast_path: str = ""
    ballast_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """One host, one moment. Paths are absolute in the tree that was read."""

    machine: MachineFacts
    cpu: CpuFacts
    interrupts: Mapping[int, Interrupt]
    irqbalance: Irqbalance
    memory: MemoryFacts
    clock: ClockFacts
    sysctls: Mapping[str, str | None]
    mounts: tuple[Mount, ...] = ()
    targets: tuple[DiskTarget, ...] = ()
    disks: Mapping[str, Disk] = field(default_factory=dict)
    """Disks with queues or interrupts behind the targets, by name."""
    queue_disks: tuple[str, ...] = ()
    irq_disks: tuple[str, ...] = ()
    nics: Mapping[str, Nic] = field(default_factory=dict)
    nic_targets: tuple[str, ...] = ()
    """Hardware interfaces to tune."""
    nic_problems: tuple[str, ...] = ()
    files: Mapping[str, FileText | None] = field(default_factory=dict)
    present: frozenset[str] = frozenset()
    """Those directories and links of the request that are there."""
    links: Mapping[str, str] = field(default_factory=dict)
    ballast: LargeFile | None = None


def probe_host(host: HostReader, request: Request) -> HostFacts:
    """Read the host once; opens nothing for writing."""
    mounts = parse_mounts(host.read("/proc/self/mountinfo") or "")
    interrupts = probe_interrupts(host)
    labels = {number: each.label for number, each in interrupts.items()}
    targets, disks, queues, carriers = _disks(host, request, mounts, labels)
    nics = probe_nics(host, labels, _addresses(host))
    nic_targets, problems = _nics(nics, request)
    return HostFacts(
        machine=probe_machine(host, mounts),
        cpu=probe_cpu(host),
        interrupts=interrupts,
        irqbalance=probe_irqbalance(host, process_names(host)),
        memory=probe_memory(host),
        clock=probe_clock(host),
        sysctls={path: host.read(path) for path in SYSCTLS},
        mounts=mounts,
        targets=targets,
        disks=disks,
        queue_disks=queues,
        irq_disks=carriers,
        nics=nics,
        nic_targets=nic_targets,
        nic_problems=problems,
        files={path: snapshot(host, path) for path in request.files},
        present=frozenset(path for path in request.present if host.exists(path)),
        links={path: text for path in request.present if (text := host.link(path)) is not None},
        ballast=probe_large_file(host, request.ballast_path, request.ballast_bytes)
        if request.ballast_path
        else None,
    )


def _addresses(host: HostReader) -> dict[str, tuple[str, ...]]:
    return machine_addresses() if host.is_machine else {}


def _disks(
    host: HostReader, request: Request, mounts: Sequence[Mount], labels: Mapping[int, str]
) -> tuple[tuple[DiskTarget, ...], dict[str, Disk], tuple[str, ...], tuple[str, ...]]:
    targets: list[DiskTarget] = []
    disks: dict[str, Disk] = {}
    queues: list[str] = []
    carriers: list[str] = []
    for source, path, problem, filesystem in _sources(host, request, mounts):
        if path is None:
            targets.append(DiskTarget(source=source, disks=(), problem=problem, filesystem=filesystem))
            continue
        on_queue, on_irq = resolve_disks(host, path, mounts)
        for each in (*on_queue, *on_irq):
            name = each.rpartition("/")[2]
            if name not in disks:
                numbers = sorted(
                    {
                        irq
                        for controller in controllers_of(host, each)
                        for irq in irqs_of(host, controller, labels, xen_word="blkif")
                    }
                )
                disks[name] = probe_disk(host, each, numbers)
        names = [each.rpartition("/")[2] for each in on_queue]
        queues += [name for name in names if name not in queues]
        carriers += [name for each in on_irq if (name := each.rpartition("/")[2]) not in carriers]
        targets.append(DiskTarget(source=source, disks=tuple(names), filesystem=filesystem))
    return tuple(targets), disks, tuple(queues), tuple(carriers)


def _sources(
    host: HostReader, request: Request, mounts: Sequence[Mount]
) -> list[tuple[str, str | None, str, str]]:
    """(what was named, sysfs path or None, problem, file system) for every disk and directory asked for."""
    from rpk.system.mounts import mount_of

    found: list[tuple[str, str | None, str, str]] = []
    for name in request.disks:
        short = name.removeprefix("/dev/")
        path = f"/sys/class/block/{short}"
        if host.exists(path):
            found.append((name, host.resolve(path), "", ""))
        else:
            found.append((name, None, f"there is no disk {name}", ""))
    for directory in request.directories:
        at = directory
        while request.climb and at != "/" and not host.exists(at):
            at = at.rpartition("/")[0] or "/"
        if not host.is_directory(at):
            found.append((directory, None, f"there is no directory {directory}", ""))
            continue
        device, problem = device_of_directory(host, at, mounts)
        mount = mount_of(mounts, host.resolve(at))
        found.append((directory, device, problem, mount.filesystem if mount else ""))
    return found


def _nics(nics: Mapping[str, Nic], request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
    problems: list[str] = []
    chosen: list[str] = []
    if request.nics is not None:
        for name in request.nics:
            if name not in nics:
                problems.append(f"there is no network interface {name}")
            elif not (below := hardware_below(nics, name)):
                problems.append(f"{name} has no hardware behind it")
            else:
                chosen += below
        return tuple(dict.fromkeys(chosen)), tuple(problems)
    known = any(nic.addresses for nic in nics.values())
    anywhere = any(address in ("0.0.0.0", "::", "[::]", "") for address in request.listen)
    for name, nic in nics.items():
        listens = any(address in nic.addresses for address in request.listen)
        if not known:
            listens = nic.up and not any(name in other.lower for other in nics.values())
        elif anywhere:
            listens = bool(nic.addresses)
        if listens:
            chosen += hardware_below(nics, name)
    return tuple(dict.fromkeys(chosen)), ()
