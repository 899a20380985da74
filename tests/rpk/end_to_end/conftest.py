"""The rpk process against a running engine: the bundled broker, and Apache Kafka to prove that nothing is special to ours."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import apache_kafka
from tests.support.apache_kafka import ApacheKafka
from tests.support.broker import BrokerProcess
from tests.support.ports import free_port

RPK = str(Path(sys.executable).with_name("rpk"))


@dataclass(frozen=True)
class Ended:
    """A process that ended as expected."""

    stdout: str
    stderr: str

    @property
    def rows(self) -> list[list[str]]:
        """The words of each line of a text table, its header aside."""
        return [line.split() for line in self.stdout.splitlines()[1:]]

    @property
    def json(self):
        """stdout as one JSON document."""
        return json.loads(self.stdout)

    @property
    def error(self) -> dict[str, object]:
        """The JSON error line of stderr (UX-08)."""
        return json.loads(self.stderr.splitlines()[-1])


class Engine:
    """An engine under test, and rpk in a home without settings that knows only its address."""

    def __init__(self, name: str, brokers: str, admin: str | None, home: Path) -> None:
        self.name = name
        self.home = home
        self.has_admin = admin is not None
        inherited = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("RPK_", "REDPANDA_", "XDG_"))
        }
        self.environment = inherited | {
            "RPK_BROKERS": brokers,
            "RPK_ADMIN_HOSTS": admin or f"127.0.0.1:{free_port()}",
            "HOME": str(home),
            "COLUMNS": "100",
        }

    def __call__(self, *words: object, status: int = 0, stdin: str = "") -> Ended:
        """`rpk WORDS`, which must end with that status and without a traceback."""
        run = subprocess.run(
            [RPK, *map(str, words)],
            input=stdin.encode(),
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            timeout=30,
            check=False,
        )
        ended = Ended(run.stdout.decode(), run.stderr.decode())
        assert run.returncode == status, (words, run.returncode, ended)
        assert "Traceback" not in ended.stderr
        return ended

    def start(self, *words: object) -> subprocess.Popen[bytes]:
        """The same left running, its output going nowhere."""
        return subprocess.Popen(
            [RPK, *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self.environment,
            cwd=self.home,
        )

    def json(self, *words: object, status: int = 0):
        """stdout of the command as JSON; numbers, lists and nulls as they are."""
        return self(*words, "--format", "json", status=status).json


@pytest.fixture(scope="module", params=["bundled", "apache-kafka"])
def rpk(request, tmp_path_factory):
    """`rpk("topic", "list")` against each engine in turn."""
    home = tmp_path_factory.mktemp("home")
    if request.param == "bundled":
        broker = BrokerProcess(
            tmp_path_factory.mktemp("bundled"), cluster={"auto_create_topics_enabled": False}
        )
        with broker:
            yield Engine(request.param, broker.bootstrap, broker.admin_url, home)
            assert "Traceback" not in broker.log_path.read_text(errors="replace")
        return
    if reason := apache_kafka.missing():
        pytest.skip(reason)
    with ApacheKafka(tmp_path_factory.mktemp("apache-kafka"), heap="384m") as kafka:
        yield Engine(request.param, kafka.bootstrap, None, home)
