import os
import subprocess
import sys
from pathlib import Path

import pytest

import engine
import engine.wire.produce

HERE = Path(__file__).parent
HOT_TESTS = ("test_varint.py", "test_header.py", "test_record_batch.py", "test_produce.py", "test_fetch.py")


def is_compiled():
    return not engine.wire.produce.__file__.endswith(".py")


def test_sources_load_when_asked_for():
    code = "import engine.wire.produce as p, engine.wire.record_batch; print(p.__file__)"
    env = {**os.environ, "ENGINE_INTERPRETED": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == str(Path(engine.__file__).parent / "wire" / "produce.py")


@pytest.mark.skipif(
    bool(os.environ.get("ENGINE_INTERPRETED")), reason="the hot tests run interpreted already"
)
@pytest.mark.skipif(not is_compiled(), reason="nothing is compiled here: the hot tests ran interpreted")
def test_the_hot_tests_pass_interpreted_too():
    command = [sys.executable, "-m", "pytest", "-q", "-n0", *[str(HERE / name) for name in HOT_TESTS]]
    env = {**os.environ, "ENGINE_INTERPRETED": "1"}
    done = subprocess.run(command, env=env, cwd=HERE.parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
