"""Power cuts and kills at every step: what was acknowledged is there afterwards, and nothing that never was."""

import asyncio
import errno
import logging
import random
from pathlib import PurePosixPath

import pytest

from engine.base.clock import ManualClock
from engine.base.errors import OperatingError
from engine.model.ids import TopicPartition
from engine.model.topic_config import TopicConfig
from engine.storage.config import StorageConfig
from engine.storage.errors import StorageFailed, StorageFull
from engine.storage.storage import Storage
from engine.wire.batch_header import parse_header
from engine.wire.records import build_batch, iter_records
from tests.support.waiting import WAIT_SECONDS_MAX, until

CONFIG = StorageConfig(
    wal_first_file_bytes=1024,
    wal_file_bytes=2048,
    wal_files_max=3,
    direct_write_bytes=600,
    direct_always_bytes=1200,
    compaction_in_process=False,
    free_bytes_poll_ms=1,
    checkpoint_interval_ms=0,
    close_timeout_ms=2000,
    wal_space_timeout_ms=100,
)


@pytest.fixture(autouse=True)
def quiet():
    """Failing disks are the point here; their log lines are not."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


async def opened(disk):
    return await Storage.open(
        PurePosixPath("/data"),
        config=CONFIG,
        clock=ManualClock(),
        loop=asyncio.get_running_loop(),
        disk=disk,
        topic_config=lambda partition: TopicConfig(segment_bytes=700),
    )


class World:
    """Random work on three logs, and what must be true of them after a crash."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.sent = {}  # log id -> {base offset: value}
        self.acked = {}  # log id -> offset
        self.start = {}  # log id -> (at least, at most)
        self.cut = {}  # log id -> offset of a truncation under way

    async def work(self, storage, steps):
        for log_id in range(3):
            log = storage.logs.get(log_id)
            if log is None:
                log = storage.create_log(log_id, TopicPartition("t", log_id), TopicConfig(segment_bytes=700))
                self.sent.setdefault(log_id, {})
            self.acked.setdefault(log_id, 0)
            self.start.setdefault(log_id, (0, 0))
            log.on_durable = self.on_durable
        for _ in range(steps):
            await self.step(storage)

    def on_durable(self, log):
        self.acked[log.log_id] = log.durable_offset

    async def step(self, storage):
        log = self.random.choice(list(storage.logs.values()))
        choice = self.random.random()
        if choice < 0.75:
            for _ in range(self.random.randrange(1, 4)):
                value = self.random.randbytes(self.random.choice((5, 60, 300, 800)))
                base = log.end_offset
                batch = build_batch([(b"k", value)], base_offset=base, leader_epoch=1)
                log.append(batch, parse_header(batch))
                self.sent[log.log_id][base] = value
        elif choice < 0.85:
            await self.settle(log)
        elif choice < 0.90 and log.durable_offset > log.start_offset:
            offset = self.random.randint(log.start_offset, log.durable_offset)
            self.start[log.log_id] = (self.start[log.log_id][0], offset)
            await log.trim_prefix(offset)
            self.start[log.log_id] = (offset, offset)
        elif choice < 0.95 and log.end_offset > log.start_offset:
            await self.settle(log)
            offset = self.random.randint(log.start_offset, log.end_offset)
            self.acked[log.log_id] = min(self.acked[log.log_id], offset)
            self.cut[log.log_id] = offset
            await log.truncate(offset)
            del self.cut[log.log_id]
            self.sent[log.log_id] = {o: v for o, v in self.sent[log.log_id].items() if o < offset}
        else:
            await asyncio.sleep(0.001)

    async def settle(self, log):
        await until(lambda: log.durable_offset == log.end_offset or log.failed is not None, "durable")

    def check(self, storage, *, torn):
        for log_id, acked in self.acked.items():
            log = storage.logs.get(log_id)
            if log is None:
                assert acked == 0
                assert self.start[log_id][0] == 0
                continue
            low, high = self.start[log_id]
            assert low <= log.start_offset <= max(low, high)
            assert log.end_offset >= acked, f"log {log_id} lost acknowledged records"
            found = {
                header.base_offset: next(iter(iter_records(batch))).value
                for header, batch in log.batches(log.start_offset, log.end_offset)
            }
            for offset in range(log.start_offset, log.end_offset):
                assert found.get(offset) == self.sent[log_id].get(offset), (log_id, offset)
            # From here on the survivors are the truth.
            self.acked[log_id] = log.end_offset
            self.sent[log_id] = {o: v for o, v in self.sent[log_id].items() if o < log.end_offset}
            self.start[log_id] = (log.start_offset, log.start_offset)
            self.cut.pop(log_id, None)


