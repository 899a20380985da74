"""Nodes with a real storage and driver each, in one process, over the in-memory network or over loopback sockets."""

import asyncio
from uuid import UUID

import pytest

from engine.base.clock import SystemClock
from engine.model.ids import TopicPartition
from engine.model.topic_config import TopicConfig
from engine.raft.config import RaftConfig
from engine.raft.driver import GroupManager
from engine.raft.ports import DriverConfig
from engine.rpc.config import RpcConfig
from engine.rpc.hello import Identity
from engine.rpc.network import RpcNetwork
from engine.storage.config import StorageConfig
from engine.storage.storage import Storage
from engine.wire.batch_header import parse_header
from engine.wire.records import build_batch, iter_records
from tests.support.memory_network import MemoryHub

DRIVER = DriverConfig(
    tick_ms=10,
    raft=RaftConfig(
        election_ticks=12, heartbeat_ticks=2, quiet_ticks=15, append_bytes_max=2000, tail_runs_max=16
    ),
)
FAST_RPC = RpcConfig(backoff_min_ms=1, backoff_max_ms=20)


class Owner:
    """What a group tells its owner, written down."""

    def __init__(self):
        self.events = []
        self.high_watermark = 0
        self.durable = 0
        self.appended = []
        self.leads = None
        self.error = None

    def group_committed(self, high_watermark):
        assert high_watermark > self.high_watermark
        self.high_watermark = high_watermark

    def group_durable(self, offset):
        self.durable = offset

    def group_appended(self, header):
        self.appended.append(header.base_offset)

    def group_cut(self, end_offset):
        assert end_offset >= self.high_watermark
        self.events.append(("cut", end_offset))

    def group_reset(self, start_offset):
        self.events.append(("reset", start_offset))

    def group_leads(self, term):
        assert self.leads is None
        self.leads = term
        self.events.append(("leads", term))

    def group_resigned(self):
        assert self.leads is not None
        self.leads = None
        self.events.append(("resigned",))

    def group_leader_changed(self, leader, term):
        pass

    def group_failed(self, error):
        self.error = error


class Node:
    def __init__(self, world, node_id):
        self.world = world
        self.node_id = node_id
        self.directory = None if world.directory is None else world.directory / str(node_id)
        self.disk = None
        self.owners = {}

    async def start(self):
        self.storage = await Storage.open(
            self.directory,
            config=self.world.storage_config,
            clock=SystemClock(),
            loop=asyncio.get_running_loop(),
            disk=self.disk,
            topic_config=lambda partition: TopicConfig(segment_bytes=20_000),
        )
        self.network = await self.world.network(self.node_id)
        self.manager = GroupManager(
            node=self.node_id,
            storage=self.storage,
            network=self.network,
            loop=asyncio.get_running_loop(),
            config=self.world.driver,
        )
        self.network.on_up.append(self.manager.node_back)
        self.network.on_down.append(self.manager.node_lost)
        self.manager.start()

    async def open(self, group_id=1, voters=(1, 2, 3), learners=()):
        log = self.storage.logs.get(group_id)
        if log is None:
            log = self.storage.create_log(
                group_id, TopicPartition("t", group_id), TopicConfig(segment_bytes=20_000)
            )
        owner = self.owners[group_id] = Owner()
        owner.high_watermark = log.start_offset
        return await self.manager.open(log, owner, voters=voters, learners=learners)

    def group(self, group_id=1):
        return self.manager.groups[group_id]

    async def stop(self):
        """In order."""
        await self.manager.close()
        await self.world.disconnect(self.node_id)
        await self.storage.close()

    async def kill(self):
        """As kill -9 does, as far as one process can: nothing more is sent, written or heard."""
        await self.world.disconnect(self.node_id)
        self.manager.outbox.add = lambda *args: None
        await self.manager.close()
        for log in self.storage.logs.values():
            self.storage.drop_queued(log)
            log.take_snapshot = None
        self.storage._close_clean = _not_clean
        await self.storage.close()

    def append(self, *values, group_id=1):
        """Append on the leader; the offset behind it."""
        group = self.group(group_id)
        batch = build_batch(
            [(None, value) for value in values], base_offset=group.log.end_offset, leader_epoch=group.term
        )
        assert group.refusal(len(batch)) is None
        header = parse_header(batch)
        group.append(batch, header)
        return header.next_offset

    def values(self, group_id=1, upto=None, start=0):
        """(offset, value) of every committed record from `start` on."""
        group = self.group(group_id)
        log = group.log
        found = []
        if start > log.end_offset:  # emptied, to begin anew further on
            return found
        for _, batch in log.batches(
            max(start, log.start_offset), group.high_watermark if upto is None else upto
        ):
            found.extend((one.offset, one.value) for one in iter_records(batch) if one.offset >= start)
        return found


async def _not_clean():
    return False


class World:
    def __init__(self, directory, *, sockets=False, driver=DRIVER, storage_config=None):
        self.directory = directory
        self.driver = driver
        self.storage_config = storage_config or StorageConfig(compaction_in_process=False)
        self.sockets = sockets
        self.hub = None
        self.nodes = {}
        self.networks = {}

    async def network(self, node_id):
        if not self.sockets:
            if self.hub is None:
                self.hub = MemoryHub()
            return self.hub.node(node_id)
        network = RpcNetwork(
            asyncio.get_running_loop(),
            identity=Identity(node_id=node_id, cluster_uuid=UUID(int=9)),
            config=FAST_RPC,
        )
        await network.start("127.0.0.1", 0)
        for other_id, other in self.networks.items():
            other.set_peer(node_id, *network.address)
            network.set_peer(other_id, *other.address)
        self.networks[node_id] = network
        return network

    async def disconnect(self, node_id):
        if self.sockets:
            await self.networks.pop(node_id).close()
        else:
            self.hub.kill(node_id)

    async def start(self, *node_ids):
        for node_id in node_ids:
            node = self.nodes[node_id] = Node(self, node_id)
            await node.start()
        return [self.nodes[node_id] for node_id in node_ids]

    async def three(self):
        """Three nodes with group 1, and its leader first."""
        nodes = await self.start(1, 2, 3)
        for node in nodes:
            await node.open()
        leader = await self.leader()
        return [leader, *(node for node in nodes if node is not leader)]

    async def leader(self, group_id=1, among=None):
        def found():
            return [
                node
                for node in (among or self.nodes.values())
                if group_id in node.manager.groups and node.group(group_id).leads
            ]

        await until(lambda: len(found()) == 1, "one leader")
        return found()[0]

    async def stop(self):
        for node in list(self.nodes.values()):
            await node.stop()


async def until(condition, what="it", seconds=10.0):
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"waited {seconds} s for {what}"
        await asyncio.sleep(0.002)


@pytest.fixture(params=["memory", "sockets"])
def with_world(request, tmp_path):
    def run(scenario, **kwargs):
        async def main():
            world = World(tmp_path, sockets=request.param == "sockets", **kwargs)
            try:
                await asyncio.wait_for(scenario(world), 60)
            finally:
                await world.stop()

        asyncio.run(main())

    return run


@pytest.fixture
def in_memory(tmp_path):
    def run(scenario, **kwargs):
        async def main():
            world = World(tmp_path, **kwargs)
            try:
                await asyncio.wait_for(scenario(world), 60)
            finally:
                await world.stop()

        asyncio.run(main())

    return run


@pytest.fixture
def waiting():
    return until
