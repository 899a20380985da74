"""A real broker and the rpk command against it, each in a process of its own."""

import json
import os
import subprocess
import sys
import uuid

import pytest

from tests.support.broker import BrokerProcess


class Rpk:
    """Runs `rpk topic …` in a home without settings."""

    def __init__(self, brokers, home):
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("RPK_", "REDPANDA_", "XDG_"))
        } | {"RPK_BROKERS": brokers, "HOME": str(home), "PYTHONUNBUFFERED": "1"}
        self.brokers = brokers

    def start(self, *arguments, **options):
        return subprocess.Popen(
            [sys.executable, "-m", "rpk.cli.main", "topic", *arguments],
            env=self.environment,
            **{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        )

    def __call__(self, *arguments, stdin=b"", status=0):
        """stdout and stderr of a run that ends with `status`."""
        process = self.start(*arguments)
        stdout, stderr = process.communicate(stdin, timeout=60)
        assert process.returncode == status, (process.returncode, stdout[-2000:], stderr.decode())
        return stdout, stderr.decode()

    def produce(self, topic, data, *arguments, **options):
        return self("produce", topic, *arguments, stdin=data, **options)

    def consume(self, topic, *arguments, **options):
        """What is there now."""
        return self("consume", topic, "-o", ":end", *arguments, **options)[0]

    def items(self, topic, *arguments):
        """What is there now, as JSON objects."""
        return [json.loads(line) for line in self.consume(topic, "-f", "ndjson", *arguments).splitlines()]


@pytest.fixture(scope="session")
def records_broker(tmp_path_factory):
    """One broker for all tests of records; topics are not made by accident."""
    directory = tmp_path_factory.mktemp("records-broker")
    broker = BrokerProcess(directory, cluster={"auto_create_topics_enabled": False}).start()
    yield broker
    broker.kill()


@pytest.fixture(scope="session")
def rpk(records_broker, tmp_path_factory):
    """`rpk("consume", …)` against the broker."""
    return Rpk(records_broker.bootstrap, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def new_topic(rpk):
    """`new_topic(partitions=3)` → the name of a fresh topic."""

    def create(partitions=1):
        name = f"t{uuid.uuid4().hex[:12]}"
        rpk("create", name, "-p", str(partitions), "-c", "retention.ms=-1")
        return name

    return create


@pytest.fixture(scope="session")
def numbers(rpk, new_topic):
    """A topic of one partition with the values 0 to 9 at offsets and times of that number; only to be read."""
    topic = new_topic()
    data = "".join(f"{1_000_000_000_000 + number} k{number} {number}\n" for number in range(10))
    rpk.produce(topic, data.encode(), "-f", r"%d %k %v\n", "-o", "")
    return topic
