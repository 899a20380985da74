"""Group handlers in every version, through the real codec, over a real coordinator on a log in memory."""

import asyncio
from types import SimpleNamespace
from uuid import UUID

import pytest

from engine.base.clock import SystemClock
from engine.controller.leaders import Leader
from engine.coordinator.config import GroupConfig
from engine.coordinator.coordinator import GroupCoordinator
from engine.kafka.context import AdvertisedAddress, RequestContext
from engine.kafka.handlers import (
    delete_groups,
    describe_groups,
    find_coordinator,
    heartbeat,
    join_group,
    leave_group,
    list_groups,
    offset_commit,
    offset_delete,
    offset_fetch,
    sync_group,
)
from engine.wire import cold
from engine.wire.error_codes import ErrorCode
from tests.support.offsets_topic import FakeTopic

HANDLERS = [
    delete_groups,
    describe_groups,
    find_coordinator,
    heartbeat,
    join_group,
    leave_group,
    list_groups,
    offset_commit,
    offset_delete,
    offset_fetch,
    sync_group,
]
SUBSCRIPTION = b"\0\1\0\0\0\1\0\1t"
T_ID, U_ID, GONE_ID = UUID(int=1), UUID(int=2), UUID(int=3)


class World:
    """Handlers over a coordinator, and a controller that knows topics t (2 partitions) and u (1)."""

    def __init__(self, **config) -> None:
        self.topic = FakeTopic()
        self.coordinator = GroupCoordinator(
            topic=self.topic,
            config=GroupConfig(**{"initial_rebalance_delay_ms": 0, **config}),
            clock=SystemClock(),
        )
        topics = {
            "t": SimpleNamespace(name="t", topic_id=T_ID, partitions=(0, 1)),
            "u": SimpleNamespace(name="u", topic_id=U_ID, partitions=(0,)),
        }
        topics["__consumer_offsets"] = SimpleNamespace(
            name="__consumer_offsets", topic_id=UUID(int=4), partitions=range(50)
        )
        self.controller = SimpleNamespace(
            topics=topics,
            topic_by_id={topic.topic_id: topic for topic in topics.values()},
            leader_of=lambda _partition: Leader(7, 0),
            brokers={7: SimpleNamespace(rack=None, endpoint=lambda _listener: None)},
            alive=lambda _node_id: True,
        )

    async def ask(self, module, version, **body):
        """A client's round trip: encode, decode, handle, encode, decode."""
        key = module.API.key
        request = cold.decode_request(key, version, cold.encode_request(key, version, body))
        services = SimpleNamespace(
            coordinator=self.coordinator,
            controller=self.controller,
            node_id=7,
            advertised={"kafka": AdvertisedAddress("broker.example", 9092)},
        )
        context = RequestContext(
            services=services,
            api_key=key,
            api_version=version,
            client_id="client",
            listener="kafka",
            client_host="10.0.0.9",
        )
        answer = await module.handle(request, context)
        return cold.decode_response(key, version, cold.encode_response(key, version, answer))

    async def join(self, version=9, member_id="", **fields):
        body = {
            "group_id": "g",
            "session_timeout_ms": 10_000,
            "member_id": member_id,
            "protocol_type": "consumer",
            "protocols": [{"name": "range", "metadata": SUBSCRIPTION}],
        }
        if version >= 1:
            body["rebalance_timeout_ms"] = 20_000
        return await self.ask(join_group, version, **body, **fields)

    async def member(self):
        """Member id and generation of the only member of a Stable group g."""
        joined = await self.join(version=3)
        await self.ask(
            sync_group,
            3,
            group_id="g",
            generation_id=joined.generation_id,
            member_id=joined.member_id,
            assignments=[{"member_id": joined.member_id, "assignment": b"mine"}],
        )
        return joined.member_id, joined.generation_id

    async def commit(self, version=9, offset=5, topic="t", partition=0, group="g", **fields):
        entry = {"partition_index": partition, "committed_offset": offset, "committed_metadata": None}
        named = {"topic_id": topic} if version >= 10 else {"name": topic}
        answer = await self.ask(
            offset_commit,
            version,
            group_id=group,
            generation_id_or_member_epoch=fields.pop("generation", -1),
            member_id=fields.pop("member_id", ""),
            topics=[{**named, "partitions": [entry]}],
            **fields,
        )
        return answer.topics[0].partitions[0].error_code


