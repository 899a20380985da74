"""Write caching: acknowledged from the page cache, on disk within flush.ms or flush.bytes."""

import asyncio
import errno
import logging
from pathlib import PurePosixPath

import pytest

from engine.base.clock import ManualClock
from engine.model.ids import TopicPartition
from engine.model.topic_config import TopicConfig
from engine.storage.config import StorageConfig
from engine.storage.storage import Storage
from engine.wire.batch_header import parse_header
from engine.wire.records import build_batch
from tests.support.waiting import until

NEVER_MS = 3_600_000
CONFIG = StorageConfig(checkpoint_interval_ms=NEVER_MS, compaction_in_process=False, close_timeout_ms=5000)


@pytest.fixture(autouse=True)
def quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def caching(**settings):
    settings.setdefault("flush_ms", NEVER_MS)
    settings.setdefault("flush_bytes", 1 << 40)
    return TopicConfig(write_caching=True, **settings)


async def opened(disk):
    return await Storage.open(
        PurePosixPath("/data"), config=CONFIG, clock=ManualClock(), loop=asyncio.get_running_loop(), disk=disk
    )


async def put(log, size):
    batch = build_batch([(None, bytes(size))], base_offset=log.end_offset)
    log.append(batch, parse_header(batch))
    await until(lambda: log.durable_offset == log.end_offset)


def run(simulated_disk, scenario):
    async def main():
        disk = simulated_disk()
        storage = await opened(disk)
        try:
            await scenario(disk, storage)
        finally:
            await storage.close()

    asyncio.run(main())


async def survivors(disk):
    storage = await opened(disk.crash(lose_all=True))
    end = storage.logs[1].end_offset if 1 in storage.logs else 0
    await storage.close()
    return end


def test_flush_ms_bounds_the_time(simulated_disk):
    async def scenario(disk, storage):
        log = storage.create_log(1, TopicPartition("t", 0), caching(flush_ms=30))
        await put(log, 100)
        assert storage.cached_sync.syncs == 0
        await until(lambda: log.active.synced_bytes == log.active.size)
        await put(log, 100)
        await until(lambda: log.active.synced_bytes == log.active.size)
        assert storage.cached_sync.syncs == 2
        assert await survivors(disk) == 2

    run(simulated_disk, scenario)


def test_flush_bytes_bounds_the_bytes(simulated_disk):
    async def scenario(disk, storage):
        log = storage.create_log(1, TopicPartition("t", 0), caching(flush_bytes=1000))
        await put(log, 100)
        await asyncio.sleep(0.02)
        assert log.active.synced_bytes == 0
        await put(log, 1000)
        await until(lambda: log.active.synced_bytes == log.active.size)
        await put(log, 100)
        await asyncio.sleep(0.02)
        assert log.active.synced_bytes < log.active.size
        assert await survivors(disk) == 2

    run(simulated_disk, scenario)


def test_one_log_waits_for_no_other(simulated_disk):
    async def scenario(disk, storage):
        slow = storage.create_log(1, TopicPartition("t", 0), caching())
        fast = storage.create_log(2, TopicPartition("t", 1), caching(flush_ms=1))
        await put(slow, 100)
        await put(fast, 100)
        await until(lambda: fast.active.synced_bytes == fast.active.size)
        assert slow.active.synced_bytes == 0
        slow.set_config(caching(flush_bytes=1))
        await put(slow, 100)
        await until(lambda: slow.active.synced_bytes == slow.active.size)

    run(simulated_disk, scenario)


def test_sealed_segments_are_synced_and_forgotten(simulated_disk):
    async def scenario(disk, storage):
        log = storage.create_log(1, TopicPartition("t", 0), caching(flush_ms=1, segment_bytes=300))
        for _ in range(12):
            await put(log, 100)
        await until(lambda: all(s.synced_bytes == s.size for s in log.segments))
        await until(lambda: len(log.cached_paths) == 1)
        assert await survivors(disk) == 12

    run(simulated_disk, scenario)


def test_removed_segments_do_not_hinder_the_end_of_caching(simulated_disk):
    async def scenario(disk, storage):
        log = storage.create_log(1, TopicPartition("t", 0), caching(segment_bytes=300))
        for _ in range(8):
            await put(log, 100)
        await log.trim_prefix(8)
        log.set_config(TopicConfig())
        await put(log, 100)
        assert log.failed is None
        assert await survivors(disk) == 9

    run(simulated_disk, scenario)


def test_a_failed_sync_fails_the_log(simulated_disk):
    async def scenario(disk, storage):
        log = storage.create_log(1, TopicPartition("t", 0), caching(flush_ms=50))
        failures = []
        log.on_failure = lambda which, error: failures.append(error)
        await put(log, 100)
        disk.fail_next["sync"] = errno.EIO
        await until(lambda: failures)
        assert log.failed is not None

    run(simulated_disk, scenario)


def test_logs_that_are_due_at_once_share_a_sync_on_uvloop_too(simulated_disk):
    uvloop = pytest.importorskip("uvloop")

    async def main():
        storage = await opened(simulated_disk())
        logs = [storage.create_log(n, TopicPartition("t", n), caching(flush_bytes=1)) for n in range(3)]
        try:
            for log in logs:  # all in one turn of the loop, so that one flush brings all
                batch = build_batch([(None, b"x")], base_offset=0)
                log.append(batch, parse_header(batch))
            await until(lambda: all(log.durable_offset == 1 for log in logs))
            await until(lambda: all(log.active.synced_bytes == log.active.size for log in logs))
        finally:
            await storage.close()

    uvloop.run(main())
