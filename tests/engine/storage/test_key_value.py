"""Small durable records: whole or not at all, in order, through crashes, checkpoints and clean restarts."""

import asyncio
import contextlib
import errno
import logging
import threading
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.base.clock import ManualClock
from engine.model.ids import TopicPartition
from engine.model.topic_config import TopicConfig
from engine.storage.checkpoint import read_checkpoint
from engine.storage.config import StorageConfig
from engine.storage.errors import CorruptFile, StorageFailed
from engine.storage.key_value import KeyValueStore, KeyValueTable, decode_changes, encode_changes
from engine.storage.storage import Storage
from engine.wire.batch_header import parse_header
from engine.wire.records import build_batch
from tests.support.waiting import WAIT_SECONDS_MAX

CONFIG = StorageConfig(
    wal_first_file_bytes=1024,
    wal_file_bytes=2048,
    wal_files_max=3,
    compaction_in_process=False,
    checkpoint_interval_ms=0,
    free_bytes_poll_ms=1,
    close_timeout_ms=2000,
    wal_space_timeout_ms=100,
)
CHANGES = st.dictionaries(st.integers(0, 2**64 - 1), st.one_of(st.none(), st.binary(max_size=40)), max_size=6)


@pytest.fixture(autouse=True)
def quiet():
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
    )


async def put(storage, log_id, changes):
    done = asyncio.get_running_loop().create_future()
    storage.key_value.put(log_id, changes, lambda error: done.done() or done.set_result(error))
    return await asyncio.wait_for(done, WAIT_SECONDS_MAX)


@given(CHANGES, st.booleans())
@settings(max_examples=60)
def test_round_trip(changes, reset):
    assert decode_changes(encode_changes(changes, reset=reset)) == (changes, reset)


@given(st.binary(max_size=60))
@settings(max_examples=100)
def test_any_bytes_are_changes_or_corrupt(data):
    with contextlib.suppress(CorruptFile):
        decode_changes(data)


@given(CHANGES, st.data())
@settings(max_examples=60)
def test_every_cut_is_corrupt(changes, data):
    payload = encode_changes(changes)
    with pytest.raises(CorruptFile):
        decode_changes(payload[: data.draw(st.integers(0, len(payload) - 1))])


@given(st.lists(st.tuples(st.integers(0, 3), CHANGES, st.booleans()), max_size=12))
@settings(max_examples=60)
def test_checkpoint_rows_hold_the_table(steps):
    table = KeyValueTable()
    for log_id, changes, reset in steps:
        table.apply(log_id, changes, reset=reset)
    rows = [(log_id, table.row(log_id)) for log_id in table.logs]
    assert KeyValueTable.from_rows(rows).logs == table.logs


def test_bad_rows_are_corrupt():
    with pytest.raises(CorruptFile):
        KeyValueTable.from_rows([(1, "no base64!")])


def test_put_get_replace_delete_and_restart(simulated_disk):
    async def scenario():
        disk = simulated_disk()
        storage = await opened(disk)
        assert await put(storage, 7, {1: b"a", 2: b"b"}) is None
        assert await put(storage, 7, {2: None, 3: b"c"}) is None
        assert storage.key_value.items(7) == {1: b"a", 3: b"c"}
        assert await put(storage, 8, {1: b"x"}) is None
        storage.key_value.replace(7, {5: b"e"})
        storage.key_value.delete(8)
        assert storage.key_value.get(7, 5) == b"e"
        assert storage.key_value.log_ids() == [7]
        await storage.close()
        storage = await opened(disk)
        assert storage.report.clean
        assert storage.key_value.items(7) == {5: b"e"}
        assert storage.key_value.items(8) == {}
        await storage.close()

    asyncio.run(scenario())


def test_deleting_a_log_forgets_its_keys(simulated_disk):
    async def scenario():
        disk = simulated_disk()
        storage = await opened(disk)
        log = storage.create_log(3, TopicPartition("t", 0), TopicConfig())
        await put(storage, 3, {1: b"a"})
        await storage.delete_log(log)
        storage2 = await opened(disk.crash(kill_only=True))
        assert storage.key_value.items(3) == storage2.key_value.items(3) == {}
        await storage2.close()

    asyncio.run(scenario())


def test_one_sync_covers_data_and_records(simulated_disk):
    async def scenario():
        storage = await opened(simulated_disk())
        log = storage.create_log(3, TopicPartition("t", 0), TopicConfig())
        flushes = storage.flushes
        log.append(batch := build_batch([(None, b"v")]), parse_header(batch))
        assert await put(storage, 3, {1: b"a"}) is None
        assert log.durable_offset == 1
        assert storage.flushes == flushes + 1
        await storage.close()

    asyncio.run(scenario())


def test_a_failed_write_is_reported(simulated_disk):
    async def scenario():
        disk = simulated_disk()
        storage = await opened(disk)
        real = disk.write_durable

        def failing(handle, buffers, position):
            raise OSError(errno.EIO, "injected")

        assert await put(storage, 3, {1: b"first", 2: b"kept"}) is None
        disk.write_durable = failing
        assert await put(storage, 3, {1: b"a", 4: b"new"}) is not None
        # What is not durable is not shown: nobody may act on it.
        assert storage.key_value.items(3) == {1: b"first", 2: b"kept"}
        disk.write_durable = real
        assert await put(storage, 3, {1: b"b"}) is None
        await storage.checkpointer.run()
        after = await opened(disk.crash(lose_all=True))
        assert after.key_value.items(3) == {1: b"b", 2: b"kept"}
        await after.close()
        await storage.close()

    asyncio.run(scenario())


