"""Placement: spread over racks, hosts and brokers, deterministic, never two replicas on one broker."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.base.errors import InvariantError
from engine.controller.allocator import Candidate, allocate


def test_one_broker_takes_everything():
    assert allocate([Candidate(node_id=3, host="h")], 4, 1) == [(3,)] * 4


def test_leaders_go_round():
    brokers = [Candidate(node_id=node, host=f"h{node}") for node in range(3)]
    placed = allocate(brokers, 6, 3)
    assert Counter(replicas[0] for replicas in placed) == {0: 2, 1: 2, 2: 2}
    assert all(sorted(replicas) == [0, 1, 2] for replicas in placed)


def test_shards_of_one_host_do_not_share_a_partition():
    brokers = [Candidate(node_id=node, host=f"h{node // 4}") for node in range(12)]
    for replicas in allocate(brokers, 20, 3):
        assert len({node // 4 for node in replicas}) == 3


def test_racks_come_before_hosts():
    brokers = [Candidate(node_id=node, host=f"h{node}", rack="ab"[node % 2]) for node in range(6)]
    for replicas in allocate(brokers, 10, 2):
        assert len({node % 2 for node in replicas}) == 2


def test_the_emptier_broker_is_preferred():
    brokers = [Candidate(node_id=0, host="a", held=10), Candidate(node_id=1, host="b", held=0)]
    assert allocate(brokers, 1, 1) == [(1,)]


def test_more_replicas_than_brokers_is_a_defect():
    with pytest.raises(InvariantError):
        allocate([Candidate(node_id=0, host="a")], 1, 2)


@given(st.data())
def test_every_replica_list_is_legal_and_balanced(data):
    count = data.draw(st.integers(1, 9))
    racks = data.draw(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=count, max_size=count))
    brokers = [Candidate(node_id=node, host=f"h{node // 2}", rack=rack) for node, rack in enumerate(racks)]
    factor = data.draw(st.integers(1, count))
    partitions = data.draw(st.integers(1, 30))
    placed = allocate(brokers, partitions, factor)
    assert placed == allocate(list(reversed(brokers)), partitions, factor)
    assert len(placed) == partitions
    for replicas in placed:
        assert len(set(replicas)) == factor
        assert set(replicas) <= set(range(count))
    leads = Counter(replicas[0] for replicas in placed)
    assert max(leads.values()) - min(leads.get(node, 0) for node in range(count)) <= 1
