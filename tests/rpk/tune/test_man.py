"""The manual of the tuners is made from their records; the page of the command names every state there is."""

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from rpk.tune.executors.results import State
from rpk.tune.tuners.table import ORDER, TUNERS

ROOT = Path(__file__).resolve().parents[3]


def test_the_manual_is_up_to_date():
    spec = spec_from_file_location("man_tuners", ROOT / "tools" / "man_tuners.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "man" / "rpk-tuners.7").read_text() == module.render(), "python tools/man_tuners.py"


def test_the_page_of_the_command_names_every_state():
    text = (ROOT / "man" / "rpk-redpanda-tune.1").read_text().replace("\\-", "-")
    assert all(f".B {state.value}\n" in text for state in State)


def test_the_records():
    assert len(ORDER) == len(TUNERS) == len({tuner.key for tuner in ORDER})
    assert all(tuner.prod in ("on", "off", "keep") for tuner in ORDER)


def test_tuners_are_pure():
    """Planning may not even import what could touch the host (the import contract says so of the sources too)."""
    code = (
        "import sys\nbefore = set(sys.modules)\nimport rpk.tune.planner\n"
        "new = {name for name in set(sys.modules) - before}\n"
        "print(sorted(new & {'subprocess', 'socket', 'threading', 'psutil', 'pyudev', 'yaml', 'fcntl'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
