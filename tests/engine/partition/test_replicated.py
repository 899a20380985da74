"""Three replicas of a partition: who serves, what waits, what survives a change of leaders."""

import asyncio
from uuid import UUID

import pytest

from engine.base.clock import SystemClock
from engine.model.topic_config import TopicConfig
from engine.partition.delayed_fetch import FetchPurgatory, ParkedFetch
from engine.partition.manager import PartitionManager
from engine.partition.record_log import AppendFailed, AppendRefused, RecordLog
from engine.partition.timer_wheel import TimerWheel
from engine.raft.config import RaftConfig
from engine.raft.driver import GroupManager
from engine.raft.ports import DriverConfig
from engine.storage.config import StorageConfig
from engine.storage.storage import Storage
from engine.wire.error_codes import ErrorCode
from engine.wire.errors import RecordError
from engine.wire.records import build_batch
from tests.support.memory_network import MemoryHub

TOPIC_ID = UUID(int=7)
DRIVER = DriverConfig(tick_ms=10, raft=RaftConfig(election_ticks=12, heartbeat_ticks=2, quiet_ticks=15))


class Node:
    def __init__(self, cluster, node_id):
        self.cluster = cluster
        self.node_id = node_id
        self.led = []

    async def start(self):
        loop = asyncio.get_running_loop()
        self.storage = await Storage.open(
            self.cluster.directory / str(self.node_id),
            config=StorageConfig(compaction_in_process=False),
            clock=SystemClock(),
            loop=loop,
        )
        self.network = self.cluster.hub.node(self.node_id)
        self.groups = GroupManager(
            node=self.node_id, storage=self.storage, network=self.network, loop=loop, config=DRIVER
        )
        self.groups.start()
        self.manager = PartitionManager(self.storage, SystemClock(), self.groups)
        self.manager.on_leadership.append(lambda partition: self.led.append(partition.leads))
        self.partition = await self.open()

    async def open(self, voters=(1, 2, 3), topic="t", log_id=1):
        return await self.manager.open(
            topic,
            0,
            topic_id=TOPIC_ID,
            log_id=log_id,
            leader_epoch=0,
            config=TopicConfig(),
            voters=voters,
        )

    async def stop(self):
        self.cluster.hub.kill(self.node_id)
        await self.groups.close()
        self.manager.close()
        await self.storage.close()


class Cluster:
    def __init__(self, directory):
        self.directory = directory
        self.hub = MemoryHub()
        self.nodes = []

    async def start(self):
        self.nodes = [Node(self, node_id) for node_id in (1, 2, 3)]
        for node in self.nodes:
            await node.start()
        leader = await self.leader()
        return [leader, *(node for node in self.nodes if node is not leader)]

    async def leader(self, among=None):
        def leaders():
            return [node for node in among or self.nodes if node.manager.get("t", 0) is not None]

        await until(lambda: len(leaders()) == 1, "one leader")
        return leaders()[0]

    def cut_off(self, node):
        self.hub.cut({node.node_id}, {other.node_id for other in self.nodes if other is not node})


async def until(condition, what="it", seconds=60.0):
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"waited {seconds} s for {what}"
        await asyncio.sleep(0.002)


@pytest.fixture
def with_cluster(tmp_path):
    def run(scenario):
        async def main():
            cluster = Cluster(tmp_path)
            try:
                await asyncio.wait_for(scenario(cluster), 110)
            finally:
                for node in cluster.nodes:
                    await node.stop()

        asyncio.run(main())

    return run


def batch(value=b"v", *, producer_id=-1, sequence=-1, epoch=0):
    return build_batch(
        [(None, value)],
        producer_id=producer_id,
        producer_epoch=epoch if producer_id >= 0 else -1,
        base_sequence=sequence,
        timestamp_ms=SystemClock().wall_ms(),
    )


async def outcome(wait, offset):
    done = asyncio.get_running_loop().create_future()
    wait(offset, done.set_result)
    return await asyncio.wait_for(done, 60)


