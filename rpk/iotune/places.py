"""Which mounts are to be measured, and what is known of the disks under them."""

from __future__ import annotations

from dataclasses import dataclass

from rpk.out.errors import NotFound, OperationFailed
from rpk.system.mounts import mount_of, parse_mounts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpk.system.host import HostReader

DEPTH_MAX = 128
DEPTH_USUAL = 64
FREE_BYTES_LOW = 10 * 10**9
FREE_BYTES_MIN = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One mount: measured once, in the first directory named on it. device is `major:minor` and a name."""

    mountpoint: str
    directory: str
    device: str
    free_bytes: int
    block_bytes: int
    """Size of a random request: what the disk takes without reading first."""
    depth: int
    warnings: tuple[str, ...] = ()


def places(host: HostReader, directories: Sequence[str]) -> list[Place]:
    """The mounts of these directories. NotFound, OperationFailed when one cannot be measured."""
    mounts = parse_mounts(host.read("/proc/self/mountinfo") or "")
    found: dict[str, Place] = {}
    for directory in directories:
        if not host.is_directory(directory):
            raise NotFound(
                f"there is no directory {directory}", hint="make it, or name others with --directories"
            )
        real = host.resolve(directory)
        mount = mount_of(mounts, real)
        space = host.space(real)
        if mount is None or space is None:
            raise OperationFailed(f"no mount is known for {directory}")
        if mount.filesystem in ("tmpfs", "ramfs"):
            raise OperationFailed(
                f"{directory} is in memory ({mount.filesystem})",
                hint="name a directory on a disk with --directories",
            )
        if mount.point in found:
            continue
        if space.free_bytes < FREE_BYTES_MIN:
            raise OperationFailed(f"{mount.point} is full", cause=f"only {space.free_bytes} bytes are free")
        found[mount.point] = _place(host, mount.point, real, mount.device, space.free_bytes)
    return list(found.values())


def _place(host: HostReader, point: str, directory: str, device: str, free_bytes: int) -> Place:
    path = host.resolve(f"/sys/dev/block/{device}")
    queues = leaf_queues(host, path)
    minimum = max(512, *(host.number(f"{queue}/minimum_io_size") or 512 for queue in queues or [""]))
    requests = sum(host.number(f"{queue}/nr_requests") or 0 for queue in queues)
    warnings = []
    if free_bytes < FREE_BYTES_LOW:
        warnings.append(f"{point} has less than 10 GB free: the figures may be those of a cache")
    for queue in queues:
        name = queue.split("/")[-2]
        scheduler = host.read(f"{queue}/scheduler") or "none"
        active = scheduler.partition("[")[2].partition("]")[0] if "[" in scheduler else scheduler
        if active not in ("none", "noop"):
            warnings.append(f"{name}: scheduler is {active}; rpk redpanda tune disk_scheduler first")
        if (host.read(f"{queue}/nomerges") or "2") != "2":
            warnings.append(f"{name}: nomerges is not 2; rpk redpanda tune disk_nomerges first")
        if host.read(f"{queue}/write_cache") == "write back":
            warnings.append(f"{name}: has a write-back cache; writes may look faster than they last")
    return Place(
        mountpoint=point,
        directory=directory,
        device=f"{device} {'+'.join(queue.split('/')[-2] for queue in queues)}".strip(),
        free_bytes=free_bytes,
        block_bytes=min(minimum, 1 << 20),
        depth=max(1, min(requests or DEPTH_USUAL, DEPTH_MAX)),
        warnings=tuple(warnings),
    )


def leaf_queues(host: HostReader, path: str) -> list[str]:
    """Queue directories of the disks a block device ends up on: a partition's disk, the members of md and dm."""
    slaves = host.names(f"{path}/slaves")
    if slaves:
        found = [
            queue for name in slaves for queue in leaf_queues(host, host.resolve(f"{path}/slaves/{name}"))
        ]
        return list(dict.fromkeys(found))
    at = path
    while at.count("/") > 3:
        if host.is_directory(f"{at}/queue"):
            return [f"{at}/queue"]
        at = at.rpartition("/")[0]
    return []
