"""A client that costs next to nothing: frames made beforehand, over plain sockets, many in flight.

It shows what the broker itself can do where a real client library would be the limit. Called as
``python -m benchmarks.small_requests BOOTSTRAP TOPIC JSON`` in a process of its own; prints one JSON object.
The number of answers is held against the high watermarks at the end, so that only appended records count.
"""

import json
import select
import socket
import struct
import sys
import time

from confluent_kafka import Consumer, TopicPartition

from benchmarks.clients import create_topic
from engine.wire.api_keys import ApiKey
from engine.wire.header import request_header
from engine.wire.records import build_batch
from engine.wire.varint import uvarint_bytes

PARTITIONS = 12
PRODUCE_VERSION = 9
WARMUP_S = 0.5
LAST_ANSWER_S = 30.0
LEADER_S = 10.0
NOT_YET = {3, 5, 6}
"""UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER."""


def produce_frame(topic: str, partition: int, value: bytes, records: int) -> bytes:
    """One Produce request (acks=all) with one batch for one partition, its length before it."""
    batch = build_batch([(None, value)] * records, timestamp_ms=int(time.time() * 1000))
    name = topic.encode()
    request = b"".join(
        (
            request_header(ApiKey.PRODUCE, PRODUCE_VERSION, 1, "bench"),
            b"\0",  # no transactional id
            struct.pack(">hi", -1, 30_000),
            b"\2" + uvarint_bytes(len(name) + 1) + name,
            b"\2" + struct.pack(">i", partition),
            uvarint_bytes(len(batch) + 1) + batch,
            b"\0\0\0",
        )
    )
    return struct.pack(">i", len(request)) + request


class _Peer:
    """One connection. All its requests are alike, so what is to be sent is a place in a repeating stream."""

    def __init__(self, address: tuple[str, int], frame: bytes, in_flight: int) -> None:
        self.sock = socket.create_connection(address)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer_bytes: int = self._first_answer(frame)
        self.sock.settimeout(0)
        self._frame_bytes = len(frame)
        self._stream = memoryview(frame * (in_flight + 1))
        self._at = 0
        self._due_bytes = 0
        self._part_bytes: int = 0

    def _first_answer(self, frame: bytes) -> int:
        """Send one request until it is accepted (a new topic's leader may not know yet); its answer's size."""
        deadline = time.monotonic() + LEADER_S
        while True:
            self.sock.sendall(frame)
            size: int = struct.unpack(">i", _receive(self.sock, 4))[0]
            answer = _receive(self.sock, size)
            # header 5, one topic 1, its name, one partition 1, its index 4
            error = struct.unpack_from(">h", answer, 5 + 1 + answer[6] + 1 + 4)[0]
            if not error:
                return size + 4
            if error not in NOT_YET or time.monotonic() > deadline:
                raise SystemExit(f"the broker answered with error {error}")
            time.sleep(0.05)

    def ask(self, requests: int) -> bool:
        """Send `requests` more, or what the socket takes; whether nothing is left to send."""
        self._due_bytes += requests * self._frame_bytes
        while self._due_bytes:
            try:
                sent = self.sock.send(self._stream[self._at : self._at + self._due_bytes])
            except BlockingIOError:
                return False
            self._due_bytes -= sent
            self._at = (self._at + sent) % self._frame_bytes
        return True

    def answers(self, received: int) -> int:
        """How many answers `received` more bytes complete."""
        whole, self._part_bytes = divmod(self._part_bytes + received, self.answer_bytes)
        return whole


def _receive(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            raise SystemExit("the broker closed the connection")
        data += part
    return data


class _Load:
    """All connections of one run."""

    def __init__(self, peers: list[_Peer], in_flight: int) -> None:
        self._peers = {peer.sock.fileno(): peer for peer in peers}
        self._poll = select.epoll()
        self._buffer = bytearray(1 << 18)
        self.outstanding = 0
        for number, peer in self._peers.items():
            self._poll.register(number, select.EPOLLIN)
            self._ask(number, peer, in_flight)

    def _ask(self, number: int, peer: _Peer, requests: int) -> None:
        self.outstanding += requests
        if not peer.ask(requests):
            self._poll.modify(number, select.EPOLLIN | select.EPOLLOUT)

    def drive(self, seconds: float, *, go_on: bool = True) -> int:
        """Ask again for every answer, for so long; or only wait for what is outstanding. Returns answers."""
        answered = 0
        buffer = self._buffer
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline and self.outstanding:
            for number, event in self._poll.poll(0.1):
                peer = self._peers[number]
                if event & select.EPOLLOUT and peer.ask(0):
                    self._poll.modify(number, select.EPOLLIN)
                if event & select.EPOLLIN:
                    received = peer.sock.recv_into(buffer)
                    if not received:
                        raise SystemExit("the broker closed the connection")
                    count = peer.answers(received)
                    answered += count
                    self.outstanding -= count
                    if go_on and count:
                        self._ask(number, peer, count)
        return answered


def run(
    bootstrap: str,
    topic: str,
    *,
    connections: int,
    in_flight: int,
    seconds: float,
    size: int,
    records: int = 1,
) -> dict[str, float]:
    """Requests a second over `connections`, each with `in_flight` requests of one batch under way."""
    create_topic(bootstrap, topic, PARTITIONS)
    host, port = bootstrap.rsplit(":", 1)
    value = (bytes(range(256)) * (size // 256 + 1))[:size]
    peers = [
        _Peer((host, int(port)), produce_frame(topic, number % PARTITIONS, value, records), in_flight)
        for number in range(connections)
    ]
    load = _Load(peers, in_flight)
    answered = connections + load.drive(WARMUP_S)
    begin, cpu = time.perf_counter(), time.process_time()
    measured = load.drive(seconds)
    elapsed, cpu = time.perf_counter() - begin, time.process_time() - cpu
    answered += measured + load.drive(LAST_ANSWER_S, go_on=False)
    _check(bootstrap, topic, answered * records)
    return {
        "requests/s": measured / elapsed,
        "MB/s": measured * size * records / elapsed / 1e6,
        "mean latency ms": connections * in_flight * elapsed / max(1, measured) * 1000,
        "client CPU %": cpu / elapsed * 100,
        "requests": answered,
    }


def _check(bootstrap: str, topic: str, records: int) -> None:
    """The broker's own word for how many records there are."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench"})
    found = sum(
        consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)[1]
        for partition in range(PARTITIONS)
    )
    consumer.close()
    if found != records:
        raise SystemExit(f"{records} records were acked, the high watermarks say {found}")


def main() -> None:
    """Run once and print the figures."""
    bootstrap, topic, parameters = sys.argv[1:]
    sys.stdout.write(json.dumps(run(bootstrap, topic, **json.loads(parameters))) + "\n")


if __name__ == "__main__":
    main()