def test_only_the_leader_serves(with_cluster):
    async def scenario(cluster):
        leader, *others = await cluster.start()
        appended = leader.partition.append(batch())
        assert await outcome(leader.partition.when_committed, appended.next_offset) is ErrorCode.NONE
        assert leader.partition.leader_epoch == leader.partition.group.term
        assert leader.partition.list_offset(-1).offset == 1
        for node in others:
            assert node.manager.get("t", 0) is None
            assert node.manager.replica("t", 0) is node.partition
            assert node.manager.absence("t", 0) is ErrorCode.NOT_LEADER_OR_FOLLOWER
            assert node.manager.absence("u", 0) is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            with pytest.raises(RecordError) as refused:
                node.partition.append(batch())
            assert refused.value.code is ErrorCode.NOT_LEADER_OR_FOLLOWER
            answer = await outcome(node.partition.when_committed, 5)
            assert answer is ErrorCode.NOT_LEADER_OR_FOLLOWER
            await until(lambda node=node: node.partition.high_watermark == 1)
        assert leader.led == [True]

    with_cluster(scenario)


def test_a_cut_off_leader_does_not_commit_but_is_durable(with_cluster):
    async def scenario(cluster):
        leader, *others = await cluster.start()
        cluster.cut_off(leader)
        end = leader.partition.append(batch()).next_offset
        waiting = asyncio.ensure_future(outcome(leader.partition.when_committed, end))
        assert await outcome(leader.partition.when_durable, end) is ErrorCode.NONE
        assert leader.partition.high_watermark == 0
        await until(lambda: not leader.partition.leads)
        assert not waiting.done(), "it may be the next leader's too"
        second = await cluster.leader(among=others)
        end = second.partition.append(batch(b"second")).next_offset
        assert await outcome(second.partition.when_committed, end) is ErrorCode.NONE
        cluster.hub.heal()
        assert await waiting is ErrorCode.NOT_LEADER_OR_FOLLOWER
        await until(lambda: leader.partition.high_watermark == 1)
        assert leader.partition.read(0, 1000, 0).read() == second.partition.read(0, 1000, 0).read()
        assert leader.led == [True, False]

    with_cluster(scenario)


def test_idempotent_producers_survive_failover(with_cluster):
    async def scenario(cluster):
        leader, *others = await cluster.start()
        for sequence in range(8):
            end = leader.partition.append(
                batch(b"%d" % sequence, producer_id=9, sequence=sequence)
            ).next_offset
        assert await outcome(leader.partition.when_committed, end) is ErrorCode.NONE
        cluster.cut_off(leader)
        second = await cluster.leader(among=others)
        again = second.partition.append(batch(b"7", producer_id=9, sequence=7))
        assert (again.base_offset, again.next_offset) == (7, 8)
        fresh = second.partition.append(batch(b"8", producer_id=9, sequence=8))
        assert fresh.base_offset == 8
        with pytest.raises(RecordError) as refused:
            second.partition.append(batch(b"12", producer_id=9, sequence=12))
        assert refused.value.code is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER

    with_cluster(scenario)


def test_producers_are_known_again_after_a_cut(with_cluster):
    """Nine batches the majority never saw push the committed ones out of the window; the cut brings them back."""

    async def scenario(cluster):
        leader, *others = await cluster.start()
        for sequence in range(3):
            end = leader.partition.append(batch(producer_id=9, sequence=sequence)).next_offset
        await outcome(leader.partition.when_committed, end)
        await until(lambda: all(node.partition.high_watermark == 3 for node in cluster.nodes))
        cluster.cut_off(leader)
        for sequence in range(3, 12):
            leader.partition.append(batch(b"lost", producer_id=9, sequence=sequence))
        second = await cluster.leader(among=others)
        end = second.partition.append(batch(b"other")).next_offset
        await outcome(second.partition.when_committed, end)
        cluster.hub.heal()
        await until(lambda: leader.partition.high_watermark == 4)
        await until(lambda: second.partition.group.core.leading.progress[leader.node_id].durable.offset == 4)
        second.partition.group.transfer_leadership(leader.node_id)
        await cluster.leader(among=[leader])
        again = leader.partition.append(batch(producer_id=9, sequence=2))
        assert (again.base_offset, again.next_offset) == (2, 3)
        assert leader.partition.append(batch(producer_id=9, sequence=3)).base_offset == 4

    with_cluster(scenario)


