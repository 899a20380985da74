"""kcat: librdkafka's command line. It has no admin calls: a topic appears by being produced to or by rpk."""

import shutil
import signal
import subprocess
import time

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from tests.interop.scenario import DEADLINE_SECONDS, PARTITIONS, check_all_arrived, records

pytestmark = [
    pytest.mark.interop,
    pytest.mark.timeout(180),
    pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed"),
]


def kcat(bootstrap: str, *arguments: str, data: bytes | None = None) -> bytes:
    run = subprocess.run(
        ["kcat", "-b", bootstrap, *arguments],
        input=data,
        capture_output=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stderr.decode()
    return run.stdout


def test_metadata_produce_and_consume(bootstrap, topic):
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(30)
    assert f'topic "{topic}" with {PARTITIONS} partitions' in kcat(bootstrap, "-L").decode()
    lines = b"".join(key + b":" + value + b"\n" for key, value in records())
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        kcat(bootstrap, "-P", "-t", topic, "-K:", "-z", codec, data=lines)
    out = kcat(bootstrap, "-C", "-t", topic, "-e", "-q", "-K:")
    assert sorted(out.splitlines()) == sorted(lines.splitlines() * 5)
    first = kcat(bootstrap, "-C", "-t", topic, "-p", "0", "-o", "beginning", "-c", "1", "-q", "-f", "%o %k")
    assert first.startswith(b"0 key-")
    end = kcat(bootstrap, "-Q", "-t", f"{topic}:0:-1").decode()
    assert int(end.rsplit("offset", 1)[1]) > 0


def test_a_group_of_two_rebalances(bootstrap, topic, tmp_path):
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(30)
    members: list[subprocess.Popen[bytes]] = []
    outputs = []

    def join() -> None:
        output, log = tmp_path / f"{len(members)}.out", tmp_path / f"{len(members)}.log"
        outputs.append((output, log))
        command = ["kcat", "-b", bootstrap, "-G", f"group-{topic}", "-u", "-X", "auto.offset.reset=earliest"]
        command += ["-X", "session.timeout.ms=6000", "-X", "heartbeat.interval.ms=500", topic]
        with output.open("wb") as out, log.open("wb") as err:
            members.append(subprocess.Popen(command, stdout=out, stderr=err))

    def wait_for(condition, what: str) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"{what}: {[log.read_text() for _, log in outputs]}"
            time.sleep(0.1)

    def assigned(index: int) -> int:
        lines = [line for line in outputs[index][1].read_text().splitlines() if "assigned:" in line]
        return lines[-1].count("[") if lines else 0

    try:
        join()
        wait_for(lambda: assigned(0) == PARTITIONS, "the first member gets every partition")
        join()
        wait_for(lambda: assigned(0) == 2 and assigned(1) == 2, "two members share the partitions")
        kcat(
            bootstrap, "-P", "-t", topic, "-K:", data=b"".join(b":".join(pair) + b"\n" for pair in records())
        )

        def received() -> list[bytes]:
            return [line for output, _ in outputs for line in output.read_bytes().splitlines()]

        wait_for(lambda: len(set(received())) >= len(records()), "every record arrives")
        check_all_arrived(received())
    finally:
        for member in members:
            member.send_signal(signal.SIGTERM)
        for member in members:
            member.wait(20)
