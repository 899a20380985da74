"""The kernel's time source, and whether the clock is kept right by anybody."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.system.host import HostReader

SOURCE = "/sys/devices/system/clocksource/clocksource0"
_STATUS_UNSYNCHRONIZED = 0x40  # STA_UNSYNC of adjtimex(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFacts:
    """current is None where the kernel shows no clock source; synchronized None where it cannot be known."""

    current: str | None
    available: tuple[str, ...]
    synchronized: bool | None


def probe_clock(host: HostReader) -> ClockFacts:
    """Read the source; ask the kernel, not a service, whether time is synchronized."""
    return ClockFacts(
        current=host.read(f"{SOURCE}/current_clocksource"),
        available=tuple((host.read(f"{SOURCE}/available_clocksource") or "").split()),
        synchronized=_synchronized() if host.is_machine else None,
    )


def _synchronized() -> bool | None:
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        # struct timex: unsigned modes, then longs offset, freq, maxerror, esterror, then int status.
        buffer = ctypes.create_string_buffer(256)
        long_bytes = ctypes.sizeof(ctypes.c_long)
        if libc.adjtimex(buffer) >= 0:
            at = long_bytes * 5
            status = int.from_bytes(buffer.raw[at : at + 4], "little")
            return not status & _STATUS_UNSYNCHRONIZED
    return None
