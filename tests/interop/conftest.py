"""Each client test runs against the bundled engine, and against Apache Kafka to prove the test itself."""

import uuid

import pytest

from tests.support import apache_kafka
from tests.support.apache_kafka import ApacheKafka
from tests.support.broker import BrokerProcess


@pytest.fixture(scope="session")
def apache_kafka_bootstrap(tmp_path_factory):
    """A running Apache Kafka's `host:port`; skips with the reason where it cannot run."""
    if reason := apache_kafka.missing():
        pytest.skip(reason)
    with ApacheKafka(tmp_path_factory.mktemp("apache-kafka")) as broker:
        yield broker.bootstrap


@pytest.fixture(scope="session")
def bundled_bootstrap(tmp_path_factory):
    """A running bundled broker's `host:port`."""
    with BrokerProcess(tmp_path_factory.mktemp("bundled")) as broker:
        yield broker.bootstrap


@pytest.fixture(params=["bundled", "apache-kafka"])
def bootstrap(request):
    """`host:port` of the engine under test."""
    name = "bundled_bootstrap" if request.param == "bundled" else "apache_kafka_bootstrap"
    return request.getfixturevalue(name)


@pytest.fixture
def topic():
    """A topic name nobody else uses."""
    return f"interop-{uuid.uuid4().hex[:8]}"
