"""Network interfaces: their queues, interrupts, driver and channel counts; bonds and VLANs down to hardware."""

from __future__ import annotations

from dataclasses import dataclass

from rpk.tune.facts.device_irqs import irqs_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from rpk.system.ethtool import Channels
    from rpk.system.host import HostReader

NET = "/sys/class/net"
DEPTH_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class RxQueue:
    """A receive queue: number and texts of its two files, None where they cannot be read."""

    index: int
    path: str
    rps_cpus: str | None
    rps_flow_cnt: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TxQueue:
    """A transmit queue; xps_cpus is None where the device has one queue only and the kernel refuses the file."""

    index: int
    path: str
    xps_cpus: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nic:
    """One interface. hardware: it has a device. lower: the interfaces it stands on (bond, VLAN), names."""

    name: str
    hardware: bool
    driver: str
    up: bool
    lower: tuple[str, ...]
    irqs: tuple[int, ...]
    numa_node: int | None
    rx: tuple[RxQueue, ...]
    tx: tuple[TxQueue, ...]
    channels: Channels | None = None
    ntuple: bool | None = None
    addresses: tuple[str, ...] = ()


def probe_nics(
    host: HostReader, labels: Mapping[int, str], addresses: Mapping[str, tuple[str, ...]]
) -> dict[str, Nic]:
    """Every interface but loopback, by name."""
    found = {}
    for name in host.names(NET):
        base = f"{NET}/{name}"
        if name == "lo" or not host.is_directory(base):
            continue
        hardware = host.exists(f"{base}/device")
        node = host.number(f"{base}/device/numa_node")
        if hardware and node is None:  # virtio: the PCI parent knows
            node = host.number(f"{host.resolve(f'{base}/device').rpartition('/')[0]}/numa_node")
        ethtool = host.ethtool if hardware else None
        found[name] = Nic(
            name=name,
            hardware=hardware,
            driver=host.resolve(f"{base}/device/driver").rpartition("/")[2] if hardware else "",
            up=host.read(f"{base}/operstate") not in ("down", "lowerlayerdown", "notpresent"),
            lower=_lower(host, base),
            irqs=irqs_of(host, f"{base}/device", labels, xen_word=name) if hardware else (),
            numa_node=node if node is not None and node >= 0 else None,
            rx=_rx(host, base),
            tx=_tx(host, base),
            channels=ethtool.channels(name) if ethtool else None,
            ntuple=ethtool.ntuple(name) if ethtool else None,
            addresses=addresses.get(name, ()),
        )
    return found


def _lower(host: HostReader, base: str) -> tuple[str, ...]:
    slaves = (host.read(f"{base}/bonding/slaves") or "").split()
    links = [name.removeprefix("lower_") for name in host.names(base) if name.startswith("lower_")]
    return tuple(dict.fromkeys(slaves + links))


def _queues(host: HostReader, base: str, prefix: str) -> list[tuple[int, str]]:
    """(number, path), by number: tx-10 comes after tx-2."""
    names = host.names(f"{base}/queues")
    found = [
        (int(name.removeprefix(prefix)), f"{base}/queues/{name}")
        for name in names
        if name.startswith(prefix) and name.removeprefix(prefix).isdigit()
    ]
    return sorted(found)


def _rx(host: HostReader, base: str) -> tuple[RxQueue, ...]:
    return tuple(
        RxQueue(
            index=index,
            path=path,
            rps_cpus=host.read(f"{path}/rps_cpus"),
            rps_flow_cnt=host.read(f"{path}/rps_flow_cnt"),
        )
        for index, path in _queues(host, base, "rx-")
    )


def _tx(host: HostReader, base: str) -> tuple[TxQueue, ...]:
    return tuple(
        TxQueue(index=index, path=path, xps_cpus=host.read(f"{path}/xps_cpus"))
        for index, path in _queues(host, base, "tx-")
    )


def hardware_below(nics: Mapping[str, Nic], name: str, depth: int = 0) -> tuple[str, ...]:
    """The hardware interfaces a name stands on: itself, or all members of a bond, the parent of a VLAN."""
    nic = nics.get(name)
    if nic is None or depth > DEPTH_MAX:
        return ()
    own = (name,) if nic.hardware else ()
    below = [each for lower in nic.lower for each in hardware_below(nics, lower, depth + 1)]
    return tuple(dict.fromkeys((*own, *below)))


def machine_addresses() -> dict[str, tuple[str, ...]]:
    """Interface to its IP addresses, of the machine this runs on."""
    import psutil

    return {
        name: tuple(
            each.address.partition("%")[0] for each in entries if each.family.name in ("AF_INET", "AF_INET6")
        )
        for name, entries in psutil.net_if_addrs().items()
    }
