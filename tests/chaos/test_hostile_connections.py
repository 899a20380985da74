"""Connections that hold on to the broker: idle, half open, silent, slow, speaking something else.

The others are served meanwhile, and memory stays below a bound.
"""

import contextlib
import resource
import socket
import ssl
import struct
import time

import pytest

from engine.wire.api_keys import ApiKey
from engine.wire.records import build_batch
from tests.chaos.test_hostile_frames import PATIENCE_SECONDS, Watch
from tests.support.broker import BrokerProcess
from tests.support.raw_kafka import Closed, RawKafka, frame

CONNECTIONS = 3000
RSS_PER_CONNECTION_BYTES_MAX = 16 << 10
SLOW_READERS = 40
GIANTS = 60
TOPIC = "wide"

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + 1000
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"this user may open {hard} files, the test needs {wanted}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    with BrokerProcess(tmp_path_factory.mktemp("connections")) as broker:
        yield broker
        log = broker.log_path.read_text(errors="replace")
        assert "Traceback" not in log and "ERROR" not in log, log[-4000:]
        assert broker.stop() == 0
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def watch(broker):
    """Others are served during the test."""
    with Watch(broker.bootstrap) as watch:
        yield watch
    watch.check()


def connect(broker: BrokerProcess) -> socket.socket:
    return socket.create_connection(("127.0.0.1", broker.kafka_port), PATIENCE_SECONDS)


def fill(broker: BrokerProcess, megabytes: int) -> None:
    """A topic with that much in one partition."""
    batch = bytes(build_batch([(None, bytes(1000)) for _ in range(900)]))
    with RawKafka(broker.bootstrap) as raw:
        raw.ask(ApiKey.METADATA, 4, {"topics": [{"name": TOPIC}], "allow_auto_topic_creation": True})
        body = {
            "transactional_id": None,
            "acks": -1,
            "timeout_ms": 10_000,
            "topic_data": [{"name": TOPIC, "partition_data": [{"index": 0, "records": batch}]}],
        }
        deadline = time.monotonic() + 20
        written = 0
        while written < megabytes << 20:
            answer = raw.ask(ApiKey.PRODUCE, 9, body)
            if answer.responses[0].partition_responses[0].error_code == 0:
                written += len(batch)
            assert time.monotonic() < deadline


def fetch_body(max_bytes: int) -> dict[str, object]:
    partition = {"partition": 0, "fetch_offset": 0, "partition_max_bytes": max_bytes, "log_start_offset": -1}
    return {
        "replica_id": -1,
        "max_wait_ms": 0,
        "min_bytes": 1,
        "max_bytes": max_bytes,
        "isolation_level": 0,
        "session_id": 0,
        "session_epoch": -1,
        "topics": [{"topic": TOPIC, "partitions": [partition]}],
        "forgotten_topics_data": (),
        "rack_id": "",
    }


@pytest.mark.timeout(120)
def test_thousands_of_idle_connections(broker, watch):
    before = broker.rss_bytes()
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(connect(broker)) for _ in range(CONNECTIONS)]
        for each in idle[::2]:
            each.sendall(struct.pack(">i", 1000) + b"half a frame")
        for each in idle[1::4]:
            each.shutdown(socket.SHUT_WR)
        time.sleep(1)
        grown = broker.rss_bytes() - before
        assert grown < CONNECTIONS * RSS_PER_CONNECTION_BYTES_MAX, (
            f"{grown / CONNECTIONS:.0f} bytes a connection"
        )
        with RawKafka(broker.bootstrap) as raw:
            raw.ask(ApiKey.METADATA, 1, {"topics": None})


@pytest.mark.timeout(120)
def test_readers_that_never_read(broker, watch):
    fill(broker, 8)
    before = broker.rss_bytes()
    request = frame(ApiKey.FETCH, 11, fetch_body(8 << 20))
    metadata = frame(ApiKey.METADATA, 1, {"topics": None})
    with contextlib.ExitStack() as stack:
        for number in range(SLOW_READERS):
            each = stack.enter_context(connect(broker))
            each.settimeout(0.5)
            asked = (
                (struct.pack(">i", len(request)) + request) * 20
                if number % 2
                else (struct.pack(">i", len(metadata)) + metadata) * 5000
            )
            with contextlib.suppress(TimeoutError):
                each.sendall(asked)
        time.sleep(2)
        assert broker.rss_bytes() - before < 160 << 20, "the network's bound is 112 MiB"
        with RawKafka(broker.bootstrap) as raw:
            answer = raw.ask(ApiKey.FETCH, 11, fetch_body(1 << 20))
            assert answer.responses[0].partitions[0].error_code == 0


@pytest.mark.timeout(120)
@pytest.mark.parametrize("size_bytes", [90 << 20, 56 << 20, 1 << 20])
def test_giant_frames_are_not_allocated_for_the_asking(broker, watch, size_bytes):
    before = broker.rss_bytes()
    with contextlib.ExitStack() as stack:
        for _ in range(GIANTS):
            each = stack.enter_context(connect(broker))
            each.sendall(struct.pack(">i", size_bytes) + struct.pack(">hhih", 0, 9, 1, -1))
        time.sleep(3)
        assert broker.rss_bytes() - before < 160 << 20, "the network's bound is 112 MiB"
        with RawKafka(broker.bootstrap) as raw:
            raw.ask(ApiKey.METADATA, 1, {"topics": None})
    for size in (-1, 0, 7, 101 << 20, 2**31 - 1, -(2**31)):
        with RawKafka(broker.bootstrap) as raw:
            raw.connect().sendall(struct.pack(">i", size))
            with pytest.raises(Closed):
                raw.receive()


@pytest.mark.timeout(120)
def test_a_byte_at_a_time(broker, watch):
    request = frame(ApiKey.API_VERSIONS, 0, {})
    data = struct.pack(">i", len(request)) + request
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(connect(broker)) for _ in range(100)]
        for at in range(len(data)):
            for each in slow:
                each.sendall(data[at : at + 1])
            time.sleep(0.05)
        for each in slow:
            each.settimeout(PATIENCE_SECONDS)
            assert each.recv(4)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "greeting",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"SSH-2.0-x\r\n",
        b"\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        bytes(64),
    ],
)
def test_another_protocol_is_hung_up_on(broker, watch, greeting):
    with RawKafka(broker.bootstrap) as raw:
        raw.connect().sendall(greeting)
        with pytest.raises(Closed):
            raw.receive()


@pytest.mark.timeout(60)
def test_tls_on_the_plain_port(broker, watch):
    context = ssl.create_default_context()
    with connect(broker) as plain, pytest.raises((ssl.SSLError, ConnectionError)):
        context.wrap_socket(plain, server_hostname="localhost")


@pytest.mark.timeout(60)
def test_connections_that_come_and_go(broker, watch):
    before = broker.rss_bytes()
    for number in range(1000):
        each = connect(broker)
        if number % 3 == 0:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST
        if number % 5 == 0:
            each.sendall(b"\0\0\0\x20half")
        each.close()
    assert broker.rss_bytes() - before < 32 << 20
