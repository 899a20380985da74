"""Bits that rot: noticed wherever bytes are passed on as good, and never the end of what is intact."""

import asyncio
import logging

import pytest

from engine.base.clock import ManualClock, SystemClock
from engine.model.ids import TopicPartition
from engine.model.topic_config import TopicConfig
from engine.storage.checked_file import seal
from engine.storage.config import StorageConfig
from engine.storage.errors import CorruptFile, UnsupportedVersion
from engine.storage.segment_index import MAGIC, VERSION
from engine.storage.storage import Storage
from engine.wire.batch_header import crc_matches, parse_header
from engine.wire.records import build_batch
from tests.support.waiting import until

NAME = TopicPartition("t", 0)
COMPACTED = TopicConfig(
    cleanup_policy=frozenset({"compact"}), min_cleanable_dirty_ratio=0.0, segment_bytes=300
)


@pytest.fixture(autouse=True)
def quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


async def opened(path, clock=None, config=None, **settings):
    settings.setdefault("compaction_in_process", False)
    return await Storage.open(
        path,
        config=StorageConfig(**settings),
        clock=clock or SystemClock(),
        loop=asyncio.get_running_loop(),
        topic_config=lambda partition: config or TopicConfig(),
    )


async def filled(storage, config, count, size=40):
    log = storage.create_log(1, NAME, config)
    for number in range(count):
        batch = build_batch([(b"k%d" % (number % 3), b"v" * size)], base_offset=number)
        log.append(batch, parse_header(batch))
    await until(lambda: log.durable_offset == count, "durable")
    return log


def flip(path, at, bit=1):
    raw = bytearray(path.read_bytes())
    raw[at] ^= bit
    path.write_bytes(raw)


def segments(path):
    return sorted(path.glob("kafka/t/*/*.log"))


@pytest.mark.parametrize("damaged", ["checkpoint", "checkpoint.copy"])
@pytest.mark.parametrize("clean", [True, False])
def test_one_damaged_checkpoint_costs_nothing(tmp_path, damaged, clean):
    async def main():
        storage = await opened(tmp_path)
        log = await filled(storage, TopicConfig(), 20)
        votes = asyncio.get_running_loop().create_future()
        storage.key_value.put(1, {1: b"vote"}, votes.set_result)
        await votes
        await log.trim_prefix(7)
        await storage.close()
        if not clean:
            (tmp_path / "clean").unlink()
        flip(tmp_path / damaged, 60)
        storage = await opened(tmp_path)
        assert any(damaged in warning for warning in storage.report.warnings)
        log = storage.logs[1]
        assert (log.start_offset, log.end_offset) == (7, 20)
        assert storage.key_value.items(1) == {1: b"vote"}
        await storage.close()
        # Both are whole again.
        assert (tmp_path / "checkpoint").read_bytes() == (tmp_path / "checkpoint.copy").read_bytes()

    asyncio.run(main())


def test_without_any_checkpoint_all_records_are_found(tmp_path):
    async def main():
        storage = await opened(tmp_path)
        await filled(storage, TopicConfig(segment_bytes=300), 20)
        await storage.close()
        for name in ("checkpoint", "checkpoint.copy"):
            flip(tmp_path / name, 60)
        storage = await opened(tmp_path)
        assert any("nor does its copy" in warning for warning in storage.report.warnings)
        assert storage.logs[1].end_offset == 20
        assert len(list(storage.logs[1].batches(0, 20))) == 20
        await storage.close()

    asyncio.run(main())


@pytest.mark.parametrize("name", ["checkpoint", "checkpoint.copy", "clean"])
def test_a_newer_format_is_refused_at_open_and_nothing_is_touched(tmp_path, name):
    async def main():
        storage = await opened(tmp_path)
        await filled(storage, TopicConfig(), 2)
        await storage.close()
        magic = (tmp_path / name).read_bytes()[:4]
        (tmp_path / name).write_bytes(seal(magic, 99, b"{}"))
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        with pytest.raises(UnsupportedVersion, match="newer release"):
            await opened(tmp_path)
        del before[tmp_path / "lock"]
        assert all(path.read_bytes() == data for path, data in before.items())

    asyncio.run(main())


def test_an_index_of_a_newer_format_is_made_again(tmp_path):
    async def main():
        config = TopicConfig(segment_bytes=100_000)
        storage = await opened(tmp_path)
        await filled(storage, config, 40, size=9000)
        await storage.close()
        indexes = sorted(tmp_path.rglob("*.index"))
        assert indexes
        for index in indexes:
            index.write_bytes(seal(MAGIC, VERSION + 1, b"what later releases write"))
        storage = await opened(tmp_path, config=config)
        log = storage.logs[1]
        for offset in range(40):
            assert log.read(offset, 1, 40).first_base_offset == offset
        await storage.close()

    asyncio.run(main())


@pytest.mark.parametrize("at", [70, 3, 9, 30], ids=["record", "offset", "length", "header"])
def test_a_flipped_bit_is_found_by_replay_and_replication(tmp_path, at):
    """A sealed segment is trusted by size at open; whoever takes its batches as true finds the damage."""

    async def main():
        storage = await opened(tmp_path)
        log = await filled(storage, TopicConfig(segment_bytes=300), 20)
        await storage.close()
        second = parse_header(segments(tmp_path)[0].read_bytes()).total_bytes
        flip(segments(tmp_path)[0], second + at, 0x10)
        storage = await opened(tmp_path)
        log = storage.logs[1]
        taken = []
        with pytest.raises(CorruptFile, match="kafka/t/0_1"):
            taken.extend(header.base_offset for header, _ in log.batches(0, 20))
        assert taken == [0]
        assert [header.base_offset for header, _ in log.batches(4, 20)] == list(range(4, 20))
        if at != 3:  # no checksum covers the offset
            with pytest.raises(CorruptFile):
                log.read(0, 250, 20).checked()
        assert log.read(4, 1 << 20, 20).checked() == log.read(4, 1 << 20, 20).read()
        await storage.close()

    asyncio.run(main())


def test_a_client_gets_the_bytes_as_they_are_and_its_checksum_tells(tmp_path):
    async def main():
        storage = await opened(tmp_path)
        log = await filled(storage, TopicConfig(), 3)
        flip(segments(tmp_path)[0], 75)
        found = log.read(0, 1 << 20, 3).read()
        assert not crc_matches(found, 0, parse_header(found))
        await storage.close()

    asyncio.run(main())


@pytest.mark.parametrize("in_process", [False, True])
@pytest.mark.parametrize("at", [75, 9], ids=["record", "length"])
def test_compaction_blesses_no_damage_and_loses_nothing_behind_it(tmp_path, in_process, at):
    async def main():
        storage = await opened(tmp_path, ManualClock(), COMPACTED, compaction_in_process=in_process)
        await filled(storage, COMPACTED, 30)
        await storage.checkpointer.run()
        second = parse_header(segments(tmp_path)[1].read_bytes()).total_bytes
        flip(segments(tmp_path)[1], second + at, 0x10)
        before = [path.read_bytes() for path in segments(tmp_path)]
        report = await storage.housekeep()
        assert report.compacted == 0
        assert [path.read_bytes() for path in segments(tmp_path)] == before
        assert "byte" in storage._housekeeper.compactor.damaged[1]
        assert (await storage.housekeep()).compacted == 0
        await storage.close()

    asyncio.run(main())
