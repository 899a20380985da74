"""Brokers that call each other over loopback sockets."""

import asyncio
import contextlib
import socket
from uuid import UUID

import pytest

from engine.base.errors import OperatingError
from engine.rpc.config import RpcConfig
from engine.rpc.errors import (
    CallRefused,
    CallTimeout,
    HelloRefused,
    PeerUnknown,
    PeerUnreachable,
    Refusal,
    RemoteError,
)
from engine.rpc.frame import Kind, encode_frame
from engine.rpc.hello import Identity
from engine.rpc.network import RpcNetwork
from tests.support.waiting import WAIT_SECONDS_MAX, until

CLUSTER = UUID(int=77)
FAST = RpcConfig(connect_timeout_ms=500, backoff_min_ms=1, backoff_max_ms=20, ping_ms=50, silence_ms=600)


class Cluster:
    def __init__(self):
        self.nodes = {}

    async def add(self, node_id, *, config=FAST, cluster=CLUSTER, port=0, admit=None):
        loop = asyncio.get_running_loop()
        node = RpcNetwork(
            loop, identity=Identity(node_id=node_id, cluster_uuid=cluster), config=config, admit=admit
        )
        await node.start("127.0.0.1", port)
        self.nodes[node_id] = node
        return node

    async def pair(self, **kwargs):
        one, two = await self.add(1, **kwargs), await self.add(2, **kwargs)
        one.set_peer(2, *two.address)
        return one, two

    async def close(self):
        for node in self.nodes.values():
            await node.close()


def run(scenario):
    async def main():
        cluster = Cluster()
        try:
            await asyncio.wait_for(scenario(cluster), WAIT_SECONDS_MAX)
        finally:
            await cluster.close()

    asyncio.run(main())


def test_messages_and_calls():
    async def scenario(cluster):
        one, two = await cluster.pair()
        got = []
        two.on_message(5, lambda node, payload: got.append((node, bytes(payload))))

        async def double(node, payload):
            return (payload, payload)

        two.on_request(6, double)
        assert bytes(await one.call(2, 6, (b"ab", b"c"), timeout_ms=2000)) == b"abcabc"
        assert all(one.send(2, 5, (b"m%d" % number,)) for number in range(300))
        assert one.send(2, 99, (b"of a later release",))
        await until(lambda: len(got) == 300)
        assert got == [(1, b"m%d" % number) for number in range(300)]
        big = bytes(3 << 20)
        assert len(await one.call(2, 6, (big,), timeout_ms=60_000)) == 6 << 20

    run(scenario)


def test_answers_come_in_any_order():
    async def scenario(cluster):
        one, two = await cluster.pair()
        gate = asyncio.Event()

        async def wait(node, payload):
            if bytes(payload) == b"slow":
                await gate.wait()
            return (payload,)

        two.on_request(6, wait)
        slow = asyncio.ensure_future(one.call(2, 6, (b"slow",), timeout_ms=60_000))
        assert bytes(await one.call(2, 6, (b"fast",), timeout_ms=60_000)) == b"fast"
        gate.set()
        assert bytes(await slow) == b"slow"

    run(scenario)


def test_errors_of_calls():
    async def scenario(cluster):
        one, two = await cluster.pair()

        async def fail(node, payload):
            raise OperatingError("the disk is full")

        async def never(node, payload):
            await asyncio.sleep(60)
            return ()

        two.on_request(6, fail)
        two.on_request(7, never)
        with pytest.raises(RemoteError, match="the disk is full"):
            await one.call(2, 6, (), timeout_ms=2000)
        with pytest.raises(RemoteError, match="method 8 is not served"):
            await one.call(2, 8, (), timeout_ms=2000)
        with pytest.raises(CallTimeout):
            await one.call(2, 7, (), timeout_ms=20)
        with pytest.raises(PeerUnknown):
            await one.call(9, 7, (), timeout_ms=20)
        waiting = asyncio.ensure_future(one.call(2, 7, (), timeout_ms=60_000))
        await asyncio.sleep(0.01)
        await two.close()
        with pytest.raises(PeerUnreachable):
            await waiting

    run(scenario)


def test_a_handler_with_a_defect_answers_and_is_reported():
    async def scenario(cluster):
        one, two = await cluster.pair()
        seen = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: seen.append(context))

        async def defect(node, payload):
            raise ZeroDivisionError

        two.on_request(6, defect)
        with pytest.raises(RemoteError, match="defect"):
            await one.call(2, 6, (), timeout_ms=2000)
        import gc

        gc.collect()
        await until(lambda: seen)

    run(scenario)


