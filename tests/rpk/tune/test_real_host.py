"""The real kernel of this machine: every value goes there, is read back, and comes back byte-equal. Needs root."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from rpk.system.host import HostReader
from rpk.tune.facts.host import Request, probe_host
from rpk.tune.journal import FILE
from rpk.tune.plan import Comparison, canonical
from rpk.tune.tuners.table import TUNERS
from tests.support.one_kernel import taking_turns

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="tuning a real host needs root"),
    pytest.mark.xdist_group("host"),
]
ROOT = Path(__file__).resolve().parents[3]
STRACE = "/usr/bin/strace"


def writable_kernel():
    host = HostReader()
    return not host.read_only("/proc/sys") and not host.read_only("/sys")


needs_kernel = pytest.mark.skipif(not writable_kernel(), reason="/proc/sys or /sys is mounted read-only")


@pytest.fixture
def alone():
    """Whoever else runs these tests on this machine waits, another worker too: there is one kernel."""
    with taking_turns():
        yield


@pytest.fixture
def host(home, alone):
    """Facts of this machine; what the tests touch is put back whatever happens."""
    if HostReader().exists(FILE):
        pytest.skip("this host is tuned: its journal is not a test's to touch")
    facts = probe_host(HostReader(), Request(directories=(str(home),)))
    paths = [*facts.sysctls]
    paths += [
        facts.disks[name].queue(file)
        for name in facts.queue_disks
        for file in ("scheduler", "nomerges", "write_cache", "nr_requests")
    ]
    paths += [facts.interrupts[irq].path for name in facts.irq_disks for irq in facts.disks[name].irqs]
    for name in facts.nic_targets:
        nic = facts.nics[name]
        paths += [facts.interrupts[irq].path for irq in nic.irqs]
        paths += [f"{queue.path}/{file}" for queue in nic.rx for file in ("rps_cpus", "rps_flow_cnt")]
    paths += [facts.memory.thp_path or "", "/sys/devices/system/clocksource/clocksource0/current_clocksource"]
    before = {path: Path(path).read_text() for path in paths if path and readable(path)}
    yield facts
    subprocess.run(rpk("redpanda", "tune", "revert", "--force"), capture_output=True, check=False)
    for path, text in before.items():
        if Path(path).read_text() != text:
            word = canonical(Comparison.WORD, text) if "[" in text else text.strip()
            with contextlib.suppress(OSError):
                Path(path).write_text(word + "\n")
    for path, text in before.items():
        if path != "/proc/sys/fs/aio-nr":
            assert Path(path).read_text() == text, path


def readable(path):
    with contextlib.suppress(OSError):
        Path(path).read_text()
        return True
    return False


def rpk(*words):
    return [sys.executable, "-m", "rpk.cli.main", *words]


def run(*words, config=None, status=0):
    """Run the unmodified command line; its JSON."""
    flags = ["--config", str(config)] if config else []
    done = subprocess.run(
        rpk(*words, *flags, "--format", "json"),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=60,
    )
    assert done.returncode == status, (done.stdout, done.stderr)
    return json.loads(done.stdout) if done.stdout else None


@pytest.fixture
def config(home):
    """Everything on but fstrim, which would trim this disk, and the state file's tuner, which writes to /var/run."""
    path = home / "redpanda.yaml"
    keys = [tuner.key for name, tuner in TUNERS.items() if name not in ("fstrim", "cpu_latency")]
    path.write_text(
        f"redpanda:\n  data_directory: {home}\nrpk:\n  ballast_file_path: {home}/ballast\n"
        f"  ballast_file_size: 8MiB\n  coredump_dir: {home}/cores\n"
        + "".join(f"  {key}: true\n" for key in keys)
    )
    return path


