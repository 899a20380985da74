"""Files of ours: any damage is noticed, newer formats are refused, missing or bad indexes are rebuilt."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.base.clock import SystemClock
from engine.model.ids import TopicPartition
from engine.model.topic_config import TopicConfig
from engine.storage import layout
from engine.storage.checked_file import seal, unseal
from engine.storage.config import StorageConfig
from engine.storage.epochs import EpochCache
from engine.storage.errors import CorruptFile, UnsupportedVersion
from engine.storage.segment_index import SegmentIndex
from engine.storage.storage import Storage
from engine.storage.wal_frame import (
    FileHeader,
    decode_file_header,
    encode_file_header,
    encode_frame_header,
    iter_frames,
)
from engine.wire.batch_header import parse_header
from engine.wire.records import build_batch


@given(st.binary(max_size=200), st.data())
def test_a_flipped_bit_or_a_cut_is_noticed(payload, data):
    sealed = bytearray(seal(b"TEST", 1, payload))
    assert bytes(unseal(b"TEST", 1, bytes(sealed), "x")) == payload
    at = data.draw(st.integers(0, len(sealed) - 1))
    with pytest.raises(CorruptFile):
        unseal(b"TEST", 1, bytes(sealed[:at]), "x")
    sealed[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(CorruptFile):
        unseal(b"TEST", 1, bytes(sealed), "x")


def test_a_newer_format_is_refused_by_name():
    with pytest.raises(UnsupportedVersion, match="newer release"):
        unseal(b"TEST", 1, seal(b"TEST", 2, b""), "x")


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=6), st.data())
def test_frames_end_at_the_first_damage(payloads, data):
    raw = bytearray(encode_file_header(FileHeader(5, 0, 0)))
    ends = []
    for number, payload in enumerate(payloads):
        raw += encode_frame_header(5, 7, 0, number, number, payload) + payload
        ends.append(len(raw))
    raw += bytes(100)
    assert [bytes(frame.payload) for frame in iter_frames(bytes(raw), 5)] == payloads
    assert not list(iter_frames(bytes(raw), 6))
    at = data.draw(st.integers(40, len(raw) - 1))
    raw[at] ^= 0x10
    intact = sum(end <= at for end in ends)
    assert [bytes(frame.payload) for frame in iter_frames(bytes(raw), 5)] == payloads[:intact]


@given(st.binary(max_size=300))
def test_garbage_is_no_write_ahead_file(garbage):
    assert decode_file_header(garbage, "x") is None
    assert not list(iter_frames(garbage, 1))


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 9000), st.integers(0, 99)), max_size=40))
def test_the_index_finds_the_batch_at_or_before(batches):
    index = SegmentIndex(4096)
    offset = position = 0
    largest = -1
    known = []
    for count, size, timestamp in batches:
        index.add(offset, position, largest)
        known.append((offset, position, timestamp))
        offset += count
        position += size
        largest = max(largest, timestamp)
    index = SegmentIndex.decode(index.encode(position), position, 4096, "x")
    for base, at, timestamp in known:
        entry = index.entry_for_offset(base)
        assert index.offsets[entry] <= base
        assert index.positions[entry] <= at < index.positions[entry] + 4096 + 9000
        entry = index.entry_for_timestamp(timestamp)
        first = next(p for _, p, t in known if t >= timestamp)
        assert index.positions[entry] <= first
    with pytest.raises(CorruptFile):
        SegmentIndex.decode(index.encode(position), position + 1, 4096, "x")
    index.cut(position // 2)
    assert all(entry < max(position // 2, 1) for entry in index.positions)


def test_names_cannot_leave_the_directory():
    assert layout.log_directory(TopicPartition("a", 1), 2) == "kafka/a/1_2"
    assert layout.log_directory(TopicPartition("redpanda/controller", 0), 0) == "redpanda/controller/0_0"
    assert layout.parse_log_directory("redpanda", "controller", "0_0") == (
        TopicPartition("redpanda/controller", 0),
        0,
    )
    for name in ("..", ".", "", "a/../b", "wal/x", "../kafka/x", "a b"):
        with pytest.raises(ValueError, match="directory"):
            layout.log_directory(TopicPartition(name, 0), 0)


def test_epochs_answer_like_kafka():
    cache = EpochCache([(2, 10), (5, 20)])
    assert cache.end_offset(1, 30) == (1, 10)
    assert cache.end_offset(2, 30) == (2, 20)
    assert cache.end_offset(4, 30) == (2, 20)
    assert cache.end_offset(5, 30) == (5, 30)
    assert cache.end_offset(6, 30) == (-1, -1)
    assert [cache.epoch_at(offset) for offset in (9, 10, 25)] == [-1, 2, 5]
    cache.cut_before(15)
    assert cache.entries() == [(2, 15), (5, 20)]
    cache.cut_after(20)
    assert cache.entries() == [(2, 15)]


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(["missing", "flipped", "short", "empty"]), st.integers(0, 1 << 30))
def test_bad_indexes_and_garbage_tails_change_nothing(tmp_path_factory, damage, where):
    path = tmp_path_factory.mktemp("damage")

    async def opened():
        return await Storage.open(
            path, config=StorageConfig(), clock=SystemClock(), loop=asyncio.get_running_loop()
        )

    async def main():
        storage = await opened()
        log = storage.create_log(1, TopicPartition("t", 0), TopicConfig(segment_bytes=100_000))
        for number in range(40):
            batch = build_batch([(b"k", b"x" * 9000)], base_offset=number)
            log.append(batch, parse_header(batch))
        await storage.close()
        expected = b"".join(file.read_bytes() for file in sorted(path.rglob("*.log")))
        indexes = sorted(path.rglob("*.index"))
        assert indexes
        for index in indexes:
            raw = bytearray(index.read_bytes())
            if damage == "missing":
                index.unlink()
            elif damage == "flipped":
                raw[where % len(raw)] ^= 1
                index.write_bytes(raw)
            else:
                index.write_bytes(raw[: where % len(raw)] if damage == "short" else b"")
        last = max(path.rglob("*.log"))
        with last.open("ab") as file:
            file.write(build_batch([(b"k", b"stale")], base_offset=3))
            file.write(bytes([where & 0xFF]) * 100)
        (path / "kafka" / "t" / "5_9").mkdir()
        (path / "kafka" / "t" / "nonsense").mkdir()
        storage = await opened()
        log = storage.logs[1]
        assert log.end_offset == 40
        assert log.read(0, 1 << 30, 40).read() == expected
        assert log.read(17, 1, 40).first_base_offset == 17
        assert storage.logs[9].end_offset == 0
        await storage.close()

    asyncio.run(main())
