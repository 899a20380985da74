"""The compaction process does not outlive its broker."""

import os
import subprocess
import sys
import time

import pytest

PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen(
    [sys.executable, "-m", "engine.storage.compaction_worker", str(os.getpid())], stdin=subprocess.PIPE
)
print(child.pid, flush=True)
time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends it, on Linux only")
def test_it_dies_with_its_parent():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent, parent.stdout:
        worker = int(parent.stdout.readline())
        deadline = time.monotonic() + 20
        while os.getpriority(os.PRIO_PROCESS, worker) < 10:
            assert time.monotonic() < deadline  # it lowers its priority after it has asked for the signal
            time.sleep(0.01)
        parent.kill()
    deadline = time.monotonic() + 10
    while is_alive(worker):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_does_not_start_without_its_parent():
    run = subprocess.run(
        [sys.executable, "-m", "engine.storage.compaction_worker", "1"],
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert run.returncode == 1
