"""Disks that fill, fail and lose power under groups: what was committed stays, and the rest heals."""

import asyncio
import errno
import logging
import random
from pathlib import PurePosixPath

import pytest

from engine.base.errors import OperatingError
from engine.raft.config import RaftConfig
from engine.raft.ports import DriverConfig
from engine.storage.config import StorageConfig
from engine.storage.errors import StorageFailed
from tests.engine.raft.conftest import Node, World, until
from tests.engine.storage.conftest import SimulatedDisk

STORAGE = StorageConfig(
    wal_first_file_bytes=4096,
    wal_file_bytes=8192,
    wal_files_max=3,
    direct_write_bytes=2000,
    compaction_in_process=False,
    free_bytes_poll_ms=20,
    checkpoint_interval_ms=50,
    close_timeout_ms=1000,
    wal_space_timeout_ms=200,
)
DRIVER = DriverConfig(
    tick_ms=10,
    raft=RaftConfig(
        election_ticks=12, heartbeat_ticks=2, quiet_ticks=15, append_bytes_max=600, tail_runs_max=8
    ),
    recent_group_bytes_max=2000,
)


@pytest.fixture(autouse=True)
def quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


class DiskNode(Node):
    """A node on a disk in memory."""

    def __init__(self, world, node_id, disk):
        super().__init__(world, node_id)
        self.directory = PurePosixPath("/data")
        self.disk = disk


class DiskWorld(World):
    def __init__(self, seed=0):
        super().__init__(None, driver=DRIVER, storage_config=STORAGE)
        self.random = random.Random(seed)

    async def up(self, node_id, disk):
        """Start a node with group 1; None when its power goes again at once."""
        node = DiskNode(self, node_id, disk)
        try:
            await node.start()
            await node.open()
        except OSError:
            if hasattr(node, "manager"):
                await node.kill()
            return None
        self.nodes[node_id] = node
        return node

    async def down(self, node_id, *, kill_only=False):
        """Cut a node's power; its disk as the next start finds it."""
        node = self.nodes.pop(node_id)
        after = node.disk.crash(kill_only)
        await node.kill()
        return after


def in_disk_world(scenario, seed=0):
    async def main():
        world = DiskWorld(seed)
        asyncio.get_running_loop().set_exception_handler(world_broke := Broke())
        try:
            await asyncio.wait_for(scenario(world), 100)
        finally:
            for node in list(world.nodes.values()):
                await node.kill()
        assert not world_broke.errors

    asyncio.run(main())


class Broke:
    """Collects what would have stopped the shard."""

    def __init__(self):
        self.errors = []

    def __call__(self, loop, context):
        error = context.get("exception")
        if error is not None and not isinstance(error, OperatingError | OSError):
            self.errors.append(context)


async def everyone_has(world, end):
    await until(
        lambda: all(node.owners[1].high_watermark == end for node in world.nodes.values()),
        f"all to have {end}",
        30,
    )


def append_some(world, sent, count):
    """On whoever leads; what was sent by offset and term."""
    for node in world.nodes.values():
        group = node.manager.groups.get(1)
        if group is None or not group.leads:
            continue
        for _ in range(count):
            value = b"%d:" % len(sent) + bytes(world.random.choice((5, 50, 700)))
            if group.refusal(1000) is not None:
                return
            try:
                node.append(value)
            except OperatingError:
                return
            sent.append(value)


def note_committed(world, committed):
    """Whatever any node calls committed is the same everywhere, for good."""
    for node in world.nodes.values():
        group = node.manager.groups.get(1)
        if group is None or group.error is not None:
            continue
        try:
            for offset, value in node.values():
                assert committed.setdefault(offset, value) == value
        except OSError:
            continue


@pytest.mark.parametrize("seed", range(6))
def test_power_cuts(seed):
    """Nodes lose power at any step of their disks, one at a time, while a leader takes records."""

    async def scenario(world):
        chance = world.random
        disks = {}
        for node_id in (1, 2, 3):
            await world.up(node_id, SimulatedDisk(seed * 10 + node_id))
        await world.leader()
        sent, committed = [], {}
        for _ in range(8):
            victim = chance.choice(sorted(world.nodes))
            world.nodes[victim].disk.steps_left = chance.randrange(1, 60)
            for _ in range(chance.randrange(5, 30)):
                append_some(world, sent, chance.randrange(1, 6))
                await asyncio.sleep(chance.choice((0, 0.001, 0.01)))
                note_committed(world, committed)
            disks[victim] = await world.down(victim, kill_only=chance.random() < 0.3)
            await asyncio.sleep(chance.choice((0, 0.3)))
            node = await world.up(victim, disks[victim])
            assert node is not None
            note_committed(world, committed)
        leader = await world.leader()
        end = leader.append(b"end")
        await everyone_has(world, end)
        note_committed(world, committed)
        logs = [node.values() for node in world.nodes.values()]
        assert logs[0] == logs[1] == logs[2]
        assert dict(logs[0]) == committed
        assert len(committed) > 30

    in_disk_world(scenario, seed)


