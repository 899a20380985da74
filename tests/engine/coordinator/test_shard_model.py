"""A shard under random requests, timeouts and log failures, checked against what must always hold."""

from itertools import count
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from engine.base.clock import ManualClock
from engine.coordinator.config import GroupConfig
from engine.coordinator.group import Group
from engine.coordinator.member import MemberProtocol
from engine.coordinator.messages import (
    HeartbeatRequest,
    JoinRequest,
    JoinResponse,
    LeaveRequest,
    LeavingMember,
    OffsetCommitRequest,
    OffsetToCommit,
    PartitionErrors,
    SyncRequest,
    SyncResponse,
)
from engine.coordinator.shard import GroupShard
from engine.coordinator.states import GroupState
from engine.coordinator.table import GroupTable
from engine.model.ids import TopicPartition
from engine.wire.error_codes import ErrorCode

GROUPS = st.sampled_from(["g", "h"])
CLIENTS = st.sampled_from("abcd")
SUBSCRIPTION = b"\0\1\0\0\0\1\0\1t"
PROTOCOLS = st.sampled_from(
    [
        (MemberProtocol("range", SUBSCRIPTION),),
        (MemberProtocol("range", SUBSCRIPTION + b"\0"),),
        (MemberProtocol("sticky", SUBSCRIPTION), MemberProtocol("range", SUBSCRIPTION)),
        (MemberProtocol("range", SUBSCRIPTION), MemberProtocol("sticky", b"opaque")),
    ]
)
PARTITIONS = st.sampled_from([TopicPartition("t", 0), TopicPartition("t", 1), TopicPartition("u", 0)])
FAILURES = st.sampled_from([ErrorCode.NOT_COORDINATOR, ErrorCode.COORDINATOR_NOT_AVAILABLE])


