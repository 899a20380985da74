import asyncio
from itertools import count
from uuid import UUID

import pytest

from engine.base.clock import SystemClock
from engine.coordinator import runtime as runtime_module
from engine.coordinator.config import GroupConfig
from engine.coordinator.coordinator import GroupCoordinator
from engine.coordinator.member import MemberProtocol
from engine.coordinator.messages import (
    HeartbeatRequest,
    JoinRequest,
    LeaveRequest,
    LeavingMember,
    OffsetCommitRequest,
    OffsetToCommit,
    SyncRequest,
)
from engine.coordinator.placement import partition_for
from engine.coordinator.states import GroupState
from engine.model.ids import TopicPartition
from engine.wire.error_codes import ErrorCode
from tests.support.offsets_topic import FakeLogError, FakeTopic
from tests.support.waiting import until

TP = TopicPartition("t", 0)


def coordinator(topic=None, known_topics=None, **config):
    ids = count(1)
    return GroupCoordinator(
        topic=topic or FakeTopic(),
        config=GroupConfig(**{"initial_rebalance_delay_ms": 0, **config}),
        clock=SystemClock(),
        new_uuid=lambda: UUID(int=next(ids)),
        known_topics=known_topics,
    )


def run(scenario):
    async def bounded():
        async with asyncio.timeout(20):
            await scenario

    asyncio.run(bounded())


def join_request(group_id="g", member_id="", instance=None, **fields):
    return JoinRequest(
        group_id=group_id,
        member_id=member_id,
        group_instance_id=instance,
        client_id="c",
        client_host="/h",
        session_timeout_ms=10_000,
        rebalance_timeout_ms=10_000,
        protocol_type="consumer",
        protocols=(MemberProtocol("range", b"\0\1\0\0\0\1\0\1t"),),
        requires_member_id=False,
        **fields,
    )


def commit_request(offset, group_id="g", **fields):
    return OffsetCommitRequest(
        group_id=group_id, offsets=(OffsetToCommit(partition=TP, offset=offset),), **fields
    )


async def lone_member(groups, group_id="g"):
    joined = await groups.join(join_request(group_id))
    synced = await groups.sync(
        SyncRequest(
            group_id=group_id,
            generation=joined.generation,
            member_id=joined.member_id,
            assignments={joined.member_id: b"all"},
        )
    )
    assert (joined.error, synced.error, synced.assignment) == (0, 0, b"all")
    return joined


def test_a_group_lives_and_is_there_after_a_restart():
    async def scenario():
        topic = FakeTopic()
        groups = coordinator(topic)
        groups.start()
        member = await lone_member(groups)
        committed = await groups.commit_offsets(
            commit_request(5, generation=member.generation, member_id=member.member_id)
        )
        assert committed.partitions == {TP: ErrorCode.NONE}
        (view,) = groups.group_views()
        assert (view.group_id, view.members, view.offsets[TP].offset) == ("g", 1, 5)
        assert groups.rebalances == 1
        await groups.close()
        assert topic.creations == 1

        after = coordinator(topic)
        after.start()
        assert (
            await after.heartbeat(HeartbeatRequest(group_id="g", generation=1, member_id=member.member_id))
            is ErrorCode.NONE
        )  # loading: taken for granted
        assert after.fetch_offsets("g").error is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
        assert after.describe("g").error is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
        assert after.list().error is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
        loading = await after.commit_offsets(commit_request(6))
        assert loading.error is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
        assert (await after.join(join_request())).error is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
        assert await after.find("g") is ErrorCode.NONE
        await after.loaded()
        assert after.fetch_offsets("g", [TP]).offsets[TP].offset == 5
        assert after.describe("g").state is GroupState.STABLE
        assert [one.group_id for one in after.list().groups] == ["g"]
        left = await after.leave(
            LeaveRequest(group_id="g", members=(LeavingMember(member_id=member.member_id),))
        )
        assert left.members[0].error is ErrorCode.NONE
        assert await after.delete_groups(["g", "other"]) == (
            ErrorCode.NONE,
            ErrorCode.GROUP_ID_NOT_FOUND,
        )
        await after.close()

        empty = coordinator(topic)
        empty.start()
        await empty.loaded()
        assert empty.list().groups == ()
        await empty.close()

    run(scenario())


