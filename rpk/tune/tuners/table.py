"""All tuners, in the order in which their work is done: what others build on comes first."""

from __future__ import annotations

from rpk.tune.tuners import (
    aio_events,
    ballast_file,
    clocksource,
    coredump,
    cpu,
    cpu_latency,
    disk_irq,
    disk_nomerges,
    disk_scheduler,
    disk_write_cache,
    fstrim,
    net,
    swappiness,
    transparent_hugepages,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.tune.tuners.record import Tuner

ORDER: tuple[Tuner, ...] = (
    cpu.TUNER,
    clocksource.TUNER,
    aio_events.TUNER,
    swappiness.TUNER,
    transparent_hugepages.TUNER,
    disk_scheduler.TUNER,
    disk_nomerges.TUNER,
    disk_write_cache.TUNER,
    fstrim.TUNER,
    ballast_file.TUNER,
    coredump.TUNER,
    disk_irq.TUNER,
    net.TUNER,
    cpu_latency.TUNER,
)
TUNERS: dict[str, Tuner] = {tuner.name: tuner for tuner in sorted(ORDER, key=lambda tuner: tuner.name)}
"""By name, alphabetical, as people see them."""