def run(scenario):
    async def bounded():
        world = World()
        async with asyncio.timeout(20):
            await scenario(world)
            await world.coordinator.close()

    asyncio.run(bounded())


def versions(module):
    first, last = module.API.versions
    return range(first, last + 1)


@pytest.mark.parametrize("module", HANDLERS, ids=lambda module: module.__name__.rsplit(".", 1)[1])
def test_every_version_there_is_a_schema_for_is_served(module):
    assert module.API.versions == cold.version_range(module.API.key)


@pytest.mark.parametrize("version", versions(find_coordinator))
def test_find_coordinator(version):
    async def scenario(world):
        kind = {"key_type": 0} if version >= 1 else {}
        keys = {"coordinator_keys": ["g", "h", "g"]} if version >= 4 else {"key": "g"}
        answer = await world.ask(find_coordinator, version, **keys, **kind)
        found = answer.coordinators if version >= 4 else [answer]
        assert [(one.error_code, one.node_id, one.host, one.port) for one in found] == [
            (0, 7, "broker.example", 9092)
        ] * len(found)
        if version >= 4:
            assert [one.key for one in found] == ["g", "h"]
        assert world.topic.exists
        for kind, error in [(1, 15), (2, 42), (9, 42)]:
            if version >= 1:
                answer = await world.ask(find_coordinator, version, key_type=kind, **keys)
                one = answer.coordinators[0] if version >= 4 else answer
                assert (one.error_code, one.node_id, one.port) == (error, -1, -1)

    run(scenario)


@pytest.mark.parametrize("version", versions(join_group))
def test_join_group(version):
    async def scenario(world):
        joined = await world.join(version)
        if version >= 4:
            assert joined.error_code == ErrorCode.MEMBER_ID_REQUIRED
            joined = await world.join(version, member_id=joined.member_id)
        assert (joined.error_code, joined.generation_id) == (0, 1)
        assert joined.member_id.startswith("client-")
        assert joined.leader == joined.member_id
        assert joined.protocol_name == "range"
        assert joined.members[0].metadata == SUBSCRIPTION
        if version >= 7:
            assert joined.protocol_type == "consumer"
        described = world.coordinator.describe("g").members[0]
        assert (described.client_id, described.client_host) == ("client", "/10.0.0.9")
        refused = await world.join(version, member_id="nobody")
        assert (refused.error_code, refused.member_id) == (25, "nobody")
        assert not refused.protocol_name

    run(scenario)


@pytest.mark.parametrize("version", range(5, 10))
def test_a_static_leader_that_returns(version):
    async def scenario(world):
        joined = await world.join(version, group_instance_id="i")
        await world.ask(
            sync_group,
            3,
            group_id="g",
            generation_id=1,
            member_id=joined.member_id,
            group_instance_id="i",
            assignments=[{"member_id": joined.member_id, "assignment": b"mine"}],
        )
        again = await world.join(version, group_instance_id="i")
        assert again.error_code == 0
        assert again.member_id != joined.member_id
        if version >= 9:
            assert again.skip_assignment
            assert again.leader == again.member_id
            assert again.members[0].group_instance_id == "i"
        else:
            assert again.leader == joined.member_id
            assert again.members == ()
        fenced = await world.ask(
            heartbeat, 4, group_id="g", generation_id=1, member_id=joined.member_id, group_instance_id="i"
        )
        assert fenced.error_code == 82

    run(scenario)