def test_without_an_offsets_topic_reading_makes_none():
    async def scenario():
        topic = FakeTopic()
        groups = coordinator(topic)
        groups.start()
        member = LeavingMember(member_id="m")
        assert groups.fetch_offsets("g").error is ErrorCode.NONE
        assert groups.describe("g").error is ErrorCode.GROUP_ID_NOT_FOUND
        assert groups.list().groups == ()
        assert await groups.delete_groups(["g"]) == (ErrorCode.GROUP_ID_NOT_FOUND,)
        assert (await groups.delete_offsets("g", [TP])).error is ErrorCode.GROUP_ID_NOT_FOUND
        heartbeat = HeartbeatRequest(group_id="g", generation=1, member_id="m")
        assert await groups.heartbeat(heartbeat) is ErrorCode.UNKNOWN_MEMBER_ID
        sync = SyncRequest(group_id="g", generation=1, member_id="m")
        assert (await groups.sync(sync)).error is ErrorCode.UNKNOWN_MEMBER_ID
        left = await groups.leave(LeaveRequest(group_id="g", members=(member,)))
        assert left.members[0].error is ErrorCode.UNKNOWN_MEMBER_ID
        left = await groups.leave(LeaveRequest(group_id="", members=(member,)))
        assert left.error is ErrorCode.INVALID_GROUP_ID
        assert (await groups.join(join_request(""))).error is ErrorCode.INVALID_GROUP_ID
        assert topic.creations == 0
        await groups.close()

    run(scenario())


def test_the_first_groups_together_make_one_topic():
    async def scenario():
        topic = FakeTopic()
        groups = coordinator(topic)
        names = [f"group-{number}" for number in range(20)]
        assert set(await asyncio.gather(*(groups.find(name) for name in names))) == {ErrorCode.NONE}
        for name in names:
            await lone_member(groups, name)
        assert topic.creations == 1
        for number, log in enumerate(topic.logs):
            wanted = [name for name in names if partition_for(name, 3) == number]
            assert len(log.records) == len(wanted)
        await groups.close()

    run(scenario())


def test_a_topic_that_cannot_be_made_is_worth_another_try():
    async def scenario():
        topic = FakeTopic()
        topic.refusal = FakeLogError(ErrorCode.REQUEST_TIMED_OUT)
        groups = coordinator(topic)
        assert await groups.find("g") is ErrorCode.COORDINATOR_NOT_AVAILABLE
        assert (await groups.join(join_request())).error is ErrorCode.COORDINATOR_NOT_AVAILABLE
        topic.refusal = None
        await lone_member(groups)
        await groups.close()

    run(scenario())


def test_partitions_led_elsewhere_are_not_ours():
    async def scenario():
        topic = FakeTopic(exists=True)
        topic.led_elsewhere = True
        groups = coordinator(topic)
        groups.start()
        assert await groups.find("g") is ErrorCode.COORDINATOR_NOT_AVAILABLE
        assert (await groups.join(join_request())).error is ErrorCode.NOT_COORDINATOR
        assert groups.fetch_offsets("g").error is ErrorCode.NOT_COORDINATOR
        await groups.close()

    run(scenario())


def test_commits_that_come_during_an_append_share_the_next():
    async def scenario():
        topic = FakeTopic(partitions=1)
        groups = coordinator(topic)
        await groups.find("g")
        log = topic.logs[0]
        log.gate.clear()
        first = asyncio.create_task(groups.commit_offsets(commit_request(0)))
        await asyncio.sleep(0.01)
        others = [asyncio.create_task(groups.commit_offsets(commit_request(n))) for n in range(1, 50)]
        await asyncio.sleep(0.01)
        assert groups.fetch_offsets("g").offsets == {}
        log.gate.set()
        answers = await asyncio.gather(first, *others)
        assert {answer.partitions[TP] for answer in answers} == {ErrorCode.NONE}
        assert log.appends == [1, 49]
        assert groups.fetch_offsets("g").offsets[TP].offset == 49
        await groups.close()

    run(scenario())


@pytest.mark.parametrize(
    ("raised", "answered"),
    [
        (FakeLogError(ErrorCode.NOT_LEADER_OR_FOLLOWER), ErrorCode.NOT_COORDINATOR),
        (FakeLogError(ErrorCode.KAFKA_STORAGE_ERROR), ErrorCode.NOT_COORDINATOR),
        (FakeLogError(ErrorCode.NOT_ENOUGH_REPLICAS), ErrorCode.COORDINATOR_NOT_AVAILABLE),
        (FakeLogError(ErrorCode.REQUEST_TIMED_OUT), ErrorCode.COORDINATOR_NOT_AVAILABLE),
        (FakeLogError(ErrorCode.MESSAGE_TOO_LARGE), ErrorCode.UNKNOWN_SERVER_ERROR),
        (FakeLogError(ErrorCode.INVALID_RECORD), ErrorCode.COORDINATOR_NOT_AVAILABLE),
    ],
)
def test_a_failed_append_changes_nothing(raised, answered):
    async def scenario():
        topic = FakeTopic(partitions=1)
        groups = coordinator(topic)
        await groups.commit_offsets(commit_request(1))
        topic.logs[0].failure = raised
        assert (await groups.commit_offsets(commit_request(2))).error is answered
        assert await groups.delete_groups(["g"]) == (answered,)
        assert (await groups.delete_offsets("g", [TP])).error is answered
        assert groups.fetch_offsets("g").offsets[TP].offset == 1
        assert groups.describe("g").state is GroupState.EMPTY
        topic.logs[0].failure = None
        assert (await groups.commit_offsets(commit_request(3))).error is ErrorCode.NONE
        await groups.close()

    run(scenario())


