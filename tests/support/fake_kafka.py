"""A broker in a thread that speaks just enough Kafka to test how rpk connects, and can be told to misbehave."""

import base64
import contextlib
import hashlib
import hmac
import socket
import ssl
import struct
import threading
from pathlib import Path

from rpk.client import wire

TLS = Path(__file__).parent.parent / "data" / "tls"


class FakeBroker:
    """Listens on loopback while used as a context manager.

    mechanisms: SASL is required when not empty. password: of any user. tls: wrap connections. advertised: (host,
    port) in metadata instead of its own. say: answer the first bytes with these instead. silent: never answer.
    """

    def __init__(
        self,
        *,
        mechanisms=(),
        password="secret",
        tls=False,
        advertised=None,
        say=None,
        silent=False,
        close_after=None,
        topics=(),
    ):
        self.mechanisms = mechanisms
        self.password = password
        self.advertised = advertised
        self.say = say
        self.silent = silent
        self.close_after = close_after
        self.topics = topics
        self.requests: list[int] = []
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(TLS / "cert.pem", TLS / "key.pem")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._threads: list[threading.Thread] = []
        self._connections: list[socket.socket] = []
        self._stop = threading.Event()

    def __enter__(self):
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        self._threads.append(thread)
        return self

    def __exit__(self, *_):
        self._stop.set()
        with socket.socket() as wake:  # accept() does not notice a close
            wake.settimeout(1)
            wake.connect_ex(("127.0.0.1", self.port))
        self._listener.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self):
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self._stop.is_set():
                connection.close()
                return
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection):
        try:
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
                self._connections.append(connection)
            self._talk(connection)
        except (OSError, EOFError, struct.error):
            pass
        finally:
            connection.close()

    def _talk(self, connection):
        if self.silent:
            self._stop.wait(30)
            return
        if self.say is not None:
            connection.recv(1)
            connection.sendall(self.say)
            return
        authenticated = not self.mechanisms
        scram = {}
        answered = 0
        while not self._stop.is_set():
            if self.close_after is not None and answered >= self.close_after:
                return
            size = int.from_bytes(_exactly(connection, 4), "big", signed=True)
            if not 0 < size < 1 << 20:  # as real brokers do with a TLS hello or an HTTP request
                return
            frame = _exactly(connection, size)
            key, version, correlation = struct.unpack(">hhi", frame[:8])
            reader = wire.Reader(frame[8:])
            reader.old_string()
            self.requests.append(key)
            if key == wire.API_VERSIONS:
                body = self._versions(version)
            elif key == wire.API_SASL_HANDSHAKE:
                wanted = reader.old_string()
                names = b"".join(wire.old_string(name) for name in self.mechanisms)
                error = 0 if wanted in self.mechanisms else 33
                body = struct.pack(">hi", error, len(self.mechanisms)) + names
                scram = {"mechanism": wanted}
            elif key == wire.API_SASL_AUTHENTICATE:
                error, message, answer, authenticated = self._authenticate(reader.take(reader.int32()), scram)
                body = (
                    struct.pack(">h", error)
                    + wire.old_string(message)
                    + struct.pack(">i", len(answer))
                    + answer
                )
            elif not authenticated:
                return
            elif key == wire.API_METADATA:
                body = b"\x00" + self._metadata(version)
            else:
                return
            connection.sendall(struct.pack(">ii", 4 + len(body), correlation) + body)
            answered += 1

    def _versions(self, version):
        ranges = {
            wire.API_METADATA: (0, 12),
            wire.API_SASL_HANDSHAKE: (0, 1),
            wire.API_VERSIONS: (0, 3),
            wire.API_SASL_AUTHENTICATE: (0, 1),
        }
        items = [struct.pack(">hhh", key, *span) for key, span in ranges.items()]
        if version < 3:
            return struct.pack(">hi", 0, len(items)) + b"".join(items)
        return (
            b"\x00\x00"
            + wire.varint(len(items) + 1)
            + b"".join(item + b"\x00" for item in items)
            + struct.pack(">i", 0)
            + b"\x00"
        )

    def _metadata(self, version):
        host, port = self.advertised or ("127.0.0.1", self.port)
        out = struct.pack(">i", 0) + wire.varint(2)
        out += struct.pack(">i", 1) + wire.compact_string(host) + struct.pack(">i", port) + b"\x00\x00"
        out += wire.compact_string("fake") + struct.pack(">i", 1)
        out += wire.varint(len(self.topics) + 1)
        for name in self.topics:
            out += struct.pack(">h", 0) + wire.compact_string(name) + bytes(15) + b"\x07" + b"\x00"
            out += wire.varint(2) + struct.pack(">hiii", 0, 0, 1, 0)
            out += (wire.varint(2) + struct.pack(">i", 1)) * 2 + wire.varint(1) + b"\x00"
            out += struct.pack(">i", 0) + b"\x00"
        return out + b"\x00"

    def _authenticate(self, message, scram):
        refused = (58, "Invalid credentials", b"", False)
        if scram.get("mechanism") == "PLAIN":
            return (0, None, b"", True) if message.split(b"\0")[2] == self.password.encode() else refused
        name = "sha512" if scram["mechanism"].endswith("512") else "sha256"
        fields = dict(part.split("=", 1) for part in message.decode().split(",") if "=" in part)
        if "first" not in scram:
            scram["bare"] = message.decode()[3:]
            scram["first"] = f"r={fields['r']}SERVER,s={base64.b64encode(b'salt').decode()},i=4096"
            return 0, None, scram["first"].encode(), False
        salted = hashlib.pbkdf2_hmac(name, self.password.encode(), b"salt", 4096)
        stored = hashlib.new(name, hmac.digest(salted, b"Client Key", name)).digest()
        text = f"{scram['bare']},{scram['first']},{message.decode().rsplit(',p=', 1)[0]}".encode()
        signature = hmac.digest(stored, text, name)
        client_key = bytes(a ^ b for a, b in zip(base64.b64decode(fields["p"]), signature, strict=True))
        if hashlib.new(name, client_key).digest() != stored:
            return refused
        final = hmac.digest(hmac.digest(salted, b"Server Key", name), text, name)
        return 0, None, b"v=" + base64.b64encode(final), True


def _exactly(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data
