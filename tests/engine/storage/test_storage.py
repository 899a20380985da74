"""The storage as its callers see it, on the host's file system."""

import asyncio

import pytest

from engine.base.clock import SystemClock
from engine.model.ids import TopicPartition
from engine.model.topic_config import TopicConfig
from engine.storage.config import StorageConfig
from engine.storage.errors import DirectoryLocked, OffsetOutOfRange, StorageFailed, StorageFull
from engine.storage.storage import Storage
from engine.wire.batch_header import parse_header
from engine.wire.records import build_batch
from tests.support.waiting import until

PARTITION = TopicPartition("orders", 3)


async def opened(path, **settings):
    return await Storage.open(
        path, config=StorageConfig(**settings), clock=SystemClock(), loop=asyncio.get_running_loop()
    )


def append(log, *values, epoch=0, timestamp=1000, gap=0):
    batch = build_batch(
        [(b"key", value) for value in values],
        base_offset=log.end_offset + gap,
        leader_epoch=epoch,
        timestamp_ms=timestamp,
    )
    log.append(batch, parse_header(batch))
    return bytes(batch)


async def durable(log):
    await until(lambda: log.durable_offset == log.end_offset, "durable")


def run(test):
    return asyncio.run(test)


def test_what_is_appended_is_read_back_and_survives_a_restart(tmp_path):
    async def main():
        storage = await opened(tmp_path)
        log = storage.create_log(7, PARTITION, TopicConfig())
        calls = []
        log.on_durable = lambda which: calls.append(which.durable_offset)
        sent = [append(log, b"a", b"b"), append(log, b"c")]
        assert log.end_offset == 3
        await durable(log)
        assert calls[-1] == 3
        assert log.read(0, 1 << 20, 3).read() == b"".join(sent)
        assert log.read(2, 1 << 20, 3).read() == sent[1]
        assert log.read(0, 1, 3).read() == sent[0]
        assert log.read(3, 1, 3).bytes == 0
        with pytest.raises(OffsetOutOfRange):
            log.read(4, 1, 3)
        await storage.close()

        storage = await opened(tmp_path)
        assert storage.report.clean
        log = storage.logs[7]
        assert (log.partition, log.start_offset, log.end_offset) == (PARTITION, 0, 3)
        assert log.read(0, 1 << 20, 3).read() == b"".join(sent)
        assert [header.base_offset for header, _ in log.batches(0, 3)] == [0, 2]
        await storage.close()

    run(main())


def test_a_second_process_is_told_who_owns_the_directory(tmp_path):
    async def main():
        storage = await opened(tmp_path)
        with pytest.raises(DirectoryLocked, match=r"pid \d+"):
            await opened(tmp_path)
        await storage.close()
        await (await opened(tmp_path)).close()

    run(main())


