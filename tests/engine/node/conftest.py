"""Real broker processes on ports the system chooses, in the test's own directory."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import urllib.request

import pytest

READY = re.compile(
    rb"redpanda ready: node (\d+) kafka 127\.0\.0\.1:(\d+) admin 127\.0\.0\.1:(\d+) in \d+ ms pid (\d+)"
)
START_SECONDS_MAX = 60


class Broker:
    """One broker process at a time over one data directory."""

    def __init__(self, directory):
        self.directory = directory
        self.file = directory / "redpanda.yaml"
        self.log = directory / "log"
        self.process = None
        self.settings = {
            "data_directory": str(directory / "data"),
            "kafka_api": {"address": "127.0.0.1", "port": 0},
            "admin": {"address": "127.0.0.1", "port": 0},
            "storage_min_free_bytes": 10 * 2**20,
            "group_initial_rebalance_delay": 0,
            "group_topic_partitions": 2,
        }

    def run(self, *flags, env=None, pass_fds=(), stderr=None):
        self.file.write_text(json.dumps({"redpanda": self.settings}))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "engine.node", "--redpanda-cfg", str(self.file), *flags],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log if stderr is None else stderr,
                env={**os.environ, **(env or {})},
                pass_fds=pass_fds,
            )
        return self.process

    def start(self, *flags, env=None, stderr=None):
        reader, writer = os.pipe()
        try:
            self.run(*flags, "--ready-fd", str(writer), env=env, pass_fds=(writer,), stderr=stderr)
            os.close(writer)
            writer = -1
            assert select.select([reader], [], [], START_SECONDS_MAX)[0], self.text()
            line = os.read(reader, 4096)
        finally:
            os.close(reader)
            if writer >= 0:
                os.close(writer)
        match = READY.match(line)
        assert match, f"{line!r}\n{self.text()}"
        self.node_id, self.kafka_port, self.admin_port, pid = map(int, match.groups())
        assert pid == self.process.pid
        return self

    @property
    def bootstrap(self):
        return f"127.0.0.1:{self.kafka_port}"

    def text(self):
        return self.log.read_text() if self.log.exists() else ""

    def stop(self, number=signal.SIGTERM, timeout=60):
        self.process.send_signal(number)
        return self.process.wait(timeout)

    def admin(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.admin_port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            text = response.read()
        return json.loads(text) if text[:1] in (b"{", b"[") else text.decode()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(60)


@pytest.fixture
def broker(tmp_path):
    found = Broker(tmp_path)
    yield found
    found.close()
