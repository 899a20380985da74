"""Interrupts: their names, where they may go and where they really go; and irqbalance, which moves them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from rpk.tune.irq.masks import parse_mask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from rpk.system.host import HostReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupt:
    """One interrupt line.

    label: what /proc/interrupts says behind the counts. affinity is the request, effective the truth (it changes
    with the next interrupt only), both as masks. changeable is False where the kernel manages it by itself.
    """

    number: int
    label: str
    affinity: int | None
    effective: int | None
    changeable: bool

    @property
    def path(self) -> str:
        """The file that moves it."""
        return f"/proc/irq/{self.number}/smp_affinity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Irqbalance:
    """The balancing daemon. config is None where none of the places it reads its options from exists."""

    running: bool
    config: str | None = None
    key: str = ""
    text: str = ""
    mode: int = 0o644
    restart: tuple[str, ...] = ()


def parse_interrupts(text: str) -> dict[int, str]:
    """Number to label of /proc/interrupts; named lines (NMI, LOC, …) and the header are left out."""
    lines = text.splitlines()
    columns = len(lines[0].split()) if lines else 0
    found = {}
    for line in lines:
        name, colon, rest = line.strip().partition(":")
        if colon and name.isascii() and name.isdigit():
            words = rest.split()
            # An offline CPU has no column: counts are what is numeric at the front, at most one a column.
            counts = 0
            while counts < min(columns, len(words)) and words[counts].isdigit():
                counts += 1
            found[int(name)] = " ".join(words[counts:])
    return found


def probe_interrupts(host: HostReader) -> dict[int, Interrupt]:
    """Every interrupt that has a number."""
    return {
        number: Interrupt(
            number=number,
            label=label,
            affinity=_mask(host, f"/proc/irq/{number}/smp_affinity"),
            effective=_mask(host, f"/proc/irq/{number}/effective_affinity"),
            changeable=host.writable(f"/proc/irq/{number}/smp_affinity"),
        )
        for number, label in sorted(parse_interrupts(host.read("/proc/interrupts") or "").items())
    }


def _mask(host: HostReader, path: str) -> int | None:
    text = host.read(path)
    with contextlib.suppress(ValueError):
        return None if text is None else parse_mask(text)
    return None


_PLACES = (
    ("/etc/default/irqbalance", "OPTIONS", ("/etc/init.d/irqbalance", "restart")),
    ("/etc/sysconfig/irqbalance", "IRQBALANCE_ARGS", ("systemctl", "try-restart", "irqbalance")),
    ("/etc/conf.d/irqbalance", "IRQBALANCE_OPTS", ("/etc/init.d/irqbalance", "restart")),
)
_UNITS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")


def probe_irqbalance(host: HostReader, processes: Mapping[str, int]) -> Irqbalance:
    """Whether it runs, and which variable of which file the installed one reads.

    A version started by systemd reads IRQBALANCE_ARGS, also from /etc/default; an older one OPTIONS.
    """
    running = "irqbalance" in processes
    by_systemd = any(host.exists(f"{directory}/irqbalance.service") for directory in _UNITS)
    for path, key, restart in _PLACES:
        data = host.read_bytes(path)
        status = host.status(path)
        if data is None or status is None:
            continue
        if by_systemd:
            key = "IRQBALANCE_ARGS" if key == "OPTIONS" else key
            restart = ("systemctl", "try-restart", "irqbalance")
        return Irqbalance(
            running=running,
            config=path,
            key=key,
            text=data.decode("utf-8", "surrogateescape"),
            mode=status.mode,
            restart=restart,
        )
    return Irqbalance(running=running)


def process_names(host: HostReader) -> dict[str, int]:
    """Names of running processes to one id of each, from /proc: no ps is needed."""
    found: dict[str, int] = {}
    for name in host.names("/proc"):
        if name.isdigit():
            command = host.read(f"/proc/{name}/comm")
            if command:
                found.setdefault(command, int(name))
    return found
