"""Every line of the README's tour runs, in order, as a newcomer would type it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RPK = Path(sys.executable).with_name("rpk")


def tour() -> list[str]:
    """The shell lines of the section "Five-minute tour"."""
    section = (ROOT / "README.md").read_text().split("## Five-minute tour", 1)[1].split("\n## ", 1)[0]
    return [
        line for block in re.findall(r"```sh\n(.*?)```", section, re.S) for line in block.splitlines() if line
    ]


@pytest.mark.timeout(180)
def test_the_tour(tmp_path):
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("RPK_", "REDPANDA_", "XDG_"))
    }
    environment |= {"HOME": str(tmp_path), "PATH": f"{RPK.parent}:{os.environ['PATH']}"}
    # What `make up` did, on ports of its own so that the test may run beside a broker of the user's.
    subprocess.run(
        [RPK, "container", "start", "--any-port"],
        env=environment,
        check=True,
        capture_output=True,
        timeout=60,
    )
    try:
        lines = tour()
        assert len(lines) > 20
        for line in lines:
            run = subprocess.run(
                ["bash", "-c", line],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert run.returncode == 0, f"$ {line}\n{run.stdout}{run.stderr}"
            assert "Traceback" not in run.stderr
            if line.startswith("rpk topic consume orders -o -1"):
                assert '"value"' in run.stdout
    finally:
        subprocess.run(
            [RPK, "container", "purge"], env=environment, check=False, capture_output=True, timeout=60
        )
