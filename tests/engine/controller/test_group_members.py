"""Any group gets from any members to any others, one safe step at a time."""

from hypothesis import given
from hypothesis import strategies as st

from engine.controller.group_members import next_configuration, reached
from engine.raft.membership import Configuration, check_change

nodes = st.integers(0, 6)
voters = st.sets(nodes, min_size=1, max_size=5)


@given(voters, st.sets(nodes, max_size=3), voters, st.sets(nodes, max_size=3))
def test_every_step_is_legal_and_the_last_one_arrives(voters_now, learners_now, wanted, learning):
    now = Configuration(voters=tuple(sorted(voters_now)), learners=tuple(sorted(learners_now - voters_now)))
    learning -= wanted
    smallest = len(now.voters)
    for _ in range(40):
        if reached(now, wanted, learning):
            break
        following = next_configuration(now, wanted, learning, caught_up=range(7))
        assert following is not None
        check_change(now, following)
        now = following
        smallest = min(smallest, len(now.voters))
    assert reached(now, wanted, learning)
    assert smallest >= min(len(voters_now), len(wanted))


def test_nobody_goes_before_the_newcomer_has_caught_up():
    now = Configuration(voters=(0, 1, 2), learners=(3,))
    assert next_configuration(now, {1, 2, 3}, (), caught_up={0, 1, 2}) is None
    promoted = next_configuration(now, {1, 2, 3}, (), caught_up={3})
    assert promoted is not None
    assert promoted.voters == (0, 1, 2, 3)
    removed = next_configuration(promoted, {1, 2, 3}, (), caught_up=())
    assert removed is not None
    assert removed.voters == (1, 2, 3)
