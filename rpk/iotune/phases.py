"""What is measured, for how long, and what the samples come to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean, median, pstdev

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

RUNS = 3
WARM_UP_S = 3.0
WARM_UP_SHARE = 0.05
WARM_UP_SHARE_MAX = 0.2
"""Of a phase: a short trial must still measure something."""
DEVIATION_NOTED = 0.03
DEVIATION_MAX = 0.5
BANDWIDTH_MAX = 500 * 10**9
IOPS_MAX = 100 * 10**6
STREAM_BLOCK = 1 << 20
STREAM_DEPTH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One kind of load. share: of the duration. figure: the key of the result it gives."""

    name: str
    figure: str
    write: bool
    random: bool
    share: float


PHASES = (
    Phase(name="sequential write", figure="write_bandwidth", write=True, random=False, share=0.7),
    Phase(name="sequential read", figure="read_bandwidth", write=False, random=False, share=0.1),
    Phase(name="random write", figure="write_iops", write=True, random=True, share=0.1),
    Phase(name="random read", figure="read_iops", write=False, random=True, share=0.1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value: bytes or operations a second, and how far its samples lie apart (0.1 is a tenth)."""

    value: int
    deviation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One mount's four figures, in the order of `PHASES`."""

    mountpoint: str
    device: str
    figures: dict[str, Figure]
    block_bytes: int


def seconds_of(phase: Phase, duration_s: float) -> tuple[float, float]:
    """(warm-up, measured) seconds of a phase within a duration for one mount; both are inside its share."""
    whole = duration_s * phase.share
    warm = min(max(WARM_UP_S, WARM_UP_SHARE * duration_s), whole * WARM_UP_SHARE_MAX)
    return warm, whole - warm


def summarize(runs: Sequence[Sequence[float]]) -> Figure:
    """The median of the runs' means; the deviation is over all samples. ValueError without any sample."""
    means = [mean(samples) for samples in runs if samples]
    every = [sample for samples in runs for sample in samples]
    if not means:
        raise ValueError("no samples")
    middle = median(means)
    return Figure(value=round(middle), deviation=pstdev(every) / mean(every) if mean(every) else 0.0)


def implausible(measured: Measured) -> list[str]:
    """Why the figures cannot be those of a disk; engines would be misled by them."""
    found = []
    values = {name: figure.value for name, figure in measured.figures.items()}
    for name, value in values.items():
        most = BANDWIDTH_MAX if name.endswith("bandwidth") else IOPS_MAX
        if value <= 0:
            found.append(f"{name} is {value}")
        elif value > most:
            found.append(f"{name} is {value}, more than any disk does")
    for side in ("read", "write"):
        carried = values.get(f"{side}_iops", 0) * measured.block_bytes
        bandwidth = values.get(f"{side}_bandwidth", 0)
        if bandwidth and carried > 2 * bandwidth:
            found.append(f"{side}_iops carry {carried} bytes/s, twice the bandwidth: a cache was measured")
    return found