def test_a_large_write_is_split_and_fails_as_one():
    async def scenario():
        topic = FakeTopic(partitions=1)
        groups = coordinator(topic, append_bytes_max=100)
        request = OffsetCommitRequest(
            group_id="g",
            offsets=tuple(OffsetToCommit(partition=TopicPartition("t", n), offset=n) for n in range(10)),
        )
        assert set((await groups.commit_offsets(request)).partitions.values()) == {ErrorCode.NONE}
        assert len(topic.logs[0].appends) > 1
        appends = len(topic.logs[0].appends)
        topic.logs[0].failure = FakeLogError(ErrorCode.NOT_ENOUGH_REPLICAS)
        answer = await groups.commit_offsets(request)
        assert answer.error is ErrorCode.COORDINATOR_NOT_AVAILABLE
        topic.logs[0].failure = None
        await groups.commit_offsets(commit_request(99))
        assert len(topic.logs[0].appends) == appends + 1
        await groups.close()

    run(scenario())


def test_a_log_that_breaks_its_word_stops_the_partition():
    async def scenario():
        topic = FakeTopic(partitions=1)
        groups = coordinator(topic)
        failures = []
        groups.on_failure = failures.append
        await groups.find("g")
        topic.logs[0].failure = RuntimeError("surprise")
        assert (await groups.commit_offsets(commit_request(1))).error is ErrorCode.UNKNOWN_SERVER_ERROR
        assert len(failures) == 1
        assert (await groups.join(join_request())).error is ErrorCode.NOT_COORDINATOR
        assert groups.list().groups == ()
        await groups.close()

    run(scenario())


def test_loading_that_fails_is_tried_again(monkeypatch):
    monkeypatch.setattr("engine.coordinator.coordinator.LOAD_RETRY_SECONDS", 0.01)

    async def scenario():
        topic = FakeTopic(partitions=1, exists=True)
        topic.logs[0].failure = FakeLogError(ErrorCode.KAFKA_STORAGE_ERROR)
        groups = coordinator(topic)
        groups.start()
        assert (await groups.join(join_request())).error is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
        await asyncio.sleep(0)
        topic.logs[0].failure = None
        await groups.loaded()
        assert (await groups.join(join_request())).error is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
        await groups.loaded()
        await lone_member(groups)
        await groups.close()

    run(scenario())


def test_a_wait_ends_with_the_close():
    async def scenario():
        groups = coordinator(initial_rebalance_delay_ms=60_000)
        joining = asyncio.create_task(groups.join(join_request()))
        await asyncio.sleep(0.02)
        await groups.close()
        assert (await joining).error is ErrorCode.NOT_COORDINATOR
        assert (await groups.join(join_request())).error is ErrorCode.NOT_COORDINATOR
        assert await groups.find("g") is ErrorCode.COORDINATOR_NOT_AVAILABLE

    run(scenario())


def test_a_client_that_goes_away_leaves_no_future_behind():
    async def scenario():
        groups = coordinator(initial_rebalance_delay_ms=50)
        joining = asyncio.create_task(groups.join(join_request()))
        await asyncio.sleep(0.01)
        joining.cancel()
        await asyncio.gather(joining, return_exceptions=True)
        (runtime,) = [one for one in groups._runtimes.values() if one.shard.groups]
        assert runtime._parked == {}
        await until(lambda: groups.describe("g").state is GroupState.COMPLETING_REBALANCE)
        await groups.close()

    run(scenario())


def test_too_many_waiting_requests_are_refused(monkeypatch):
    monkeypatch.setattr(runtime_module, "PARKED_REQUESTS_MAX", 2)

    async def scenario():
        groups = coordinator(initial_rebalance_delay_ms=60_000)
        waiting = [asyncio.create_task(groups.join(join_request())) for _ in range(2)]
        await asyncio.sleep(0.02)
        assert (await groups.join(join_request())).error is ErrorCode.COORDINATOR_NOT_AVAILABLE
        await groups.close()
        await asyncio.gather(*waiting)

    run(scenario())


