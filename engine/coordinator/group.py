"""One classic group: its members, protocols and generation, and the rules that need nothing else.

Time is given in; requests that wait are tokens. `rebalance.py` and `membership.py` drive it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from engine.base.errors import invariant
from engine.coordinator.consumer_protocol import CONSUMER_PROTOCOL_TYPE, subscribed_topics
from engine.coordinator.member import Member, MemberProtocol
from engine.coordinator.records import StoredGroup, StoredMember
from engine.coordinator.states import GroupState, check_transition


class Group:
    """The live half of a group, on the shard that owns its offsets partition.

    Invariants: `leader_id` is a member or None; None only without members. `parked_joins` counts the members whose
    `join_token` is set. `static_members` maps each instance id to the one member that has it. A member of a Stable
    group has been given an assignment (perhaps an empty one).
    """

    def __init__(self, group_id: str, now_ms: int) -> None:
        self.group_id = group_id
        self.state = GroupState.EMPTY
        self.previous_state = GroupState.EMPTY
        self.state_timestamp_ms = now_ms
        self.generation = 0
        self.protocol_type: str | None = None
        self.protocol_name: str | None = None
        self.leader_id: str | None = None
        self.members: dict[str, Member] = {}
        self.static_members: dict[str, str] = {}
        self.pending_members: set[str] = set()
        """Ids handed out with MEMBER_ID_REQUIRED that have not come back."""
        self.pending_syncs: set[str] = set()
        """Members of the new generation that have not sent SyncGroup."""
        self.parked_joins = 0
        self.new_member_added = False
        """Whether a member arrived since the initial delay was last extended."""
        self.initial_delay_left_ms = 0
        """How much longer the initial delay may be extended."""
        self.assignment_write: int | None = None
        """The write that carries this generation's assignment, while it is under way."""
        self.subscribed_topics: frozenset[str] | None = None
        """Topics the members consume, or None when that is not known."""
        self._protocol_support: Counter[str] = Counter()

    # --- state ---------------------------------------------------------------------------------------------------

    def transition(self, state: GroupState, now_ms: int) -> None:
        """Go to `state` at wall time `now_ms`."""
        check_transition(self.state, state)
        self.previous_state, self.state = self.state, state
        self.state_timestamp_ms = now_ms

    @property
    def is_initial_rebalance(self) -> bool:
        """Whether the members are gathering for the first time, so that only the delay ends the wait."""
        return self.state is GroupState.PREPARING_REBALANCE and self.previous_state is GroupState.EMPTY

    @property
    def has_all_joined(self) -> bool:
        """Whether nobody is missing from the rebalance."""
        return len(self.members) <= self.parked_joins and not self.pending_members

    @property
    def rebalance_timeout_ms(self) -> int:
        """The longest rebalance timeout of any member."""
        return max((member.rebalance_timeout_ms for member in self.members.values()), default=0)

    @property
    def uses_consumer_protocol(self) -> bool:
        """Whether the members are consumers, whose subscriptions can be read."""
        return self.protocol_type == CONSUMER_PROTOCOL_TYPE

    @property
    def leader(self) -> Member | None:
        """The member that computes the assignment."""
        return self.members[self.leader_id] if self.leader_id is not None else None

    # --- members -------------------------------------------------------------------------------------------------

    def add(self, member: Member) -> None:
        """Take in a member that is not in the group; the first one leads."""
        invariant(member.member_id not in self.members, f"{member.member_id} is a member already")
        if not self.members:
            self.protocol_type = member.protocol_type
        if member.group_instance_id is not None:
            invariant(member.group_instance_id not in self.static_members, "one member an instance id")
            self.static_members[member.group_instance_id] = member.member_id
        if self.leader_id is None:
            self.leader_id = member.member_id
        self.members[member.member_id] = member
        self._support(member.protocols)
        self.pending_members.discard(member.member_id)

    def remove(self, member_id: str) -> Member | None:
        """Drop a member, pending or full, and return the full one. Its parked requests must be answered before."""
        self.pending_members.discard(member_id)
        self.pending_syncs.discard(member_id)
        member = self.members.pop(member_id, None)
        if member is None:
            return None
        invariant(not member.is_parked, f"{member_id} was dropped with a request parked")
        self._unsupport(member.protocols)
        if member.group_instance_id is not None:
            self.static_members.pop(member.group_instance_id, None)
        if self.leader_id == member_id:
            self.leader_id = next(iter(self.members), None)
        return member

    def update(
        self,
        member: Member,
        protocols: tuple[MemberProtocol, ...],
        rebalance_timeout_ms: int,
        session_timeout_ms: int,
    ) -> None:
        """Replace what a member told us of itself."""
        self._unsupport(member.protocols)
        self._support(protocols)
        member.protocols = protocols
        member.rebalance_timeout_ms = rebalance_timeout_ms
        member.session_timeout_ms = session_timeout_ms

    def rename_static(self, group_instance_id: str, new_member_id: str) -> Member:
        """Give the static member a new id, keeping its place, assignment and leadership."""
        old_member_id = self.static_members[group_instance_id]
        member = self.members[old_member_id]
        invariant(not member.is_parked, f"{old_member_id} was replaced with a request parked")
        member.member_id = new_member_id
        # Rebuilt rather than popped and added: the order of members decides who leads next.
        self.members = {entry.member_id: entry for entry in self.members.values()}
        self.static_members[group_instance_id] = new_member_id
        if self.leader_id == old_member_id:
            self.leader_id = new_member_id
        if old_member_id in self.pending_syncs:
            self.pending_syncs.discard(old_member_id)
            self.pending_syncs.add(new_member_id)
        return member

    def park_join(self, member: Member, token: int) -> int | None:
        """Park a JoinGroup; returns the token of the one it takes the place of, which needs an answer."""
        replaced = member.join_token
        member.join_token = token
        if replaced is None:
            self.parked_joins += 1
        return replaced

    def take_join(self, member: Member) -> int | None:
        """Take a member's parked JoinGroup out, to answer it."""
        token, member.join_token = member.join_token, None
        if token is not None:
            self.parked_joins -= 1
        return token

    # --- protocols -----------------------------------------------------------------------------------------------

    def _support(self, protocols: Iterable[MemberProtocol]) -> None:
        self._protocol_support.update({protocol.name for protocol in protocols})

    def _unsupport(self, protocols: Iterable[MemberProtocol]) -> None:
        for name in {protocol.name for protocol in protocols}:
            self._protocol_support[name] -= 1
            if not self._protocol_support[name]:
                del self._protocol_support[name]

    def _candidates(self) -> Iterator[str]:
        return (name for name, count in self._protocol_support.items() if count == len(self.members))

    def supports(self, protocol_type: str, protocols: Iterable[MemberProtocol]) -> bool:
        """Whether a member offering `protocols` could be part of this group."""
        if self.state is GroupState.EMPTY:
            return bool(protocol_type) and any(True for _ in protocols)
        if self.protocol_type != protocol_type:
            return False
        return any(self._protocol_support[protocol.name] == len(self.members) for protocol in protocols)

    def select_protocol(self) -> str:
        """The protocol all members speak that most of them like best; a tie goes to the one voted for first."""
        candidates = frozenset(self._candidates())
        votes = Counter(
            # A protocol may be called "": hostile, not impossible.
            vote
            for member in self.members.values()
            if (vote := member.vote(candidates)) is not None
        )
        invariant(votes, f"the members of {self.group_id!r} have no protocol in common")
        return votes.most_common(1)[0][0]

    # --- generations ---------------------------------------------------------------------------------------------

    def elect_joined_leader(self) -> bool:
        """Make sure that the leader has rejoined, handing leadership on if it has not. False if nobody rejoined."""
        leader = self.leader
        if leader is None:
            return False
        if leader.join_token is not None:
            return True
        for member in self.members.values():
            if member.join_token is not None:
                self.leader_id = member.member_id
                return True
        return False

    def begin_generation(self, now_ms: int) -> None:
        """Draw up the next generation of the members there are: CompletingRebalance, or Empty without any."""
        self.generation += 1
        self.assignment_write = None
        self.pending_syncs.clear()
        if self.members:
            self.protocol_name = self.select_protocol()
            self.subscribed_topics = self._compute_subscribed_topics()
            self.transition(GroupState.COMPLETING_REBALANCE, now_ms)
        else:
            self.protocol_name = None
            self.subscribed_topics = self._compute_subscribed_topics()
            self.transition(GroupState.EMPTY, now_ms)

    def _compute_subscribed_topics(self) -> frozenset[str] | None:
        if not self.uses_consumer_protocol:
            return None
        if not self.members:
            return frozenset()
        topics: set[str] = set()
        for member in self.members.values():
            subscribed = subscribed_topics(member.metadata(self.protocol_name))
            if subscribed is None:
                return None
            topics |= subscribed
        return frozenset(topics)

    def is_subscribed_to(self, topic: str) -> bool:
        """Whether a live member consumes `topic`; consumers that cannot be understood are taken to."""
        if self.subscribed_topics is not None:
            return topic in self.subscribed_topics
        return self.uses_consumer_protocol

    # --- storing -------------------------------------------------------------------------------------------------

    def stored(self, assignments: dict[str, bytes] | None = None) -> StoredGroup:
        """The group as a record, with `assignments` (by member id) in place of the members' own."""
        return StoredGroup(
            protocol_type=self.protocol_type or "",
            generation=self.generation,
            protocol_name=self.protocol_name,
            leader=self.leader_id,
            state_timestamp_ms=self.state_timestamp_ms,
            members=tuple(
                StoredMember(
                    member_id=member.member_id,
                    group_instance_id=member.group_instance_id,
                    client_id=member.client_id,
                    client_host=member.client_host,
                    rebalance_timeout_ms=member.rebalance_timeout_ms,
                    session_timeout_ms=member.session_timeout_ms,
                    subscription=member.metadata(self.protocol_name),
                    assignment=(
                        member.assignment if assignments is None else assignments.get(member.member_id, b"")
                    ),
                )
                for member in self.members.values()
            ),
        )

    @classmethod
    def from_stored(cls, group_id: str, stored: StoredGroup) -> "Group":
        """The group a record describes, as it is after a restart. Raises nothing: the record was decoded."""
        group = cls(group_id, stored.state_timestamp_ms)
        group.generation = stored.generation
        for entry in stored.members:
            if entry.member_id in group.members or entry.group_instance_id in group.static_members:
                continue
            group.add(
                Member(
                    member_id=entry.member_id,
                    group_instance_id=entry.group_instance_id,
                    client_id=entry.client_id,
                    client_host=entry.client_host,
                    rebalance_timeout_ms=entry.rebalance_timeout_ms,
                    session_timeout_ms=entry.session_timeout_ms,
                    protocol_type=stored.protocol_type,
                    protocols=(MemberProtocol(stored.protocol_name or "", entry.subscription),),
                    assignment=entry.assignment,
                )
            )
        group.protocol_type = stored.protocol_type or None
        if group.members:
            group.protocol_name = stored.protocol_name
            if stored.leader in group.members:
                group.leader_id = stored.leader
            group.state = group.previous_state = GroupState.STABLE
        group.subscribed_topics = group._compute_subscribed_topics()
        return group