class Fetch(ParkedFetch):
    def __init__(self):
        super().__init__()
        self.finished = asyncio.Event()

    def enough(self, partition):
        return False

    def finish(self):
        self.finished.set()


def test_waiting_fetches_are_answered_when_leadership_goes(with_cluster):
    async def scenario(cluster):
        leader, *_ = await cluster.start()
        loop = asyncio.get_running_loop()
        purgatory = FetchPurgatory(loop, TimerWheel(loop))
        fetch = Fetch()
        purgatory.park(fetch, [leader.partition], 60_000)
        cluster.cut_off(leader)
        await asyncio.wait_for(fetch.finished.wait(), 60)
        assert not leader.partition.leads

    with_cluster(scenario)


def test_a_partition_alone_gets_replicas(with_cluster):
    async def scenario(cluster):
        first, second, _ = await cluster.start()
        alone = await first.open(None, "u", 2)
        end = alone.append(batch(b"old", producer_id=9, sequence=0)).next_offset
        assert await outcome(alone.when_committed, end) is ErrorCode.NONE
        assert await first.open((first.node_id,), "u", 2) is alone
        assert first.manager.get("u", 0) is None
        await until(lambda: first.manager.get("u", 0) is alone)
        assert alone.high_watermark == 1
        other = await second.open((), "u", 2)
        alone.group.change_members(alone.group.configuration.adding_learner(second.node_id))
        await until(lambda: other.high_watermark == 1)
        again = alone.append(batch(b"old", producer_id=9, sequence=0))
        assert again.base_offset == 0
        await first.manager.delete("u", 0, 2)
        assert 2 not in first.groups.groups
        assert first.storage.key_value.items(2) == {}

    with_cluster(scenario)


def test_record_logs_are_followed(with_cluster):
    async def scenario(cluster):
        leader, *others = await cluster.start()
        loop = asyncio.get_running_loop()
        applied = {node.node_id: [] for node in cluster.nodes}
        resets = []
        logs = {}
        for node in cluster.nodes:
            log = logs[node.node_id] = RecordLog(node.partition, SystemClock(), loop)
            log.follow(
                lambda offset, key, value, timestamp, to=applied[node.node_id]: to.append(
                    (offset, key, value)
                ),
                lambda node=node: resets.append(node.node_id),
            )
        assert await logs[leader.node_id].append([(b"a", b"1"), (b"b", b"2")]) == 1
        assert applied[leader.node_id] == [(0, b"a", b"1"), (1, b"b", b"2")]
        assert await logs[leader.node_id].append([(b"c", None)]) == 2
        await until(lambda: all(len(records) == 3 for records in applied.values()))
        assert len({tuple(records) for records in applied.values()}) == 1
        assert [record[:3] for record in logs[others[0].node_id].replay()] == applied[leader.node_id]
        with pytest.raises(AppendRefused):
            await logs[others[0].node_id].append([(b"x", b"y")])
        cluster.cut_off(others[0])
        await logs[leader.node_id].append([(b"d", b"4")])
        await logs[leader.node_id].trim_prefix(3)
        leader.partition.group.recent.clear()
        cluster.hub.heal()
        await until(lambda: applied[others[0].node_id][-1] == (3, b"d", b"4"))
        cluster.cut_off(leader)
        with pytest.raises(AppendFailed):
            await logs[leader.node_id].append([(b"e", b"5")])
        second = await cluster.leader(among=others)
        assert await logs[second.node_id].append([(b"f", b"6")]) == 4
        cluster.hub.heal()
        await until(lambda: applied[leader.node_id][-1] == (4, b"f", b"6"))
        assert resets in ([], [others[0].node_id])

    with_cluster(scenario)