class ShardModel(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.clock = ManualClock()
        self.config = GroupConfig(
            initial_rebalance_delay_ms=100,
            new_member_join_timeout_ms=20_000,
            offset_retention_ms=60_000,
            offset_expiry_interval_ms=20_000,
            group_members_max=4,
        )
        self.ids = count(1)
        self.tokens = count(1)
        self.log = []
        self.shard = self.new_shard()
        self.writes = []
        self.parked = {}
        self.known = {}
        self.told = {}
        self.generations = {}
        self.is_untroubled = True

    def new_shard(self):
        shard = GroupShard(self.config, self.clock, lambda: UUID(int=next(self.ids)))
        for key, value in self.log:
            shard.replay(key, value)
        shard.loaded()
        return shard

    # --- steps -----------------------------------------------------------------------------------------------

    def ask(self, step, kind, who=None):
        token = next(self.tokens)
        self.parked[token] = (kind, who)
        step(token)
        self.drain()

    def drain(self):
        ready = self.shard.take_ready()
        self.writes += ready.writes
        for token, response in ready.replies:
            kind, who = self.parked.pop(token)  # nobody is answered twice
            assert isinstance(response, kind)
            if isinstance(response, JoinResponse):
                self.check_join(who, response)

    def check_join(self, who, response):
        group_id, _ = who
        if response.error in (ErrorCode.NONE, ErrorCode.MEMBER_ID_REQUIRED):
            self.known[who] = response.member_id
        if response.error is not ErrorCode.NONE:
            return
        assert response.leader
        group = next(group for group in self.shard.groups if group.group_id == group_id)
        # By object: a group that was forgotten and made anew counts its generations from the start.
        leaders = self.told.setdefault((group, response.generation), set())
        if response.members and not response.skip_assignment:
            leaders.add(response.member_id)
            names = [member.member_id for member in response.members]
            assert response.member_id in names
            assert len(names) == len(set(names)) <= 4
        assert len(leaders) <= 1

    @rule(
        group_id=GROUPS,
        client=CLIENTS,
        protocols=PROTOCOLS,
        is_known=st.booleans(),
        is_static=st.booleans(),
        requires_id=st.booleans(),
    )
    def join(self, group_id, client, protocols, is_known, is_static, requires_id):
        request = JoinRequest(
            group_id=group_id,
            member_id=self.known.get((group_id, client), "") if is_known else "",
            group_instance_id=f"i{client}" if is_static else None,
            client_id=client,
            client_host="/h",
            session_timeout_ms=10_000,
            rebalance_timeout_ms=15_000,
            protocol_type="consumer",
            protocols=protocols,
            requires_member_id=requires_id,
            can_skip_assignment=requires_id,
        )
        self.ask(lambda token: self.shard.join(token, request), JoinResponse, (group_id, client))

    @rule(group_id=GROUPS, newcomers=st.integers(0, 3), finishes=st.booleans())
    def clients_behave(self, group_id, newcomers, finishes):
        """What well-behaved clients do, so that Stable is not a rare state."""
        for client in "abc"[:newcomers]:
            self.join(group_id, client, (MemberProtocol("range", SUBSCRIPTION),), False, client == "c", False)
        for _ in range(2):
            for member in self.members(group_id):
                self.rejoin(group_id, member)
            self.time_passes(100)
        for member in self.members(group_id):
            self.sync_member(group_id, member)
        if finishes:
            self.log_accepts(len(self.writes))

    def members(self, group_id):
        return [
            m for group in self.shard.groups if group.group_id == group_id for m in group.members.values()
        ]

    def rejoin(self, group_id, member):
        if member.join_token is None:
            request = JoinRequest(
                group_id=group_id,
                member_id=member.member_id,
                group_instance_id=member.group_instance_id,
                client_id=member.client_id,
                client_host="/h",
                session_timeout_ms=10_000,
                rebalance_timeout_ms=15_000,
                protocol_type="consumer",
                protocols=member.protocols,
            )
            self.ask(
                lambda token: self.shard.join(token, request), JoinResponse, (group_id, member.client_id)
            )

    def sync_member(self, group_id, member):
        group = next(group for group in self.shard.groups if group.group_id == group_id)
        request = SyncRequest(
            group_id=group_id,
            generation=group.generation,
            member_id=member.member_id,
            group_instance_id=member.group_instance_id,
            assignments={one: f"{one}@{group.generation}".encode() for one in group.members},
        )
        self.ask(lambda token: self.shard.sync(token, request), SyncResponse)

    @rule(group_id=GROUPS, client=CLIENTS)
    def heartbeat(self, group_id, client):
        group = next((group for group in self.shard.groups if group.group_id == group_id), None)
        request = HeartbeatRequest(
            group_id=group_id,
            generation=group.generation if group else 0,
            member_id=self.known.get((group_id, client), "nobody"),
        )
        self.ask(lambda token: self.shard.heartbeat(token, request), ErrorCode)

    @rule(group_id=GROUPS, client=CLIENTS, by_instance=st.booleans())
    def leave(self, group_id, client, by_instance):
        leaving = (
            LeavingMember(group_instance_id=f"i{client}")
            if by_instance
            else LeavingMember(member_id=self.known.get((group_id, client), "nobody"))
        )
        request = LeaveRequest(group_id=group_id, members=(leaving, leaving))
        self.ask(lambda token: self.shard.leave(token, request), object)

    @rule(group_id=GROUPS, partition=PARTITIONS, offset=st.integers(0, 100))
    def commit(self, group_id, partition, offset):
        members = self.members(group_id)
        group = next((group for group in self.shard.groups if group.group_id == group_id), None)
        request = OffsetCommitRequest(
            group_id=group_id,
            generation=group.generation if members else -1,
            member_id=members[0].member_id if members else "",
            offsets=(OffsetToCommit(partition=partition, offset=offset),),
        )
        self.ask(lambda token: self.shard.commit(token, request), PartitionErrors)

    @rule(group_id=GROUPS)
    def delete_group(self, group_id):
        self.ask(lambda token: self.shard.delete_group(token, group_id), ErrorCode)

    @rule(group_id=GROUPS, partition=PARTITIONS)
    def delete_offsets(self, group_id, partition):
        self.ask(lambda token: self.shard.delete_offsets(token, group_id, [partition]), PartitionErrors)

    @rule()
    def delete_topic(self):
        self.shard.topics_deleted(["u"])
        self.drain()

    @rule(milliseconds=st.sampled_from([100, 3_000, 9_000, 16_000]))
    def time_passes(self, milliseconds):
        self.clock.advance(milliseconds / 1000)
        self.shard.run_timers()
        self.drain()

    @rule(writes=st.integers(1, 5))
    def log_accepts(self, writes):
        for write in self.writes[:writes]:
            for record in write.records:
                self.log.append(record)
                self.shard.replay(*record)
            self.shard.written(write.number)
        del self.writes[:writes]
        self.drain()

    @rule(error=FAILURES)
    def log_refuses(self, error):
        if self.writes:
            self.is_untroubled = False
            self.shard.write_failed(self.writes.pop(0).number, error)
            self.drain()

    @rule()
    def restart(self):
        self.shard = self.new_shard()
        self.writes.clear()
        self.parked.clear()
        self.told.clear()
        self.generations.clear()
        self.drain()

    # --- what always holds -----------------------------------------------------------------------------------

    @invariant()
    def the_table_is_what_the_log_says(self):
        replayed = GroupTable()
        for key, value in self.log:
            replayed.replay(key, value)
        assert replayed == self.shard.table

    @invariant()
    def groups_are_whole(self):
        for group in self.shard.groups:
            self.check_group(group)

    def check_group(self, group: Group):
        assert (group.leader_id is None) == (not group.members)
        assert group.leader_id is None or group.leader_id in group.members
        assert group.parked_joins == sum(one.join_token is not None for one in group.members.values())
        assert group.pending_syncs <= set(group.members)
        assert not group.pending_members & set(group.members)
        statics = {one.group_instance_id: key for key, one in group.members.items() if one.is_static}
        assert statics == group.static_members
        assert all(key == one.member_id for key, one in group.members.items())
        if group.state in (GroupState.EMPTY, GroupState.DEAD):
            assert not group.members
        if group.state in (GroupState.COMPLETING_REBALANCE, GroupState.STABLE):
            assert group.members
            assert group.parked_joins == 0
            assert group.protocol_name is not None
            assert all(group.protocol_name in [p.name for p in m.protocols] for m in group.members.values())
        else:
            assert all(one.sync_token is None for one in group.members.values())
        if group.state is GroupState.STABLE:
            assert all(one.sync_token is None for one in group.members.values())
            # Assignments name their receiver and generation: nobody has another's, or an old one.
            for one in group.members.values():
                if not one.is_static:
                    assert one.assignment in (b"", f"{one.member_id}@{group.generation}".encode())
        assert group.generation >= self.generations.get(group, 0)
        self.generations[group] = group.generation

    @invariant()
    def what_is_parked_is_parked_somewhere(self):
        held = {
            token
            for group in self.shard.groups
            for member in group.members.values()
            for token in (member.join_token, member.sync_token)
            if token is not None
        }
        in_log = {getattr(write.purpose, "token", None) for write in self.writes}
        assert set(self.parked) <= held | in_log
        assert held <= set(self.parked)

    @invariant()
    def a_settled_stable_group_is_as_stored(self):
        if self.writes:
            return
        for group in self.shard.groups:
            if group.state is GroupState.STABLE:
                stored = self.shard.table.groups[group.group_id]
                live = group.stored()
                assert stored.generation == live.generation
                assert set(stored.members) == set(live.members)
                assert stored.leader == live.leader
                if self.is_untroubled:
                    assert all(member.assignment for member in stored.members)

    def teardown(self):
        """Whatever happened: once the log answers and time passes, nobody is left waiting."""
        for _ in range(40):
            self.log_accepts(len(self.writes) or 1)
            self.time_passes(9_000)
        assert not self.parked
        assert all(not group.members for group in self.shard.groups)


ShardModel.TestCase.settings = settings(max_examples=250, stateful_step_count=40, deadline=None)
TestShardModel = ShardModel.TestCase
