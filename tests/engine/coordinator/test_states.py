import pytest

from engine.base.errors import InvariantError
from engine.coordinator.states import MAY_FOLLOW, MAY_REBALANCE, GroupState, check_transition


def test_every_state_has_a_row():
    assert set(MAY_FOLLOW) == set(GroupState)


def test_rebalances_start_from_all_but_two():
    assert set(GroupState) - MAY_REBALANCE == {GroupState.PREPARING_REBALANCE, GroupState.DEAD}


@pytest.mark.parametrize("before", GroupState)
@pytest.mark.parametrize("after", GroupState)
def test_the_table_is_the_law(before, after):
    if after in MAY_FOLLOW[before]:
        check_transition(before, after)
    else:
        with pytest.raises(InvariantError):
            check_transition(before, after)