@needs_kernel
def test_all_of_it_for_real(host, home, config):
    state = home / "state.yaml"
    flags = ("--write-back-cache", "off", "--node-tuner-state-path", str(state))
    plan = run("redpanda", "tune", "all", *flags, "--dry-run", config=config)["plan"]
    assert plan
    done = run("redpanda", "tune", "all", *flags, config=config)
    assert {each["path"] for each in done["changes"] if each["verified"]} == {each["path"] for each in plan}
    for change in done["changes"]:
        assert change["verified"] or change["state"] == "refused"
    assert run("redpanda", "tune", "all", *flags, "--dry-run", config=config)["plan"] == []
    assert [
        each for each in run("redpanda", "tune", "all", *flags, config=config)["changes"] if each["verified"]
    ] == []
    status = run("redpanda", "tune", "status")
    assert (status["tuned"], status["drifted"], status["lost"]) == (True, 0, 0)
    rows = {row["name"]: row for row in run("redpanda", "check", config=config)["checks"]}
    for name in (
        "scheduler",
        "nomerges",
        "aio",
        "swappiness",
        "rfs",
        "rps",
        "nic_irq_affinity",
        "syn_backlog",
    ):
        assert rows[name]["passed"] is not False, rows[name]
    undone = run("redpanda", "tune", "revert")["changes"]
    assert {each["state"] for each in undone} <= {"reverted", "already-back"}
    assert not os.path.exists(FILE)


@needs_kernel
def test_clock_source(host, home, config):
    path = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
    others = [name for name in host.clock.available if name != "tsc"]
    if "tsc" not in host.clock.available or not others:
        pytest.skip("the kernel offers one clock source only")
    path.write_text(others[0])
    run("redpanda", "tune", "clocksource", config=config)
    assert path.read_text() == "tsc\n"
    run("redpanda", "tune", "revert")
    assert path.read_text() == f"{others[0]}\n"


@needs_kernel
def test_interrupt_the_kernel_keeps_to_itself(host, home, config):
    """Told to use CPU 0 alone, a managed interrupt on another CPU is refused, and that is no failure."""
    managed = [
        irq for name in host.irq_disks for irq in host.disks[name].irqs
        if not host.interrupts[irq].changeable and host.interrupts[irq].effective != 1
    ]  # fmt: skip
    if not managed:
        pytest.skip("no interrupt of this disk is managed by the kernel")
    done = run("redpanda", "tune", "disk_irq", "--cpu-set", "0", config=config)
    refused = {each["path"]: each for each in done["changes"] if each["state"] == "refused"}
    assert f"/proc/irq/{managed[0]}/smp_affinity" in refused
    assert "managed by the kernel" in refused[f"/proc/irq/{managed[0]}/smp_affinity"]["reason"]


@needs_kernel
def test_core_dumps_are_kept(host, home, config):
    run("redpanda", "tune", "coredump", config=config)
    code = "import os, resource, signal; resource.setrlimit(resource.RLIMIT_CORE, (0, resource.RLIM_INFINITY)); os.kill(os.getpid(), signal.SIGABRT)"
    died = subprocess.run([sys.executable, "-c", code], check=False, cwd=home)
    assert died.returncode == -signal.SIGABRT
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not (found := list((home / "cores").glob("core.*"))):
        time.sleep(0.05)
    assert found
    # The handler may still be writing; the directory it made stays when tuning is undone.
    run("redpanda", "tune", "revert")
    assert (
        Path("/proc/sys/kernel/core_pattern").read_text()
        == host.sysctls["/proc/sys/kernel/core_pattern"] + "\n"
    )


