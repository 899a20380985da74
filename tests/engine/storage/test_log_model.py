"""A `Log` against a plain list of batches: whatever is done to it, it reads, answers and survives like the list."""

import asyncio
import logging
from pathlib import PurePosixPath
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.base.clock import ManualClock
from engine.model.ids import TopicPartition
from engine.model.topic_config import TopicConfig
from engine.storage.config import StorageConfig
from engine.storage.errors import OffsetOutOfRange
from engine.storage.storage import Storage
from engine.wire.batch_header import parse_header
from engine.wire.records import build_batch
from tests.support.waiting import until

START_MS = 1_700_000_000_000
NAME = TopicPartition("t", 0)
CONFIG = StorageConfig(
    wal_first_file_bytes=2048,
    wal_file_bytes=8192,
    direct_write_bytes=3000,
    index_interval_bytes=200,
    compaction_in_process=False,
    free_bytes_poll_ms=3_600_000,
    checkpoint_interval_ms=3_600_000,
    close_timeout_ms=30_000,
)
CONFIGS = st.builds(
    TopicConfig,
    segment_bytes=st.sampled_from([300, 900, 5000, 1 << 20]),
    segment_ms=st.sampled_from([None, 1000, 60_000]),
    retention_ms=st.sampled_from([None, None, 30_000]),
    retention_bytes=st.sampled_from([None, None, 1500]),
    write_caching=st.booleans(),
    flush_bytes=st.sampled_from([1, 1000, 1 << 30]),
)


class Batch(NamedTuple):
    """One appended batch; `records` are (offset, timestamp)."""

    base: int
    next: int
    epoch: int
    data: bytes
    records: list


