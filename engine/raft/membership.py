"""Who belongs to a group, and which change may follow which (thesis 4.1, 4.2).

One voter is added or removed at a time, so that a majority of the old voters and one of the new always share a member.
Learners receive the log and are never counted; any number of them may come and go with a change.
"""

from dataclasses import dataclass

from engine.base.errors import invariant
from engine.model.ids import NodeId
from engine.raft.errors import ChangeRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The members of a group. Both tuples are sorted, without repeats and without a common member."""

    voters: tuple[NodeId, ...]
    learners: tuple[NodeId, ...] = ()

    def __post_init__(self) -> None:
        invariant(list(self.voters) == sorted(set(self.voters)), "voters are sorted, each once")
        invariant(list(self.learners) == sorted(set(self.learners)), "learners are sorted, each once")
        invariant(not set(self.voters) & set(self.learners), "a voter is not a learner")

    @property
    def members(self) -> tuple[NodeId, ...]:
        """Voters, then learners."""
        return self.voters + self.learners

    def adding_voter(self, node: NodeId) -> "Configuration":
        """With `node` as a voter (promoted if it was a learner)."""
        return Configuration(
            voters=tuple(sorted({*self.voters, node})),
            learners=tuple(one for one in self.learners if one != node),
        )

    def adding_learner(self, node: NodeId) -> "Configuration":
        """With `node` as a learner (demoted if it was a voter)."""
        return Configuration(
            voters=tuple(one for one in self.voters if one != node),
            learners=tuple(sorted({*self.learners, node})),
        )

    def removing(self, node: NodeId) -> "Configuration":
        """Without `node`."""
        return Configuration(
            voters=tuple(one for one in self.voters if one != node),
            learners=tuple(one for one in self.learners if one != node),
        )


def check_change(old: Configuration, new: Configuration) -> None:
    """Raise `ChangeRefused` unless a majority of `old` and one of `new` must share a member."""
    if not new.voters:
        raise ChangeRefused("a group needs a voter")
    if new == old:
        raise ChangeRefused("nothing would change")
    changed = set(old.voters) ^ set(new.voters)
    if len(changed) > 1:
        raise ChangeRefused(f"one voter at a time; this changes {sorted(changed)}")
