"""A Kafka connection that sends exactly what it is told and reads whatever comes."""

import socket
import struct
from collections.abc import Mapping

from engine.wire import cold
from engine.wire.api_keys import ApiKey
from engine.wire.header import is_flexible, request_header

SECONDS = 20.0


class Closed(Exception):
    """The broker closed the connection."""


class RawKafka:
    """One connection, opened on first use and again after the broker closed it."""

    def __init__(self, bootstrap: str, client_id: str = "raw", seconds: float = SECONDS) -> None:
        host, _, port = bootstrap.rpartition(":")
        self.address = (host, int(port))
        self.client_id = client_id
        self.seconds = seconds
        self.socket: socket.socket | None = None

    def connect(self) -> socket.socket:
        """The open socket."""
        if self.socket is None:
            self.socket = socket.create_connection(self.address, self.seconds)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.socket

    def close(self) -> None:
        """Close; the next request opens a new connection."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def __enter__(self) -> "RawKafka":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, frame: bytes) -> None:
        """Send a frame's bytes with their length before them."""
        self.connect().sendall(struct.pack(">i", len(frame)) + frame)

    def receive(self) -> bytes:
        """The next frame. Raises `Closed`."""
        (size,) = struct.unpack(">i", self._exactly(4))
        return self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        data = bytearray()
        try:
            while len(data) < size:
                part = self.connect().recv(size - len(data))
                if not part:
                    raise Closed
                data += part
        except ConnectionError:
            self.close()
            raise Closed from None
        except Closed:
            self.close()
            raise
        return bytes(data)

    def ask(self, key: int, version: int, body: Mapping[str, object]) -> cold.Message:
        """Send a request and decode its answer. Raises `Closed`, TimeoutError."""
        self.send(frame(key, version, body, self.client_id))
        answer = self.receive()
        flexible = is_flexible(key, version) and key != ApiKey.API_VERSIONS
        return cold.decode_response(key, version, answer, 5 if flexible else 4)


def frame(key: int, version: int, body: Mapping[str, object], client_id: str = "raw") -> bytes:
    """A request without the length before it."""
    return request_header(key, version, 7, client_id) + cold.encode_request(key, version, body)


def plain(value: object) -> object:
    """A message as dicts, lists and scalars."""
    if isinstance(value, cold.Message):
        return {name: plain(field) for name, field in vars(value).items()}
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    return value