def run_machine(disk_class):
    """Run the state machine over disks of this class."""

    class LogModel(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            logging.disable(logging.CRITICAL)
            self.loop = asyncio.new_event_loop()
            self.clock = ManualClock(START_MS)
            self.disk = disk_class()
            self.disk.jitter = 0
            self.batches = []
            self.start = self.end = self.epoch = 0
            self.config = TopicConfig()

        def wait(self, awaitable):
            return self.loop.run_until_complete(awaitable)

        def open(self):
            self.storage = self.wait(
                Storage.open(
                    PurePosixPath("/data"),
                    config=CONFIG,
                    clock=self.clock,
                    loop=self.loop,
                    disk=self.disk,
                    topic_config=lambda partition: self.config,
                )
            )

        @initialize(config=CONFIGS)
        def create(self, config):
            self.config = config
            self.open()
            self.log = self.storage.create_log(1, NAME, config)

        def settle(self):
            self.wait(until(lambda: self.log.durable_offset == self.log.end_offset, "durable"))

        def teardown(self):
            if hasattr(self, "storage"):
                self.wait(self.storage.close())
            self.loop.close()
            logging.disable(logging.NOTSET)

        # --- writing ---

        @rule(
            gap=st.sampled_from([0, 0, 0, 1, 7]),
            sizes=st.lists(st.sampled_from([0, 10, 100, 900]), min_size=1, max_size=4),
            step=st.integers(-50, 100),
            newer=st.sampled_from([0, 0, 0, 1, 2]),
        )
        def append(self, gap, sizes, step, newer):
            self.epoch += newer
            now = self.clock.wall_ms()
            base = self.end + gap
            stamps = [now + step * number for number in range(len(sizes))]
            data = build_batch(
                [(b"k", bytes(size), (), stamp) for size, stamp in zip(sizes, stamps, strict=True)],
                base_offset=base,
                leader_epoch=self.epoch,
            )
            self.log.append(data, parse_header(data))
            self.end = base + len(sizes)
            records = [(base + number, stamp) for number, stamp in enumerate(stamps)]
            self.batches.append(Batch(base, self.end, self.epoch, bytes(data), records))

        @rule()
        def flush(self):
            self.settle()

        @rule(config=CONFIGS)
        def configure(self, config):
            self.config = config
            self.log.set_config(config)

        @rule()
        def checkpoint(self):
            self.wait(self.storage.checkpointer.run())

        @rule(seconds=st.sampled_from([0, 2, 100]))
        def housekeep(self, seconds):
            """Roll by time, delete by age and size: the log chooses its start, but only among what may go."""
            self.settle()
            self.clock.advance(seconds)
            oldest = self.clock.wall_ms() - (self.config.retention_ms or 1 << 60)
            self.wait(self.storage.housekeep())
            assert self.start <= self.log.start_offset <= self.end
            gone = [batch for batch in self.batches if batch.next <= self.log.start_offset]
            left = sum(len(batch.data) for batch in self.batches if batch.next > self.log.start_offset)
            limit = self.config.retention_bytes
            for batch in gone:
                old = all(stamp < oldest for _, stamp in batch.records)
                assert batch.next <= self.start or old or (limit is not None and left >= limit)
            self.start = self.log.start_offset

        @rule(share=st.floats(0, 1))
        def trim_prefix(self, share):
            offset = self.start + round(share * (self.end - self.start))
            self.wait(self.log.trim_prefix(offset))
            self.start = offset

        @rule(share=st.floats(0, 1))
        def truncate(self, share):
            self.settle()
            offset = self.start + round(share * (self.end - self.start))
            dropped = [batch for batch in self.batches if batch.next > offset]
            self.wait(self.log.truncate(offset))
            self.batches = [batch for batch in self.batches if batch.next <= offset]
            if dropped:
                # The start may lie within the first batch that goes.
                self.end = max(min(offset, dropped[0].base), self.start)
            self.end = min(self.end, offset)

        @precondition(lambda self: self.start == self.end)
        @rule(further=st.integers(1, 1000))
        def restart(self, further):
            self.settle()
            self.start = self.end = self.end + further
            self.wait(self.log.restart_at(self.end))
            self.batches.clear()

        # --- restarting ---

        @rule(
            how=st.sampled_from(["clean", "killed", "power cut"]),
            settled=st.booleans(),
            index=st.sampled_from(["kept", "missing", "damaged"]),
            checkpoint=st.sampled_from([None, None, "checkpoint", "checkpoint.copy"]),
        )
        def reopen(self, how, settled, index, checkpoint):
            if settled or how == "clean":
                self.settle()
            safe = self.log.durable_offset
            if self.log.cached_paths and how == "power cut":
                safe = self.log.recovery_offset
            if how == "clean":
                self.wait(self.storage.close())
                disk = self.disk.crash(kill_only=True)
            else:
                disk = self.disk.crash(kill_only=how == "killed", lose_all=True)
                self.wait(self.storage.close())
            for path, file in list(disk.tree.items()):
                if path.endswith(".index") and index != "kept":
                    if index == "missing":
                        del disk.tree[path]
                    elif file.data:
                        file.data[len(file.data) // 2] ^= 4
                if checkpoint is not None and path == f"/data/{checkpoint}":
                    file.data[len(file.data) // 2] ^= 4
            disk.jitter = 0
            self.disk = disk
            self.open()
            assert self.storage.report.clean == (how == "clean")
            if 1 not in self.storage.logs:
                assert safe == 0
                self.log = self.storage.create_log(1, NAME, self.config)
            self.log = self.storage.logs[1]
            assert self.log.end_offset >= min(safe, self.end), "durable records are lost"
            if self.log.end_offset < self.end:
                self.end = self.log.end_offset
                self.batches = [batch for batch in self.batches if batch.next <= self.end]

        # --- reading ---

        @rule(
            share=st.floats(0, 1),
            max_bytes=st.sampled_from([0, 1, 100, 500, 3000, 1 << 20]),
            last=st.integers(0, 60),
        )
        def read(self, share, max_bytes, last):
            self.settle()
            offset = self.start + round(share * (self.end - self.start))
            live = [batch for batch in self.batches if batch.next > offset]
            upto = live[last].base if last < len(live) else self.end
            wanted = [batch for batch in live if batch.next <= upto]
            found = self.log.read(offset, max_bytes, upto)
            data = found.checked()
            assert len(data) == found.bytes
            count = 0
            size = 0
            while size < len(data):
                size += len(wanted[count].data)
                count += 1
            assert data == b"".join(batch.data for batch in wanted[:count])
            assert size <= max_bytes or count == 1
            assert count or not wanted
            if count:
                assert found.first_base_offset in {wanted[0].base, offset}
                # What follows is neither skipped nor read twice.
                after = wanted[count - 1].next
                assert after <= found.next_offset
                assert found.next_offset <= (live[count].base if count < len(live) else self.end)

        @rule(below=st.integers(1, 100))
        def outside(self, below):
            for offset in (self.start - below, self.end + below):
                try:
                    self.log.read(offset, 100, self.end)
                except OffsetOutOfRange:
                    continue
                raise AssertionError(f"{offset} was read")

        @rule(number=st.integers(0, 80), shift=st.integers(-1, 1))
        def look_up_a_time(self, number, shift):
            self.settle()
            live = [
                (*record, batch.epoch)
                for batch in self.batches
                for record in batch.records
                if record[0] >= self.start
            ]
            if live:
                timestamp = live[number % len(live)][1] + shift
                expected = next((record for record in live if record[1] >= timestamp), None)
                assert self.log.offset_for_timestamp(timestamp, self.end) == expected
            else:
                assert self.log.offset_for_timestamp(0, self.end) is None
            if all(batch.base >= self.start or batch.next <= self.start for batch in self.batches):
                largest = max(live, key=lambda record: record[1], default=None)
                assert self.log.max_timestamp() == largest

        @rule()
        def ask_for_epochs(self):
            live = [batch for batch in self.batches if batch.next > self.start]
            for batch in live:
                newer = [other.base for other in live if other.epoch > batch.epoch]
                expected = newer[0] if newer else self.end
                assert self.log.epoch_end_offset(batch.epoch) == (batch.epoch, expected)
            assert self.log.epoch_end_offset(self.epoch + 1) == (-1, -1)

        # --- always ---

        @invariant()
        def bounds(self):
            if hasattr(self, "log"):
                assert (self.log.start_offset, self.log.end_offset) == (self.start, self.end)
                assert (
                    self.start <= self.log.durable_offset <= self.end or self.log.durable_offset <= self.start
                )

        @precondition(lambda self: hasattr(self, "log") and self.log.durable_offset == self.end)
        @invariant()
        def all_that_is_durable_is_there(self):
            wanted = [batch.data for batch in self.batches if batch.next > self.start]
            assert [bytes(batch) for _, batch in self.log.batches(self.start, self.end)] == wanted

    return LogModel


def test_a_log_is_a_list(simulated_disk):
    machine = run_machine(simulated_disk)
    machine.TestCase.settings = settings(
        max_examples=60,
        stateful_step_count=30,
        deadline=None,
        # Shrinking would run into the test's time limit; a failure prints its steps as they were.
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    machine.TestCase().runTest()