async def crash_and_check(simulated_disk, seed):
    world = World(seed)
    disk = simulated_disk(seed)
    for life in range(3):
        disk.steps_left = world.random.randrange(1, 160)
        storage = None
        try:
            storage = await opened(disk)
            if life:
                world.check(storage, torn=True)
            await asyncio.wait_for(world.work(storage, 40), WAIT_SECONDS_MAX)
            if world.random.random() < 0.3:
                await storage.close()
        except (OperatingError, OSError):
            pass
        kill_only = world.random.random() < 0.3
        survivor = disk.crash(kill_only=kill_only)
        if storage is not None:
            await storage.close()
            await asyncio.sleep(0)
        disk = survivor
    disk.steps_left = None
    storage = await opened(disk)
    world.check(storage, torn=True)
    await world.work(storage, 10)
    await storage.close()
    storage = await opened(disk)
    assert storage.report.clean
    world.check(storage, torn=False)
    await storage.close()


@pytest.mark.parametrize("block", range(8))
def test_acknowledged_records_survive_power_cuts_at_any_step(simulated_disk, block):
    for seed in range(block * 8, block * 8 + 8):
        try:
            asyncio.run(crash_and_check(simulated_disk, seed))
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise


def put(log, value):
    batch = build_batch([(b"k", value)], base_offset=log.end_offset)
    log.append(batch, parse_header(batch))
    return bytes(batch)


def test_no_space_refuses_appends_until_space_returns(simulated_disk):
    async def main():
        disk = simulated_disk()
        storage = await opened(disk)
        log = storage.create_log(1, TopicPartition("t", 0), TopicConfig())
        failures = []
        log.on_failure = lambda which, error: failures.append(type(error))
        sent = put(log, b"before")
        await until(lambda: log.durable_offset == 1)
        disk.space = 20
        put(log, b"lost")
        await until(lambda: failures)
        assert failures == [StorageFull]
        assert log.end_offset == log.durable_offset == 1
        with pytest.raises(StorageFull):
            put(log, b"refused")
        assert log.read(0, 1000, 1).read() == sent
        disk.space = 1 << 40
        await until(lambda: not storage.refusing and log.suspended is None)
        sent += put(log, b"after")
        await until(lambda: log.durable_offset == 2)
        assert log.read(0, 1000, 2).read() == sent
        storage2 = await opened(disk.crash())
        assert storage2.logs[1].end_offset == 2
        await storage2.close()
        await storage.close()

    asyncio.run(main())


def test_a_failed_sync_of_the_write_ahead_log_goes_to_a_fresh_file(simulated_disk):
    async def main():
        disk = simulated_disk()
        storage = await opened(disk)
        log = storage.create_log(1, TopicPartition("t", 0), TopicConfig())
        put(log, b"first")
        await until(lambda: log.durable_offset == 1)
        disk.fail_next["sync"] = errno.EIO
        put(log, b"second")
        await until(lambda: log.durable_offset == 2)
        survivor = await opened(disk.crash())
        assert survivor.logs[1].end_offset == 2
        await survivor.close()
        await storage.close()

    asyncio.run(main())


