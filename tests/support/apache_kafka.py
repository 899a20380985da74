"""A real Apache Kafka (one KRaft node) for tests and benchmarks, its jars resolved by Maven coordinates."""

import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path

from tests.support.cache import locked
from tests.support.ports import free_ports

VERSION = "4.1.1"

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>apache-kafka</artifactId><version>1</version>
<dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
<version>{version}</version></dependency></dependencies></project>
"""


def missing() -> str | None:
    """Why Apache Kafka cannot run here, or None when it can."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            return f"Apache Kafka needs {tool}, which is not installed"
    return None


def libraries() -> Path:
    """The folder with Kafka's jars, resolved on first use into the test cache."""
    with locked("apache-kafka") as cache:
        home = cache / f"apache-kafka-{VERSION}"
        complete = home / "complete"
        if not complete.exists():
            home.mkdir(exist_ok=True)
            (home / "pom.xml").write_text(_POM.format(version=VERSION))
            command = [
                "mvn",
                "-q",
                "-B",
                "dependency:copy-dependencies",
                f"-DoutputDirectory={home / 'libs'}",
            ]
            subprocess.run(command, cwd=home, check=True, timeout=600)
            complete.touch()
        return home / "libs"


class ApacheKafka:
    """One combined broker and controller on loopback, its data under `directory`."""

    def __init__(
        self, directory: Path, settings: Mapping[str, object] | None = None, heap: str = "1g"
    ) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.kafka_port, controller = free_ports(2)
        self.heap = heap
        self.log_path = directory / "kafka.log"
        self.environment = dict(os.environ)
        self.taskset: tuple[str, ...] = ()
        properties: dict[str, object] = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.kafka_port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.kafka_port}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": directory / "data",
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 3,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            "auto.create.topics.enable": "false",
            **(settings or {}),
        }
        self.properties = directory / "server.properties"
        self.properties.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """`host:port` of the Kafka listener."""
        return f"127.0.0.1:{self.kafka_port}"

    def _java(self, main: str, *arguments: str) -> list[str]:
        classpath = f"{libraries()}/*"
        return [
            *self.taskset,
            "java",
            f"-Xms{self.heap}",
            f"-Xmx{self.heap}",
            "-cp",
            classpath,
            main,
            *arguments,
        ]

    def start(self, timeout_seconds: float = 90) -> "ApacheKafka":
        """Format the storage on first use, start, wait until the listener answers."""
        if not (self.directory / "data" / "meta.properties").exists():
            # The tool takes an id that starts with a dash for an option.
            cluster = "c" + urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
            command = self._java(
                "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self.properties)
            )
            subprocess.run(command, check=True, capture_output=True, timeout=120)
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self._java("kafka.Kafka", str(self.properties)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
            )
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.kafka_port)) == 0:
                    return self
            time.sleep(0.1)
        self.kill()
        raise RuntimeError(
            f"Apache Kafka did not start:\n{self.log_path.read_text(errors='replace')[-4000:]}"
        )

    def kill(self) -> None:
        """SIGKILL and reap."""
        if self.process is not None:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)

    def __enter__(self) -> "ApacheKafka":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()
