"""Disks: from a directory or a name down to the devices that have queues and interrupts.

Partitions are climbed to their disk; md, dm, loop and multipath devices are followed to what carries them.
"""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpk.system.host import HostReader
    from rpk.system.mounts import Mount

DEPTH_MAX = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A block device with a request queue. Texts are those of its queue files, None where there is no such file.

    controllers: sysfs directories of the PCI devices that raise its interrupts, none for a virtual device.
    """

    name: str
    path: str
    scheduler: str | None
    nomerges: str | None
    write_cache: str | None
    nr_requests: str | None
    controllers: tuple[str, ...]
    irqs: tuple[int, ...]
    numa_node: int | None
    model: str = ""

    @property
    def nvme(self) -> bool:
        """Whether its interrupts follow the rules of NVMe."""
        return self.name.startswith("nvme")

    def queue(self, name: str) -> str:
        """Path of one of its queue files."""
        return f"{self.path}/queue/{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskTarget:
    """What the user named (`/var/lib/redpanda/data`, `nvme0n1`) and the disks under it, or why there are none."""

    source: str
    disks: tuple[str, ...]
    problem: str | None = None
    filesystem: str = ""


def device_of_directory(host: HostReader, directory: str, mounts: Sequence[Mount]) -> tuple[str | None, str]:
    """Path in sysfs of the block device a directory is on, and the problem when there is none."""
    from rpk.system.mounts import mount_of

    mount = mount_of(mounts, host.resolve(directory))
    if mount is None:
        return None, f"no mount is known for {directory}"
    path = f"/sys/dev/block/{mount.device}"
    if host.exists(path):
        return host.resolve(path), ""
    # btrfs and zfs have anonymous device numbers; the source still names a device for the former.
    name = host.resolve(mount.source).rpartition("/")[2] if mount.source.startswith("/dev/") else ""
    if name and host.exists(f"/sys/class/block/{name}"):
        return host.resolve(f"/sys/class/block/{name}"), ""
    return (
        None,
        f"{directory} is on {mount.filesystem} ({mount.source}), which has no block device of its own",
    )


def resolve_disks(
    host: HostReader, path: str, mounts: Sequence[Mount], depth: int = 0
) -> tuple[list[str], list[str]]:
    """Of a block device: devices whose request queue counts, and devices whose interrupts count; sysfs paths."""
    path = _whole(host, path)
    if depth > DEPTH_MAX or "/virtual/" not in path:
        return [path], [path]
    slaves = host.names(f"{path}/slaves")
    queues: list[str] = []
    carriers: list[str] = []
    for name in slaves:
        below = resolve_disks(host, host.resolve(f"{path}/slaves/{name}"), mounts, depth + 1)
        queues += [each for each in below[0] if each not in queues]
        carriers += [each for each in below[1] if each not in carriers]
    if slaves:
        return queues, carriers
    backing = host.read(f"{path}/loop/backing_file")
    if backing:
        device, _ = device_of_directory(host, backing.rpartition("/")[0] or "/", mounts)
        if device is not None:
            below = resolve_disks(host, device, mounts, depth + 1)
            return [path, *below[0]], below[1]
    return [path], [path]


def _whole(host: HostReader, path: str) -> str:
    """The disk of a partition: the nearest directory upwards with a request queue."""
    at = path
    while at.count("/") > 3:
        if host.is_directory(f"{at}/queue"):
            return at
        at = at.rpartition("/")[0]
    return path


def controllers_of(host: HostReader, path: str) -> list[str]:
    """Directories of the PCI devices behind a disk: the last address on its way, behind all bridges.

    An NVMe multipath node is under /sys/devices/virtual; its controllers are linked from its subsystem.
    """
    if "/virtual/" in path and path.rpartition("/")[2].startswith("nvme"):
        found = []
        subsystem = host.resolve(f"{path}/device")
        for name in host.names(subsystem):
            if name.startswith("nvme") and name[4:].isdigit():
                found += controllers_of(host, host.resolve(f"{subsystem}/{name}"))
        return list(dict.fromkeys(found))
    parts = path.split("/")
    last = 0
    for at, part in enumerate(parts):
        if _is_pci_address(part):
            last = at
        elif last:
            break
    return ["/".join(parts[: last + 1])] if last else []


def _is_pci_address(text: str) -> bool:
    """`0000:03:00.0`, or with a longer domain `10000:01:00.0`."""
    domain, _, rest = text.partition(":")
    bus, _, device = rest.partition(":")
    return (
        4 <= len(domain) <= 8
        and len(bus) == 2
        and len(device) == 4
        and device[2] == "."
        and all(digit in "0123456789abcdef" for digit in domain + bus + device[:2] + device[3])
    )


def probe_disk(host: HostReader, path: str, irqs: Sequence[int]) -> Disk:
    """Read one disk; `irqs` are those of its controllers."""
    controllers = controllers_of(host, path)
    node = next((host.number(f"{each}/numa_node") for each in controllers), None)
    name = path.rpartition("/")[2]
    short = f"/sys/block/{name}"
    return Disk(
        name=name,
        path=short if host.resolve(short) == path else path,
        scheduler=host.read(f"{path}/queue/scheduler"),
        nomerges=host.read(f"{path}/queue/nomerges"),
        write_cache=host.read(f"{path}/queue/write_cache"),
        nr_requests=host.read(f"{path}/queue/nr_requests"),
        controllers=tuple(controllers),
        irqs=tuple(irqs),
        numa_node=node if node is not None and node >= 0 else None,
        model=host.read(f"{path}/device/model") or "",
    )
