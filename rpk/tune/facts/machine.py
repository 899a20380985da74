"""What kind of machine this is, and what may be changed on it at all."""

from __future__ import annotations

import os
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.system.host import HostReader
    from rpk.system.mounts import Mount

ASK_S = 0.5
KERNEL_TREES = ("/proc/sys", "/proc/irq", "/sys")
"""What container runtimes mount read-only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A systemd unit: known to it, running now, started at boot."""

    loaded: bool
    active: bool
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """container is what kind of container this runs in, empty on a host. read_only: which of KERNEL_TREES."""

    boot_id: str
    kernel: str
    superuser: bool
    container: str
    read_only: tuple[str, ...]
    systemd: bool
    cloud: str
    """gcp, aws, azure or empty; from the firmware's tables, no address is asked."""
    hypervisor: bool
    programs: tuple[str, ...]
    """Full paths of those of fstrim, update-grub, grub2-mkconfig, grub-mkconfig and systemctl that are there."""
    fstrim_timer: Unit
    rpk_fstrim_timer: Unit


def probe_machine(host: HostReader, mounts: tuple[Mount, ...]) -> MachineFacts:
    """Read it from files; systemd is asked only where it runs the machine, for half a second at most."""
    systemd = host.is_directory("/run/systemd/system")
    found = (
        host.program(name)
        for name in ("fstrim", "update-grub", "grub2-mkconfig", "grub-mkconfig", "systemctl")
    )
    return MachineFacts(
        boot_id=host.read("/proc/sys/kernel/random/boot_id") or "",
        kernel=host.read("/proc/sys/kernel/osrelease") or "",
        superuser=os.geteuid() == 0 or not host.is_machine,
        container=_container(host, mounts),
        read_only=tuple(path for path in KERNEL_TREES if _read_only(host, path, mounts)),
        systemd=systemd,
        cloud=_cloud(host),
        hypervisor=" hypervisor" in (host.read("/proc/cpuinfo") or ""),
        programs=tuple(path for path in found if path is not None),
        fstrim_timer=_unit(host, "fstrim.timer", systemd=systemd),
        rpk_fstrim_timer=_unit(host, "redpanda-fstrim.timer", systemd=systemd),
    )


def _read_only(host: HostReader, path: str, mounts: tuple[Mount, ...]) -> bool:
    if host.is_machine:
        return host.read_only(path)
    from rpk.system.mounts import mount_of

    mount = mount_of(mounts, path)
    return mount is not None and mount.read_only


def _container(host: HostReader, mounts: tuple[Mount, ...]) -> str:
    # The marker files survive in machine images made from container images: the root must be layered too.
    layered = any(mount.point == "/" and "overlay" in mount.filesystem for mount in mounts)
    if layered and host.exists("/run/.containerenv"):
        return "podman"
    if layered and host.exists("/.dockerenv"):
        return "docker"
    variables = (host.read("/proc/1/environ") or "").split("\0")
    named = [text.partition("=")[2] for text in variables if text.startswith("container=")]
    if named:
        return named[0] or "container"
    if any(text.startswith("KUBERNETES_SERVICE_HOST=") for text in variables):
        return "kubernetes"
    return ""


def _cloud(host: HostReader) -> str:
    words = " ".join(
        host.read(f"/sys/class/dmi/id/{name}") or "" for name in ("sys_vendor", "product_name", "bios_vendor")
    )
    if "Google" in words:
        return "gcp"
    if "Amazon" in words:
        return "aws"
    # Azure's own chassis tag; "Microsoft Corporation" alone may be any Hyper-V.
    if host.read("/sys/class/dmi/id/chassis_asset_tag") == "7783-7084-3265-9085-8269-3286-77":
        return "azure"
    return ""


def _unit(host: HostReader, name: str, *, systemd: bool) -> Unit:
    loaded = any(
        host.exists(f"{directory}/{name}")
        for directory in ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
    )
    enabled = host.link(f"/etc/systemd/system/timers.target.wants/{name}") is not None
    active = False
    if systemd and loaded:
        active = host.ask(("systemctl", "is-active", name), timeout_s=ASK_S).status == 0
    return Unit(loaded=loaded, active=active, enabled=enabled)
