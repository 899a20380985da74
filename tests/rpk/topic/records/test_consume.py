"""`rpk topic consume` against a real broker."""

import json
import os
import pty
import signal
import subprocess
import sys
import time

import pytest


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (":end", "0123456789"), ("start:end", "0123456789"), ("7:end", "789"), ("+8:end", "89"), ("-3:end", "789"), ("2:5", "234"),
        ("2-5", "234"), (":2", "01"), ("@1000000000007:end", "789"), ("@1000000000002:1000000000004", "23"),
        ("@:1000000000002", "01"), ("@-1h:end", ""), ("@2001-09-09T01:46:40.008Z:end", "89"), ("20:end", ""),
    ],
)  # fmt: skip
def test_ranges(rpk, numbers, offset, expected):
    stdout, stderr = rpk("consume", numbers, "-o", offset, "-f", "%v")
    assert stdout.decode() == expected
    assert stderr == ("" if expected else "no records in this range\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-n", "3"], "012"), (["-o", "-2", "-n", "1"], "8"), (["--tail", "2", "-o", ":end"], "89"),
        (["--tail", "3", "-n", "2"], "78"), (["--num-per-partition", "4"], "0123"), (["--idle-timeout", "300ms"], "0123456789"),
        (["-o", "end", "--idle-timeout", "300ms"], ""), (["-o", "end", "--tail", "1", "-n", "1"], "9"),
        (["-o", ":end", "--filter-value", "[3-5]"], "345"), (["-o", ":end", "-G", "!v:[0-7]"], "89"),
        (["-n", "2", "-G", "v:[5-9]"], "56"), (["-o", ":end", "--filter-key", "k1", "-G", "v:1"], "1"),
        (["-o", ":end", "-p", "0"], "0123456789"),
    ],
)  # fmt: skip
def test_limits_and_filters(rpk, numbers, arguments, expected):
    stdout, stderr = rpk("consume", numbers, "-f", "%v", *arguments)
    assert stdout.decode() == expected
    if "-G" in arguments and "-n" not in arguments:
        assert f"matched {len(expected)} of 10 records scanned" in stderr


def test_default_is_pretty_json(rpk, numbers):
    stdout, _ = rpk("consume", numbers, "-n", "1")
    assert stdout.decode() == (
        f'{{\n  "topic": "{numbers}",\n  "key": "k0",\n  "value": "0",\n  "timestamp": 1000000000000,\n'
        '  "partition": 0,\n  "offset": 0\n}\n'
    )


def test_one_line_json_three_ways(rpk, numbers):
    expected = rpk.consume(numbers, "-f", "ndjson")
    assert rpk.consume(numbers, "--no-pretty-print") == expected
    assert json.loads(expected.splitlines()[9]) == {
        "topic": numbers, "key": "k9", "value": "9", "timestamp": 1000000000009, "partition": 0, "offset": 9,
    }  # fmt: skip


def test_meta_only(rpk, numbers):
    item = rpk.items(numbers, "--meta-only")[0]
    assert item["value_size"] == 1
    assert "value" not in item


def test_what_only_batches_know(rpk, numbers):
    stdout = rpk.consume(
        numbers, "-f", r"%o %v %[ %| %] %a{compression} %a{timestamp-type} %e\n", "--print-control-records"
    )
    lines = stdout.decode().splitlines()
    assert len(lines) == 10
    assert lines[9].startswith("9 9 0 10 10 ")


def test_several_topics_and_partitions(rpk, new_topic):
    first, second = new_topic(3), new_topic()
    for partition in range(3):
        rpk.produce(first, b"%d\n" % partition, "-p", str(partition), "-o", "")
    rpk.produce(second, b"x\n", "-o", "")
    both = rpk("consume", first, second, "-o", ":end", "-f", r"%v\n")[0]
    assert sorted(both.split()) == [b"0", b"1", b"2", b"x"]
    assert sorted(rpk.consume(first, "-p", "0,2", "-f", r"%v\n").split()) == [b"0", b"2"]
    assert rpk.consume(f"({first[:-1]}.|nothing)", "-r", "-p", "1", "-f", "%v") == b"1"
    rpk("consume", first, "-p", "7", status=5)
    assert set(rpk("consume", "*", "-r", "-o", ":end", "-f", r"%t\n")[0].decode().split()) >= {first, second}


