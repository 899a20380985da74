"""`rpk container` as a user runs it: a whole local cluster, its death, its return, its end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rpk.system.process import identify

RPK = str(Path(sys.executable).with_name("rpk"))

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def home(tmp_path):
    """A user of their own: state, settings and cache under tmp_path; whatever runs is purged afterwards."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("RPK_", "REDPANDA_", "XDG_"))
    }
    environment["HOME"] = str(tmp_path)
    yield environment
    rpk(environment, "container", "purge")


def rpk(environment, *words, expected=0):
    run = subprocess.run(
        [RPK, *words], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    if expected is not None:
        assert run.returncode == expected, (words, run.stdout, run.stderr)
    return run


def brokers(environment):
    return json.loads(rpk(environment, "container", "status", "--format", "json").stdout)


def test_start_status_stop_start_purge(home):
    started = rpk(home, "container", "start", "--any-port")
    assert "a record was acked and read back" in started.stdout
    assert rpk(home, "profile", "current").stdout.strip() == "rpk-container"
    (broker,) = brokers(home)
    assert broker["status"] == "running"

    rpk(home, "topic", "create", "orders", "-p", "3")
    produced = subprocess.run(
        [RPK, "topic", "produce", "orders", "-o", ""],
        input="a\nb\n",
        env=home,
        text=True,
        timeout=60,
        check=True,
    )
    assert produced.returncode == 0

    rpk(home, "container", "stop")
    assert brokers(home)[0]["status"] == "stopped"
    rpk(home, "container", "stop")  # again: nothing to do, no error
    rpk(home, "container", "start")
    consumed = rpk(home, "topic", "consume", "orders", "-o", ":end", "-f", "%v\n")
    assert sorted(consumed.stdout.split()) == ["a", "b"]
    names = [row["name"] for row in json.loads(rpk(home, "topic", "list", "--format", "json").stdout)]
    assert names == ["orders"], "the probe leaves nothing behind"

    pid = brokers(home)[0]["pid"]
    rpk(home, "container", "purge")
    assert identify(pid) is None
    assert brokers(home) == []
    assert rpk(home, "profile", "current").stdout.strip() == ""
    rpk(home, "container", "purge")


def test_a_broker_that_died_is_told_and_started_again(home):
    rpk(home, "container", "start", "--any-port")
    os.kill(brokers(home)[0]["pid"], signal.SIGKILL)
    deadline = time.monotonic() + 10
    while brokers(home)[0]["status"] == "running":
        assert time.monotonic() < deadline
    assert brokers(home)[0]["status"] == "failed"
    assert brokers(home)[0]["reason"]
    rpk(home, "container", "start")
    assert brokers(home)[0]["status"] == "running"


def test_a_failing_start_prints_the_brokers_words_and_leaves_no_orphan(home, tmp_path):
    data = tmp_path / ".local/state/rpk/container/node-0/data"
    data.parent.mkdir(parents=True)
    data.write_text("a file where a folder should be")
    failed = rpk(home, "container", "start", "--any-port", expected=1)
    assert "broker 0:" in failed.stderr
    assert "error: broker 0 ended while it started" in failed.stderr
    assert "hint:" in failed.stderr
    assert "Traceback" not in failed.stderr
    data.unlink()
    rpk(home, "container", "start", "--any-port")


def test_run_gives_brokers_and_the_commands_status(home):
    script = 'rpk topic create t >/dev/null && echo "$RPK_BROKERS" && exit 7'
    environment = {**home, "PATH": f"{Path(RPK).parent}:{home['PATH']}"}
    run = rpk(environment, "container", "run", "--", "sh", "-c", script, expected=7)
    assert run.stdout.startswith("127.0.0.1:")
    assert brokers(home) == [], "run leaves the other cluster alone"


def test_run_tears_down_even_when_it_is_killed(home, tmp_path):
    pids = tmp_path / "brokers"
    environment = {**home, "TMPDIR": str(tmp_path)}
    command = [
        RPK,
        "container",
        "run",
        "--",
        "sh",
        "-c",
        f"cat {tmp_path}/rpk-container-*/cluster.json > {pids}; exec sleep 60",
    ]
    run = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        deadline = time.monotonic() + 30
        while not (pids.exists() and pids.read_text().endswith("}\n")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        pid = json.loads(pids.read_text())["nodes"][0]["pid"]
        assert identify(pid) is not None
        run.kill()
        run.wait(10)
        deadline = time.monotonic() + 15
        while identify(pid) is not None or list(tmp_path.glob("rpk-container-*")):
            assert time.monotonic() < deadline, "the broker or its data outlived rpk"
            time.sleep(0.05)
    finally:
        os.killpg(run.pid, signal.SIGKILL)  # the command itself is not rpk's to kill


def test_a_second_start_says_what_it_cannot_change(home):
    rpk(home, "container", "start", "--any-port", "--set", "log_retention_ms=1000")
    again = rpk(home, "container", "start", "--kafka-ports", "19092")
    assert "the local cluster is already running" in again.stderr
    assert "warning: the local cluster keeps the ports it was made with" in again.stderr
    assert "It runs" in again.stdout
    for other in (("--set", "log_retention_ms=2000"), ("--runtime", "docker")):
        refused = rpk(home, "container", "start", *other, expected=1)
        assert "error: the local cluster exists with" in refused.stderr
        assert "rpk container purge" in refused.stderr
    refused = rpk(home, "container", "start", "-n", "3", expected=1)
    assert "error: the local cluster exists with 1 broker" in refused.stderr


def test_a_busy_port_gives_way_unless_it_must_not(home):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        busy = ("--kafka-ports", port, "--admin-ports", "any")
        refused = rpk(home, "container", "start", *busy, "--strict-ports", expected=1)
        assert f"error: port {port} for kafka is busy" in refused.stderr
        started = rpk(home, "container", "start", *busy)
        assert f"port {port} is busy: broker 0 uses" in started.stderr
        assert brokers(home)[0]["kafka_address"] != f"127.0.0.1:{port}"


def test_a_settings_file_that_is_broken_does_not_hide_the_cluster(home, tmp_path):
    settings = tmp_path / ".config/rpk/rpk.yaml"
    settings.parent.mkdir(parents=True)
    settings.write_text("profiles: [")
    started = rpk(home, "container", "start", "--any-port", expected=2)
    assert "error: the cluster runs, but its profile is not selected" in started.stderr
    assert "hint: rpk --ignore-profile -X brokers=127.0.0.1:" in started.stderr
    assert brokers(home)[0]["status"] == "running"
    purged = rpk(home, "container", "purge")
    assert "warning: the profile rpk-container is left as it was" in purged.stderr
    settings.unlink()


def test_state_that_cannot_be_kept(home, tmp_path):
    (tmp_path / "file").write_text("")
    environment = {**home, "XDG_STATE_HOME": str(tmp_path / "file")}
    refused = rpk(environment, "container", "start", "--any-port", expected=1)
    assert refused.stderr.startswith("error: cannot keep a local cluster in ")
    assert "XDG_STATE_HOME" in refused.stderr


def test_an_interrupted_start_leaves_nothing_running(home, tmp_path):
    for delay_seconds in (0.0, 0.1, 0.3):
        start = subprocess.Popen(
            [RPK, "container", "start", "--any-port"],
            env=home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 20
        while not (tmp_path / ".local/state/rpk/container").exists():
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(delay_seconds)
        start.send_signal(signal.SIGINT)
        _, stderr = start.communicate(timeout=30)
        assert start.returncode in (0, 130), stderr
        assert "Traceback" not in stderr
        if start.returncode == 130:
            assert all(broker["status"] == "stopped" for broker in brokers(home))
        rpk(home, "container", "purge")


def test_three_brokers_one_killed_and_back(home):
    started = rpk(home, "container", "start", "-n", "3", "--any-port")
    assert "a record was acked and read back" in started.stdout
    assert [broker["status"] for broker in brokers(home)] == ["running"] * 3
    rpk(home, "topic", "create", "orders", "-p", "3", "-r", "3")
    rpk(home, "container", "kill", "1")
    assert [broker["status"] for broker in brokers(home)] == ["running", "failed", "running"]
    subprocess.run(
        [RPK, "topic", "produce", "orders", "-o", ""],
        input="a\nb\nc\n",
        env=home,
        text=True,
        timeout=60,
        check=True,
    )
    rpk(home, "container", "pause", "9", expected=5)
    rpk(home, "container", "start", "-n", "2", expected=1)
    rpk(home, "container", "start")
    rpk(home, "cluster", "health", "--exit-when-healthy", "--expect-brokers", "3", "--timeout", "30s")
    consumed = rpk(home, "topic", "consume", "orders", "-o", ":end", "-f", "%v\n")
    assert sorted(consumed.stdout.split()) == ["a", "b", "c"]
