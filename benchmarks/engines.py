"""The engines under measurement, each pinned to the broker's core with fsync before ack."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import broker_core
from tests.support import apache_kafka
from tests.support.apache_kafka import ApacheKafka
from tests.support.broker import BrokerProcess

BUNDLED = "bundled"
APACHE = "apache-kafka"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A running broker: where it listens and which process it is."""

    name: str
    bootstrap: str
    pid: int


@contextmanager
def bundled() -> Iterator[Engine]:
    """The bundled engine with its defaults."""
    with tempfile.TemporaryDirectory(prefix="bench-bundled-") as directory:
        broker = BrokerProcess(Path(directory), prefix=("taskset", "-c", str(broker_core())))
        with broker:
            yield Engine(name=BUNDLED, bootstrap=broker.bootstrap, pid=broker.pid)


@contextmanager
def apache(*, auto_create: bool = False, synced: bool = True) -> Iterator[Engine]:
    """Apache Kafka, flushing every message so that an ack means what ours means, unless not `synced`."""
    settings: dict[str, object] = {
        "num.network.threads": 2,
        "num.io.threads": 4,
        "auto.create.topics.enable": str(auto_create).lower(),
    }
    if synced:
        settings["log.flush.interval.messages"] = 1
    with tempfile.TemporaryDirectory(prefix="bench-apache-") as directory:
        broker = ApacheKafka(Path(directory), settings)
        broker.taskset = ("taskset", "-c", str(broker_core()))
        with broker:
            assert broker.process is not None
            yield Engine(name=APACHE, bootstrap=broker.bootstrap, pid=broker.process.pid)


def apache_missing() -> str | None:
    """Why Apache Kafka cannot take part, or None."""
    return apache_kafka.missing()
