"""Truncation against a checkpoint that runs at the same time, with the power cut at every step of it.

The interleaving is pinned: gates of the simulated disk hold the checkpoint's background thread where it hurts most.
"""

import asyncio
import contextlib
import logging
from pathlib import PurePosixPath

import pytest

from engine.base.clock import ManualClock
from engine.base.errors import OperatingError
from engine.model.ids import TopicPartition
from engine.model.topic_config import TopicConfig
from engine.storage.config import StorageConfig
from engine.storage.storage import Storage
from engine.wire.batch_header import parse_header
from engine.wire.records import build_batch, iter_records
from tests.support.waiting import until

CONFIG = StorageConfig(
    wal_first_file_bytes=4096,
    wal_file_bytes=4096,
    compaction_in_process=False,
    free_bytes_poll_ms=60_000,
    checkpoint_interval_ms=3_600_000,
    close_timeout_ms=2000,
)
NAME = TopicPartition("t", 0)
OTHER = TopicPartition("u", 0)


@pytest.fixture(autouse=True)
def quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


async def opened(disk):
    return await Storage.open(
        PurePosixPath("/data"), config=CONFIG, clock=ManualClock(), loop=asyncio.get_running_loop(), disk=disk
    )


def put(log, value):
    batch = build_batch([(b"k", value)], base_offset=log.end_offset, leader_epoch=1)
    log.append(batch, parse_header(batch))


def values(log):
    return [
        next(iter(iter_records(batch))).value for _, batch in log.batches(log.start_offset, log.end_offset)
    ]


async def durable(*logs):
    await until(lambda: all(log.durable_offset == log.end_offset for log in logs), "durable")


class Story:
    """Six records, a checkpoint held before `operation`, four records more, a truncation to `keep`, three new records.

    The four lie in segments that the checkpoint under way knows nothing of: only the write-ahead log has them safe.
    """

    def __init__(self, disk, keep, operation, path_part, *, second_run):
        self.disk = disk
        self.keep = keep
        self.operation, self.path_part, self.second_run = operation, path_part, second_run
        self.truncated = False
        self.acked_after = 0

    async def tell(self, steps):
        storage = await opened(self.disk)
        log = storage.create_log(1, NAME, TopicConfig(segment_bytes=300))
        other = storage.create_log(2, OTHER, TopicConfig())
        for number in range(6):
            put(log, b"old %d" % number)
            put(other, b"other %d" % number)
        await durable(log, other)
        gate = self.disk.hold(self.operation, self.path_part)
        checkpoint = asyncio.ensure_future(storage.checkpointer.run())
        await until(lambda: gate.reached, "the checkpoint stands at its gate")
        for number in range(6, 10):
            put(log, b"old %d" % number)
        await durable(log)
        self.disk.steps_left = steps
        truncation = asyncio.ensure_future(log.truncate(self.keep))
        if self.second_run:
            # The truncation's own checkpoint is held too, and one more is asked for behind it.
            second = self.disk.hold("rename", "/checkpoint")
            gate.open()
            await until(
                lambda: second.reached or truncation.done(), "the second checkpoint stands at its gate"
            )
            storage.checkpointer.request()
            late = asyncio.ensure_future(storage.checkpointer.run())
            await asyncio.sleep(0.01)
            second.open()
            with contextlib.suppress(OSError):
                await late
        else:
            await asyncio.sleep(0.01)
            gate.open()
        try:
            await checkpoint
            await truncation
            self.truncated = True
            log.on_durable = self.note
            for number in range(3):
                put(log, b"new %d" % number)
            await until(lambda: log.durable_offset == log.end_offset or log.failed is not None)
        except (OperatingError, OSError):
            pass
        finally:
            await asyncio.wait([truncation])
            truncation.exception()
        return storage

    def note(self, log):
        self.acked_after = log.durable_offset - self.keep

    def check(self, storage):
        assert values(storage.logs[2]) == [b"other %d" % number for number in range(6)]
        log = storage.logs[1]
        found = values(log)
        assert log.start_offset == 0
        kept = [b"old %d" % number for number in range(self.keep)]
        assert found[: self.keep] == kept, "acknowledged records are lost"
        rest = found[self.keep :]
        if self.truncated:
            expected = [b"new %d" % number for number in range(3)]
            assert rest == expected[: len(rest)]
            assert len(rest) >= self.acked_after
        else:
            assert rest == [b"old %d" % number for number in range(self.keep, self.keep + len(rest))]


@pytest.mark.parametrize("keep", [4, 8])
@pytest.mark.parametrize(
    ("operation", "path_part", "second_run"),
    [
        ("sync", "/kafka/t/", False),
        ("sync", "/kafka/u/", False),
        ("sync", "/kafka/u/", True),
        ("rename", "/checkpoint", False),
    ],
)
def test_a_truncation_beside_a_running_checkpoint_loses_nothing(
    simulated_disk, keep, operation, path_part, second_run
):
    async def cut_after(steps):
        disk = simulated_disk(steps)
        disk.jitter = 0
        story = Story(disk, keep, operation, path_part, second_run=second_run)
        storage = await story.tell(steps)
        over = not disk.off
        survivor = disk.crash(lose_all=True)
        await storage.close()
        recovered = await opened(survivor)
        story.check(recovered)
        await recovered.close()
        return over

    async def main():
        for steps in range(1, 200):
            try:
                if await cut_after(steps):
                    return
            except BaseException as error:
                error.add_note(f"power cut at step {steps}")
                raise
        raise AssertionError("the story has no end")

    asyncio.run(main())
