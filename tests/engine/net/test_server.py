"""Connections over real loopback sockets: order, bounds, slow and hostile peers, drain. Both event loops."""

import asyncio
import os
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile

import pytest
import uvloop

from engine.net.connection import FrameConnection
from engine.net.exchange import Exchange
from engine.net.limits import NetLimits
from engine.net.output import TransportOutput
from engine.net.server import Listener, Server
from engine.net.shared import NetShared
from tests.support.waiting import WAIT_SECONDS_MAX, until


class Slice:
    def __init__(self, file, position, length):
        self.file, self.position, self.length = file, position, length

    def fileno(self):
        return self.file.fileno()


def reply(body):
    return struct.pack(">i", len(body)) + body


class Echo(FrameConnection):
    """Answers each frame with itself. First byte: h hold, s silent, f a file slice, x close."""

    held: list[Exchange]
    file: object

    def frame_received(self, frame):
        exchange = Exchange(self, len(frame))
        self.expect(exchange)
        kind = frame[:1]
        if kind == b"h":
            self.held.append((exchange, frame))
        elif kind == b"s":
            exchange.respond_nothing()
        elif kind == b"f":
            size = os.fstat(self.file.fileno()).st_size
            exchange.respond((struct.pack(">i", size), Slice(self.file, 0, size)))
        elif kind == b"x":
            exchange.close("asked to")
        else:
            exchange.respond((reply(bytes(frame)),))


class Rig:
    def __init__(self, limits):
        self.limits = limits
        self.held = []

    async def __aenter__(self):
        self.file = tempfile.TemporaryFile()  # noqa: SIM115  # closed in __aexit__
        connection_type = type("Echo", (Echo,), {"held": self.held, "file": self.file})
        self.shared = NetShared(asyncio.get_running_loop(), self.limits)
        self.server = Server(self.shared, connection_type)
        await self.server.start([Listener(name="l", host="127.0.0.1", port=0)])
        self.clients = []
        return self

    async def __aexit__(self, *exc):
        for _, writer in self.clients:
            writer.close()
        await self.server.close()
        await asyncio.sleep(0.01)
        self.file.close()

    async def connect(self, receive_buffer=None):
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, self.server.addresses["l"])
        pair = await asyncio.open_connection(sock=sock, limit=1 << 20)
        self.clients.append(pair)
        return pair

    def seconds_pass(self, seconds):
        for _ in range(seconds):
            self.server._tick()
            self.server._sweep.cancel()


async def answer(reader):
    size = struct.unpack(">i", await reader.readexactly(4))[0]
    return await reader.readexactly(size)


async def closed(reader):
    try:
        while await asyncio.wait_for(reader.read(1 << 16), WAIT_SECONDS_MAX):
            pass
    except ConnectionError:
        pass
    return True


@pytest.fixture(params=["uvloop", "asyncio"])
def run(request):
    def runner(scenario, **limits):
        async def main():
            async with Rig(NetLimits(**limits)) as rig:
                await asyncio.wait_for(scenario(rig), WAIT_SECONDS_MAX)

        if request.param == "uvloop":
            uvloop.run(main())
        else:
            asyncio.run(main())

    return runner


def test_pipelined_answers_leave_in_request_order(run):
    async def scenario(rig):
        reader, writer = await rig.connect()
        writer.write(b"".join(reply(body) for body in [b"h" * 8, b"1" * 9, b"s" * 9, b"h" * 10, b"2" * 11]))
        await until(lambda: len(rig.held) == 2)
        second, first = rig.held[1], rig.held[0]
        for exchange, frame in (second, first):
            exchange.respond((reply(bytes(frame)),))
        assert [await answer(reader) for _ in range(4)] == [b"h" * 8, b"1" * 9, b"h" * 10, b"2" * 11]
        assert rig.shared.budget.used_bytes == 0

    run(scenario)


def test_large_frames_arrive_whole(run):
    async def scenario(rig):
        reader, writer = await rig.connect()
        bodies = [b"a" + os.urandom(size) for size in (1 << 20, 300_000, 8, 70_000)]
        writer.write(b"".join(map(reply, bodies)))
        assert [await answer(reader) for _ in bodies] == bodies

    run(scenario)


