"""A later term wins, whatever the order; one leader a term."""

import random

from hypothesis import given
from hypothesis import strategies as st

from engine.controller.leaders import NOBODY, Leader, Leaders


@given(st.lists(st.integers(0, 9), min_size=1, unique=True), st.integers(0, 1000))
def test_the_latest_term_wins_in_any_order(terms, seed):
    told = [Leader(term % 3, term, (term % 3,)) for term in terms]
    random.Random(seed).shuffle(told)
    changes = []
    leaders = Leaders(lambda: changes.append(1))
    for leader in told + told:
        leaders.learn(5, leader)
    assert leaders.get(5).term == max(terms)
    assert leaders.get(6) is NOBODY
    assert list(leaders.led_by(max(terms) % 3)) == [5]


def test_one_leader_a_term_and_stepping_down():
    leaders = Leaders(lambda: None)
    assert leaders.learn(1, Leader(2, 7, (2,)))
    assert not leaders.learn(1, Leader(3, 7, (3,)))
    assert leaders.learn(1, Leader(2, 7, (2, 3)))
    assert leaders.learn(1, Leader(-1, 7))
    assert leaders.get(1).node_id == -1
    assert leaders.learn(1, Leader(3, 8, (3,)))
    assert not leaders.learn(1, Leader(-1, 7))
    leaders.forget(1)
    assert leaders.get(1) is NOBODY
