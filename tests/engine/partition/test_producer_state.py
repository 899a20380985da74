"""The producer window against a naive model that keeps everything, and its snapshot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.partition.producer_state import ProducerStates, SnapshotError
from engine.wire.batch_header import BatchHeader
from engine.wire.error_codes import ErrorCode
from engine.wire.errors import RecordError

TOP = 2**31 - 1


def header(producer_id, epoch, sequence, count, base_offset=0, attributes=0):
    return BatchHeader(
        base_offset, 49, 0, 2, 0, attributes, count - 1, 0, 0, producer_id, epoch, sequence, count
    )


class Model:
    """Every batch of each producer's current epoch, as (first sequence, last sequence, offset)."""

    def __init__(self):
        self.producers = {}

    def produce(self, producer_id, epoch, sequence, count, end):
        last = (sequence + count - 1) % (TOP + 1)
        if producer_id not in self.producers:
            self.producers[producer_id] = (epoch, [(sequence, last, end)])
            return "appended"
        known_epoch, batches = self.producers[producer_id]
        if epoch < known_epoch:
            return ErrorCode.INVALID_PRODUCER_EPOCH
        if epoch > known_epoch:
            if sequence != 0:
                return ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
            self.producers[producer_id] = (epoch, [(sequence, last, end)])
            return "appended"
        if sequence == (batches[-1][1] + 1) % (TOP + 1):
            batches.append((sequence, last, end))
            return "appended"
        for first, final, offset in batches[-5:]:
            if (first, final) == (sequence, last):
                return offset
        return ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


steps = st.lists(
    st.tuples(
        st.integers(1, 2),
        st.integers(0, 2),
        st.one_of(st.integers(0, 12), st.integers(TOP - 6, TOP)),
        st.integers(1, 4),
    ),
    max_size=60,
)


def play(states, producer_id, epoch, sequence, count, end):
    batch = header(producer_id, epoch, sequence, count, end)
    try:
        known = states.check(batch)
    except RecordError as error:
        return error.code
    if known is not None:
        return known.base_offset
    states.record(batch, -1, 0)
    return "appended"


@given(steps, st.integers(0, 60))
def test_the_window_answers_as_a_model_that_forgets_nothing(steps, restart_at):
    states, model, end = ProducerStates(), Model(), 0
    for number, step in enumerate(steps):
        if number == restart_at:
            states = ProducerStates.from_bytes(states.to_bytes())
        answer = play(states, *step, end)
        assert answer == model.produce(*step, end)
        if answer == "appended":
            end += step[3]


@given(st.integers(TOP - 20, TOP), st.lists(st.integers(1, 9), min_size=6, max_size=12))
def test_sequences_wrap(start, counts):
    states, sequence, end = ProducerStates(), start, 0
    for count in counts:
        assert play(states, 1, 0, sequence, count, end) == "appended"
        assert play(states, 1, 0, sequence, count, 999) == end
        sequence = (sequence + count) % (TOP + 1)
        end += count


@given(st.binary(max_size=200))
def test_any_bytes_are_a_snapshot_or_a_snapshot_error(data):
    try:
        states = ProducerStates.from_bytes(data)
    except SnapshotError:
        return
    assert isinstance(states, ProducerStates)


def test_a_marker_raises_the_epoch_and_leaves_no_batch():
    states = ProducerStates()
    states.record(header(1, 0, 0, 2), -1, 0)
    states.record(header(1, 3, -1, 1, 2, attributes=0x30), -1, 0)
    assert states.get(1).epoch == 3
    assert not states.get(1).batches
    assert states.check(header(1, 3, 0, 1)) is None


def test_the_bound_forgets_the_one_unheard_of_for_longest():
    states = ProducerStates(producers_max=2)
    for producer_id in (1, 2):
        states.record(header(producer_id, 0, 0, 1), -1, 0)
    states.record(header(1, 0, 1, 1), -1, 0)
    states.record(header(3, 0, 0, 1), -1, 0)
    assert states.get(2) is None
    assert len(states) == 2


def test_silent_producers_expire():
    states = ProducerStates()
    states.record(header(1, 0, 0, 1), -1, 1000)
    states.record(header(2, 0, 0, 1), -1, 2000)
    assert states.expire(1500) == 1
    assert states.get(1) is None


def test_batches_the_log_lost_are_forgotten_but_not_the_epoch():
    states = ProducerStates()
    states.record(header(1, 4, 0, 2, 0), -1, 0)
    states.record(header(1, 4, 2, 2, 2), -1, 0)
    states.truncate(2)
    assert states.check(header(1, 4, 2, 2)) is None
    states.truncate(0)
    with pytest.raises(RecordError):
        states.check(header(1, 3, 2, 2))