@pytest.mark.skipif(not os.path.exists(STRACE), reason="strace is not installed")
@pytest.mark.parametrize(
    "words", [("redpanda", "tune", "all", "--dry-run"), ("redpanda", "check"), ("redpanda", "tune", "list")]
)
def test_looking_opens_nothing_for_writing(host, home, config, words):
    log = home / "strace"
    calls = "trace=open,openat,openat2,creat,unlink,unlinkat,rename,renameat2,mkdir,mkdirat,truncate,fallocate,connect"
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [STRACE, "-f", "-o", str(log), "-e", calls, *rpk(*words), "--config", str(config)],
        capture_output=True, text=True, cwd=ROOT, env=environment, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    bad = [
        line
        for line in log.read_text().splitlines()
        if any(flag in line for flag in ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"))
        or any(f" {call}(" in line for call in ("creat", "unlink", "unlinkat", "rename", "renameat2", "mkdir", "mkdirat", "truncate", "fallocate"))
    ]  # fmt: skip
    assert [line for line in bad if "ENOENT" not in line and "/dev/null" not in line] == []
    assert "AF_INET" not in log.read_text(), "no address is asked"


def unshared(script, *flags):
    """Run a shell script in private namespaces."""
    line = ["unshare", "-m", "--propagation", "private", *flags, "bash", "-euc", script]
    return subprocess.run(line, capture_output=True, text=True, cwd=ROOT, check=False, timeout=60)


RPK = f"{sys.executable} -m rpk.cli.main"


@needs_kernel
def test_read_only_proc_sys_is_a_container(host, home, config):
    """A private mount namespace with /proc/sys read-only: nothing is written, the script for the host is printed."""
    done = unshared(
        "mount --bind /proc/sys /proc/sys; mount -o remount,ro,bind /proc/sys\n"
        f"{RPK} redpanda tune swappiness --config {config}"
    )
    if "mount:" in done.stderr:
        pytest.skip(f"no private mounts here: {done.stderr.strip()}")
    assert done.returncode == 4, done.stderr
    assert "put '/proc/sys/vm/swappiness' '1'" in done.stdout
    assert "/proc/sys cannot be written here" in done.stderr


@needs_kernel
def test_backlogs_in_a_private_network(host, home, config):
    """somaxconn belongs to the network namespace: lowered and tuned there, the host's stays."""
    outside = Path("/proc/sys/net/core/somaxconn").read_text()
    done = unshared(
        "echo 128 > /proc/sys/net/core/somaxconn; mount -t tmpfs none /var/lib\n"
        f"{RPK} redpanda tune net --config {config} --format json > /dev/null\n"
        "cat /proc/sys/net/core/somaxconn /proc/sys/net/ipv4/tcp_max_syn_backlog\n"
        f"{RPK} redpanda tune revert > /dev/null; cat /proc/sys/net/core/somaxconn",
        "-n",
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no private network here: {done.stderr.strip()}")
    assert done.stdout.split() == ["4096", "4096", "128"], done.stderr
    assert Path("/proc/sys/net/core/somaxconn").read_text() == outside


@needs_kernel
def test_transmit_steering_on_a_pair_of_our_own(host, home, config, tmp_path):
    """Four queues on a virtual pair in a private network: RPS, RFS and XPS stick and come back."""
    script = f"""
ip link add veth0 numrxqueues 4 numtxqueues 4 type veth peer name veth1 numrxqueues 4 numtxqueues 4
ip link set veth0 up; ip link set veth1 up
mount -t sysfs none /sys; mount -t tmpfs none /var/lib
cat /sys/class/net/veth0/queues/tx-*/xps_cpus > {tmp_path}/before
{sys.executable} - <<'END'
import dataclasses, json
from rpk.system.host_writer import HostWriter
from rpk.tune.executors import revert
from rpk.tune.executors.apply import apply_plan
from rpk.tune.facts.host import Request, probe_host
from rpk.tune.journal import Journal
from rpk.tune.parameters import Parameters
from rpk.tune.planner import make_plan
host = HostWriter()
facts = probe_host(host, Request(nics=()))
facts = dataclasses.replace(facts, nic_targets=("veth0",))
parameters = Parameters(enabled=frozenset({{"net"}}))
plan = make_plan(facts, parameters, ["net"])
with Journal(host) as journal:
    results = apply_plan(host, plan, journal, timeout_s=5)
    print(json.dumps([[e.step.action.target, e.state.value, e.after] for r in results for e in r.steps]))
    undone = revert.revert(host, journal, facts.machine.boot_id, names=None, forced=False, timeout_s=5)
    print(json.dumps([each.state for each in undone]))
END
cat /sys/class/net/veth0/queues/tx-*/xps_cpus > {tmp_path}/after
"""
    done = unshared(script, "-n")
    if "RTNETLINK" in done.stderr or "mount:" in done.stderr or "unshare" in done.stderr:
        pytest.skip(f"no virtual pair here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    steps, undone = (json.loads(line) for line in done.stdout.splitlines())
    assert {state for _, state, _ in steps} == {"applied"}
    assert len([target for target, _, _ in steps if target.endswith("xps_cpus")]) == 4
    assert set(undone) == {"reverted"}
    assert (tmp_path / "before").read_text() == (tmp_path / "after").read_text()


@needs_kernel
def test_the_unmodified_command_line_against_a_faked_kernel(host, home, tmp_path):
    """/sys and /proc files replaced in a private mount namespace: a machine of two packages under the real CLI."""
    from tests.support.fake_machines import nvme_server

    box = nvme_server(tmp_path / "box")
    box.file(
        "/etc/redpanda/redpanda.yaml",
        "rpk: {tune_network: true, tune_disk_irq: true, tune_swappiness: true}\n",
    )
    tree = box.root
    done = unshared(
        "mount -t tmpfs none /var/lib; mkdir -p /var/lib/redpanda/data\n"
        f"mount --bind {tree}/sys /sys\n"
        f"mount --bind {tree}/proc/interrupts /proc/interrupts; mount --bind {tree}/proc/sys /proc/sys\n"
        f"mount --bind {tree}/proc/irq /proc/irq; mount --bind {tree}/proc/cpuinfo /proc/cpuinfo\n"
        f"{RPK} redpanda tune disk_irq,net,swappiness -d nvme0n1 -n eth0 --config {tree}/etc/redpanda/redpanda.yaml "
        "--dry-run --format json",
        "-n",  # the real eth0 would answer for its namesake
    )
    if "mount:" in done.stderr:
        pytest.skip(f"no private mounts here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    paths = {step["path"]: step["wanted"] for step in json.loads(done.stdout)["plan"]}
    assert paths["/proc/irq/34/smp_affinity"] == "1"
    assert paths["/proc/sys/vm/swappiness"] == "1"
    assert len([path for path in paths if path.endswith("xps_cpus")]) == 20


def test_loop_device_stands_on_its_disk(host, tmp_path):
    """A mounted loop device has a queue of its own; its interrupts are those of the disk its file is on."""
    image, point = tmp_path / "image", tmp_path / "mount"
    point.mkdir()
    image.write_bytes(b"")
    os.truncate(image, 16 << 20)
    if subprocess.run(["mkfs.ext4", "-q", image], capture_output=True, check=False).returncode:
        pytest.skip("mkfs.ext4 is not here")
    if subprocess.run(["mount", "-o", "loop", image, point], capture_output=True, check=False).returncode:
        pytest.skip("no loop device may be mounted")
    try:
        facts = probe_host(HostReader(), Request(directories=(str(point),)))
    finally:
        subprocess.run(["umount", str(point)], check=True)
    assert facts.queue_disks[0].startswith("loop")
    assert len(facts.queue_disks) == 2
    assert facts.irq_disks == facts.queue_disks[1:]


def test_not_root_is_told_and_nothing_happens(host):
    """As an unprivileged user: the plan can be seen, tuning exits 4 with the script."""
    outside = Path("/proc/sys/vm/swappiness").read_text()
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        reachable = Path(directory) / "redpanda.yaml"
        reachable.write_text("rpk: {tune_swappiness: true}\n")
        reachable.chmod(0o644)
        # The first run loads what an ordinary user might not be able to read of this installation.
        code = (
            "import os, sys\nfrom rpk.cli.main import main\n"
            f"words = ['redpanda', 'tune', 'swappiness', '--config', {str(reachable)!r}]\n"
            "import rpk.tune.executors.script, rpk.out.escape\n"
            "main([*words, '--dry-run']); os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
            "sys.exit(main(words))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False, timeout=60
        )
    assert done.returncode == 4, done.stderr
    assert "needs root" in done.stderr
    assert "put '/proc/sys/vm/swappiness' '1'" in done.stdout
    assert Path("/proc/sys/vm/swappiness").read_text() == outside


def test_check_is_quick(host, config):
    """No timing is asserted beyond a bound ten times what it takes: it must not hang without systemd, D-Bus or NTP."""
    started = time.monotonic()
    assert run("redpanda", "check", config=config)["checks"]
    assert time.monotonic() - started < 10