def test_files_and_memory_never_interleave_for_a_slow_reader(run):
    async def scenario(rig):
        content = os.urandom(9_000_000)
        rig.file.write(content)
        rig.file.flush()
        reader, writer = await rig.connect(receive_buffer=8192)
        bodies = [b"f" * 8, b"1" * 50_000, b"f" * 8, b"2" * 9, b"3" * 9]
        writer.write(b"".join(map(reply, bodies)))
        await asyncio.sleep(0.1)
        got = [await answer(reader) for _ in bodies]
        assert got == [content, bodies[1], content, bodies[3], bodies[4]]

    run(scenario)


def test_the_transport_path_sends_the_same(run, monkeypatch):
    """What TLS connections go through, without TLS."""
    monkeypatch.setattr(
        "engine.net.connection.DirectOutput",
        lambda loop, fd, resumed: TransportOutput(resumed.__self__._transport),
    )

    async def scenario(rig):
        content = os.urandom(5_000_000)
        rig.file.write(content)
        rig.file.flush()
        reader, writer = await rig.connect(receive_buffer=8192)
        bodies = [b"f" * 8, b"1" * 500_000, b"f" * 8, b"2" * 9]
        writer.write(b"".join(map(reply, bodies)))
        await asyncio.sleep(0.1)
        assert [await answer(reader) for _ in bodies] == [content, bodies[1], content, bodies[3]]

    run(scenario)


