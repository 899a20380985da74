"""The timer wheel, the fetch purgatory and the record log."""

import asyncio

import pytest

from engine.partition.delayed_fetch import FetchPurgatory, ParkedFetch
from engine.partition.record_log import AppendFailed, RecordLog
from engine.partition.timer_wheel import DELAY_MS_MAX, TimerWheel
from engine.wire.record_batch import build_batch
from tests.support.waiting import until


class Timed:
    def __init__(self, log, name):
        self.timer_bucket, self.log, self.name = -1, log, name

    def timed_out(self):
        self.log.append(self.name)


def test_deadlines_pass_in_order_and_removed_ones_never():
    async def main():
        loop = asyncio.get_running_loop()
        wheel, log = TimerWheel(loop), []
        entries = {name: Timed(log, name) for name in ("late", "soon", "gone", "never")}
        wheel.add(entries["late"], 60)
        wheel.add(entries["soon"], 5)
        wheel.add(entries["gone"], 20)
        wheel.add(entries["never"], 10**12)
        wheel.remove(entries["gone"])
        wheel.remove(entries["gone"])
        started = loop.time()
        await until(lambda: len(log) == 2)
        assert loop.time() - started >= 0.06
        assert log == ["soon", "late"]
        assert len(wheel) == 1
        assert entries["never"].timer_bucket * 8 <= started * 1000 + DELAY_MS_MAX + 512
        wheel.remove(entries["never"])

    asyncio.run(main())


def test_one_that_fails_does_not_stop_the_wheel():
    async def main():
        loop = asyncio.get_running_loop()
        problems = []
        loop.set_exception_handler(lambda _, context: problems.append(context))
        wheel, log = TimerWheel(loop), []
        bad = Timed(log, "bad")
        bad.timed_out = lambda: 1 / 0
        wheel.add(bad, 0)
        wheel.add(Timed(log, "good"), 0)
        await until(lambda: log)
        assert len(problems) == 1

    asyncio.run(main())


class Fetch(ParkedFetch):
    def __init__(self, log, name, wanted=1):
        super().__init__()
        self.log, self.name, self.wanted, self.changes = log, name, wanted, 0

    def enough(self, partition):
        self.changes += 1
        return self.changes >= self.wanted

    def finish(self):
        self.log.append(self.name)


def test_fetches_wake_at_the_watermark_at_their_deadline_or_never(with_room, when_committed):
    async def scenario(room):
        loop = asyncio.get_running_loop()
        purgatory, log = FetchPurgatory(loop, TimerWheel(loop), parked_max=4), []
        partition = await room.partition()
        assert purgatory.park(Fetch(log, "woken"), [partition], 60_000)
        assert purgatory.park(Fetch(log, "timed"), [partition], 1)
        gone, patient = Fetch(log, "gone"), Fetch(log, "patient", wanted=2)
        assert purgatory.park(gone, [partition], 60_000)
        assert purgatory.park(patient, [partition], 60_000)
        assert not purgatory.park(Fetch(log, "refused"), [partition], 1)
        purgatory.cancel(gone)
        await until(lambda: log)
        partition.append(memoryview(build_batch([(b"k", b"v")], timestamp_ms=1_700_000_000_000)))
        await when_committed(partition, 1)
        await until(lambda: len(log) >= 2)
        assert log == ["timed", "woken"]
        purgatory.finish_all()
        assert log == ["timed", "woken", "patient"]
        assert len(purgatory) == 0
        assert not partition.fetch_waiters

    with_room(scenario)


def test_closing_a_partition_wakes_its_fetches(with_room):
    async def scenario(room):
        loop = asyncio.get_running_loop()
        purgatory, log = FetchPurgatory(loop, TimerWheel(loop)), []
        partition = await room.partition()
        purgatory.park(Fetch(log, "told", wanted=99), [partition], 60_000)
        await room.manager.delete("t", 0, 1)
        await until(lambda: log)
        assert log == ["told"]

    with_room(scenario)


def test_concurrent_appends_share_a_batch_and_replay_in_order(with_room):
    async def scenario(room):
        partition = await room.partition()
        log = RecordLog(partition, room.clock, asyncio.get_running_loop())
        offsets = await asyncio.gather(
            log.append([(b"a", b"1"), (b"b", None)]),
            log.append([(None, b"2")]),
            log.append([(b"c", b"3")]),
        )
        assert offsets == [1, 2, 3]
        assert len(list(partition.log.batches(0, 4))) == 1
        await log.append([(b"d", b"4")])
        now = room.clock.wall_ms()
        replayed = [
            (0, b"a", b"1", now),
            (1, b"b", None, now),
            (2, None, b"2", now),
            (3, b"c", b"3", now),
            (4, b"d", b"4", now),
        ]
        assert list(log.replay()) == replayed
        await log.trim_prefix(2)
        assert list(log.replay()) == replayed[2:]

    with_room(scenario)


def test_a_closed_partition_refuses_records(with_room):
    async def scenario(room):
        partition = await room.partition()
        log = RecordLog(partition, room.clock, asyncio.get_running_loop())
        waiting = asyncio.ensure_future(log.append([(b"a", b"1")]))
        await asyncio.sleep(0)
        partition.close()
        with pytest.raises(AppendFailed):
            await waiting
        with pytest.raises(AppendFailed):
            await log.append([(b"a", b"1")])

    with_room(scenario)