def test_trim_and_truncate_are_durable(tmp_path):
    async def main():
        storage = await opened(tmp_path)
        log = storage.create_log(1, PARTITION, TopicConfig())
        for number in range(10):
            append(log, b"%d" % number, epoch=number // 5)
        await log.trim_prefix(3)
        await log.truncate(8)
        append(log, b"other", epoch=4)
        await durable(log)
        with pytest.raises(OffsetOutOfRange):
            log.read(2, 100, 9)
        assert log.epoch_end_offset(0) == (0, 5)
        assert log.epoch_end_offset(1) == (1, 8)
        await log.trim_prefix(9)
        assert log.read(9, 100, 9).bytes == 0
        await storage.close()
        storage = await opened(tmp_path)
        log = storage.logs[1]
        assert (log.start_offset, log.end_offset) == (9, 9)
        append(log, b"on")
        await durable(log)
        await storage.close()

    run(main())


def test_segments_roll_and_reads_span_them(tmp_path):
    async def main():
        storage = await opened(tmp_path)
        log = storage.create_log(1, PARTITION, TopicConfig(segment_bytes=500))
        sent = b"".join(append(log, b"x" * 100) for _ in range(20))
        await durable(log)
        assert len(log.segments) > 3
        found = log.read(0, 1 << 20, 20)
        assert len(found.slices) == len(log.segments)
        assert found.read() == sent
        # A deleted log's slices can still be sent.
        await storage.delete_log(log)
        assert found.read() == sent
        await storage.close()
        storage = await opened(tmp_path)
        assert not storage.logs
        await storage.close()

    run(main())


def test_full_disk_refuses_appends_and_reads_go_on(tmp_path):
    async def main():
        storage = await opened(tmp_path, free_bytes_poll_ms=5)
        log = storage.create_log(1, PARTITION, TopicConfig())
        sent = append(log, b"a")
        await durable(log)
        real = storage.disk.free_bytes
        storage.disk.free_bytes = lambda path: -1
        await until(lambda: storage.full)
        with pytest.raises(StorageFull):
            append(log, b"b")
        assert log.read(0, 100, 1).read() == sent
        storage.disk.free_bytes = real
        await until(lambda: not storage.refusing)
        append(log, b"b")
        await durable(log)
        await storage.close()
        with pytest.raises(StorageFailed, match="closed"):
            append(log, b"c")

    run(main())


def test_times_are_looked_up_across_segments(tmp_path):
    async def main():
        storage = await opened(tmp_path)
        log = storage.create_log(1, PARTITION, TopicConfig(segment_bytes=300))
        assert log.offset_for_timestamp(0, 0) is None
        assert log.max_timestamp() is None
        for number in range(20):
            append(log, b"v", timestamp=1000 + number * 10)
        await durable(log)
        assert log.offset_for_timestamp(0, 20) == (0, 1000, 0)
        assert log.offset_for_timestamp(1055, 20) == (6, 1060, 0)
        assert log.offset_for_timestamp(1190, 20) == (19, 1190, 0)
        assert log.offset_for_timestamp(1191, 20) is None
        assert log.offset_for_timestamp(1190, 19) is None
        assert log.max_timestamp() == (19, 1190, 0)
        assert log.max_timestamp(5) == (4, 1040, 0)
        await storage.close()

    run(main())


def test_producer_snapshots_are_offered_at_open(tmp_path):
    async def main():
        storage = await opened(tmp_path)
        log = storage.create_log(1, PARTITION, TopicConfig(segment_bytes=200))
        log.take_snapshot = lambda: b"state at %d" % log.end_offset
        for _ in range(9):
            append(log, b"x" * 50)
        await durable(log)
        await storage.close()
        storage = await opened(tmp_path)
        assert storage.logs[1].snapshot == (9, b"state at 9")
        await storage.close()

    run(main())


def test_write_caching_logs_are_durable_without_the_write_ahead_log(tmp_path):
    async def main():
        storage = await opened(tmp_path)
        before = storage.wal.lsn
        log = storage.create_log(1, PARTITION, TopicConfig(write_caching=True))
        append(log, b"a")
        await durable(log)
        assert storage.wal.lsn == before
        log.set_config(TopicConfig())
        append(log, b"b")
        await durable(log)
        assert log.active.synced_bytes == log.active.size
        append(log, b"c")
        await durable(log)
        assert storage.wal.lsn > before
        await storage.close()

    run(main())


def test_an_emptied_log_starts_anew_further_on(tmp_path):
    async def scenario():
        storage = await opened(tmp_path)
        log = storage.create_log(1, PARTITION, TopicConfig())
        moved = []
        log.on_start_moved = lambda moving: moved.append(moving.start_offset)
        for _ in range(3):
            append(log, b"v", b"w", epoch=4)
        await log.trim_prefix(3)  # within a batch
        assert moved == [3]
        await log.truncate(3)
        assert (log.start_offset, log.end_offset, log.durable_offset) == (3, 3, 3)
        await log.restart_at(100)
        assert (log.start_offset, log.end_offset, log.epochs.latest) == (100, 100, -1)
        append(log, b"x", epoch=9)
        await durable(log)
        await storage.close()
        storage = await opened(tmp_path)
        log = storage.logs[1]
        assert (log.start_offset, log.end_offset, log.epochs.entries()) == (100, 101, [(9, 100)])
        assert [header.base_offset for header, _ in log.batches(100, 101)] == [100]
        await storage.close()

    asyncio.run(scenario())