def test_too_many_writes_under_way_are_refused():
    async def scenario():
        topic = FakeTopic(partitions=1)
        groups = coordinator(topic, queued_writes_max=2)
        await groups.find("g")
        topic.logs[0].gate.clear()
        under_way = [asyncio.create_task(groups.commit_offsets(commit_request(n))) for n in range(2)]
        await asyncio.sleep(0.01)
        refused = ErrorCode.COORDINATOR_NOT_AVAILABLE
        assert (await groups.commit_offsets(commit_request(3))).error is refused
        topic.logs[0].gate.set()
        await asyncio.gather(*under_way)
        assert (await groups.commit_offsets(commit_request(3))).error is ErrorCode.NONE
        await groups.close()

    run(scenario())


def test_a_slow_log_costs_the_request_and_not_the_commit():
    async def scenario():
        topic = FakeTopic(partitions=1)
        groups = coordinator(topic, write_timeout_ms=30)
        await groups.find("g")
        topic.logs[0].gate.clear()
        answer = await groups.commit_offsets(commit_request(4))
        assert answer.error is ErrorCode.COORDINATOR_NOT_AVAILABLE
        topic.logs[0].gate.set()
        await until(lambda: TP in groups.fetch_offsets("g").offsets)
        assert groups.fetch_offsets("g").offsets[TP].offset == 4
        await groups.close()

    run(scenario())


def test_offsets_of_deleted_topics_go_now_and_after_a_restart():
    async def scenario():
        topic = FakeTopic(partitions=1)
        groups = coordinator(topic, known_topics=lambda: {"t"})
        for name in ("t", "u"):
            request = OffsetCommitRequest(
                group_id="g", offsets=(OffsetToCommit(partition=TopicPartition(name, 0), offset=1),)
            )
            await groups.commit_offsets(request)
        await groups.close()
        groups = coordinator(topic, known_topics=lambda: {"t"})
        groups.start()
        await groups.loaded()
        await until(lambda: set(groups.fetch_offsets("g").offsets) == {TP})
        groups.topics_deleted(["t"])
        await until(lambda: groups.fetch_offsets("g").offsets == {})
        await groups.close()

    run(scenario())


def test_bounds_of_groups_and_ids():
    async def scenario():
        groups = coordinator(FakeTopic(partitions=1), groups_max=1, group_record_bytes_max=500)
        await lone_member(groups)
        assert (await groups.join(join_request("h"))).error is ErrorCode.COORDINATOR_NOT_AVAILABLE
        assert (
            await groups.commit_offsets(commit_request(1, "h"))
        ).error is ErrorCode.COORDINATOR_NOT_AVAILABLE
        long = "x" * 40_000
        assert (await groups.join(join_request(long))).error is ErrorCode.INVALID_GROUP_ID
        assert (await groups.commit_offsets(commit_request(1, long))).error is ErrorCode.INVALID_GROUP_ID
        assert (await groups.join(join_request(instance=long))).error is ErrorCode.INVALID_REQUEST
        groups.configure(GroupConfig(member_protocols_bytes_max=10))
        assert (await groups.join(join_request())).error is ErrorCode.INVALID_REQUEST
        await groups.close()

    run(scenario())


def test_an_assignment_too_large_to_store_is_refused():
    async def scenario():
        groups = coordinator(FakeTopic(partitions=1), group_record_bytes_max=500)
        joined = await groups.join(join_request())
        synced = await groups.sync(
            SyncRequest(
                group_id="g",
                generation=joined.generation,
                member_id=joined.member_id,
                assignments={joined.member_id: b"x" * 500},
            )
        )
        assert synced.error is ErrorCode.UNKNOWN_SERVER_ERROR
        assert groups.describe("g").state is GroupState.PREPARING_REBALANCE
        await groups.close()

    run(scenario())


def test_groups_move_with_the_leadership_of_their_partition():
    async def scenario():
        topic = FakeTopic()
        first, second = coordinator(topic), coordinator(topic)
        joined = await lone_member(first)
        member_id, generation = joined.member_id, joined.generation
        stored = await first.commit_offsets(commit_request(7, member_id=member_id, generation=generation))
        assert stored.partitions[TP] is ErrorCode.NONE
        waiting = asyncio.ensure_future(first.join(join_request(member_id="")))
        await asyncio.sleep(0.01)
        partition = partition_for("g", topic.partition_count())
        first.partition_lost(partition)
        assert (await waiting).error is ErrorCode.NOT_COORDINATOR
        first.partition_lost(partition)
        second.partition_led(partition)
        await second.loaded()
        assert second.fetch_offsets("g").offsets[TP].offset == 7
        assert second.describe("g").state is GroupState.STABLE
        await first.close()
        await second.close()

    run(scenario())
