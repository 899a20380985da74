"""Retention and compaction on real files, against a naive model."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.base.clock import ManualClock
from engine.model.ids import TopicPartition
from engine.model.topic_config import TopicConfig
from engine.storage.compaction_plan import group_segments
from engine.storage.config import StorageConfig
from engine.storage.retention import Aged, expired_count
from engine.storage.storage import Storage
from engine.wire.batch_header import TRANSACTIONAL, parse_header
from engine.wire.records import build_batch, build_control_batch, iter_records
from tests.support.waiting import until

PARTITION = TopicPartition("orders", 0)
START_MS = 1_700_000_000_000


async def opened(path, clock, **settings_):
    settings_.setdefault("compaction_in_process", False)
    return await Storage.open(
        path, config=StorageConfig(**settings_), clock=clock, loop=asyncio.get_running_loop()
    )


def put(log, batch):
    log.append(batch, parse_header(batch))


async def flushed(log):
    await until(lambda: log.durable_offset == log.end_offset, "durable")


def records_of(log):
    return [
        record
        for header, batch in log.batches(log.start_offset, log.end_offset)
        if not header.is_control
        for record in iter_records(batch)
    ]


def compacting(**settings_):
    settings_.setdefault("min_cleanable_dirty_ratio", 0.0)
    return TopicConfig(cleanup_policy=frozenset({"compact"}), **settings_)


def test_old_segments_go_by_age_and_the_log_goes_on(tmp_path):
    async def main():
        clock = ManualClock(START_MS)
        storage = await opened(tmp_path, clock)
        log = storage.create_log(1, PARTITION, TopicConfig(segment_bytes=300, retention_ms=60_000))
        for number in range(12):
            put(
                log,
                build_batch([(b"k", b"v" * 60)], base_offset=number, timestamp_ms=clock.wall_ms()),
            )
            clock.advance(10)
        await flushed(log)
        report = await storage.housekeep()
        assert report.segments_removed > 0
        assert log.start_offset == log.segments[0].base_offset > 0
        assert all(record.timestamp >= START_MS + 40_000 for record in records_of(log))
        clock.advance(100)
        await storage.housekeep()
        assert log.start_offset == log.end_offset == 12
        put(log, build_batch([(b"k", b"v")], base_offset=12, timestamp_ms=clock.wall_ms()))
        await flushed(log)
        await storage.close()
        storage = await opened(tmp_path, clock)
        log = storage.logs[1]
        assert (log.start_offset, log.end_offset) == (12, 13)
        await storage.close()

    asyncio.run(main())


def test_size_is_kept_within_a_segment_of_the_limit(tmp_path):
    async def main():
        clock = ManualClock(START_MS)
        storage = await opened(tmp_path, clock)
        config = TopicConfig(segment_bytes=400, retention_ms=None, retention_bytes=1000)
        log = storage.create_log(1, PARTITION, config)
        for number in range(50):
            put(log, build_batch([(b"k", b"v" * 60)], base_offset=number))
        await flushed(log)
        log.delete_limit = 20
        await storage.housekeep()
        assert 0 < log.start_offset <= 20
        log.delete_limit = None
        await storage.housekeep()
        assert 1000 <= log.size_bytes < 1400
        await storage.close()

    asyncio.run(main())


@given(
    st.lists(st.tuples(st.integers(1, 100), st.integers(0, 1000)), max_size=12),
    st.none() | st.integers(0, 1000),
    st.none() | st.integers(0, 500),
)
def test_retention_equals_a_naive_model(sizes_and_times, retention_ms, retention_bytes):
    segments = [Aged(number + 1, size, timestamp) for number, (size, timestamp) in enumerate(sizes_and_times)]
    count = expired_count(
        segments, retention_ms=retention_ms, retention_bytes=retention_bytes, now_ms=1000, limit=8
    )

    def may_go(number):
        segment = segments[number]
        rest = sum(s.size for s in segments[number + 1 :])
        by_age = retention_ms is not None and 1000 - segment.timestamp > retention_ms
        by_size = retention_bytes is not None and rest >= retention_bytes and number < len(segments) - 1
        return number + 1 <= 8 and (by_age or by_size)

    expected = 0
    while expected < len(segments) and may_go(expected):
        expected += 1
    assert count == expected


@given(st.lists(st.integers(0, 500), max_size=15), st.integers(1, 1000))
def test_groups_cover_all_segments_in_order(sizes, segment_bytes):
    pairs = [(number * 10, size) for number, size in enumerate(sizes)]
    groups = group_segments(pairs, len(sizes) * 10, segment_bytes)
    assert [n for first, last in groups for n in range(first, last)] == list(range(len(sizes)))
    for first, last in groups:
        assert last - first == 1 or sum(sizes[first:last]) <= segment_bytes


keys = st.sampled_from([b"a", b"b", b"c", b"a long key beyond sixteen bytes", b""])
values = st.none() | st.binary(max_size=20)
batches = st.lists(
    st.tuples(
        st.lists(st.tuples(keys, values), min_size=1, max_size=4),
        st.sampled_from([0, 1, 3]),
        st.integers(-1, 2),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches, st.integers(100, 1500), st.integers(0, 2))
def test_compaction_equals_a_naive_model(tmp_path_factory, sent, segment_bytes, rounds):
    async def main():
        path = tmp_path_factory.mktemp("compact")
        clock = ManualClock(START_MS)
        storage = await opened(path, clock)
        log = storage.create_log(1, PARTITION, compacting(segment_bytes=segment_bytes))
        model = []
        for number, (records, codec, producer) in enumerate(sent):
            batch = build_batch(
                records,
                base_offset=log.end_offset,
                codec=codec,
                timestamp_ms=START_MS + number,
                producer_id=producer,
                producer_epoch=0 if producer >= 0 else -1,
                base_sequence=number if producer >= 0 else -1,
            )
            model += [(log.end_offset + i, *record) for i, record in enumerate(records)]
            put(log, batch)
            if rounds and number % 7 == 6:
                await flushed(log)
                await storage.housekeep()
        end = log.end_offset
        log.roll()
        put(log, build_batch([(b"tail", b"t")], base_offset=end))
        await flushed(log)
        await storage.housekeep()
        latest = {key: offset for offset, key, _ in model}
        expected = [entry for entry in model if latest[entry[1]] == entry[0]]
        found = [(r.offset, r.key, r.value) for r in records_of(log)]
        assert found == [*expected, (end, b"tail", b"t")]
        # The last sequence number of each producer can still be found.
        last = {}
        for number, (_, _, producer) in enumerate(sent):
            last[producer] = number
        last.pop(-1, None)
        headers = [header for header, _ in log.batches(0, log.end_offset)]
        for producer, sequence in last.items():
            assert [h.base_sequence for h in headers if h.producer_id == producer][-1] == sequence
        # Every offset can be asked for.
        for offset in range(end + 1):
            got = log.read(offset, 1, log.end_offset)
            assert got.bytes
            first = parse_header(got.read())
            assert first.next_offset > offset
        await storage.close()
        storage = await opened(path, clock)
        again = [(r.offset, r.key, r.value) for r in records_of(storage.logs[1])]
        assert again == found
        await storage.close()

    asyncio.run(main())


def test_tombstones_go_after_their_horizon(tmp_path):
    async def main():
        clock = ManualClock(START_MS)
        storage = await opened(tmp_path, clock)
        log = storage.create_log(1, PARTITION, compacting(segment_bytes=100, delete_retention_ms=60_000))
        for key, value in [(b"a", b"1"), (b"b", b"1"), (b"a", None), (b"c", b"1"), (b"d", b"1")]:
            put(
                log,
                build_batch([(key, value)], base_offset=log.end_offset, timestamp_ms=START_MS),
            )
        await flushed(log)
        await storage.housekeep()
        assert [(r.key, r.value, r.timestamp) for r in records_of(log)][1] == (b"a", None, START_MS)
        assert log.horizon_ms == START_MS + 60_000
        clock.advance(59)
        await storage.housekeep()
        assert b"a" in {r.key for r in records_of(log)}
        clock.advance(2)
        await storage.housekeep()
        assert {r.key for r in records_of(log)} == {b"b", b"c", b"d"}
        await storage.close()

    asyncio.run(main())


def test_aborted_records_supersede_nothing_and_go(tmp_path):
    async def main():
        clock = ManualClock(START_MS)
        storage = await opened(tmp_path, clock)
        log = storage.create_log(1, PARTITION, compacting(segment_bytes=100))

        def transactional(producer, key, value):
            batch = build_batch(
                [(key, value)],
                base_offset=log.end_offset,
                attributes=TRANSACTIONAL,
                producer_id=producer,
                producer_epoch=0,
                base_sequence=0,
            )
            put(log, batch)

        def marker(producer, kind):
            put(
                log,
                build_control_batch(
                    kind,
                    producer_id=producer,
                    producer_epoch=0,
                    coordinator_epoch=0,
                    timestamp_ms=START_MS,
                    base_offset=log.end_offset,
                ),
            )

        put(log, build_batch([(b"k", b"committed")], base_offset=0))
        transactional(1, b"k", b"aborted")
        marker(1, 0)
        transactional(2, b"j", b"old")
        transactional(2, b"j", b"new")
        marker(2, 1)
        transactional(3, b"k", b"undecided")
        put(log, build_batch([(b"tail", b"t")], base_offset=log.end_offset))
        await flushed(log)
        await storage.housekeep()
        assert [(r.key, r.value) for r in records_of(log)] == [
            (b"k", b"committed"),
            (b"j", b"new"),
            (b"k", b"undecided"),
            (b"tail", b"t"),
        ]
        await storage.close()

    asyncio.run(main())


@pytest.mark.parametrize("in_process", [True])
def test_the_worker_process_does_the_same(tmp_path, in_process):
    async def main():
        clock = ManualClock(START_MS)
        storage = await opened(tmp_path, clock, compaction_in_process=in_process)
        log = storage.create_log(1, PARTITION, compacting(segment_bytes=200))
        for number in range(20):
            put(log, build_batch([(b"k%d" % (number % 3), b"v%d" % number)], base_offset=number))
        await flushed(log)
        slices = log.read(0, 1 << 20, 20)
        report = await storage.housekeep()
        assert report.compacted == 1
        assert len(records_of(log)) < 8
        assert len(slices.read()) > 1000
        await storage.close()

    asyncio.run(main())


def test_a_compacted_log_seals_and_compacts_what_is_older_than_the_longest_lag(tmp_path):
    async def main():
        clock = ManualClock(START_MS)
        storage = await opened(tmp_path, clock)
        config = compacting(max_compaction_lag_ms=60_000, min_cleanable_dirty_ratio=1.0, segment_ms=None)
        log = storage.create_log(1, PARTITION, config)
        for number in range(4):
            batch = build_batch([(b"k", b"%d" % number)], base_offset=number, timestamp_ms=clock.wall_ms())
            put(log, batch)
        await flushed(log)
        clock.advance(59)
        report = await storage.housekeep()
        assert (report.rolled, report.compacted) == (0, 0)
        clock.advance(2)
        report = await storage.housekeep()
        assert (report.rolled, report.compacted) == (1, 1)
        assert [record.value for record in records_of(log)] == [b"3"]
        await storage.close()

    asyncio.run(main())
