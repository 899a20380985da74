"""The memory budget: refuses beyond its limit, wakes in order, never stands still."""

from engine.net.budget import SMALL_BYTES, MemoryBudget


class Waiting:
    def __init__(self):
        self.woken = 0

    def budget_freed(self):
        self.woken += 1


def test_a_frame_larger_than_the_limit_passes_when_nothing_else_is_taken():
    budget = MemoryBudget(100)
    assert budget.try_take(150)
    assert not budget.try_take(1)
    budget.give(150)
    assert budget.try_take(1)


def test_waiters_are_woken_once_a_quarter_is_free():
    budget = MemoryBudget(100)
    waiting = Waiting()
    assert budget.try_take(100)
    budget.wait(waiting)
    assert budget.pressed
    budget.give(10)
    assert waiting.woken == 0
    budget.give(20)
    assert waiting.woken == 1
    assert not budget.pressed


def test_small_frames_have_a_reserve():
    budget = MemoryBudget(80 << 20)
    assert budget.try_take(50 << 20)
    assert budget.try_take(30 << 20)
    assert not budget.try_take(SMALL_BYTES + 1)
    taken = 0
    while budget.try_take(SMALL_BYTES):
        taken += SMALL_BYTES
    assert taken == 10 << 20


def test_a_waiter_that_left_is_not_woken_and_the_next_one_is():
    budget = MemoryBudget(100)
    first, second = Waiting(), Waiting()
    assert budget.try_take(100)
    budget.wait(first)
    budget.wait(second)
    budget.forget(first)
    budget.give(100)
    assert (first.woken, second.woken) == (0, 1)
