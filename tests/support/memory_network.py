"""Brokers of one process that call each other without sockets: messages can be cut, lost and delayed at will."""

import asyncio
import random

from engine.base.errors import OperatingError
from engine.rpc.errors import CallTimeout, PeerUnknown, PeerUnreachable, RemoteError


class MemoryHub:
    """All nodes. `cut` stops traffic between two (both ways), `loss` is the share of messages lost, `delay_s` their way."""

    def __init__(self, loop=None, seed=0):
        self.loop = loop or asyncio.get_running_loop()
        self.random = random.Random(seed)
        self.nodes = {}
        self.cuts = set()
        self.loss = 0.0
        self.delay_s = (0.0, 0.0)
        self.tasks = set()

    def node(self, node_id):
        """The network of one node; a node that starts again gets a fresh one."""
        network = self.nodes[node_id] = MemoryNetwork(self, node_id)
        return network

    def kill(self, node_id):
        """Nothing goes to the node or comes from it; those connected to it notice."""
        self.nodes.pop(node_id, None)
        for network in self.nodes.values():
            for listener in network.on_down:
                listener(node_id)

    def cut(self, *groups):
        """Only nodes within one of `groups` hear each other."""
        self.cuts = {
            (a, b) for one in groups for other in groups if one is not other for a in one for b in other
        }

    def heal(self):
        self.cuts = set()

    def passes(self, sender, to):
        return sender in self.nodes and to in self.nodes and (sender, to) not in self.cuts

    def deliver(self, sender, to, method, data):
        if self.random.random() < self.loss:
            return
        low, high = self.delay_s
        self.loop.call_later(self.random.uniform(low, high), self._arrive, sender, to, method, data)

    def _arrive(self, sender, to, method, data):
        if not self.passes(sender.node_id, to) or self.nodes.get(sender.node_id) is not sender:
            return
        handler = self.nodes[to].messages.get(method)
        if handler is not None:
            handler(sender.node_id, memoryview(bytearray(data)))


class MemoryNetwork:
    """`engine.rpc.network.Network` in memory."""

    def __init__(self, hub, node_id):
        self.hub = hub
        self.node_id = node_id
        self.messages = {}
        self.requests = {}
        self.on_up = []
        self.on_down = []
        self.sent_frames = 0
        self.sent_bytes = 0

    def send(self, node_id, method, payload):
        if not self.hub.passes(self.node_id, node_id):
            return False
        data = b"".join(payload)
        self.sent_frames += 1
        self.sent_bytes += len(data)
        self.hub.deliver(self, node_id, int(method), data)
        return True

    async def call(self, node_id, method, payload, *, timeout_ms):
        other = self.hub.nodes.get(node_id)
        if other is None:
            raise PeerUnknown(f"no address is known for node {node_id}")
        if not self.hub.passes(self.node_id, node_id):
            await asyncio.sleep(timeout_ms / 1000)
            raise CallTimeout(f"node {node_id} did not answer")
        handler = other.requests.get(int(method))
        if handler is None:
            raise RemoteError(f"method {method} is not served here")
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                answer = await handler(self.node_id, memoryview(b"".join(payload)))
        except TimeoutError:
            raise CallTimeout(f"node {node_id} did not answer") from None
        except OperatingError as error:
            raise RemoteError(str(error)) from error
        if not self.hub.passes(node_id, self.node_id):
            raise PeerUnreachable(f"node {node_id} is cut off")
        return memoryview(b"".join(answer))

    def on_message(self, method, handler):
        self.messages[int(method)] = handler

    def on_request(self, method, handler):
        self.requests[int(method)] = handler
