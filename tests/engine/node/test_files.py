"""The node's own files in the data directory."""

import os
import tomllib
from pathlib import Path

import pytest

from engine.base.clock import ManualClock
from engine.node.config_cache import read_cache, write_cache
from engine.node.crash_loop import FORGET_AFTER_MS, NAME, CrashLoop
from engine.node.errors import StartFailed
from engine.node.exit_codes import ExitCode
from engine.node.identity import host_uuid
from engine.node.pid_file import PidFile
from engine.node.version import VERSION
from engine.storage.disk import HostDisk

DISK = HostDisk()


@pytest.fixture
def config_file(tmp_path):
    path = tmp_path / "redpanda.yaml"
    path.write_text("redpanda: {}")
    return path


def test_unclean_starts_are_counted_up_to_the_limit(tmp_path, config_file):
    tracker = CrashLoop(DISK, tmp_path, ManualClock())
    assert [tracker.begin(3, config_file) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(StartFailed) as caught:
        tracker.begin(3, config_file)
    assert caught.value.exit_code is ExitCode.CRASH_LOOP
    assert tracker.begin(None, config_file) == 3
    tracker.stopped_cleanly()
    assert tracker.begin(3, config_file) == 0


def test_an_hour_or_another_node_file_begins_again(tmp_path, config_file):
    clock = ManualClock()
    tracker = CrashLoop(DISK, tmp_path, clock)
    tracker.begin(1, config_file)
    clock.advance(FORGET_AFTER_MS / 1000)
    assert tracker.begin(1, config_file) == 0
    config_file.write_text("redpanda: {node_id: 1}")
    assert tracker.begin(1, config_file) == 0


@pytest.mark.parametrize("damage", [b"", b"\0" * 100, b"STRT"])
def test_a_damaged_tracker_never_keeps_a_node_down(tmp_path, config_file, damage):
    (tmp_path / NAME).write_bytes(damage)
    assert CrashLoop(DISK, tmp_path, ManualClock()).begin(1, config_file) == 0


def test_identity_is_kept_and_damage_is_not_guessed_over(tmp_path):
    first = host_uuid(DISK, tmp_path)
    assert host_uuid(DISK, tmp_path) == first
    path = tmp_path / "node_uuid"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(StartFailed, match="node_uuid"):
        host_uuid(DISK, tmp_path)


def test_one_node_a_directory(tmp_path):
    first = PidFile(tmp_path)
    with pytest.raises(StartFailed, match=f"pid {os.getpid()}"):
        PidFile(tmp_path)
    first.release()
    PidFile(tmp_path).release()


def test_a_directory_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StartFailed, match="file/data"):
        PidFile(tmp_path / "file" / "data")


def test_the_config_cache(tmp_path):
    assert read_cache(tmp_path) is None
    write_cache(DISK, tmp_path, {"a": 1, "b": ["x"], "c": None, "d": 'q"\n'}, 7)
    assert read_cache(tmp_path) == {"a": 1, "b": ["x"], "c": None, "d": 'q"\n'}
    (tmp_path / "config_cache.yaml").write_text("[")
    assert read_cache(tmp_path) is None


def test_the_version_is_the_distribution_s():
    pyproject = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
    assert pyproject["project"]["version"] == VERSION
