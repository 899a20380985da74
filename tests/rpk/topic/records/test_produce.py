"""`rpk topic produce` against a real broker."""

import json
import os
import pty
import re
import signal
import time

import pytest


def test_each_line_is_a_value_and_each_ack_a_line(rpk, new_topic):
    topic = new_topic()
    stdout, stderr = rpk.produce(topic, b"a\nb\nlast without newline")
    lines = stdout.decode().splitlines()
    assert len(lines) == 3
    for offset, line in enumerate(lines):
        assert re.fullmatch(rf"Produced to partition 0 at offset {offset} with timestamp \d{{13}}\.", line)
    assert stderr == ""
    assert rpk.consume(topic, "-f", "value") == b"a\nb\nlast without newline\n"


def test_keys_headers_partition_and_tombstones(rpk, new_topic):
    topic = new_topic(3)
    arguments = [
        "-f",
        r"%k\t%v\n",
        "-H",
        "a:1=2",
        "-H",
        "a=x:y",
        "-H",
        "empty:",
        "-p",
        "2",
        "-Z",
        "-z",
        "zstd",
    ]
    stdout, _ = rpk.produce(
        topic, b"k\tv\ngone\t\n", *arguments, "-o", r"%t %p %k %v %H %h{%k=%v,} %a{compression} %] %i\n"
    )
    assert stdout.decode().splitlines() == [
        f"{topic} 2 k v 3 a=1=2,a=x:y,empty=, zstd <nil> 1",
        f"{topic} 2 gone  3 a=1=2,a=x:y,empty=, zstd <nil> 2",
    ]
    items = rpk.items(topic)
    assert [(item["key"], item.get("value"), item["partition"]) for item in items] == [
        ("k", "v", 2),
        ("gone", None, 2),
    ]
    assert items[0]["headers"] == [
        {"key": "a", "value": "1=2"}, {"key": "a", "value": "x:y"}, {"key": "empty", "value": ""},
    ]  # fmt: skip
    assert "value" not in items[1]


def test_a_fixed_key_gives_way_to_a_parsed_one(rpk, new_topic):
    topic = new_topic()
    rpk.produce(topic, b"v\n", "-k", "fixed")
    rpk.produce(topic, b"own v\n", "-k", "fixed", "-f", r"%k %v\n")
    rpk.produce(topic, b'{"value":"v"}{"key":"own","value":"v"}', "-k", "fixed", "-f", "json")
    assert rpk.consume(topic, "-f", r"%k\n") == b"fixed\nown\nfixed\nown\n"


def test_topics_timestamps_and_partitions_from_the_input(rpk, new_topic):
    first, second = new_topic(2), new_topic(2)
    data = f"{first} 1 1000000000000 a\n{second} 0 1000000000001 b\n".encode()
    rpk("produce", "-f", r"%t %p %d %v\n", "-o", "", stdin=data)
    assert rpk.consume(first, "-f", r"%p %d %v\n") == b"1 1000000000000 a\n"
    assert rpk.consume(second, "-f", r"%p %d %v\n") == b"0 1000000000001 b\n"


@pytest.mark.parametrize(("acks", "compression"), [("0", "none"), ("1", "gzip"), ("-1", "lz4")])
def test_acks_and_codecs(rpk, new_topic, acks, compression):
    topic = new_topic()
    rpk.produce(topic, b"x\ny\n", "--acks", acks, "-z", compression, "-o", "")
    deadline = time.monotonic() + 10
    while rpk.consume(topic, "-f", "value") != b"x\ny\n":
        assert time.monotonic() < deadline


def test_bad_input_says_how_many_were_read_acked_and_failed(rpk, new_topic):
    topic = new_topic()
    stdout, stderr = rpk.produce(
        topic, b"1 a\n1 b\nx c\n1 d\n", "-f", r"%p{hex8}%v\n".replace("hex8", "ascii"), status=1
    )
    assert stdout == b""
    topic = new_topic()
    stdout, stderr = rpk.produce(topic, b"0 a\n0 b\nx c\n0 d\n", "-f", r"%p %v\n", status=1)
    assert len(stdout.splitlines()) == 2
    assert "record 3 of the input" in stderr
    assert "records read 2, acked 2, failed 0" in stderr
    assert rpk.consume(topic, "-f", "value") == b"a\nb\n"


def test_strict_refuses_a_cut_last_record(rpk, new_topic):
    topic = new_topic()
    _, stderr = rpk.produce(topic, b"a\nb", "--strict", status=1)
    assert "record 2 of the input" in stderr
    assert rpk.consume(topic, "-f", "value") == b"a\n"


def test_one_record_too_large_fails_alone(rpk, new_topic):
    topic = new_topic()
    _, stderr = rpk.produce(topic, b"a\n" + b"x" * 2_000_000 + b"\nc\n", status=1)
    assert "records read 3, acked 2, failed 1" in stderr
    assert "MESSAGE_TOO_LARGE" in stderr
    assert rpk.consume(topic, "-f", "value") == b"a\nc\n"


