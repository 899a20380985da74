"""Shares of the time, medians, and figures no disk can have."""

from hypothesis import given
from hypothesis import strategies as st

from rpk.iotune.phases import PHASES, Figure, Measured, implausible, seconds_of, summarize


@given(st.floats(min_value=1, max_value=36_000))
def test_phases_fill_the_duration(duration_s):
    total = sum(sum(seconds_of(phase, duration_s)) for phase in PHASES)
    assert abs(total - duration_s) < 1e-6 * duration_s
    for phase in PHASES:
        warm_s, measured_s = seconds_of(phase, duration_s)
        assert 0 < warm_s <= measured_s


def test_the_median_run_counts():
    figure = summarize([[100, 110], [10, 10], [120, 120]])
    assert figure.value == 105
    assert figure.deviation > 0.5
    assert summarize([[5.0], [5.0]]).deviation == 0


def measured(**values):
    figures = {
        "read_iops": 50_000,
        "read_bandwidth": 10**9,
        "write_iops": 40_000,
        "write_bandwidth": 10**9,
    } | values
    return Measured(
        mountpoint="/", device="8:1",
        figures={name: Figure(value=value, deviation=0) for name, value in figures.items()}, block_bytes=4096,
    )  # fmt: skip


def test_plausible_figures_pass():
    assert implausible(measured()) == []


def test_implausible_figures_are_named():
    assert "is 0" in implausible(measured(read_iops=0))[0]
    assert "more than any disk" in implausible(measured(write_bandwidth=10**12))[0]
    assert "a cache" in implausible(measured(read_iops=900_000))[0]