def test_a_failed_write_fails_the_log_and_only_it(simulated_disk):
    async def main():
        disk = simulated_disk()
        storage = await opened(disk)
        logs = [storage.create_log(n, TopicPartition("t", n), TopicConfig()) for n in (0, 1)]
        for log in logs:
            put(log, b"first")
        await until(lambda: all(log.durable_offset == 1 for log in logs))
        disk.fail_next["write kafka"] = errno.EIO
        put(logs[0], b"lost")
        await until(lambda: logs[0].failed is not None)
        with pytest.raises(StorageFailed):
            put(logs[0], b"refused")
        put(logs[1], b"second")
        await until(lambda: logs[1].durable_offset == 2)
        await storage.close()
        survivor = await opened(disk.crash())
        assert not survivor.report.clean
        assert survivor.logs[0].end_offset >= 1
        assert survivor.logs[1].end_offset == 2
        await survivor.close()

    asyncio.run(main())


@pytest.mark.parametrize("count", [2, 40])
def test_a_failed_sync_of_a_directory_fails_the_logs_below_it_and_only_them(simulated_disk, count):
    async def main():
        disk = simulated_disk()
        storage = await opened(disk)
        logs = [storage.create_log(n, TopicPartition(f"t{n}", 0), TopicConfig()) for n in range(count)]
        real = disk.sync_directory

        def failing(path):
            if path == "/data/kafka/t1":
                raise OSError(errno.EIO, "injected")
            real(path)

        disk.sync_directory = failing
        for log in logs:
            put(log, b"first")
        good = logs[:1] + logs[2:]
        await until(lambda: all(log.durable_offset == 1 for log in good) and logs[1].failed is not None)
        assert logs[1].durable_offset == logs[1].end_offset == 0
        survivor = await opened(disk.crash(lose_all=True))
        assert all(survivor.logs[log.log_id].end_offset == 1 for log in good)
        await survivor.close()
        await storage.close()

    asyncio.run(main())


async def compact_and_crash(simulated_disk, seed):
    rng = random.Random(seed)
    disk = simulated_disk(seed)
    config = TopicConfig(
        cleanup_policy=frozenset({"compact", "delete"}),
        min_cleanable_dirty_ratio=0.0,
        segment_bytes=300,
        retention_ms=None,
    )
    sent = {}
    acked = 0
    low = 0
    for life in range(4):
        if life:
            disk.steps_left = rng.randrange(10, 90) if life < 3 else None
        storage = None
        try:
            storage = await opened(disk)
            log = storage.logs.get(1) or storage.create_log(1, TopicPartition("t", 1), config)
            log.set_config(config)
            found = {
                record.offset: (record.key, record.value)
                for _, batch in log.batches(log.start_offset, log.end_offset)
                for record in iter_records(batch)
            }
            assert log.end_offset >= acked
            sent = {o: kv for o, kv in sent.items() if o < log.end_offset}
            assert found.items() <= sent.items()
            assert log.start_offset <= low
            for key in {key for key, _ in sent.values()}:
                latest = max(o for o, (k, _) in sent.items() if k == key)
                assert latest in found or latest < low
            for round_ in range(3):
                for _ in range(15):
                    key, value = b"k%d" % rng.randrange(5), b"v%d" % rng.randrange(1 << 30)
                    offset = log.end_offset
                    batch = build_batch([(key, value)], base_offset=offset)
                    log.append(batch, parse_header(batch))
                    sent[offset] = (key, value)
                await until(lambda: log.durable_offset == log.end_offset or log.failed is not None)  # noqa: B023  # awaited before the next turn
                acked = log.durable_offset
                if round_ == 1 and life:
                    low = max(low, log.durable_offset - 10)
                    await log.trim_prefix(low)
                await storage.housekeep()
        except (OperatingError, OSError):
            pass
        survivor = disk.crash(kill_only=rng.random() < 0.3)
        if storage is not None:
            await storage.close()
        disk = survivor


@pytest.mark.parametrize("block", range(4))
def test_compaction_and_retention_survive_power_cuts_at_any_step(simulated_disk, block):
    for seed in range(block * 8, block * 8 + 8):
        try:
            asyncio.run(compact_and_crash(simulated_disk, seed))
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