@pytest.mark.parametrize("version", versions(sync_group))
def test_sync_group(version):
    async def scenario(world):
        joined = await world.join(3)
        body = {"group_id": "g", "generation_id": 1, "member_id": joined.member_id}
        assignments = [{"member_id": joined.member_id, "assignment": b"mine"}]
        if version >= 5:
            body |= {"protocol_type": "consumer", "protocol_name": "range"}
        synced = await world.ask(sync_group, version, assignments=assignments, **body)
        assert (synced.error_code, synced.assignment) == (0, b"mine")
        if version >= 5:
            assert (synced.protocol_type, synced.protocol_name) == ("consumer", "range")
            wrong = await world.ask(sync_group, version, assignments=[], **{**body, "protocol_name": "other"})
            assert wrong.error_code == 23
            unsaid = {**body, "protocol_type": None}
            assert (await world.ask(sync_group, version, assignments=[], **unsaid)).error_code == 23
        wrong = await world.ask(sync_group, version, assignments=[], **{**body, "generation_id": 2})
        assert (wrong.error_code, wrong.assignment) == (22, b"")

    run(scenario)


@pytest.mark.parametrize("version", versions(heartbeat))
def test_heartbeat(version):
    async def scenario(world):
        member_id, generation = await world.member()
        body = {"group_id": "g", "generation_id": generation, "member_id": member_id}
        assert (await world.ask(heartbeat, version, **body)).error_code == 0
        assert (await world.ask(heartbeat, version, **{**body, "generation_id": 9})).error_code == 22
        assert (await world.ask(heartbeat, version, **{**body, "member_id": "x"})).error_code == 25
        assert (await world.ask(heartbeat, version, **{**body, "group_id": ""})).error_code == 24

    run(scenario)


@pytest.mark.parametrize("version", versions(leave_group))
def test_leave_group(version):
    async def scenario(world):
        member_id, _ = await world.member()
        if version < 3:
            for one, error in [("x", 25), (member_id, 0)]:
                left = await world.ask(leave_group, version, group_id="g", member_id=one)
                assert left.error_code == error
        else:
            reason = {"reason": "bored"} if version >= 5 else {}
            members = [{"member_id": one, "group_instance_id": None, **reason} for one in ("x", member_id)]
            left = await world.ask(leave_group, version, group_id="g", members=members)
            assert left.error_code == 0
            assert [(one.member_id, one.error_code) for one in left.members] == [("x", 25), (member_id, 0)]
        assert world.coordinator.describe("g").members == ()

    run(scenario)


@pytest.mark.parametrize("version", versions(offset_commit))
def test_offset_commit(version):
    async def scenario(world):
        by_id = version >= 10
        t, gone = (T_ID, GONE_ID) if by_id else ("t", "gone")
        assert await world.commit(version, 5, t) == 0
        assert await world.commit(version, 5, t, partition=2) == 3
        assert await world.commit(version, 5, t, partition=-1) == 3
        assert await world.commit(version, 5, gone) == (100 if by_id else 3)
        error = await world.commit(version, 5, t, group="other", generation=3, member_id="m")
        assert error == (69 if version >= 9 else 22)
        offsets = world.coordinator.fetch_offsets("g").offsets
        assert {str(partition): offset.offset for partition, offset in offsets.items()} == {"t/0": 5}
        answer = await world.ask(
            offset_commit,
            version,
            group_id="g",
            generation_id_or_member_epoch=-1,
            member_id="",
            topics=[
                {
                    **({"topic_id": t} if by_id else {"name": t}),
                    "partitions": [
                        {"partition_index": 0, "committed_offset": 6, "committed_metadata": "x" * 5000},
                        {"partition_index": 1, "committed_offset": 7, "committed_metadata": "note"},
                        {"partition_index": 2, "committed_offset": 8, "committed_metadata": None},
                    ],
                }
            ],
        )
        (topic,) = answer.topics
        assert (topic.topic_id if by_id else topic.name) == t
        assert [one.error_code for one in topic.partitions] == [12, 0, 3]

    run(scenario)