def test_a_missing_topic_is_named_with_its_neighbour(rpk, new_topic):
    topic = new_topic()
    _, stderr = rpk.produce(topic + "x", b"a\n", status=5)
    assert "does not exist" in stderr
    assert topic in stderr


def test_a_missing_partition_is_refused(rpk, new_topic):
    _, stderr = rpk.produce(new_topic(2), b"a\n", "-p", "2", status=5)
    assert "no partition 2" in stderr


def test_dry_run_produces_nothing(rpk, new_topic):
    topic = new_topic()
    stdout, stderr = rpk.produce(topic, b"a\nb\n", "--dry-run")
    assert stdout == b""
    assert f"2 records would be produced to {topic}" in stderr
    rpk.produce(topic, b"x\n", "-f", r"%p %v\n", "--dry-run", status=1)
    rpk.produce("no-such-topic-at-all", b"x\n", "--dry-run", status=5)
    assert rpk.items(topic) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["-f", "%q"], ["-f", ""], ["-o", "%h"], ["-z", "brotli"], ["--acks", "2"], ["-p", "-2"], ["-H", "nothing"],
        ["--delivery-timeout", "10ms"], ["--delivery-timeout", "x"], ["--max-message-bytes", "3"], ["--schema-id", "1"],
    ],
)  # fmt: skip
def test_refused_without_dialing(invoke, arguments):
    result = invoke("topic", "produce", "t", "-X", "brokers=127.0.0.1:1", *arguments)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")


def test_no_topic_at_all(invoke):
    result = invoke("topic", "produce")
    assert result.status == 2
    assert "%t" in result.stderr


def test_nobody_listens(invoke):
    result = invoke("topic", "produce", "t", "-X", "brokers=127.0.0.1:1")
    assert result.status == 3
    assert "127.0.0.1:1" in result.stderr


def test_lines_are_produced_as_they_arrive(rpk, new_topic):
    topic = new_topic()
    process = rpk.start("produce", topic)
    process.stdin.write(b"first\n")
    process.stdin.flush()
    assert b"at offset 0" in process.stdout.readline()
    process.stdin.write(b"second\n")
    process.stdin.flush()
    assert b"at offset 1" in process.stdout.readline()
    process.stdin.close()
    assert process.wait(20) == 0
    process.stdout.close()
    process.stderr.close()


def test_interrupt_flushes_what_was_read(rpk, new_topic):
    topic = new_topic()
    process = rpk.start("produce", topic)
    process.stdin.write(b"one\n")
    process.stdin.flush()
    process.stdout.readline()
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert time.monotonic() - started < 5
    assert b"records read 1, acked 1, failed 0" in process.stderr.read()
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()


def test_auto_creation_that_the_broker_refuses(rpk):
    _, stderr = rpk.produce("made-by-nobody", b"a\n", "--allow-auto-topic-creation", status=5)
    assert "auto_create_topics_enabled" in stderr


def test_a_terminal_is_told_how_to_end(rpk, new_topic):
    controller, terminal = pty.openpty()
    process = rpk.start("produce", new_topic(), "-o", r"%v\n", stdin=terminal)
    os.close(terminal)
    assert b"Ctrl-D" in process.stderr.readline()
    os.write(controller, b"typed\n")
    assert process.stdout.readline() == b"typed\n"
    os.write(controller, b"\x04")
    assert process.wait(20) == 0
    os.close(controller)
    process.stdout.close()
    process.stderr.close()


def test_consume_feeds_produce_without_loss(rpk, new_topic):
    source, target = new_topic(), new_topic()
    records = [
        {"key": "k", "value": "v", "headers": [{"key": "a", "value": "1"}, {"key": "a", "value": None}], "timestamp": 1000000000000},
        {"value": "/wA=", "value_encoding": "base64", "timestamp": 1000000000001},
        {"key": "", "timestamp": 1000000000002},
        {"key": "/w==", "key_encoding": "base64", "value": "", "headers": [{"key": "h", "value": "/w==", "value_encoding": "base64"}]},
        {"key": "ü<&>\u2028\n", "value": "{\"a\": 1}\n"},
    ]  # fmt: skip
    rpk.produce(source, "\n".join(json.dumps(record) for record in records).encode(), "-f", "json", "-o", "")
    for form in (["-f", "json"], ["-f", "json", "--no-pretty-print"], ["-f", "ndjson"]):
        rpk.produce(target, rpk.consume(source, *form), "-f", "json", "-o", "")
    expected = [
        {name: item[name] for name in item if name not in ("topic", "offset")} for item in rpk.items(source)
    ]
    copied = [
        {name: item[name] for name in item if name not in ("topic", "offset")} for item in rpk.items(target)
    ]
    assert copied == expected * 3
    assert expected[0] == {**records[0], "partition": 0}
    assert expected[2] == {**records[2], "partition": 0}


def test_a_hundred_thousand_lines_come_back_equal(rpk, new_topic):
    topic = new_topic()
    lines = b"".join(b"%d\n" % number for number in range(100_000))
    stdout, _ = rpk.produce(topic, lines, "-o", r"%o\n")
    assert stdout == lines
    assert rpk.consume(topic, "-f", r"%v\n") == lines
