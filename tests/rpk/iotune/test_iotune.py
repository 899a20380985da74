"""Real measurements of a second or two, and fio by a stand-in."""

import json
import os
import stat

import pytest
import yaml

from rpk.iotune import aio
from rpk.iotune.properties_file import KEYS
from rpk.system.host import HostReader
from rpk.system.mounts import mount_of, parse_mounts

pytestmark = pytest.mark.skipif(not aio.supported(), reason="the calls of this machine are not known")


@pytest.fixture
def on_disk(tmp_path):
    """A directory on a file system that takes direct I/O."""
    mounts = parse_mounts(HostReader().read("/proc/self/mountinfo"))
    if mount_of(mounts, str(tmp_path)).filesystem in ("tmpfs", "overlay"):
        pytest.skip("the temporary directory is not on a disk")
    return tmp_path


def test_a_short_real_run(invoke, on_disk):
    out = on_disk / "io-config.yaml"
    flags = ("--directories", on_disk, "--duration", "1s", "--out", out, "--engine", "own", "--force")
    done = invoke("iotune", *flags, "--format", "json")
    assert done.status == 0, done.stderr
    (disk,) = json.loads(done.stdout)["disks"]
    assert all(disk[name] > 0 for name in KEYS)
    (written,) = yaml.safe_load(out.read_text())["disks"]
    assert written == {"mountpoint": disk["mountpoint"], **{name: disk[name] for name in KEYS}}
    assert stat.S_IMODE(out.stat().st_mode) == 0o644
    assert os.listdir(on_disk) and set(os.listdir(on_disk)) <= {"io-config.yaml", "home"}
    again = invoke("iotune", "--directories", on_disk, "--out", out, "--no-input")
    assert again.status == 2
    assert "--no-confirm" in again.stderr


FIO = """#!/bin/sh
echo "$@" >> {log}
cat <<'END'
{{"jobs": [{{"read": {{"iops": 1000.5, "bw_bytes": 5000000, "iops_mean": 1000, "iops_stddev": 50}},
"write": {{"iops": 900, "bw_bytes": 4000000, "bw_mean": 0}}}}]}}
END
exit {status}
"""


def stand_in(tmp_path, monkeypatch, *, status=0, text=None):
    program = tmp_path / "bin" / "fio"
    program.parent.mkdir()
    program.write_text(text or FIO.format(log=tmp_path / "log", status=status))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


def test_fio_is_used_where_it_is(invoke, on_disk, monkeypatch):
    stand_in(on_disk, monkeypatch)
    out = on_disk / "io.yaml"
    done = invoke("iotune", "--directories", on_disk, "--duration", "12s", "--out", out, "--format", "json")
    assert done.status == 0, done.stderr
    (disk,) = json.loads(done.stdout)["disks"]
    assert [disk[name] for name in KEYS] == [1000, 5000000, 900, 4000000]
    lines = (on_disk / "log").read_text().splitlines()
    assert [line.split("--rw=")[1].split()[0] for line in lines[::3]] == [
        "write",
        "read",
        "randwrite",
        "randread",
    ]
    assert not [name for name in os.listdir(on_disk) if name.startswith(".rpk")]


@pytest.mark.parametrize(("status", "text"), [(1, None), (0, "#!/bin/sh\necho no\n")])
def test_fio_fails(invoke, on_disk, monkeypatch, status, text):
    stand_in(on_disk, monkeypatch, status=status, text=text)
    done = invoke(
        "iotune", "--directories", on_disk, "--duration", "2s", "--out", on_disk / "o", "--engine", "fio"
    )
    assert done.status == 1
    assert "fio failed" in done.stderr
    assert not (on_disk / "o").exists()


def test_implausible_figures_are_not_written(invoke, on_disk, monkeypatch):
    stand_in(on_disk, monkeypatch, text=FIO.format(log="/dev/null", status=0).replace("1000.5", "9e9"))
    flags = ("--directories", on_disk, "--duration", "2s", "--out", on_disk / "o")
    done = invoke("iotune", *flags)
    assert done.status == 1
    assert "not plausible" in done.stderr
    assert not (on_disk / "o").exists()
    assert invoke("iotune", *flags, "--force").status == 0


def test_memory_is_no_disk(invoke):
    done = invoke("iotune", "--directories", "/dev/shm", "--duration", "1s")
    assert done.status == 1
    assert "in memory" in done.stderr


@pytest.mark.parametrize(
    ("flags", "status"),
    [
        (("--duration", "0s"), 2),
        (("--engine", "x"), 2),
        (("--directories", "/nonexistent"), 5),
        (("--timeout", "x"), 2),
    ],
)
def test_bad_arguments(invoke, flags, status):
    assert invoke("iotune", *flags).status == status
