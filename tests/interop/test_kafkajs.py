"""kafkajs, the JavaScript client, under node."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.interop.scenario import RECORDS
from tests.support.cache import locked

KAFKAJS = "kafkajs@2.2.4"

pytestmark = [
    pytest.mark.interop,
    pytest.mark.timeout(240),
    pytest.mark.skipif(shutil.which("npm") is None, reason="node and npm are not installed"),
]


@pytest.fixture(scope="session")
def kafkajs_home() -> Path:
    """The folder whose node_modules hold kafkajs, installed on first use."""
    with locked("kafkajs") as cache:
        home = cache / "kafkajs"
        if not (home / "complete").exists():
            home.mkdir(exist_ok=True)
            (home / "package.json").write_text('{"private": true}')
            subprocess.run(
                ["npm", "install", "--silent", "--no-audit", "--no-fund", KAFKAJS],
                cwd=home,
                check=True,
                timeout=180,
            )
            (home / "complete").touch()
        return home


def test_produce_and_consume_in_a_rebalancing_group(bootstrap, topic, kafkajs_home):
    run = subprocess.run(
        ["node", str(Path(__file__).with_name("kafkajs.mjs")), bootstrap, topic],
        env={**os.environ, "KAFKAJS_HOME": str(kafkajs_home), "KAFKAJS_NO_PARTITIONER_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    result = json.loads(run.stdout.splitlines()[-1])
    assert result["received"] == RECORDS
    assert f"group-{topic}" in result["groups"]
    assert not result["left"]