def test_an_empty_commit_still_says_nothing_wrong():
    async def scenario(world):
        answer = await world.ask(
            offset_commit, 9, group_id="g", generation_id_or_member_epoch=-1, member_id="", topics=[]
        )
        assert answer.topics == ()

    run(scenario)


async def fetch(world, version, topics, group="g", **fields):
    """The (group error, {(topic, partition): (offset, metadata, error)}) of one group."""
    named = None
    if topics is not None:
        named = [
            {**({"topic_id": name} if version >= 10 else {"name": name}), "partition_indexes": indexes}
            for name, indexes in topics
        ]
    if version >= 8:
        answer = await world.ask(
            offset_fetch, version, groups=[{"group_id": group, "topics": named}], **fields
        )
        (found,) = answer.groups
        assert found.group_id == group
    else:
        found = await world.ask(offset_fetch, version, group_id=group, topics=named, **fields)
    return found.error_code if version >= 2 else None, {
        (topic.topic_id if version >= 10 else topic.name, one.partition_index): (
            one.committed_offset,
            one.metadata,
            one.error_code,
        )
        for topic in found.topics
        for one in topic.partitions
    }


@pytest.mark.parametrize("version", versions(offset_fetch))
def test_offset_fetch(version):
    async def scenario(world):
        by_id = version >= 10
        t, u, gone = (T_ID, U_ID, GONE_ID) if by_id else ("t", "u", "gone")
        stable = {"require_stable": True} if version >= 7 else {}
        error, found = await fetch(world, version, [(t, [0])], group="never seen", **stable)
        assert error in (0, None)
        assert found == {(t, 0): (-1, "", 0)}
        await world.commit(offset=5)
        await world.commit(offset=6, topic="u")
        error, found = await fetch(world, version, [(t, [0, 1]), (gone, [4])], **stable)
        assert error in (0, None)
        assert found == {(t, 0): (5, "", 0), (t, 1): (-1, "", 0), (gone, 4): (-1, "", 100 if by_id else 0)}
        if version >= 2:
            assert (await fetch(world, version, None))[1] == {(t, 0): (5, "", 0), (u, 0): (6, "", 0)}
        world.topic.led_elsewhere = True
        world.coordinator._runtimes.clear()
        error, found = await fetch(world, version, [(t, [0])])
        assert (error, found) == ((16, {}) if version >= 2 else (None, {(t, 0): (-1, "", 16)}))

    run(scenario)


def test_offset_fetch_of_several_groups():
    async def scenario(world):
        await world.commit(offset=5)
        topics = [{"name": "t", "partition_indexes": [0]}]
        answer = await world.ask(
            offset_fetch,
            8,
            groups=[{"group_id": "g", "topics": topics}, {"group_id": "h", "topics": None}],
        )
        assert [group.group_id for group in answer.groups] == ["g", "h"]
        assert answer.groups[0].topics[0].partitions[0].committed_offset == 5
        assert answer.groups[1].topics == ()

    run(scenario)


def test_offset_delete():
    async def scenario(world):
        async def delete(group, topics):
            answer = await world.ask(
                offset_delete,
                0,
                group_id=group,
                topics=[
                    {"name": name, "partitions": [{"partition_index": index} for index in indexes]}
                    for name, indexes in topics
                ],
            )
            return answer.error_code, [one.error_code for topic in answer.topics for one in topic.partitions]

        assert await delete("g", [("t", [0])]) == (69, [])
        member_id, generation = await world.member()
        for name in ("t", "u"):
            await world.commit(topic=name, member_id=member_id, generation=generation)
        assert await delete("g", [("t", [0]), ("u", [0, 1]), ("gone", [0])]) == (0, [86, 0, 3, 3])
        assert [str(partition) for partition in world.coordinator.fetch_offsets("g").offsets] == ["t/0"]

    run(scenario)


