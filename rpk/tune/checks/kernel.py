"""Kernel version, time, limits and backlogs."""

from __future__ import annotations

import re

from rpk.tune.checks.row import Row, boolean
from rpk.tune.tuners import aio_events, clocksource, net, swappiness

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.facts.host import HostFacts

KERNEL_MIN = (3, 19)
_VERSION = re.compile(r"(\d+)\.(\d+)", re.ASCII)


def check_kernel(facts: HostFacts) -> list[Row]:
    """One row a value; what cannot be known is said to be unknown and fails nothing."""
    version = _VERSION.match(facts.machine.kernel)
    clock = facts.clock
    good = clock.current in clocksource.GOOD if clock.current is not None else None
    fix = "rpk redpanda tune clocksource"
    timer = (
        facts.machine.fstrim_timer if facts.machine.fstrim_timer.loaded else facts.machine.rpk_fstrim_timer
    )
    return [
        Row(
            name="kernel",
            condition="Kernel version",
            required=".".join(map(str, KERNEL_MIN)),
            current=facts.machine.kernel,
            passed=(int(version[1]), int(version[2])) >= KERNEL_MIN if version else None,
            fix="upgrade the kernel",
        ),
        boolean(
            "clock_sync",
            "NTP Synced",
            clock.synchronized,
            "start a time service: chronyd, ntpd or systemd-timesyncd",
        ),
        Row(
            name="clocksource",
            condition="Clock Source",
            required=clocksource.WANTED,
            current=clock.current or "unknown",
            passed=good,
            fix=fix
            if clocksource.WANTED in clock.available
            else f"the kernel offers {', '.join(clock.available)} only",
        ),
        boolean(
            "fstrim",
            "Fstrim timer active",
            timer.active if facts.machine.systemd else None,
            "set rpk.tune_fstrim: true, then rpk redpanda tune fstrim",
        ),
        _limit(facts, "aio", "Max AIO Events", aio_events.PATH, aio_events.EVENTS, "aio_events"),
        _limit(facts, "rfs_table", "RFS Table entries", net.FLOW_TABLE, net.FLOWS, "net"),
        _limit(
            facts, "somaxconn", "Connections listen backlog size", net.BACKLOGS[1][0], net.SOMAXCONN, "net"
        ),
        _limit(facts, "syn_backlog", "Max syn backlog size", net.BACKLOGS[2][0], net.SYN_BACKLOG, "net"),
        _exact(facts),
    ]


def _limit(facts: HostFacts, name: str, condition: str, path: str, wanted: int, tuner: str) -> Row:
    text = facts.sysctls.get(path)
    known = text is not None and text.isdigit()
    return Row(
        name=name,
        condition=condition,
        required=f">= {wanted}",
        current=text if text is not None else "unknown",
        passed=int(text) >= wanted if known and text is not None else None,
        fix=f"rpk redpanda tune {tuner}",
    )


def _exact(facts: HostFacts) -> Row:
    text = facts.sysctls.get(swappiness.PATH)
    return Row(
        name="swappiness",
        condition="Swappiness",
        required=str(swappiness.WANTED),
        current=text if text is not None else "unknown",
        passed=None if text is None else text == str(swappiness.WANTED),
        fix="rpk redpanda tune swappiness",
    )
