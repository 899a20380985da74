from hypothesis import given
from hypothesis import strategies as st

from engine.coordinator.timers import TimerKey, TimerKind, Timers

keys = st.builds(TimerKey, st.just(TimerKind.SESSION), st.just("g"), st.sampled_from("abcd"))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("set"), keys, st.integers(0, 10)),
        st.tuples(st.just("cancel"), keys, st.just(0)),
        st.tuples(st.just("run"), keys, st.integers(0, 4)),
    ),
    max_size=60,
)


@given(steps)
def test_behaves_as_a_dictionary_of_deadlines(script):
    timers = Timers()
    model: dict[TimerKey, float] = {}
    now = 0.0
    for step, key, amount in script:
        if step == "set":
            timers.set(key, now + amount)
            model[key] = now + amount
        elif step == "cancel":
            timers.cancel(key)
            model.pop(key, None)
        else:
            now += amount
            popped = []
            while (due := timers.pop_due(now)) is not None:
                popped.append(due)
            assert len(popped) == len(set(popped))
            assert set(popped) == {key for key, deadline in model.items() if deadline <= now}
            for key in popped:
                del model[key]
        assert len(timers) == len(model)
        assert all((key in timers) for key in model)
        if model:
            deadline = timers.next_deadline()
            assert deadline is not None
            assert deadline <= min(model.values())


def test_a_deadline_moved_back_a_thousand_times_takes_one_place():
    timers = Timers()
    key = TimerKey(TimerKind.SESSION, "g", "m")
    for at in range(1000):
        timers.set(key, 10 + at)
    assert len(timers._heap) == 1
    assert timers.pop_due(1008) is None
    assert timers.pop_due(1009) == key