def test_a_peer_that_comes_later_and_again():
    async def scenario(cluster):
        one = await cluster.add(1)
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            port = held.getsockname()[1]
        ups, downs = [], []
        one.on_up.append(ups.append)
        one.on_down.append(downs.append)
        one.set_peer(2, "127.0.0.1", port)
        assert not one.send(2, 5, (b"dropped",))

        async def echo(node, payload):
            return (payload,)

        early = asyncio.ensure_future(one.call(2, 6, (b"early",), timeout_ms=60_000))
        await asyncio.sleep(0.05)
        two = await cluster.add(2, port=port)
        two.on_request(6, echo)
        assert bytes(await early) == b"early"
        await two.close()
        await until(lambda: downs == [2])
        two = await cluster.add(2, port=port)
        two.on_request(6, echo)
        assert bytes(await one.call(2, 6, (b"again",), timeout_ms=60_000)) == b"again"
        assert ups == [2, 2]
        one.remove_peer(2)
        assert not one.is_up(2)
        with pytest.raises(PeerUnknown):
            await one.call(2, 6, (), timeout_ms=100)

    run(scenario)


def test_refusals_reach_the_caller():
    async def scenario(cluster):
        one = await cluster.add(1)
        other = await cluster.add(3, cluster=UUID(int=5))
        closed = await cluster.add(4, admit=lambda hello: f"node {hello.identity.node_id} was decommissioned")
        one.set_peer(3, *other.address)
        with pytest.raises(HelloRefused, match="belongs to cluster") as found:
            await one.call(3, 6, (), timeout_ms=2000)
        assert found.value.code == Refusal.CLUSTER
        one.set_peer(2, *closed.address)
        with pytest.raises(HelloRefused, match="this is node 4"):
            await one.call(2, 6, (), timeout_ms=2000)
        with pytest.raises(HelloRefused, match="node 1 was decommissioned"):
            await one.call_address(*closed.address, 6, (), timeout_ms=2000)

    run(scenario)


def test_a_joiner_calls_an_address():
    async def scenario(cluster):
        two = await cluster.add(2)

        async def who(node, payload):
            return (b"%d" % node,)

        two.on_request(100, who)
        joiner = RpcNetwork(asyncio.get_running_loop(), identity=Identity(), config=FAST)
        assert bytes(await joiner.call_address(*two.address, 100, (), timeout_ms=2000)) == b"-1"
        with pytest.raises(CallTimeout, match=r"Connect call failed|refused"):
            await joiner.call_address("127.0.0.1", 1, 100, (), timeout_ms=100)
        await joiner.close()

    run(scenario)


def test_a_silent_peer_is_given_up():
    async def scenario(cluster):
        one = await cluster.add(1)
        hello, over = asyncio.Event(), asyncio.Event()

        async def mute(reader, writer):
            await reader.read(10)
            hello.set()
            await over.wait()
            writer.close()

        server = await asyncio.start_server(mute, "127.0.0.1", 0)
        one.set_peer(2, *server.sockets[0].getsockname())
        await hello.wait()
        await until(lambda: one.peers()[2].refused is not None)
        assert "no answer to the hello" in str(one.peers()[2].refused)
        over.set()
        server.close()
        await asyncio.sleep(0.01)

    run(scenario)


def test_quiet_connections_stay():
    async def scenario(cluster):
        one, _two = await cluster.pair()
        await until(lambda: one.is_up(2))
        downs = []
        one.on_down.append(downs.append)
        await asyncio.sleep(1.5)
        assert one.is_up(2)
        assert not downs

    run(scenario)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        bytes(30),
        b"".join(encode_frame(Kind.MESSAGE, 5, 0, (b"no hello",))),
        b"".join(encode_frame(Kind.HELLO, 0, 0, (b"short",))),
        b"\x7f\xff\xff\xff" + bytes(30),
    ],
)
def test_strangers_are_cut_off(data):
    async def scenario(cluster):
        two = await cluster.add(2)
        reader, writer = await asyncio.open_connection(*two.address)
        writer.write(data)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()

    run(scenario)


def test_queues_are_bounded():
    async def scenario(cluster):
        small = RpcConfig(queued_bytes_max=100_000, calls_max=3)
        one, two = await cluster.pair(config=small)

        async def never(node, payload):
            await asyncio.sleep(60)
            return ()

        two.on_request(7, never)
        await until(lambda: one.is_up(2))
        sent = [
            one.send(2, 5, (bytes(60_000),)) for _ in range(4)
        ]  # nothing leaves within one turn of the loop
        assert sent == [True, True, False, False]
        assert one.peers()[2].dropped == 2
        await asyncio.sleep(0.05)
        calls = [asyncio.ensure_future(one.call(2, 7, (), timeout_ms=3000)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(CallRefused):
            await one.call(2, 7, (), timeout_ms=100)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    run(scenario)
