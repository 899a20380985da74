"""Keeps a broker's traffic at the rates an operator set, by not reading from clients for a while (KIP-219).

Two buckets, one a direction, each with a second's worth of bytes. Whoever empties one is answered at once, told how long
(`throttle_time_ms` of Produce and Fetch), and not read from until then. What is late is bounded: beyond the longest delay
the debt is forgiven, so that one huge answer does not silence a broker.
"""

from engine.kafka.limits import KafkaLimits


class _Bucket:
    """Bytes left to use; below zero: a debt that time pays."""

    __slots__ = ("_debt_max", "_left", "_rate", "_then")

    def __init__(self, rate: int, throttle_ms_max: int, now: float) -> None:
        self._rate = max(rate, 1)
        self._debt_max = self._rate * throttle_ms_max / 1000
        self._left = float(self._rate)
        self._then = now

    def take(self, size: int, now: float) -> float:
        """Use `size` bytes; the seconds until the debt is paid, 0 without any."""
        left = min(self._left + (now - self._then) * self._rate, float(self._rate)) - size
        self._then = now
        self._left = max(left, -self._debt_max)
        return max(-self._left, 0.0) / self._rate


class NodeThrottle:
    """One a shard, and only while a rate is set. Loop thread; `now` is the monotonic clock's reading in seconds."""

    __slots__ = ("_in", "_limits", "_out")

    def __init__(self, limits: KafkaLimits, now: float) -> None:
        self._limits = limits
        rate_in, rate_out = limits.bytes_in_per_second, limits.bytes_out_per_second
        self._in = None if rate_in is None else _Bucket(rate_in, limits.throttle_ms_max, now)
        self._out = None if rate_out is None else _Bucket(rate_out, limits.throttle_ms_max, now)

    def received(self, size: int, now: float) -> int:
        """A request of `size` bytes came: the ms its sender is to be left unread."""
        return 0 if self._in is None else round(self._in.take(size, now) * 1000)

    def sent(self, size: int, now: float) -> int:
        """An answer of `size` bytes goes: likewise."""
        return 0 if self._out is None else round(self._out.take(size, now) * 1000)


def make_throttle(limits: KafkaLimits, now: float) -> NodeThrottle | None:
    """What the limits ask for, None when they set no rate."""
    if limits.bytes_in_per_second is None and limits.bytes_out_per_second is None:
        return None
    return NodeThrottle(limits, now)