class IdleFlusher:
    """Takes puts and leaves them lying."""

    def __init__(self):
        self.lock = threading.Lock()
        self.puts = []
        self.idle = False


def test_a_put_behind_a_failed_one_stands():
    flusher = IdleFlusher()
    store = KeyValueStore(KeyValueTable(), flusher)
    outcomes = []
    store.put(3, {1: b"first", 2: b"kept"}, outcomes.append)
    store.flushed(flusher.puts[:1], None)
    store.replace(3, {1: b"lost", 4: b"lost"}, outcomes.append)
    store.put(3, {5: b"behind"}, outcomes.append)
    assert store.items(3) == {1: b"lost", 4: b"lost", 5: b"behind"}
    error = StorageFailed("injected")
    store.flushed(flusher.puts[1:2], error)
    assert store.items(3) == {1: b"first", 2: b"kept", 5: b"behind"}
    assert outcomes == [None, error]
    store.abandon(error)
    assert store.items(3) == {1: b"first", 2: b"kept"}
    assert outcomes == [None, error, error]


def test_a_torn_put_is_not_there_and_those_before_it_are(simulated_disk):
    async def scenario():
        disk = simulated_disk()
        storage = await opened(disk)
        assert await put(storage, 3, {1: b"whole", 2: b"x"}) is None
        before = storage.wal.lsn & (1 << 40) - 1
        assert await put(storage, 3, {1: b"torn" * 20, 2: None, 7: b"y"}) is None
        end = storage.wal.lsn & (1 << 40) - 1
        path = next(
            p for p, f in disk.tree.items() if p.endswith(".wal") and bytes(f.data).count(b"torn") == 20
        )
        data = bytes(disk.tree[path].data)
        killed = disk.crash(kill_only=True)
        await storage.close()
        for cut in (*range(before, end, 7), end - 1):
            torn = killed.crash(kill_only=True)
            torn.tree[path].data[:] = data[:cut] + bytes(len(data) - cut)
            after = await opened(torn)
            assert after.key_value.items(3) == {1: b"whole", 2: b"x"}
            await after.close()

    asyncio.run(scenario())


def test_puts_are_refused_once_the_storage_closes(simulated_disk):
    async def scenario():
        disk = simulated_disk()
        storage = await opened(disk)
        closing = asyncio.ensure_future(storage.close())
        await asyncio.sleep(0)
        assert await put(storage, 3, {1: b"late"}) is not None
        await closing
        assert await put(storage, 3, {1: b"later"}) is not None
        storage = await opened(disk)
        assert storage.report.clean
        assert storage.key_value.items(3) == {}
        await storage.close()

    asyncio.run(scenario())


def test_checkpoints_carry_the_records_past_their_frames(simulated_disk):
    async def scenario():
        disk = simulated_disk()
        storage = await opened(disk)
        await put(storage, 1, {1: b"first"})
        for count in range(60):  # several write-ahead files' worth
            await put(storage, 2, {1: b"%d" % count * 40})
            await asyncio.sleep(0.001)
        assert storage.wal.rotations > 2
        await storage.checkpointer.run()
        assert read_checkpoint(disk, "/data").key_values.logs[1] == {1: b"first"}
        after = await opened(disk.crash())
        assert after.key_value.items(1) == {1: b"first"}
        assert after.key_value.items(2) == {1: b"59" * 40}
        await after.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("seed", range(60))
def test_power_cuts_at_any_step(simulated_disk, seed):
    """What was acknowledged is there; a put is whole; the last of several survives only after all before it."""

    async def life(disk, number, acked):
        sent = number
        try:
            storage = await opened(disk)
        except OSError:
            return None, sent
        found = storage.key_value.items(5)
        if found:
            assert found[1] == found[2]
        value = int(found.get(1, b"0"))
        assert value >= acked[0]
        acked[0] = value
        for _ in range(12):
            sent += 1
            numeral = b"%d" % sent
            done = storage.key_value

            def note(error, sent=sent):
                if error is None:
                    acked[0] = max(acked[0], sent)

            done.put(5, {1: numeral, 2: numeral, 3: bytes(sent % 300)}, note)
            if sent % 3:
                await asyncio.sleep(0.001)
        return storage, sent

    async def scenario():
        disk = simulated_disk(seed)
        acked = [0]
        number = 0
        for _ in range(4):
            disk.steps_left = disk.random.randrange(5, 60)
            storage, sent = await life(disk, number, acked)
            assert acked[0] <= sent
            number = sent
            if storage is not None:
                await asyncio.sleep(0.005)
            after = disk.crash()
            if storage is not None:
                await storage.close()
            disk = after
        storage = await opened(disk)
        found = storage.key_value.items(5)
        assert int(found.get(1, b"0")) >= acked[0]
        assert len(found) in {0, 3}
        await storage.close()

    asyncio.run(scenario())
