"""The commands over trees: streams, exit codes, JSON, scripts, persistence."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rpk.tune.tuners.table import TUNERS
from tests.support.fake_kernel import picture

CONFIG = """\
# kept
redpanda:
  data_directory: /var/lib/redpanda/data   # here
  kafka_api: [{address: 0.0.0.0, port: 9092}]
rpk:
  coredump_dir: /cores
  ballast_file_size: 1MiB
"""


@pytest.fixture
def tree(machine):
    """`tree("ec2_ena", "swappiness")` → path of a tree whose configuration switches these tuners on (none: all)."""

    def make(name, *enabled):
        box = machine(name)
        keys = [TUNERS[each].key for each in enabled or TUNERS]
        box.file("/etc/redpanda/redpanda.yaml", CONFIG + "".join(f"  {key}: true\n" for key in keys))
        return box.root

    return make


def tuned(done):
    return {each["name"]: each for each in json.loads(done.stdout)["tuners"]}


def test_plan_apply_verify_status_revert(invoke, tree):
    root = tree("ec2_ena", "swappiness", "disk_scheduler", "transparent_hugepages")
    before = picture(root)
    dry = invoke("redpanda", "tune", "all", "--dry-run", "--root", root, "--format", "json")
    assert dry.status == 0, dry.stderr
    assert [step["path"] for step in json.loads(dry.stdout)["plan"]] == [
        "/proc/sys/vm/swappiness",
        "/sys/kernel/mm/transparent_hugepage/enabled",
    ]
    assert picture(root) == before
    applied = invoke("redpanda", "tune", "all", "--root", root, "--format", "json")
    assert applied.status == 0, applied.stderr
    states = {name: each["state"] for name, each in tuned(applied).items()}
    assert states["swappiness"] == "applied"
    assert states["disk_scheduler"] == "already-ok"
    assert states["net"] == "disabled"
    assert all(change["verified"] for change in json.loads(applied.stdout)["changes"])
    again = invoke("redpanda", "tune", "all", "--root", root, "--format", "json")
    assert json.loads(again.stdout)["changes"] == []
    status = invoke("redpanda", "tune", "status", "--root", root, "--format", "json")
    assert json.loads(status.stdout)["tuned"] is True
    with open(f"{root}/proc/sys/vm/swappiness", "w") as file:
        file.write("10\n")
    assert invoke("redpanda", "tune", "status", "--root", root, "--exit-code").status == 11
    refused = invoke("redpanda", "tune", "revert", "--root", root)
    assert refused.status == 1
    assert "--force" in refused.stderr
    assert invoke("redpanda", "tune", "revert", "--root", root, "--force").status == 0
    assert invoke("redpanda", "tune", "revert", "--root", root).stdout == "Nothing to undo.\n"


def test_everything_off_says_how_to_switch_on(invoke, machine):
    root = machine("ec2_ena").root
    done = invoke("redpanda", "tune", "all", "--root", root)
    assert done.status == 0
    assert "rpk redpanda mode prod" in done.stderr
    assert not os.path.exists(f"{root}/var/lib/rpk")


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (("nett",), 2, "did you mean net?"),
        (("all", "--mode", "wild"), 2, "is no mode"),
        (("all", "--cpu-set", "x"), 2, "is no list of CPUs"),
        (("all", "--write-back-cache", "maybe"), 2, "neither on nor off"),
        (("all", "--root", "/nonexistent"), 2, "not a directory"),
        (("stat",), 2, "did you mean status?"),
        (("help", "nomerge"), 2, "did you mean disk_nomerges?"),
    ],
)
def test_bad_words(invoke, tree, words, status, text):
    done = invoke("redpanda", "tune", *words)
    assert done.status == status
    assert text in done.stderr
    assert done.stdout == ""


def test_flags_before_and_after_the_names(invoke, tree):
    root = tree("ec2_ena")
    first = invoke("redpanda", "tune", "--root", root, "--dry-run", "net", "--mode", "sq_split")
    second = invoke("redpanda", "tune", "run", "net", "--dry-run", "-m", "sq-split", "--root", root)
    assert (first.status, first.stdout) == (0, second.stdout)
    assert "mode sq-split" in first.stdout


def test_unsupported_is_a_failure_only_where_it_matters(invoke, tree):
    root = tree("ec2_ena", "clocksource", "disk_write_cache")
    assert invoke("redpanda", "tune", "all", "--root", root).status == 0
    root = tree("arm_box", "fstrim", "disk_irq")
    done = invoke("redpanda", "tune", "all", "--root", root, "--format", "json")
    assert done.status == 1
    assert json.loads(done.stderr)["name"] == "ITEMS_FAILED"
    assert tuned(done)["fstrim"]["error"]["name"] == "UNSUPPORTED"
    assert tuned(done)["disk_irq"]["error"] is None


def test_list_and_help_come_from_one_record(invoke, tree, golden):
    root = tree("ec2_ena", "swappiness")
    done = invoke("redpanda", "tune", "list", "--root", root)
    assert done.status == 0
    golden("tune/list.txt", done.stdout)
    rows = json.loads(invoke("redpanda", "tune", "list", "--root", root, "--format", "json").stdout)
    assert [row["name"] for row in rows] == sorted(TUNERS)
    for name, record in TUNERS.items():
        text = invoke("redpanda", "tune", "help", name).stdout
        assert text.startswith(f'"{name}" tuner description')
        assert f"rpk.{record.key}" in text
        assert all((record.what, record.why, record.risk, record.undo, record.summary.endswith(".")))
    golden("tune/help_net.txt", invoke("redpanda", "tune", "help", "net").stdout)


def test_text_of_a_plan(invoke, tree, golden):
    root = tree("gcp_virtio")
    done = invoke("redpanda", "tune", "all", "--dry-run", "--root", root)
    golden("tune/plan.txt", done.stdout.replace(root, ""))


def test_read_only_container_gets_the_script(invoke, tree):
    root = tree("container", "swappiness")
    before = picture(root)
    done = invoke("redpanda", "tune", "swappiness", "--root", root)
    assert done.status == 4
    assert "put '/proc/sys/vm/swappiness' '1'" in done.stdout
    assert picture(root) == before
    data = invoke("redpanda", "tune", "swappiness", "--root", root, "--format", "json")
    assert data.status == 4
    assert "put '/proc/sys/vm/swappiness' '1'" in json.loads(data.stdout)["host_script"]


def test_scripts(invoke, tree, tmp_path):
    root = tree("nvme_server", "swappiness", "disk_scheduler")
    before = picture(root)
    path = tmp_path / "tune.sh"
    done = invoke("redpanda", "tune", "all", "--root", root, "--output-script", path, "--format", "json")
    assert done.status == 0
    assert picture(root) == before
    undo = tmp_path / "tune.undo.sh"
    assert os.access(path, os.X_OK) and os.access(undo, os.X_OK)
    environment = {**os.environ, "RPK_TUNE_ROOT": root}
    subprocess.run([path], env=environment, check=True)
    assert Path(f"{root}/proc/sys/vm/swappiness").read_text() == "1\n"
    assert invoke("redpanda", "tune", "all", "--root", root, "--dry-run").stdout == "Nothing to change.\n"
    subprocess.run([undo], env=environment, check=True)
    assert Path(f"{root}/proc/sys/vm/swappiness").read_text() == "60\n"
    assert invoke("redpanda", "tune", "all", "--output-script", tmp_path).status == 2


def test_persistence_and_its_end(invoke, tree):
    root = tree("nvme_server", "swappiness", "disk_scheduler", "disk_nomerges", "disk_irq")
    # What is right already must last too.
    Path(f"{root}/sys/block/nvme0n1/queue/scheduler").write_text("[none] mq-deadline\n")
    before = picture(root)
    flags = ("--root", root)
    assert invoke("redpanda", "tune", "all", "--persist", *flags).status == 0
    assert "vm.swappiness = 1\n" in Path(f"{root}/etc/sysctl.d/90-rpk-tune.conf").read_text()
    rules = Path(f"{root}/etc/udev/rules.d/90-rpk-tune.rules").read_text()
    assert 'KERNEL=="nvme0n1", ATTR{queue/scheduler}="none", ATTR{queue/nomerges}="2"' in rules
    unit = Path(f"{root}/etc/systemd/system/rpk-tune.service").read_text()
    assert re.search(r"^ExecStart=/.* redpanda tune all$", unit, re.M)
    assert not re.search(r"smp_affinity|/irq/", unit + rules)
    status = json.loads(invoke("redpanda", "tune", "status", *flags, "--format", "json").stdout)
    assert status["persistent"] is True
    assert all(row["survives_reboot"] for row in status["changes"])
    assert invoke("redpanda", "tune", "revert", *flags).status == 0
    assert picture(root) == before


def test_status_after_a_reboot(invoke, tree):
    root = tree("ec2_ena", "swappiness")
    invoke("redpanda", "tune", "all", "--root", root)
    for path, text in (("random/boot_id", "next"), ("../vm/swappiness", "60")):
        with open(f"{root}/proc/sys/kernel/{path}", "w") as file:
            file.write(text + "\n")
    done = invoke("redpanda", "tune", "status", "--root", root)
    assert "This boot has not been tuned." in done.stdout
    assert "lost" in done.stdout


def test_the_cpus_are_handed_to_the_broker(invoke, tree):
    root = tree("ec2_ena", "net", "cpu_latency")
    assert invoke("redpanda", "tune", "all", "--root", root, "--mode", "sq-split").status == 0
    from rpk.system.host import HostReader
    from rpk.tune.session import state_of

    state = state_of(HostReader(root))
    assert state["cpusets"] == {
        "irq_mode": "sq-split", "redpanda_cpuset": "1,3", "redpanda_cpuset_size": 2, "interrupts_cpuset": "0,2",
        "interrupts_cpuset_size": 2,
    }  # fmt: skip
    assert state["cpu_dma_latency_us"] == 1
    assert invoke("redpanda", "tune", "net", "--root", root, "--mode", "mq").status == 0
    assert state_of(HostReader(root)) == {"cpusets": {}, "cpu_dma_latency_us": 1}


def test_queue_counts_are_changed_in_two_rounds(machine, monkeypatch, invoke):
    """New queues appear with the first round; the second sets what only they need."""
    from rpk.tune import session

    box = machine("azure", live=1)
    box.file(
        "/etc/redpanda/redpanda.yaml",
        "rpk: {tune_network: true, allow_dedicated_interrupt_mode: true, cores_per_dedicated_interrupt_core: 2}\n",
    )
    kernel = box.kernel()
    path = kernel.resolve("/sys/class/net/enP1s1")

    def appear(interface, count):
        box.queues(interface, path, count, count)

    kernel.ethtool.on_channels = appear
    monkeypatch.setattr(session, "HostWriter", lambda root: kernel)
    done = invoke("redpanda", "tune", "net", "-n", "enP1s1", "--root", box.root, "--format", "json")
    assert done.status == 0, done.stderr
    paths = [change["path"] for change in json.loads(done.stdout)["changes"]]
    assert paths[0] == "enP1s1 channels"
    assert [each for each in paths if each.endswith("rx-3/rps_cpus")]
    assert kernel.ethtool.channels("enP1s1").combined == 4
    assert (
        json.loads(
            invoke("redpanda", "tune", "net", "-n", "enP1s1", "--root", box.root, "--format", "json").stdout
        )["changes"]
        == []
    )


# -- check ----------------------------------------------------------------------------------------------------


def test_check_rows_and_exit_codes(invoke, tree, golden):
    root = tree("ec2_ena")
    done = invoke("redpanda", "check", "--root", root, "--format", "json")
    assert done.status == 0, done.stderr
    rows = {row["condition"]: row for row in json.loads(done.stdout)["checks"]}
    assert rows["Swappiness"] == {
        "name": "swappiness", "condition": "Swappiness", "required": "1", "current": "60", "severity": "warning",
        "passed": False, "fix": "rpk redpanda tune swappiness",
    }  # fmt: skip
    assert rows["Clock Source"]["passed"] is True
    assert rows["NTP Synced"]["passed"] is None
    assert [name for name in rows if name.startswith("NIC eth0 ")]
    assert [name for name in rows if name.startswith("Dir '/var/lib/redpanda/data'")]
    strict = invoke("redpanda", "check", "--root", root, "--strict")
    assert strict.status == 10
    assert strict.stdout.splitlines()[0].split() == ["CONDITION", "REQUIRED", "CURRENT", "SEVERITY", "PASSED"]
    text = re.sub(r"(free space \[GiB\] *>= 10 *)\S+ *", r"\1N  ", strict.stdout)
    golden("tune/check.txt", text)


def test_check_is_content_after_tuning(invoke, tree):
    root = tree("ec2_ena")
    assert invoke("redpanda", "tune", "all", "--root", root).status in (0, 1)
    rows = json.loads(invoke("redpanda", "check", "--root", root, "--format", "json").stdout)["checks"]
    failed = {row["name"] for row in rows if row["passed"] is False}
    assert failed <= {"io_config", "free_space"}


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ("", "redpanda section"),
        ("redpanda: {node_id: -1, data_directory: /x}", "node_id"),
        ("redpanda: {data_directory: /x, kafka_api: [{address: a}]}", "kafka_api[0]"),
        ("redpanda: {data_directory: /x, seed_servers: [{host: {address: a}}]}", "seed_servers[0]"),
        ("redpanda: {node_id: 1}", "data_directory"),
        ("redpanda: {data_directory: /proc/version/x}", "not a directory"),
    ],
)
def test_fatal_findings(invoke, machine, config, word):
    box = machine("ec2_ena")
    box.file("/etc/redpanda/redpanda.yaml", config)
    box.file("/proc/version", "x")
    done = invoke("redpanda", "check", "--root", box.root)
    assert done.status == 10
    assert word in done.stderr


# -- mode -----------------------------------------------------------------------------------------------------


def test_mode_keeps_what_it_does_not_mean(invoke, tmp_path):
    path = tmp_path / "redpanda.yaml"
    path.write_text(CONFIG + "  tune_fstrim: true\n  smp: 3\n  unknown_key: [1,  2]  # mine\n")
    path.chmod(0o640)
    assert invoke("redpanda", "mode", "prod", "--config", path, "--dry-run").status == 0
    assert "tune_network" not in path.read_text()
    done = invoke("redpanda", "mode", "p", "--config", path)
    assert done.status == 0
    text = path.read_text()
    for word in ("# kept", "# here", "# mine", "unknown_key: [1,", "coredump_dir: /cores"):
        assert word in text
    for name, record in TUNERS.items():
        assert (f"  {record.key}: true\n" in text) == (record.prod == "on"), name
    assert path.stat().st_mode & 0o777 == 0o640
    stamp = path.stat().st_mtime_ns
    assert "already" in invoke("redpanda", "mode", "prod", "--config", path).stdout
    assert path.stat().st_mtime_ns == stamp
    assert invoke("redpanda", "mode", "recovery", "--config", path).status == 0
    assert "recovery_mode_enabled: true" in path.read_text()
    assert invoke("redpanda", "mode", "d", "--config", path).status == 0
    text = path.read_text()
    assert "developer_mode: true" in text
    assert "overprovisioned: true" in text
    assert "tune_" not in text
    assert "smp" not in text
    assert "coredump_dir: /cores" in text


def test_no_mode(invoke):
    done = invoke("redpanda", "mode", "fast")
    assert done.status == 2
    assert "development, production or recovery" in done.stderr


def test_tuning_code_is_loaded_only_where_it_is_used():
    code = (
        "import sys; from rpk.cli.main import main; main(['redpanda', 'tune', '--help'])\n"
        "print([name for name in sys.modules if name.startswith('rpk.tune.') and name != 'rpk.tune.commands'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
