"""Connection diagnosis (UX-23) and deadlines (UX-38), against servers that misbehave."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from rpk.client.deadline import Deadline
from rpk.client.kafka import KafkaClient
from rpk.config.resolve import merge, parse_override
from rpk.config.settings import Settings
from rpk.out.errors import AuthError, ConfigError, OperationFailed, RpkError, TransientError
from tests.support.fake_kafka import TLS, FakeBroker


def settings(address: str, *overrides: str) -> Settings:
    layer = {}
    for text in (f"brokers={address}", "globals.dial_timeout=500ms", *overrides):
        key, value = parse_override(text)
        layer[key.name] = value
    return Settings(merge([("-X", layer)]))


def fail(address: str, *overrides: str, seconds: float = 5, node: int | None = None) -> RpkError:
    """The error of asking for metadata (and connecting to a node)."""
    with (
        KafkaClient(settings(address, *overrides), Deadline(seconds)) as client,
        pytest.raises(RpkError) as caught,
    ):
        client.metadata(())
        if node is not None:
            client.node(node)
    return caught.value


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_metadata_of_a_healthy_broker():
    with (
        FakeBroker(topics=("b", "a")) as broker,
        KafkaClient(settings(broker.address), Deadline(5)) as client,
    ):
        metadata = client.metadata()
    assert [topic.name for topic in metadata.topics] == ["a", "b"]
    assert metadata.cluster_id == "fake"
    assert metadata.controller_id == 1
    partition = metadata.topics[0].partitions[0]
    assert (partition.leader, partition.replicas, partition.in_sync, partition.offline) == (1, (1,), (1,), ())
    assert len(metadata.topics[0].topic_id) == 32


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_sasl_succeeds(mechanism):
    with (
        FakeBroker(mechanisms=(mechanism,)) as broker,
        KafkaClient(
            settings(broker.address, "user=u", "pass=secret", f"sasl.mechanism={mechanism}"), Deadline(5)
        ) as client,
    ):
        assert client.metadata(()).cluster_id == "fake"


def test_tls_succeeds_with_its_ca():
    with (
        FakeBroker(tls=True) as broker,
        KafkaClient(
            settings(broker.address, "tls.enabled=true", f"tls.ca={TLS / 'cert.pem'}"), Deadline(5)
        ) as client,
    ):
        assert client.metadata(()).cluster_id == "fake"


def test_refused():
    error = fail(f"127.0.0.1:{free_port()}")
    assert (type(error), error.name) == (TransientError, "CONNECTION_REFUSED")


def test_unknown_host(monkeypatch):
    def no_such_host(*_args, **_keywords):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    error = fail("nowhere.invalid:9092")
    assert error.name == "DNS_FAILED"
    assert "nowhere.invalid" in error.message
    assert error.exit_code == 3


def test_dial_timeout(monkeypatch):
    def black_hole(_address, timeout=None, **_keywords):
        time.sleep(timeout)
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", black_hole)
    started = time.monotonic()
    error = fail("127.0.0.1:1", "globals.dial_timeout=100ms")
    assert error.name == "DIAL_TIMED_OUT"
    assert "0.1s" in (error.cause or "")
    assert time.monotonic() - started < 3


def test_several_black_holes_share_one_deadline(monkeypatch):
    def black_hole(_address, timeout=None, **_keywords):
        time.sleep(timeout)
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", black_hole)
    started = time.monotonic()
    fail("127.0.0.1:1,127.0.0.1:2,127.0.0.1:3", seconds=0.3)
    assert time.monotonic() - started < 2


def test_a_peer_that_accepts_and_is_silent_ends_within_the_deadline():
    with FakeBroker(silent=True) as broker:
        started = time.monotonic()
        error = fail(broker.address, "globals.dial_timeout=100ms", seconds=0.5)
        assert time.monotonic() - started < 4
    assert error.name == "NO_ANSWER"
    assert isinstance(error, TransientError)


def test_a_silent_peer_with_tls_ends_too():
    with FakeBroker(silent=True) as broker:
        started = time.monotonic()
        error = fail(broker.address, "globals.dial_timeout=100ms", "tls.enabled=true", seconds=0.5)
        assert time.monotonic() - started < 4
    assert error.exit_code == 3


def test_plaintext_to_a_tls_port():
    with FakeBroker(tls=True) as broker:
        error = fail(broker.address)
    assert error.name == "PLAINTEXT_TO_TLS"
    assert "tls.enabled=true" in (error.hint or "")


def test_tls_to_a_plaintext_port():
    with FakeBroker() as broker:
        error = fail(broker.address, "tls.enabled=true")
    assert error.name == "TLS_TO_PLAINTEXT"
    assert "tls.enabled=false" in (error.hint or "")


def test_certificate_of_an_unknown_authority():
    with FakeBroker(tls=True) as broker:
        error = fail(broker.address, "tls.enabled=true")
    assert error.name == "CERTIFICATE_NOT_TRUSTED"
    assert "tls.ca" in (error.hint or "")


def test_unreadable_ca_file():
    with FakeBroker(tls=True) as broker:
        error = fail(broker.address, "tls.ca=/nowhere/ca.pem")
    assert isinstance(error, ConfigError)
    assert "/nowhere/ca.pem" in error.message


def test_sasl_required_but_absent():
    with FakeBroker(mechanisms=("PLAIN",)) as broker:
        error = fail(broker.address)
    assert (type(error), error.name) == (AuthError, "SASL_REQUIRED")
    assert error.exit_code == 4


def test_wrong_mechanism_names_those_there_are():
    with FakeBroker(mechanisms=("SCRAM-SHA-512", "PLAIN")) as broker:
        error = fail(broker.address, "user=u", "pass=secret")
    assert error.name == "UNSUPPORTED_SASL_MECHANISM"
    assert error.cause == "it offers SCRAM-SHA-512, PLAIN"


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
def test_bad_password_shows_the_brokers_words_and_not_the_password(mechanism):
    with FakeBroker(mechanisms=(mechanism,)) as broker:
        error = fail(broker.address, "user=u", "pass=hunter2", f"sasl.mechanism={mechanism}")
    assert (type(error), error.name) == (AuthError, "SASL_AUTHENTICATION_FAILED")
    assert "Invalid credentials" in (error.cause or "")
    assert "hunter2" not in str(error.as_json())


@pytest.fixture
def http_server():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status = 200 if self.server.is_admin and self.path == "/v1/status/ready" else 404
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    servers = []

    def start(*, is_admin):
        server = HTTPServer(("127.0.0.1", 0), Handler)
        server.is_admin = is_admin
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"127.0.0.1:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join(5)
        server.server_close()


@pytest.mark.parametrize("tls", ["false", "true"])
def test_http_peer(http_server, tls):
    error = fail(http_server(is_admin=False), f"tls.enabled={tls}")
    assert error.name == "HTTP_PEER"
    assert "HTTP" in error.message


def test_admin_port_used_as_kafka_port(http_server):
    address = http_server(is_admin=True)
    error = fail(address)
    assert error.name == "ADMIN_PORT"
    assert f"admin.hosts={address}" in (error.hint or "")


def test_http_answer_to_the_first_bytes():
    with FakeBroker(say=b"HTTP/1.1 400 Bad Request\r\n\r\n") as broker:
        assert fail(broker.address).name == "HTTP_PEER"


def test_a_peer_that_speaks_something_else():
    with FakeBroker(say=b"\xff\xff\xff\xffSSH-2.0-OpenSSH\r\n") as broker:
        error = fail(broker.address)
    assert error.name == "NOT_KAFKA"
    assert isinstance(error, OperationFailed)


def test_an_unreachable_advertised_address_names_both():
    port = free_port()
    with FakeBroker(advertised=("127.0.0.1", port)) as broker:
        error = fail(broker.address, node=1)
    assert error.name == "ADVERTISED_ADDRESS_UNREACHABLE"
    assert f"127.0.0.1:{port}" in error.message
    assert broker.address in error.message


def test_the_second_seed_serves_when_the_first_is_down():
    with (
        FakeBroker() as broker,
        KafkaClient(settings(f"127.0.0.1:{free_port()},{broker.address}"), Deadline(5)) as client,
    ):
        assert client.metadata(()).cluster_id == "fake"
