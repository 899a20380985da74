"""A histogram of durations in fixed memory: four buckets an octave, one array store an observation."""

from array import array

_SUB_BITS = 2
_MICROSECONDS_BITS_MAX = 27
"""Durations are cut off at 2^27 µs, about 134 s."""
BUCKETS = ((_MICROSECONDS_BITS_MAX - _SUB_BITS) << _SUB_BITS) + (1 << _SUB_BITS)
_CEILING = (1 << _MICROSECONDS_BITS_MAX) - 1

EXPOSED_BITS = tuple(range(8, 26))
"""Prometheus buckets: 2^8 µs (256 µs) … 2^25 µs (33.5 s), doubling, as Redpanda's public metrics have them."""


def bucket_of(microseconds: int) -> int:
    """The bucket of a duration, 0 … `BUCKETS` - 1; its width is at most a quarter of the duration."""
    if microseconds < 0:
        microseconds = 0
    elif microseconds > _CEILING:
        microseconds = _CEILING
    shift = microseconds.bit_length() - _SUB_BITS - 1
    if shift <= 0:
        return microseconds
    return (shift << _SUB_BITS) + (microseconds >> shift)


def bucket_floor(index: int) -> int:
    """The least duration, in µs, that falls into bucket `index`."""
    shift = (index >> _SUB_BITS) - 1
    return index if shift <= 0 else (index - (shift << _SUB_BITS)) << shift


class LatencyHistogram:
    """Counts durations. Not for several threads."""

    __slots__ = ("_buckets", "count", "sum_us")

    def __init__(self) -> None:
        self._buckets = array("Q", bytes(8 * BUCKETS))
        self.count = 0
        self.sum_us = 0
        """Sum of all durations, in µs."""

    def observe(self, seconds: float) -> None:
        """Count one duration in seconds; negative ones count as zero."""
        microseconds = int(seconds * 1_000_000)
        self._buckets[bucket_of(microseconds)] += 1
        self.count += 1
        self.sum_us += max(microseconds, 0)

    def cumulative(self) -> list[tuple[float, int]]:
        """(upper bound in seconds, observations below it) for each exposed bucket, ascending."""
        found: list[tuple[float, int]] = []
        total, at = 0, 0
        for bits in EXPOSED_BITS:
            end = bucket_of(1 << bits)
            total += sum(self._buckets[at:end])
            at = end
            found.append(((1 << bits) / 1_000_000, total))
        return found

    def quantile(self, share: float) -> float:
        """A duration in seconds that `share` (0 … 1) of all observations do not exceed, within a quarter; 0 if none."""
        wanted = share * self.count
        seen = 0
        for index, count in enumerate(self._buckets):
            seen += count
            if count and seen >= wanted:
                return bucket_floor(index) / 1_000_000
        return 0.0
