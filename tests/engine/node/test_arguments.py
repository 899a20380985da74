import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.node.arguments import parse_arguments
from engine.node.errors import StartFailed
from engine.node.exit_codes import ExitCode


def test_both_ways_of_writing_a_value():
    found = parse_arguments(
        [
            "--redpanda-cfg",
            "f.yaml",
            "--smp=2",
            "--memory",
            "1G",
            "--cpuset=0,2-3",
            "--set",
            "redpanda.node_id=1",
        ]
    )
    assert found.config_file == "f.yaml"
    assert found.smp == 2
    assert found.memory_bytes == 2**30
    assert found.cpus == {0, 2, 3}
    assert found.sets == ("redpanda.node_id=1",)


def test_unknown_flags_are_kept_for_one_log_line():
    found = parse_arguments(
        [
            "--reserve-memory",
            "0M",
            "--thread-affinity=0",
            "--mbind",
            "--overprovisioned",
            "--lock-memory=true",
        ]
    )
    assert found.ignored == ("--reserve-memory=0M", "--thread-affinity=0", "--mbind", "--lock-memory=true")
    assert found.overprovisioned


def test_bare_flags_do_not_eat_what_follows():
    found = parse_arguments(["--overprovisioned", "--unsafe-bypass-fsync=false", "--smp", "1"])
    assert found.overprovisioned
    assert not found.bypass_fsync


def test_log_levels():
    found = parse_arguments(
        ["--default-log-level=debug", "--logger-log-level", "net=trace:engine.kafka=warn"]
    )
    assert found.log_level == "debug"
    assert found.logger_levels == {"net": "trace", "engine.kafka": "warn"}


@pytest.mark.parametrize(
    "argv",
    [
        ["--smp", "0"],
        ["--smp=²"],
        ["--memory", "many"],
        ["--memory", "1M"],
        ["--cpuset", "3-1"],
        ["--mode", "prod"],
        ["--default-log-level", "loud"],
        ["--logger-log-level", "x"],
        ["--ready-fd", "1"],
        ["--redpanda-cfg"],
        ["stray"],
        ["--"],
    ],
)
def test_wrong_values_are_usage_errors(argv):
    with pytest.raises(StartFailed) as caught:
        parse_arguments(argv)
    assert caught.value.exit_code is ExitCode.USAGE
    assert "\n" not in str(caught.value)


@given(st.lists(st.text(max_size=12), max_size=6))
def test_any_words_give_arguments_or_a_usage_error(argv):
    try:
        parse_arguments(argv)
    except StartFailed as error:
        assert error.exit_code is ExitCode.USAGE
