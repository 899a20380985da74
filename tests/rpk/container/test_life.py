"""`rpk container` as a user runs it: a whole local cluster, its death, its return, its end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

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
    assert not Path(f"/proc/{pid}").exists()
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
        assert Path(f"/proc/{pid}").exists()
        run.kill()
        run.wait(10)
        deadline = time.monotonic() + 15
        while Path(f"/proc/{pid}").exists() or list(tmp_path.glob("rpk-container-*")):
            assert time.monotonic() < deadline, "the broker or its data outlived rpk"
            time.sleep(0.05)
    finally:
        os.killpg(run.pid, signal.SIGKILL)  # the command itself is not rpk's to kill
