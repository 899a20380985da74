"""From the members a group has to those it should have, one safe step at a time: add, catch up, promote, remove.

A replica that comes is first a learner, so that the group never waits for an empty log; it becomes a voter once it has
what was committed when it was looked at. One that goes hands over its leadership first. `step` is called again and
again until it says that nothing is left.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from engine.model.ids import NodeId
from engine.raft.errors import RaftRefusal
from engine.raft.membership import Configuration

if TYPE_CHECKING:
    from engine.raft.group import Group


def in_sync(group: "Group", *, slack: int = 0) -> tuple[int, ...]:
    """Members that have durably what is committed, less `slack` records, as this leader knows; itself always."""
    leading = group.core.leading
    if leading is None:
        return (group.node,)
    floor = group.high_watermark - slack
    others = (
        node
        for node, progress in leading.progress.items()
        if progress.durable.offset >= floor and not progress.is_down
    )
    return (group.node, *others)


def next_configuration(
    now: Configuration, voters: Collection[int], learners: Collection[int], caught_up: Collection[int]
) -> Configuration | None:
    """The members after the next step; None when nothing can be done now (or at all).

    Pure. `caught_up`: members that may become voters. Adding comes before removing, so that a group is never smaller
    on the way than at either end.
    """
    coming = [NodeId(node) for node in (*voters, *learners) if node not in now.members]
    if coming:
        return Configuration(voters=now.voters, learners=tuple(sorted({*now.learners, *coming})))
    for node in now.learners:
        if node in voters and node in caught_up:
            return now.adding_voter(node)
    wanted = {*voters, *learners}
    if not set(voters) <= set(now.voters):
        return None  # wait for those who catch up before anybody goes
    for node in now.voters:
        if node not in voters:
            return now.adding_learner(node) if node in learners else now.removing(node)
    going = [node for node in now.learners if node not in wanted]
    if going:
        return Configuration(
            voters=now.voters, learners=tuple(node for node in now.learners if node in wanted)
        )
    return None


def reached(now: Configuration, voters: Collection[int], learners: Collection[int]) -> bool:
    """Whether the group has exactly those members."""
    return set(now.voters) == set(voters) and set(now.learners) == set(learners)


def step(group: "Group", voters: Collection[int], learners: Collection[int] = ()) -> bool:
    """Take the next step towards those members, if this replica leads and can; whether they are reached."""
    now = group.configuration
    if reached(now, voters, learners):
        return True
    caught_up = in_sync(group)
    following = next_configuration(now, voters, learners, caught_up)
    if following is None:
        return False
    try:
        if group.node not in following.voters:
            heir = next((node for node in caught_up if node in following.voters and node in now.voters), None)
            if heir is not None:
                group.transfer_leadership(NodeId(heir))
            return False
        group.change_members(following)
    except RaftRefusal:
        return False  # a change before it is not committed yet, or leadership is on its way
    return False