@pytest.mark.parametrize("who", ["leader", "follower"])
def test_a_full_disk_refuses_and_heals(who):
    async def scenario(world):
        for node_id in (1, 2, 3):
            await world.up(node_id, SimulatedDisk(node_id))
        leader = await world.leader()
        sent, committed = [], {}
        full = leader if who == "leader" else next(n for n in world.nodes.values() if n is not leader)
        append_some(world, sent, 3)
        await until(lambda: leader.owners[1].high_watermark == 3)
        real = full.disk.write

        def no_space(handle, buffers, position):
            raise OSError(errno.ENOSPC, "no space")

        full.disk.write = no_space
        for _ in range(30):
            append_some(world, sent, 2)
            await asyncio.sleep(0.02)
            note_committed(world, committed)
        full.disk.write = real
        full.disk.space = 1 << 40

        def heals():
            append_some(world, sent, 1)
            return full.owners[1].high_watermark >= 4 and full.manager.groups[1].error is None

        await until(heals, "space again")
        leader = await world.leader()
        end = leader.append(b"end")
        await everyone_has(world, end)
        note_committed(world, committed)
        assert len({tuple(node.values()) for node in world.nodes.values()}) == 1

    in_disk_world(scenario)


def test_a_failed_disk_takes_its_replica_out():
    async def scenario(world):
        for node_id in (1, 2, 3):
            await world.up(node_id, SimulatedDisk(node_id))
        leader = await world.leader()
        sent = []
        append_some(world, sent, 3)
        await until(lambda: leader.owners[1].high_watermark == 3)

        def broken(handle, buffers, position):
            raise OSError(errno.EIO, "broken")

        leader.disk.write = leader.disk.write_durable = broken
        leader.append(b"lost")
        await until(lambda: leader.owners[1].error is not None)
        assert leader.owners[1].leads is None
        others = [node for node in world.nodes.values() if node is not leader]
        second = await world.leader(among=others)
        end = second.append(b"kept")
        await until(lambda: second.owners[1].high_watermark == end)
        assert [value for _, value in second.values()][-1] == b"kept"

    in_disk_world(scenario)


def test_records_the_disk_refused_are_written_again():
    """Votes and marks fail once: the replica is silent until they are written, then goes on."""

    async def scenario(world):
        for node_id in (1, 2, 3):
            await world.up(node_id, SimulatedDisk(node_id))
        leader = await world.leader()
        end = leader.append(b"one")
        await everyone_has(world, end)
        follower = next(node for node in world.nodes.values() if node is not leader)
        real = follower.disk.write_durable

        def broken(handle, buffers, position):
            raise OSError(errno.EIO, "broken")

        follower.disk.write_durable = broken
        follower.group().campaign()  # a vote for itself in a new term, if the others let it
        world.hub.cut({leader.node_id}, {n.node_id for n in world.nodes.values() if n is not leader})
        await asyncio.sleep(0.5)
        assert not follower.group().leads
        follower.disk.write_durable = real
        world.hub.heal()
        leader = await world.leader()
        await until(lambda: leader.group().refusal(10) is None)
        end = leader.append(b"two")
        await everyone_has(world, end)

    in_disk_world(scenario)


def test_a_quiet_leader_whose_disk_fails_makes_room():
    async def scenario(world):
        for node_id in (1, 2, 3):
            await world.up(node_id, SimulatedDisk(node_id))
        leader = await world.leader()
        end = leader.append(b"one")
        await everyone_has(world, end)
        await until(lambda: all(node.group().core.is_quiet for node in world.nodes.values()), "quiet")
        leader.storage.fail(leader.group().log, StorageFailed("a checkpoint could not be written"))
        others = [node for node in world.nodes.values() if node is not leader]
        second = await world.leader(among=others)
        end = second.append(b"two")
        await until(lambda: second.owners[1].high_watermark == end)
        await until(lambda: not leader.manager.abdicating)

    in_disk_world(scenario)