def test_tls(run, tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    pem = tmp_path / "server.pem"
    arguments = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    arguments += [
        "-subj",
        "/CN=localhost",
        "-days",
        "2",
        "-keyout",
        str(pem),
        "-out",
        str(tmp_path / "cert.pem"),
    ]
    subprocess.run([openssl, *arguments], check=True, capture_output=True)
    pem.write_text(pem.read_text() + (tmp_path / "cert.pem").read_text())
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(pem)
    client_side = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    client_side.check_hostname = False

    async def scenario(rig):
        content = os.urandom(3_000_000)
        rig.file.write(content)
        rig.file.flush()
        listener = Listener(name="tls", host="127.0.0.1", port=0, tls=server_side)
        await rig.server.start([listener])
        reader, writer = await asyncio.open_connection(*rig.server.addresses["tls"], ssl=client_side)
        rig.clients.append((reader, writer))
        bodies = [b"f" * 8, b"1" * 200_000, b"f" * 8, b"2" * 9]
        writer.write(b"".join(map(reply, bodies)))
        assert [await answer(reader) for _ in bodies] == [content, bodies[1], content, bodies[3]]

    run(scenario)


def test_requests_beyond_the_in_flight_bound_wait_unread(run):
    async def scenario(rig):
        reader, writer = await rig.connect()
        writer.write(b"".join(reply(b"h%07d" % number) for number in range(50)))
        await until(lambda: len(rig.held) >= 8)
        await asyncio.sleep(0.05)
        assert len(rig.held) == 8
        while len(rig.held) < 50:
            for exchange, frame in rig.held:
                exchange.respond((reply(bytes(frame)),))
            await asyncio.sleep(0.001)
        for exchange, frame in rig.held:
            exchange.respond((reply(bytes(frame)),))
        assert [await answer(reader) for _ in range(50)] == [b"h%07d" % number for number in range(50)]

    run(scenario, in_flight_max=8)


def test_memory_is_shared_and_the_next_in_line_goes_on_when_it_is_free(run):
    async def scenario(rig):
        first, first_writer = await rig.connect()
        second, second_writer = await rig.connect()
        first_writer.write(reply(b"h" * 90_000))
        await until(lambda: rig.held)
        second_writer.write(reply(b"2" * 50_000))
        await until(lambda: rig.shared.budget.pressed)
        exchange, frame = rig.held[0]
        exchange.respond((reply(bytes(frame)),))
        assert len(await answer(first)) == 90_000
        assert len(await answer(second)) == 50_000

    run(scenario, memory_bytes_max=100_000, request_bytes_max=95_000)


def test_a_half_frame_is_evicted_when_others_need_its_memory(run):
    async def scenario(rig):
        slow, slow_writer = await rig.connect()
        slow_writer.write(struct.pack(">i", 90_000) + b"x" * 10)
        await until(lambda: rig.shared.budget.used_bytes >= 90_000)
        reader, writer = await rig.connect()
        writer.write(reply(b"2" * 50_000))
        await until(lambda: rig.shared.budget.pressed)
        rig.seconds_pass(6)
        assert await closed(slow)
        assert len(await answer(reader)) == 50_000

    run(scenario, memory_bytes_max=100_000, request_bytes_max=95_000)


@pytest.mark.parametrize(
    "sent", [struct.pack(">i", 1 << 30), b"\xff" * 64, b"GET / HTTP/1.1\r\n\r\n", struct.pack(">i", 0) * 4]
)
def test_impossible_frames_close_the_connection(run, sent):
    async def scenario(rig):
        reader, writer = await rig.connect()
        writer.write(reply(b"1" * 8) + sent)
        assert await answer(reader) == b"1" * 8
        assert await closed(reader)
        assert rig.shared.close_log.closed_for_cause == 1
        assert rig.shared.budget.used_bytes == 0

    run(scenario)


def test_half_a_frame_then_close_gives_everything_back(run):
    async def scenario(rig):
        _, writer = await rig.connect()
        writer.write(reply(b"h" * 8) + struct.pack(">i", 1000) + b"half")
        await until(lambda: rig.held)
        assert rig.shared.budget.used_bytes == 1008
        writer.close()
        await until(lambda: not rig.server.connections)
        assert rig.shared.budget.used_bytes == 0
        rig.held[0][0].respond((b"late",))

    run(scenario)


def test_silent_readers_are_closed_and_do_not_hold_up_others(run):
    async def scenario(rig):
        content = os.urandom(20_000_000)
        rig.file.write(content)
        rig.file.flush()
        _, deaf_writer = await rig.connect(receive_buffer=4096)
        deaf_writer.write(reply(b"f" * 8) * 20)
        reader, writer = await rig.connect()
        writer.write(reply(b"1" * 8))
        assert await answer(reader) == b"1" * 8
        await until(lambda: any(connection._output.blocked for connection in rig.server.connections))
        rig.seconds_pass(61)
        await until(lambda: len(rig.server.connections) == 1)
        writer.write(reply(b"2" * 8))
        assert await answer(reader) == b"2" * 8

    run(scenario)


def test_idle_connections_are_closed_and_busy_ones_are_not(run):
    async def scenario(rig):
        idle, _ = await rig.connect()
        busy, busy_writer = await rig.connect()
        busy_writer.write(reply(b"h" * 8))
        await until(lambda: rig.held)
        rig.seconds_pass(601)
        assert await closed(idle)
        rig.held[0][0].respond((reply(b"late"),))
        assert await answer(busy) == b"late"

    run(scenario)


def test_connection_caps(run):
    async def scenario(rig):
        first, first_writer = await rig.connect()
        first_writer.write(reply(b"1" * 8))
        assert await answer(first) == b"1" * 8
        second, _ = await rig.connect()
        assert await closed(second)
        assert rig.server.refused_total == 1

    run(scenario, connections_per_ip_max=1)


def test_drain_answers_what_is_in_flight(run):
    async def scenario(rig):
        reader, writer = await rig.connect()
        idle, _ = await rig.connect()
        writer.write(reply(b"h" * 8))
        await until(lambda: rig.held)
        draining = asyncio.ensure_future(rig.server.drain(5))
        assert await closed(idle)
        rig.held[0][0].respond((reply(b"done"),))
        assert await answer(reader) == b"done"
        assert await closed(reader)
        await draining
        with pytest.raises(OSError, match=r".*"):
            await asyncio.open_connection(*rig.server.addresses["l"])

    run(scenario)


def test_a_listener_that_cannot_open_is_named(run):
    async def scenario(rig):
        port = rig.server.addresses["l"][1]
        other = Server(rig.shared, Echo)
        with pytest.raises(OSError, match=rf"listener outside cannot open 127.0.0.1:{port}"):
            await other.start([Listener(name="outside", host="127.0.0.1", port=port)])

    run(scenario)
