"""The driver's small parts: recent batches, batches from outside, who is alive."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.raft.batches import filler, split, split_run
from engine.raft.entries import Run
from engine.raft.heartbeat import NodeWatch
from engine.raft.recent import RecentBatches, RecentBudget
from engine.wire.batch_header import parse_header
from engine.wire.records import build_batch, iter_records


class TestRecent:
    def make(self, budget=1000, group=100):
        self.budget = RecentBudget(budget)
        return RecentBatches(self.budget, group)

    def test_gathers_exactly_what_is_there(self):
        recent = self.make()
        for base in range(0, 50, 10):
            recent.add(base, base + 10, bytes([base]) * 4, 0)
        assert recent.gather(10, 30) == [bytes([10]) * 4, bytes([20]) * 4]
        assert recent.gather(10, 25) is None
        assert recent.gather(15, 30) is None
        assert recent.gather(40, 60) is None
        assert recent.from_offset(20, 50, 8) == (40, [bytes([20]) * 4, bytes([30]) * 4])
        assert recent.from_offset(20, 50, 1) == (30, [bytes([20]) * 4])
        assert recent.from_offset(20, 25, 100) is None
        assert recent.from_offset(50, 90, 100) is None

    def test_only_durable_batches_go_for_room(self):
        recent = self.make(group=10)
        recent.add(0, 1, bytes(8), 0)
        recent.add(1, 2, bytes(8), 0)
        assert recent.size_bytes == 16
        recent.add(2, 3, bytes(8), 2)
        assert recent.gather(0, 1) is None
        assert recent.size_bytes == 8
        assert self.budget.used_bytes == 8

    def test_the_budget_is_shared(self):
        one = self.make(budget=20)
        other = RecentBatches(self.budget, 100)
        one.add(0, 1, bytes(15), 1)
        other.add(0, 1, bytes(15), 1)
        assert self.budget.used_bytes == 15
        one.clear()
        other.clear()
        assert self.budget.used_bytes == 0

    @given(
        st.lists(
            st.tuples(st.sampled_from(["add", "cut", "forget", "clear"]), st.integers(0, 12)), max_size=40
        )
    )
    @settings(max_examples=80)
    def test_like_a_list(self, steps):
        budget = RecentBudget(10**9)
        recent = RecentBatches(budget, 10**9)
        model = []
        end = 0
        for what, number in steps:
            if what == "add":
                batch = bytes([number]) * (number + 1)
                recent.add(end, end + number + 1, batch, 0)
                model.append((end, end + number + 1, batch))
                end += number + 1
            elif what == "cut":
                offset = max(end - number, 0)
                recent.cut(offset)
                model = [one for one in model if one[1] <= offset]
                end = model[-1][1] if model else offset
            elif what == "forget":
                offset = model[0][0] + number if model else number
                recent.forget_below(offset)
                model = [one for one in model if one[1] > offset]
            else:
                recent.clear()
                model = []
            assert recent.size_bytes == budget.used_bytes == sum(len(one[2]) for one in model)
            for at in range(len(model)):
                assert recent.gather(model[0][0], model[at][1]) == [one[2] for one in model[: at + 1]]


def stamped(*spans, term=3):
    data = bytearray()
    for base, count in spans:
        data += build_batch([(None, b"v")] * count, base_offset=base, leader_epoch=term)
    return memoryview(data)


class TestBatches:
    def test_a_run_is_cut_into_batches(self):
        payload = stamped((5, 2), (9, 1))
        found = split_run(payload, Run(4, 10, 3, len(payload)))
        assert [header.base_offset for header, _ in found] == [5, 9]
        assert b"".join(bytes(batch) for _, batch in found) == payload

    def test_what_is_not_the_run_is_refused(self):
        payload = stamped((5, 2), (9, 1))
        size = len(payload)
        for run in (
            Run(6, 10, 3, size),
            Run(5, 11, 3, size),
            Run(5, 9, 3, size),
            Run(5, 10, 4, size),
            Run(5, 10, 3, size - 1),
        ):
            assert split_run(payload, run) is None
        assert split_run(stamped((9, 1), (5, 2)), Run(5, 10, 3, size)) is None
        assert split_run(memoryview(b""), Run(5, 10, 3, 0)) is None

    @given(st.data())
    @settings(max_examples=60)
    def test_damage_is_noticed(self, data):
        payload = bytearray(stamped((5, 2), (9, 1)))
        at = data.draw(st.integers(0, len(payload) - 1))
        payload[at] ^= 1 << data.draw(st.integers(0, 7))
        found = split_run(memoryview(payload), Run(5, 10, 3, len(payload)))
        if (
            found is not None
        ):  # the fields before the checksum's range: base offset and epoch were checked otherwise
            assert [header.base_offset for header, _ in found] in ([5, 9], [5, 8], [6, 9], [7, 9])

    @given(st.binary(max_size=200))
    @settings(max_examples=80)
    def test_any_bytes(self, data):
        found = split(memoryview(data), 0)
        assert found is None or not data or found

    def test_fillers_hold_offsets_and_no_records(self):
        (batch,) = filler(10, 250, 7)
        header = parse_header(batch)
        assert (header.base_offset, header.next_offset, header.leader_epoch) == (10, 250, 7)
        assert list(iter_records(batch)) == []
        assert split(memoryview(batch), 10) is not None
        assert len(filler(0, 2**31 + 5, 1)) == 2
        assert filler(5, 5, 1) == []


class TestNodeWatch:
    def make(self):
        self.told = []
        watch = NodeWatch(
            5, lambda node: self.told.append(("down", node)), lambda node: self.told.append(("up", node))
        )
        watch.add(2, 0)
        return watch

    def test_silence(self):
        watch = self.make()
        watch.check(4)
        assert not self.told
        watch.check(5)
        watch.check(6)
        assert self.told == [("down", 2)]
        assert not watch.alive(2)
        watch.heard(2, 1, 7)
        assert self.told == [("down", 2), ("up", 2)]
        assert watch.alive(2)

    def test_a_peer_that_started_anew(self):
        watch = self.make()
        watch.heard(2, 1, 1)
        watch.heard(2, 1, 2)
        assert not self.told
        watch.heard(2, 9, 3)
        assert self.told == [("down", 2), ("up", 2)]

    def test_a_broken_connection(self):
        watch = self.make()
        watch.lost(2)
        watch.lost(2)
        assert self.told == [("down", 2)]
        watch.heard(2, 4, 3)
        watch.check(4)
        assert self.told == [("down", 2), ("up", 2)]

    def test_strangers(self):
        watch = self.make()
        watch.heard(7, 1, 1)
        watch.lost(7)
        watch.remove(2)
        watch.check(100)
        assert not self.told
        assert watch.alive(7)
