"""The real driver and storage in a world where time, network and disk are made up: one seed is one run."""

import asyncio
import contextlib
import logging
import random
from pathlib import PurePosixPath

import pytest

from engine.base.errors import OperatingError
from engine.model.ids import TopicPartition
from engine.model.topic_config import TopicConfig
from engine.raft.driver import GroupManager
from engine.storage.storage import Storage
from tests.engine.raft.conftest import Node, Owner
from tests.engine.raft.test_failures import DRIVER, STORAGE
from tests.engine.storage.conftest import SimulatedDisk
from tests.support.memory_network import MemoryHub
from tests.support.virtual_time import LoopFlusher, VirtualClock, run_virtually


@pytest.fixture(autouse=True)
def quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


class VirtualNode(Node):
    def __init__(self, hub, loop, node_id, disk, seed):
        self.hub, self.loop, self.node_id, self.disk, self.seed = hub, loop, node_id, disk, seed
        self.owners = {}
        self.checked = 0

    async def start(self):
        self.storage = await Storage.open(
            PurePosixPath("/data"),
            config=STORAGE,
            clock=VirtualClock(self.loop),
            loop=self.loop,
            disk=self.disk,
            topic_config=lambda partition: TopicConfig(segment_bytes=20_000),
            flusher=LoopFlusher,
        )
        self.manager = GroupManager(
            node=self.node_id,
            storage=self.storage,
            network=self.hub.node(self.node_id),
            loop=self.loop,
            config=DRIVER,
            randomness=random.Random(self.seed),
        )
        self.manager.start()
        log = self.storage.logs.get(1) or self.storage.create_log(
            1, TopicPartition("t", 1), TopicConfig(segment_bytes=20_000)
        )
        owner = self.owners[1] = Owner()
        owner.high_watermark = log.start_offset
        await self.manager.open(log, owner, voters=(1, 2, 3))

    async def lose_power(self):
        disk = self.disk.crash()
        self.hub.kill(self.node_id)
        self.manager.outbox.add = lambda *args: None
        await self.manager.close()
        await self.storage.close()
        return disk


async def trim(group, chance):
    with contextlib.suppress(OperatingError, OSError):
        await group.log.trim_prefix(chance.randrange(group.log.start_offset, group.high_watermark + 1))


def one_run(seed):
    """Trace of a run: what was committed, who led, when; and the safety checks on the way."""

    async def main(loop):
        chance = random.Random(seed)
        hub = MemoryHub(loop, seed)
        hub.delay_s = (0.0, 0.01)
        hub.loss = chance.choice((0.0, 0.05))
        nodes = {}
        for node_id in (1, 2, 3):
            node = nodes[node_id] = VirtualNode(
                hub, loop, node_id, SimulatedDisk(seed * 10 + node_id), chance.random()
            )
            await node.start()
        committed, trace, trims, sent = {}, [], [], 0
        for step in range(250):
            await asyncio.sleep(chance.choice((0.001, 0.01, 0.05)))
            for node in nodes.values():
                group = node.manager.groups.get(1)
                if group is not None and group.leads and group.refusal(800) is None:
                    for _ in range(chance.randrange(4)):
                        node.append(b"%d:" % sent + bytes(chance.choice((5, 700))))
                        sent += 1
                if group is not None and group.error is None:
                    for offset, value in node.values(start=node.checked):
                        assert committed.setdefault(offset, value) == value
                        node.checked = offset + 1
            event = chance.random()
            victim = chance.choice((1, 2, 3))
            if event < 0.03:
                hub.cut({victim}, {1, 2, 3} - {victim})
            elif event < 0.06:
                hub.heal()
            elif event < 0.09:
                disk = await nodes[victim].lose_power()
                node = nodes[victim] = VirtualNode(hub, loop, victim, disk, chance.random())
                await node.start()
            elif event < 0.13:
                for node in nodes.values():
                    group = node.manager.groups.get(1)
                    if group is not None and group.leads and group.high_watermark > group.log.start_offset:
                        trims.append(asyncio.ensure_future(trim(group, chance)))
            trace.append(
                (step, round(loop.time(), 6), len(committed), [n.group().term for n in nodes.values()])
            )
        hub.heal()
        hub.loss = 0.0

        for _ in range(200):  # a leader may not know yet that it is none
            for node in nodes.values():
                if node.group().leads and node.group().refusal(10) is None:
                    node.append(b"end")
            await asyncio.sleep(0.3)
            ends = {node.owners[1].high_watermark for node in nodes.values()}
            if len(ends) == 1 and ends == {node.group().log.end_offset for node in nodes.values()}:
                break
        else:
            raise AssertionError(f"no agreement, high watermarks are {ends}")
        logs = [n.values() for n in nodes.values()]
        for log in logs:
            assert all(committed.get(offset, value) == value for offset, value in log)
            assert [offset for offset, _ in log] == list(range(log[0][0], log[-1][0] + 1))
            assert log[-1][0] >= max(committed)
        last = min(len(log) for log in logs)
        assert logs[0][-last:] == logs[1][-last:] == logs[2][-last:]
        await asyncio.gather(*trims)
        trace.append((loop.time(), logs[0][-1][0], sent, [log[0][0] for log in logs]))
        for node in nodes.values():
            await node.lose_power()
        return trace

    return run_virtually(main, seed)


@pytest.mark.parametrize("seed", range(8))
def test_a_run_is_safe(seed):
    trace = one_run(seed)
    assert trace[-1][1] > 20


def test_one_seed_is_one_run():
    assert one_run(77) == one_run(77)
    assert one_run(77) != one_run(78)