@pytest.mark.parametrize("version", versions(list_groups))
def test_list_groups(version):
    async def scenario(world):
        async def names(**filters):
            answer = await world.ask(list_groups, version, **filters)
            assert answer.error_code == 0
            return sorted(group.group_id for group in answer.groups)

        await world.member()
        await world.commit(group="simple")
        assert await names() == ["g", "simple"]
        if version >= 4:
            assert await names(states_filter=["stable"]) == ["g"]
            assert await names(states_filter=["Empty", "Dead"]) == ["simple"]
            assert await names(states_filter=["no such state"]) == []
        if version >= 5:
            assert await names(types_filter=["Classic"]) == ["g", "simple"]
            assert await names(types_filter=["consumer", "unheard of"]) == []
        answer = await world.ask(list_groups, version)
        shown = {group.group_id: group for group in answer.groups}
        assert (shown["g"].protocol_type, shown["simple"].protocol_type) == ("consumer", "")
        if version >= 4:
            assert shown["g"].group_state == "Stable"
        if version >= 5:
            assert shown["g"].group_type == "classic"

    run(scenario)


@pytest.mark.parametrize("version", versions(describe_groups))
def test_describe_groups(version):
    async def scenario(world):
        member_id, _ = await world.member()
        operations = {"include_authorized_operations": True} if version >= 3 else {}
        answer = await world.ask(describe_groups, version, groups=["g", "unknown", "g"], **operations)
        known, unknown = answer.groups
        assert (known.error_code, known.group_state) == (0, "Stable")
        assert (known.protocol_type, known.protocol_data) == ("consumer", "range")
        (member,) = known.members
        assert (member.member_id, member.client_id, member.client_host) == (member_id, "client", "/10.0.0.9")
        assert (member.member_metadata, member.member_assignment) == (SUBSCRIPTION, b"mine")
        assert (unknown.group_id, unknown.group_state) == ("unknown", "Dead")
        assert unknown.error_code == (69 if version >= 6 else 0)
        if version >= 6:
            assert unknown.error_message == "Group unknown not found."
        if version >= 3:
            assert known.authorized_operations == 1 << 3 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 11
            answer = await world.ask(describe_groups, version, groups=["g"])
            assert answer.groups[0].authorized_operations == -(2**31)

    run(scenario)


@pytest.mark.parametrize("version", versions(delete_groups))
def test_delete_groups(version):
    async def scenario(world):
        await world.member()
        await world.commit(group="simple")
        answer = await world.ask(delete_groups, version, groups_names=["g", "simple", "unknown", "simple"])
        assert [(one.group_id, one.error_code) for one in answer.results] == [
            ("g", 68),
            ("simple", 0),
            ("unknown", 69),
        ]
        assert [one.group_id for one in world.coordinator.list().groups] == ["g"]

    run(scenario)


def test_groups_that_load_are_told_so():
    async def scenario(world):
        await world.commit(offset=1)
        loading = World()
        loading.topic = world.topic
        loading.coordinator = GroupCoordinator(topic=world.topic, config=GroupConfig(), clock=SystemClock())
        loading.coordinator.start()
        answer = await loading.ask(describe_groups, 6, groups=["g"])
        assert (answer.groups[0].error_code, answer.groups[0].group_state) == (14, "")
        assert (await loading.ask(list_groups, 5)).error_code == 14
        assert await loading.commit() == 14
        assert (await fetch(loading, 9, [("t", [0])])) == (14, {})
        assert (await loading.join()).error_code == 14
        await loading.coordinator.loaded()
        assert (await fetch(loading, 9, [("t", [0])]))[1] == {("t", 0): (1, "", 0)}
        await loading.coordinator.close()

    run(scenario)
