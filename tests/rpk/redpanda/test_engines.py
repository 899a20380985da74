"""`rpk redpanda start` becomes a broker: the command line of an installed Redpanda, and what tuning hands over."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rpk.config.node_file import NodeFile
from rpk.out.errors import NotFound, UsageError
from rpk.redpanda.engines import Choices, chosen, redpanda_line, redpanda_program
from rpk.redpanda.preparation import HandOver, handed_over, placed
from tests.support.one_kernel import taking_turns

ROOT = Path(__file__).resolve().parents[3]
RECORDER = """#!/bin/sh
for word in "$0" "$@"; do printf '%s\\n' "$word"; done > {out}
"""


@pytest.fixture
def alone():
    """One at a time: there is one kernel."""
    with taking_turns():
        yield


@pytest.fixture
def installed(tmp_path):
    """An installation whose redpanda writes down what it was given."""
    program = tmp_path / "opt" / "bin" / "redpanda"
    program.parent.mkdir(parents=True)
    program.write_text(RECORDER.format(out=tmp_path / "given"))
    program.chmod(0o755)
    return tmp_path


def start(home, *words, config):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REDPANDA_")}
    return subprocess.run(
        [sys.executable, "-m", "rpk.cli.main", "redpanda", "start", "--config", str(config), *words],
        capture_output=True, text=True, cwd=ROOT, check=False, timeout=60, env={**environment, "HOME": str(home)},
    )  # fmt: skip


def test_an_installed_redpanda_gets_its_command_line(home, installed):
    config = installed / "redpanda.yaml"
    config.write_text(
        f"redpanda:\n  data_directory: {installed}/data\n  developer_mode: true\n"
        "rpk:\n  engine: redpanda\n  smp: 2\n  overprovisioned: true\n  additional_start_flags: [--abort-on-x]\n"
    )
    (installed / "io-config.yaml").write_text("disks: []\n")
    done = start(
        home, "--install-dir", str(installed / "opt"), "--memory", "2G", "--cpuset", "0-1", "--num-io-queues", "3",
        "--no-lock-memory", config=config,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (installed / "given").read_text().splitlines() == [
        str(installed / "opt/bin/redpanda"), "--redpanda-cfg", str(config),
        f"--io-properties-file={installed}/io-config.yaml", "--smp=2", "--memory=2G", "--cpuset=0-1",
        "--lock-memory=false", "--overprovisioned", "--abort-on-x", "--num-io-queues", "3",
    ]  # fmt: skip


def test_bundled_is_the_default(tmp_path):
    path = tmp_path / "redpanda.yaml"
    path.write_text("rpk: {}\n")
    assert chosen(NodeFile.load(str(path)), None) == "bundled"
    assert chosen(NodeFile.load(str(path)), "redpanda") == "redpanda"
    with pytest.raises(UsageError, match="no engine"):
        chosen(NodeFile.load(str(path)), "kafka")


def line(tmp_path, text="redpanda: {}\n", *, swap=True, **choices):
    path = tmp_path / "redpanda.yaml"
    path.write_text(text)
    return redpanda_line("redpanda", NodeFile.load(str(path)), Choices(**choices), swap=swap)[3:]


def test_memory_is_locked_only_with_swap(tmp_path):
    text = "rpk: {enable_memory_locking: true}\n"
    assert "--lock-memory=true" in line(tmp_path, text)
    assert "--lock-memory=false" in line(tmp_path, text, swap=False)
    assert "--lock-memory=true" in line(tmp_path, text, swap=False, lock_memory=True)


def test_development_container(tmp_path):
    assert line(tmp_path, mode="dev-container") == [
        "--smp=1", "--lock-memory=false", "--overprovisioned", "--reserve-memory=0M", "--unsafe-bypass-fsync=true",
    ]  # fmt: skip


def test_io_properties_exclude_each_other(tmp_path):
    assert line(tmp_path, io_properties="{}")[0] == "--io-properties={}"
    with pytest.raises(UsageError):
        line(tmp_path, io_properties="{}", io_properties_file="x")


def test_not_installed(tmp_path):
    with pytest.raises(NotFound, match="no program"):
        redpanda_program(str(tmp_path), {})
    if not any(os.path.exists(f"{each}/bin/redpanda") for each in ("/opt/redpanda", "/usr", "/usr/local")):
        with pytest.raises(NotFound, match="not installed"):
            redpanda_program(None, {"PATH": str(tmp_path)})


@pytest.mark.parametrize(
    ("state", "left"),
    [
        ({}, HandOver()),
        ({"cpusets": {}}, HandOver()),
        ({"cpusets": {"redpanda_cpuset": "1-3,5"}}, HandOver(cpuset="1-3,5", cpus=4)),
        ({"cpusets": {"redpanda_cpuset": "x"}, "cpu_dma_latency_us": 1}, HandOver(latency_us=1)),
        ({"cpusets": 3, "cpu_dma_latency_us": -1}, HandOver()),
    ],
)
def test_what_tuning_leaves(state, left):
    assert handed_over(state) == left


def test_tuned_cpus_win_and_bound_the_shards():
    left = HandOver(cpuset="1-3", cpus=3)
    assert placed(left, None, "8") == ("1-3", "3")
    assert placed(left, None, "2") == ("1-3", "2")
    assert placed(left, None, None) == ("1-3", None)
    assert placed(HandOver(), "0", "8") == ("0", "8")
    with pytest.raises(UsageError, match="contradicts"):
        placed(left, "0-7", None)


def test_a_fatal_finding_ends_the_start(home, installed):
    config = installed / "redpanda.yaml"
    config.write_text("redpanda:\n  data_directory: /proc/version/x\nrpk:\n  engine: redpanda\n")
    done = start(home, "--check", "--install-dir", str(installed / "opt"), "--format", "json", config=config)
    assert done.returncode == 10
    assert "not a directory" in json.loads(done.stderr.splitlines()[-1])["message"]
    assert not (installed / "given").exists()


@pytest.mark.root
@pytest.mark.skipif(
    not os.access("/dev/cpu_dma_latency", os.W_OK), reason="the latency device cannot be opened"
)
@pytest.mark.usefixtures("alone")
def test_sleep_states_are_held_as_long_as_what_start_becomes():
    def latency():
        with open("/dev/cpu_dma_latency", "rb", buffering=0) as file:
            return int.from_bytes(file.read(4), "little")

    before = latency()
    code = (
        "import os\nfrom rpk.config.run import Run\nfrom rpk.redpanda.preparation import hold_latency\n"
        "hold_latency(Run(), 1)\nos.execv('/bin/sh', ['sh', '-c', 'echo ready; read end'])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as broker:
        assert broker.stdout.readline() == "ready\n"
        assert latency() == 1
        broker.communicate("end\n")
    assert latency() == before


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="tuning a real host needs root")
@pytest.mark.usefixtures("alone")
def test_check_tune_start(home, installed):
    """Tuned with what is right already wherever possible: swappiness alone, put back after."""
    from rpk.system.host import HostReader
    from rpk.tune.journal import FILE

    swappiness = Path("/proc/sys/vm/swappiness")
    before = swappiness.read_text()
    if HostReader().read_only("/proc/sys") or os.path.exists(FILE):
        pytest.skip("/proc/sys cannot be written here, or this host is tuned")
    config = installed / "redpanda.yaml"
    config.write_text(
        f"redpanda:\n  data_directory: {installed}/data\nrpk:\n  engine: redpanda\n  tune_swappiness: true\n"
    )
    try:
        done = start(home, "--tune", "--install-dir", str(installed / "opt"), config=config)
        assert done.returncode == 0, done.stderr
        assert "host checks failed" in done.stderr
        assert swappiness.read_text() == "1\n"
        assert (installed / "given").exists()
    finally:
        words = [sys.executable, "-m", "rpk.cli.main", "redpanda", "tune", "revert", "--force"]
        subprocess.run(words, cwd=ROOT, check=False, capture_output=True)
        if swappiness.read_text() != before:
            swappiness.write_text(before)
    assert swappiness.read_text() == before
