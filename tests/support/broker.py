"""A real broker process for tests: start it, damage it, start it again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.support.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]

# What a test does not want to wait for.
QUICK: dict[str, object] = {
    "auto_create_topics_enabled": True,
    "group_initial_rebalance_delay": 0,
    "group_topic_partitions": 3,
    "storage_min_free_bytes": 10 << 20,
    "log_segment_size_min": 1,
}


class BrokerFailed(Exception):
    """The broker ended or stayed silent; the message carries the end of its log."""


class BrokerProcess:
    """One `python -m engine.node` on free loopback ports, its data under `directory`.

    The ports stay the same over restarts, so clients find the broker again.
    """

    def __init__(
        self,
        directory: Path,
        *,
        cluster: Mapping[str, object] | None = None,
        node: Mapping[str, object] | None = None,
        environment: Mapping[str, str] | None = None,
        arguments: tuple[str, ...] = (),
        prefix: tuple[str, ...] = (),
    ) -> None:
        self.directory = directory
        self.directory.mkdir(parents=True, exist_ok=True)
        self.kafka_port, self.admin_port, self.rpc_port = free_ports(3)
        self.data_directory = directory / "data"
        self.log_path = directory / "broker.log"
        self.config_path = directory / "redpanda.yaml"
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
        self.arguments = arguments
        self.prefix = prefix
        self.process: subprocess.Popen[bytes] | None = None
        document = {
            "redpanda": {
                "data_directory": str(self.data_directory),
                "node_id": 0,
                "developer_mode": True,
                "crash_loop_limit": None,
                "kafka_api": [{"address": "127.0.0.1", "port": self.kafka_port}],
                "admin": [{"address": "127.0.0.1", "port": self.admin_port}],
                "rpc_server": {"address": "127.0.0.1", "port": self.rpc_port},
                **(node or {}),
            }
        }
        self.config_path.write_text(yaml.safe_dump(document))
        (directory / ".bootstrap.yaml").write_text(yaml.safe_dump({**QUICK, **(cluster or {})}))

    @property
    def bootstrap(self) -> str:
        """`host:port` of the Kafka listener."""
        return f"127.0.0.1:{self.kafka_port}"

    @property
    def admin_url(self) -> str:
        """Base URL of the Admin API."""
        return f"http://127.0.0.1:{self.admin_port}"

    @property
    def pid(self) -> int:
        """Process id of the running broker."""
        assert self.process is not None
        return self.process.pid

    def start(self, timeout_seconds: float = 30) -> "BrokerProcess":
        """Start and wait for the ready line; raises BrokerFailed with the log's end otherwise."""
        with self.log_path.open("ab") as log:
            offset = log.tell()
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "engine.node",
                    "--redpanda-cfg",
                    str(self.config_path),
                    *self.arguments,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                env=self.environment,
                start_new_session=True,
            )
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            with self.log_path.open("rb") as log:
                log.seek(offset)
                if b"redpanda ready" in log.read():
                    return self
            if self.process.poll() is not None:
                raise BrokerFailed(f"the broker ended with {self.process.returncode}\n{self.log_tail()}")
            time.sleep(0.01)
        self.kill()
        raise BrokerFailed(f"the broker was not ready after {timeout_seconds} s\n{self.log_tail()}")

    def log_tail(self, lines: int = 30) -> str:
        """The last lines of the broker's log."""
        if not self.log_path.exists():
            return ""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def signal(self, number: int) -> None:
        """Send a signal to the broker."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL and reap; harmless when it is not running."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)

    def stop(self, timeout_seconds: float = 20) -> int:
        """SIGTERM, wait for the drain, return the exit code; SIGKILL when it hangs."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise BrokerFailed(f"no end {timeout_seconds} s after SIGTERM\n{self.log_tail()}") from None

    def rss_bytes(self) -> int:
        """Resident memory of the broker."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise BrokerFailed("the broker is gone")

    def __enter__(self) -> "BrokerProcess":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()
