"""Groups of real cores over real storage: appended, replicated, committed, failed over, caught up."""

import asyncio

from engine.model.ids import TopicPartition
from engine.model.topic_config import TopicConfig
from engine.raft.membership import Configuration
from engine.raft.ports import DriverConfig
from engine.wire.batch_header import parse_header
from engine.wire.records import build_batch


def test_records_reach_every_replica(with_world, waiting):
    async def scenario(world):
        nodes = await world.three()
        leader = nodes[0]
        assert leader.append(b"a", b"b") == 2
        for number in range(50):
            leader.append(b"%d" % number)
        await waiting(lambda: all(node.owners[1].high_watermark == 52 for node in nodes), "commit everywhere")
        expected = [(0, b"a"), (1, b"b"), *((2 + number, b"%d" % number) for number in range(50))]
        assert all(node.values() == expected for node in nodes)
        assert nodes[1].owners[1].appended[:3] == [0, 2, 3]
        assert leader.owners[1].leads == leader.group().term >= 0
        assert all(node.group().leader == leader.node_id for node in nodes)

    with_world(scenario)


def test_the_leader_dies_and_nothing_committed_is_lost(with_world, waiting):
    async def scenario(world):
        leader, *others = await world.three()
        end = 0
        for number in range(20):
            end = leader.append(b"%d" % number)
        await waiting(lambda: leader.owners[1].high_watermark == end)
        await leader.kill()
        del world.nodes[leader.node_id]
        second = await world.leader()
        assert second.values() == [(number, b"%d" % number) for number in range(20)]
        assert second.append(b"after") == 21
        await waiting(lambda: all(node.owners[1].high_watermark == 21 for node in others))
        (old,) = await world.start(leader.node_id)
        await old.open()
        await waiting(lambda: old.owners[1].high_watermark == 21, "the old leader to catch up")
        assert old.values() == second.values()

    with_world(scenario)


def test_a_divergent_tail_is_cut(in_memory, waiting):
    async def scenario(world):
        leader, *others = await world.three()
        leader.append(b"common")
        await waiting(lambda: all(node.owners[1].high_watermark == 1 for node in world.nodes.values()))
        world.hub.cut({leader.node_id}, {node.node_id for node in others})
        for number in range(10):
            leader.append(b"lost %d" % number)
        await waiting(lambda: leader.owners[1].durable == 11)
        second = await world.leader(among=others)
        assert second.append(b"kept") == 2
        await waiting(lambda: second.owners[1].high_watermark == 2)
        assert leader.owners[1].high_watermark == 1
        world.hub.heal()
        await waiting(lambda: leader.owners[1].high_watermark == 2, "the old leader to follow")
        assert leader.values() == [(0, b"common"), (1, b"kept")]
        assert ("cut", 1) in leader.owners[1].events
        assert ("resigned",) in leader.owners[1].events
        assert leader.group().log.epochs.entries()[-1] == (second.group().term, 1)

    in_memory(scenario)


def test_a_follower_far_behind_catches_up_from_the_log(in_memory, waiting):
    async def scenario(world):
        leader, *others = await world.three()
        away = others[1]
        world.hub.cut({away.node_id}, {leader.node_id, others[0].node_id})
        end = 0
        for number in range(150):
            end = leader.append(b"%d" % number * 300)
            if number % 10 == 0:
                await waiting(lambda: leader.owners[1].high_watermark == leader.group().log.end_offset)
        await waiting(lambda: leader.owners[1].high_watermark == end)
        leader.group().recent.clear()
        world.hub.heal()
        await waiting(lambda: away.owners[1].high_watermark == end, "catching up")
        assert away.values() == leader.values()
        assert leader.manager.recovery.read_bytes > 50_000

    in_memory(scenario)


def test_a_follower_behind_the_log_start_begins_anew(in_memory, waiting):
    async def scenario(world):
        leader, *others = await world.three()
        away = others[1]
        leader.append(b"first")
        await waiting(lambda: away.owners[1].high_watermark == 1)
        world.hub.cut({away.node_id}, {leader.node_id, others[0].node_id})
        for number in range(100):
            leader.append(b"%d" % number * 300)
            await asyncio.sleep(0)
        await waiting(lambda: leader.owners[1].high_watermark == 101)
        await leader.group().log.trim_prefix(70)
        await waiting(lambda: others[0].group().log.start_offset == 70, "the live follower to trim")
        leader.group().recent.clear()
        world.hub.heal()
        await waiting(lambda: away.owners[1].high_watermark == 101, "catching up")
        assert ("reset", 70) in away.owners[1].events
        assert away.values() == leader.values()
        assert away.values()[0][0] == 70
        # It survives a restart, and so does the trimmed one.
        for node in (away, others[0]):
            await node.kill()
            await node.start()
            await node.open()
            await waiting(lambda node=node: node.owners[1].high_watermark == 101)
            assert node.values() == leader.values()

    in_memory(scenario)


def test_restart_of_all(with_world, waiting):
    async def scenario(world):
        nodes = await world.three()
        for number in range(30):
            nodes[0].append(b"%d" % number)
        await waiting(lambda: all(node.owners[1].high_watermark == 30 for node in nodes))
        term = nodes[0].group().term
        for node in nodes:
            await node.stop()
        world.nodes.clear()
        nodes = await world.start(1, 2, 3)
        for node in nodes:
            await node.open()
        leader = await world.leader()
        assert leader.group().term > term
        assert leader.owners[1].high_watermark == 30
        assert leader.append(b"more") == 31
        await waiting(lambda: all(node.owners[1].high_watermark == 31 for node in nodes))

    with_world(scenario)


