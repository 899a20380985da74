"""A metric family as the rooms build it, before any library sees it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from engine.metrics.histogram import LatencyHistogram

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]
Labels: TypeAlias = dict[str, str]

SERIES_MAX = 20_000
"""Series of one family; more are left out and counted in `Family.left_out`."""


@dataclass(slots=True)
class Family:
    """One metric: name, kind, help and its samples (suffix, labels, value)."""

    name: str
    kind: Kind
    documentation: str
    samples: list[tuple[str, Labels, float]] = field(default_factory=list)
    left_out: int = 0

    def add(self, value: float, labels: Labels | None = None) -> None:
        """One sample."""
        if len(self.samples) >= SERIES_MAX:
            self.left_out += 1
            return
        self.samples.append(("", labels or {}, value))

    def add_histogram(self, histogram: LatencyHistogram, labels: Labels) -> None:
        """Buckets, count and sum of one histogram."""
        if len(self.samples) >= SERIES_MAX:
            self.left_out += 1
            return
        for bound, count in histogram.cumulative():
            self.samples.append(("_bucket", {**labels, "le": f"{bound:.6f}"}, count))
        self.samples.append(("_bucket", {**labels, "le": "+Inf"}, histogram.count))
        self.samples.append(("_count", labels, histogram.count))
        self.samples.append(("_sum", labels, histogram.sum_us / 1_000_000))


def single(name: str, kind: Kind, documentation: str, value: float, labels: Labels | None = None) -> Family:
    """A family of one sample."""
    found = Family(name, kind, documentation)
    found.add(value, labels)
    return found


def total_left_out(families: Iterable[Family]) -> int:
    """Series that the bound kept back."""
    return sum(family.left_out for family in families)
