"""The log view against a list of entries, which is what a log is."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.base.errors import InvariantError
from engine.model.ids import NodeId
from engine.raft.entries import ORIGIN, Mark, Position, Run
from engine.raft.log_view import LogView
from engine.raft.membership import Configuration

ONE = Configuration(voters=(NodeId(1),))


@st.composite
def logs(draw):
    """(term, width) entries: width 0 is a mark; a term starts with its mark; some marks change the members."""
    entries, term = [], -1
    for _ in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(["term", "data", "data", "change"]))
        if kind == "term" or term < 0:
            term += draw(st.integers(1, 3))
            entries.append(("term", term, 0))
        else:
            entries.append((kind, term, draw(st.integers(1, 5)) if kind == "data" else 0))
    return entries


def build(entries):
    log = LogView(ONE)
    positions = [(ORIGIN, -1)]
    for number, (kind, term, width) in enumerate(entries):
        if kind == "data":
            log.append_run(Run(log.end_offset, log.end_offset + width, term, width))
        else:
            members = Configuration(voters=(NodeId(number + 2),)) if kind == "change" else None
            log.append_mark(Mark(term, log.end.marks, log.end_offset, members))
        positions.append((log.end, term))
    return log, positions


@given(logs())
def test_every_place_is_known_by_its_term(entries):
    log, positions = build(entries)
    assert [position for position, _ in positions] == sorted({position for position, _ in positions})
    for position, term in positions:
        assert log.term_at(position) == term
        assert log.contains(position, term)
        assert not log.contains(position, term + 1)
    assert log.last_term == positions[-1][1]
    assert not log.contains(Position(log.end.offset + 1, log.end.marks), log.last_term)
    assert not log.contains(Position(log.end.offset, log.end.marks + 1), log.last_term)


@given(logs(), st.integers(-1, 40))
def test_where_a_term_ends(entries, term):
    log, positions = build(entries)
    last = [(found, position) for position, found in positions if found <= term]
    assert log.end_of_term(term) == (last[-1] if last else (-1, ORIGIN))


@given(logs(), st.data())
def test_a_cut_is_the_log_before_it(entries, data):
    log, positions = build(entries)
    keep = data.draw(st.integers(0, len(entries)))
    log.cut(positions[keep][0])
    same, _ = build(entries[:keep])
    assert (log.marks, log.end, log.configuration) == (same.marks, same.end, same.configuration)
    assert log.generation == 1


@given(logs(), st.data())
def test_moving_the_start_keeps_what_is_behind_it(entries, data):
    log, positions = build(entries)
    offset = data.draw(st.sampled_from(sorted({position.offset for position, _ in positions})))
    before = log.configuration
    log.move_start(offset)
    assert log.configuration == before
    for position, term in positions:
        if position.offset > offset:
            assert log.term_at(position) == term
            assert log.contains(position, term)
        elif position.offset < offset:
            assert not log.contains(position, term)


@given(logs(), st.data())
def test_durable_is_the_longest_prefix_of_both_parts(entries, data):
    log, positions = build(entries)
    offset = data.draw(st.sampled_from([position.offset for position, _ in positions]))
    marks = data.draw(st.integers(0, log.end.marks))
    log.note_durable(offset, marks)
    expected = max(p for p, _ in positions if p.offset <= offset and p.marks <= marks)
    assert log.durable == log.prefix(offset, marks) == expected


@given(logs(), st.data())
@settings(max_examples=200)
def test_a_restart_finds_a_prefix_that_has_all_that_was_durable(entries, data):
    """Data of a prefix, marks of another: what both were said to have survives, and what comes back was there."""
    log, positions = build(entries)
    places = [position for position, _ in positions]
    data_end = data.draw(st.sampled_from([place.offset for place in places]))
    marks = data.draw(st.integers(0, log.end.marks))
    # Data never gets ahead of a change of members that is not durable.
    for mark in log.marks[marks:]:
        if mark.configuration is not None:
            data_end = min(data_end, mark.offset)
            break
    epochs = []
    for (before, _), (after, term) in pairwise(positions):
        if before.offset < after.offset <= data_end and (not epochs or epochs[-1][0] != term):
            epochs.append((term, before.offset))
    found = LogView.restore(
        ONE, start=ORIGIN, start_term=-1, marks=log.marks[:marks], end_offset=data_end, epochs=epochs
    )
    assert found.end in places
    assert found.end >= log.prefix(data_end, marks)
    assert found.marks == log.marks[: found.end.marks]


def test_a_mark_elsewhere_than_at_the_end_is_a_bug():
    log = LogView(ONE)
    with pytest.raises(InvariantError):
        log.append_mark(Mark(1, 0, 5))
    with pytest.raises(InvariantError):
        log.append_run(Run(0, 5, 1, 5))


def test_a_reset_is_durable_only_when_that_is_said():
    log, _ = build([("term", 1, 0), ("data", 1, 5)])
    log.note_durable(5, 1)
    log.reset(Position(9, 4), 3, ONE)
    assert log.durable == ORIGIN
    log.note_durable(9, 4)
    assert log.durable == log.end == Position(9, 4)