def test_a_missing_topic(rpk, numbers):
    _, stderr = rpk("consume", numbers[:-1], status=5)
    assert f"did you mean {numbers}?" in stderr
    rpk("consume", "-r", "no-topic-has-this-name.*", status=5)


@pytest.mark.parametrize(
    "arguments",
    [
        ["-o", "9:3"], ["-o", "x"], ["-f", "%q"], ["-f", "%h"], ["-G", "x:y"], ["-p", "a"], ["-b", "best"], ["-b", "sticky"],
        ["-n", "-1"], ["--tail", "0"], ["--tail", "3", "-o", "5"], ["-g", "g", "-p", "1"], ["-g", "g", "-o", ":end"],
        ["-g", "g", "-o", "5"], ["-g", "g", "-f", "%x"], ["--fetch-max-bytes", "0"], ["--use-schema-registry", "key"],
        ["--idle-timeout", "soon"],
    ],
)  # fmt: skip
def test_refused_without_dialing(invoke, arguments):
    result = invoke("topic", "consume", "t", "-X", "brokers=127.0.0.1:1", *arguments)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")


def test_groups_commit_what_was_printed(rpk, numbers):
    group = f"group-of-{numbers}"
    assert rpk("consume", numbers, "-g", group, "-n", "4", "-f", "%v")[0] == b"0123"
    assert rpk("consume", numbers, "-g", group, "-n", "3", "-f", "%v")[0] == b"456"
    assert (
        rpk("consume", numbers, "-g", group, "--idle-timeout", "2s", "-f", "%v", "-b", "cooperative-sticky")[
            0
        ]
        == b"789"
    )


def test_the_reader_may_leave(rpk, numbers):
    process = rpk.start("consume", numbers, "-f", r"%v\n")
    assert process.stdout.readline() == b"0\n"
    process.stdout.close()
    started = time.monotonic()
    assert process.wait(20) == 141
    assert time.monotonic() - started < 2
    assert process.stderr.read() == b""
    process.stderr.close()
    process.stdin.close()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals(rpk, numbers, number, status):
    process = rpk.start("consume", numbers, "-g", f"signal-{numbers}-{status}", "-f", r"%v\n")
    for expected in range(10):
        assert process.stdout.readline() == b"%d\n" % expected
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stdout, stderr) == (status, b"", b"")


def test_records_are_printed_as_they_come(rpk, new_topic):
    topic = new_topic()
    process = rpk.start("consume", topic, "-f", r"%v\n")
    rpk.produce(topic, b"now\n", "-o", "")
    assert process.stdout.readline() == b"now\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130


def test_translate(rpk, numbers):
    stdout, stderr = rpk("consume", numbers, "-o", ":3", "--translate", "sed s/^/v/", "-f", r"%o %v\n")
    assert stdout == b"0 v0\n1 v1\n2 v2\n"
    stdout, stderr = rpk("consume", numbers, "-o", ":3", "--translate", "grep -v 1", "-f", "ndjson", status=1)
    items = [json.loads(line) for line in stdout.splitlines()]
    assert [item["value"] for item in items] == ["0", "1", "2"]
    assert ["value_error" in item for item in items] == [False, True, False]
    assert "1 of 3 values" in stderr


def test_terminals_get_no_control_bytes(rpk, new_topic):
    topic = new_topic()
    rpk.produce(topic, b"\x1b[2Jwiped\n", "-o", "")
    for arguments, expected in (([], b"\\x1b[2Jwiped"), (["--raw"], b"\x1b[2Jwiped")):
        controller, terminal = pty.openpty()
        subprocess.run(
            [sys.executable, "-m", "rpk.cli.main", "topic", "consume", topic, "-o", ":end", "-f", r"%v\n", *arguments],
            env=rpk.environment, stdin=subprocess.DEVNULL, stdout=terminal, stderr=subprocess.DEVNULL, timeout=60, check=True,
        )  # fmt: skip
        os.close(terminal)
        assert os.read(controller, 1000).rstrip(b"\r\n") == expected
        os.close(controller)
