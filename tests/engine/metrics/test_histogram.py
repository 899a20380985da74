from hypothesis import given
from hypothesis import strategies as st

from engine.metrics.histogram import BUCKETS, LatencyHistogram, bucket_floor, bucket_of


@given(st.integers(-5, 2**40))
def test_buckets_are_in_range_and_at_most_a_quarter_wide(value):
    index = bucket_of(value)
    assert 0 <= index < BUCKETS
    inside = min(max(value, 0), 2**27 - 1)
    floor = bucket_floor(index)
    assert floor <= inside
    assert inside - floor <= max(inside // 4, 0)


def test_buckets_are_contiguous():
    assert [bucket_of(bucket_floor(index)) for index in range(BUCKETS)] == list(range(BUCKETS))


@given(st.lists(st.floats(0, 50), max_size=50))
def test_cumulative_counts_agree_with_a_plain_count(values):
    histogram = LatencyHistogram()
    for value in values:
        histogram.observe(value)
    for bound, count in histogram.cumulative():
        assert count == sum(int(value * 1_000_000) < round(bound * 1_000_000) for value in values)
    assert histogram.count == len(values)


def test_quantiles():
    histogram = LatencyHistogram()
    assert histogram.quantile(0.99) == 0.0
    for milliseconds in range(1, 101):
        histogram.observe(milliseconds / 1000)
    assert 0.035 <= histogram.quantile(0.5) <= 0.05
    assert 0.075 <= histogram.quantile(0.99) <= 0.1
