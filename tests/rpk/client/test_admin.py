"""The Admin API seam against a server that answers and one that misbehaves."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rpk.client.admin import AdminClient
from rpk.client.deadline import Deadline
from rpk.config.resolve import merge, parse_override
from rpk.config.settings import Settings
from rpk.out.errors import AuthError, ConfigError, NotFound, OperationFailed, RpkError, TransientError
from tests.support.fake_kafka import FakeBroker


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append((self.command, self.path, self.headers.get("Authorization")))
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        status, answer = self.server.answers.get(
            self.path.split("?")[0], (404, b'{"message": "no route", "code": 404}')
        )
        if answer == b"echo":
            answer = body
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_PUT = do_POST = do_DELETE = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.seen, server.answers = [], {}
    server.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join(5)
    server.server_close()


def client(address, *overrides):
    layer = {}
    for text in (f"admin.hosts={address}", "globals.dial_timeout=500ms", *overrides):
        key, value = parse_override(text)
        layer[key.name] = value
    return AdminClient(Settings(merge([("-X", layer)])), Deadline(2))


def test_requests_and_answers(server):
    server.answers = {"/v1/x": (200, b'{"a": 1}'), "/v1/echo": (200, b"echo"), "/v1/none": (204, b"")}
    with client(server.address, "user=u", "pass=p") as admin:
        assert admin.get("/v1/x", q=1) == {"a": 1}
        assert admin.put("/v1/echo", {"b": [2]}) == {"b": [2]}
        assert admin.post("/v1/none") is None
        assert admin.delete("/v1/x") == {"a": 1}
    assert server.seen[0][:2] == ("GET", "/v1/x?q=1")
    assert server.seen[0][2].startswith("Basic ")


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [(400, OperationFailed, False), (401, AuthError, False), (403, AuthError, False), (404, NotFound, False),
     (500, OperationFailed, False), (503, TransientError, True)],
)  # fmt: skip
def test_refusals_show_the_servers_words(server, status, kind, retryable):
    server.answers = {"/v1/x": (status, json.dumps({"message": "because", "code": status}).encode())}
    with client(server.address) as admin, pytest.raises(RpkError) as caught:
        admin.post("/v1/x")
    assert type(caught.value) is kind
    assert caught.value.retryable is retryable
    assert caught.value.cause == f"HTTP {status}: because"
    assert caught.value.code == status


def test_the_second_address_serves_when_nothing_listens_on_the_first(server):
    server.answers = {"/v1/x": (200, b"1")}
    with client(f"127.0.0.1:1,{server.address}") as admin:
        assert admin.get("/v1/x") == 1
        assert admin.post("/v1/x") == 1
        each = admin.get_each("/v1/x")
    assert isinstance(each["127.0.0.1:1"], TransientError)
    assert each[server.address] == 1


def test_a_change_is_not_sent_twice(server):
    server.answers = {"/v1/x": (503, b"")}
    with client(f"{server.address},{server.address}") as admin, pytest.raises(TransientError):
        admin.post("/v1/x")
    assert len(server.seen) == 1


def test_what_is_no_admin_api(server):
    server.answers = {"/v1/x": (200, b"<html>")}
    with client(server.address) as admin, pytest.raises(OperationFailed) as caught:
        admin.get("/v1/x")
    assert caught.value.name == "NOT_ADMIN_API"
    with FakeBroker() as broker, client(broker.address) as admin, pytest.raises(RpkError):
        admin.get("/v1/x")


def test_tls_to_plaintext(server):
    with client(server.address, "admin.tls.enabled=true") as admin, pytest.raises(ConfigError) as caught:
        admin.get("/v1/x")
    assert caught.value.name == "TLS_TO_PLAINTEXT"


def test_plaintext_to_tls():
    with (
        FakeBroker(tls=True) as broker,
        client(broker.address) as admin,
        pytest.raises(TransientError) as caught,
    ):
        admin.get("/v1/x")
    assert "admin.tls.enabled" in (caught.value.hint or "")


def test_a_silent_server_ends_within_the_deadline():
    with FakeBroker(silent=True) as broker, client(broker.address) as admin, pytest.raises(TransientError):
        admin.get("/v1/x")