def test_one_voter_commits_what_is_durable(in_memory, waiting):
    async def scenario(world):
        (node,) = await world.start(1)
        await node.open(voters=(1,))
        await world.leader()
        node.append(b"alone")
        await waiting(lambda: node.owners[1].high_watermark == 1)
        assert node.values() == [(0, b"alone")]
        assert node.network.sent_frames == 0

    in_memory(scenario)


def test_members_come_and_go(in_memory, waiting):
    async def scenario(world):
        first, second = await world.start(1, 2)
        await first.open(voters=(1,))
        await world.leader()
        for number in range(20):
            first.append(b"%d" % number)
        await waiting(lambda: first.owners[1].high_watermark == 20)
        await second.open(voters=())
        first.group().change_members(first.group().configuration.adding_learner(2))
        await waiting(lambda: second.owners[1].high_watermark == 20, "the learner to catch up")
        await waiting(lambda: second.group().configuration == Configuration(voters=(1,), learners=(2,)))
        first.group().change_members(first.group().configuration.adding_voter(2))
        await waiting(lambda: second.group().configuration.voters == (1, 2))
        await waiting(lambda: first.group().core.commit == first.group().core.log.end)
        first.group().transfer_leadership(2)
        await world.leader(among=[second])
        assert first.owners[1].leads is None
        await waiting(lambda: second.group().core.commit == second.group().core.log.end)
        second.group().change_members(second.group().configuration.removing(1))
        await waiting(lambda: second.group().core.commit == second.group().core.log.end)
        assert second.append(b"alone") == 21
        await waiting(lambda: second.owners[1].high_watermark == 21)

    in_memory(scenario)


def test_a_log_that_had_no_group_becomes_one(in_memory, waiting):
    async def scenario(world):
        nodes = await world.start(1, 2)
        first, second = nodes
        log = first.storage.create_log(1, TopicPartition("t", 1), TopicConfig())
        for epoch in (0, 0, 4):
            batch = build_batch([(None, b"old")], base_offset=log.end_offset, leader_epoch=epoch)
            log.append(batch, parse_header(batch))
        await first.open(voters=(1,))
        await world.leader()
        assert first.group().term == 5
        assert first.values() == [(0, b"old"), (1, b"old"), (2, b"old")]
        await second.open(voters=())
        first.group().change_members(first.group().configuration.adding_learner(2))
        await waiting(lambda: second.owners[1].high_watermark == 3)
        assert second.group().log.epochs.entries() == [(0, 0), (4, 2)]

    in_memory(scenario)


def test_quiet_groups_send_nothing_of_their_own(in_memory, waiting):
    async def scenario(world):
        nodes = await world.start(1, 2, 3)
        for group_id in range(1, 41):
            for node in nodes:
                await node.open(group_id)
        for group_id in range(1, 41):
            await world.leader(group_id)
        await waiting(lambda: all(g.core.is_quiet for n in nodes for g in n.manager.groups.values()), "quiet")
        before = [node.manager.outbox.messages for node in nodes]
        await asyncio.sleep(0.3)
        assert [node.manager.outbox.messages for node in nodes] == before
        leader = await world.leader(7)
        leader.append(b"awake", group_id=7)
        await waiting(lambda: all(node.owners[7].high_watermark == 1 for node in nodes))
        # And a silent death of the leader is noticed all the same.
        await waiting(lambda: all(g.core.is_quiet for n in nodes for g in n.manager.groups.values()), "quiet")
        others = [node for node in nodes if node is not leader]
        world.hub.cut({leader.node_id}, {node.node_id for node in others})
        for group_id in range(1, 41):
            await world.leader(group_id, among=others)

    in_memory(scenario)


def test_lossy_slow_links(in_memory, waiting):
    async def scenario(world):
        nodes = await world.three()
        world.hub.loss = 0.1
        world.hub.delay_s = (0.0, 0.02)
        sent = 0
        for number in range(300):
            leader = next((node for node in nodes if node.group().leads), None)
            if leader is not None and leader.group().refusal(100) is None:
                leader.append(b"%d" % number)
                sent += 1
            await asyncio.sleep(0.002)
        world.hub.loss = 0.0
        leader = await world.leader()
        leader.append(b"end")
        await waiting(
            lambda: (
                len({node.owners[1].high_watermark for node in nodes}) == 1
                and leader.owners[1].high_watermark == leader.group().log.end_offset
            )
        )
        assert nodes[0].values() == nodes[1].values() == nodes[2].values()
        assert sent > 100

    in_memory(scenario)


def test_catching_up_is_throttled(in_memory, waiting):
    async def scenario(world):
        leader, *others = await world.three()
        away = others[1]
        world.hub.cut({away.node_id}, {leader.node_id, others[0].node_id})
        for number in range(40):
            leader.append(b"%d" % number * 500)
            await asyncio.sleep(0)
        await waiting(lambda: leader.owners[1].high_watermark == 40)
        leader.group().recent.clear()
        leader.manager.recovery.bytes_per_second = 100_000
        began = asyncio.get_running_loop().time()
        world.hub.heal()
        await waiting(lambda: away.owners[1].high_watermark == 40)
        assert asyncio.get_running_loop().time() - began > 0.15  # 36 kB

    in_memory(scenario)


def test_config_is_checked():
    assert DriverConfig().raft.heartbeat_ticks < DriverConfig().raft.election_ticks
