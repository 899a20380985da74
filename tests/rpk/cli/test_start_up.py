"""What starting rpk loads and how it ends, in processes of its own (UX-17, UX-39; docs/adr/0005-cli-start-up.md)."""

import os
import signal
import subprocess
import sys

import pytest

from tests.support.fake_kafka import FakeBroker

HEAVY = {"asyncio", "ssl", "dataclasses", "logging", "urllib", "importlib.metadata", "subprocess"}

LIST_MODULES = """
import sys
from rpk.cli.main import main
status = main(sys.argv[1:])
print("MODULES " + " ".join(sys.modules), file=sys.stderr)
sys.exit(status)
"""


def loaded(tmp_path, *words):
    process = subprocess.run(
        [sys.executable, "-I", "-c", LIST_MODULES, *words],
        capture_output=True,
        text=True,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        timeout=60,
        check=False,
    )
    assert "MODULES " in process.stderr, process.stderr
    return set(process.stderr.rpartition("MODULES ")[2].split())


@pytest.mark.parametrize(
    "words", [["--version"], ["--help"], ["-h"], ["profile", "--help"], ["topic", "--help"], []]
)
def test_help_and_version_load_neither_typer_nor_anything_heavy(tmp_path, words):
    modules = loaded(tmp_path, *words)
    assert not modules & (HEAVY | {"typer", "click", "yaml", "json", "re", "typing", "pathlib"})


def test_completing_a_command_loads_no_typer(tmp_path):
    assert not loaded(tmp_path, "__complete", "--", "profile", "cr") & (
        HEAVY | {"typer", "click", "yaml", "json"}
    )


def test_the_help_of_a_command_loads_no_more_than_typer_does(tmp_path):
    modules = loaded(tmp_path, "profile", "list", "--help")
    # typer itself brings urllib (through pathlib) and subprocess.
    assert not modules & (HEAVY - {"urllib", "subprocess"})
    assert not modules & {"yaml", "json", "rich", "kafka", "confluent_kafka", "requests", "socket"}


def test_a_command_without_a_broker_loads_no_client(tmp_path):
    modules = loaded(tmp_path, "profile", "list")
    assert not modules & {
        "kafka",
        "confluent_kafka",
        "requests",
        "ssl",
        "asyncio",
        "logging",
        "rich",
        "rpk.client.kafka",
    }


def test_a_reader_that_goes_away_ends_the_command_quietly(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "rpk.cli.main", "explain"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
    )
    process.stdout.close()
    stderr = process.stderr.read()
    process.stderr.close()
    assert (process.wait(30), stderr) == (141, b"")


def test_an_interrupt_ends_a_waiting_command_with_130(tmp_path):
    with FakeBroker(silent=True) as broker:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "rpk.cli.main",
                "profile",
                "validate",
                "-X",
                f"brokers={broker.address}",
                "-v",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
            cwd=tmp_path,
        )
        while b"dialing" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout) == (130, b"")
    assert b"Traceback" not in stderr
