"""One partition over real storage: append checks, idempotence, watermarks, reads, trims, restarts."""

import asyncio

import pytest

from engine.model.topic_config import TopicConfig
from engine.partition.errors import PartitionError
from engine.wire.error_codes import ErrorCode
from engine.wire.errors import RecordError
from engine.wire.record_batch import build_batch, iter_records, parse_header

NOW = 1_700_000_000_000


def batch(*values, key=b"k", timestamp_ms=NOW, **fields):
    return memoryview(build_batch([(key, value) for value in values], timestamp_ms=timestamp_ms, **fields))


def idempotent(count, sequence, *, producer_id=9, epoch=0):
    return batch(*[b"v"] * count, producer_id=producer_id, producer_epoch=epoch, base_sequence=sequence)


def refused(partition, records, **more):
    with pytest.raises(RecordError) as caught:
        partition.append(records, **more)
    return caught.value.code


def read_values(partition, offset=0, max_bytes=1 << 20, isolation=0):
    read = partition.read(offset, max_bytes, isolation)
    data = b"" if read is None else read.read()
    found, at = [], 0
    while at < len(data):
        found += [(record.offset, record.value) for record in iter_records(data, at)]
        at += parse_header(data, at).total_bytes
    return found


def test_offsets_watermark_and_reads(with_room, when_committed):
    async def scenario(room):
        partition = await room.partition(leader_epoch=3)
        first = partition.append(batch(b"a", b"b"))
        second = partition.append(batch(b"c"))
        assert (first.base_offset, first.next_offset) == (0, 2)
        assert (second.base_offset, second.next_offset) == (2, 3)
        assert partition.high_watermark == 0
        assert read_values(partition) == []
        assert await when_committed(partition, 3) == 0
        assert partition.high_watermark == partition.last_stable_offset == 3
        assert read_values(partition) == [(0, b"a"), (1, b"b"), (2, b"c")]
        assert read_values(partition, max_bytes=1) == [(0, b"a"), (1, b"b")]
        assert parse_header(partition.read(0, 1, 0).read()).leader_epoch == 3
        assert partition.read(3, 100, 0) is None
        for offset in (-1, 4):
            with pytest.raises(PartitionError) as caught:
                partition.read(offset, 100, 0)
            assert caught.value.code == ErrorCode.OFFSET_OUT_OF_RANGE

    with_room(scenario)


def test_what_is_refused_gets_the_code_that_says_why(with_room):
    async def scenario(room):
        partition = await room.partition(TopicConfig(max_message_bytes=200))
        assert refused(partition, None) == ErrorCode.INVALID_RECORD
        assert refused(partition, batch(b"x" * 300)) == ErrorCode.MESSAGE_TOO_LARGE
        flipped = batch(b"value")
        flipped[-1] ^= 1
        assert refused(partition, flipped) == ErrorCode.CORRUPT_MESSAGE
        late = batch(b"v", timestamp_ms=NOW + 3_600_001)
        assert refused(partition, late) == ErrorCode.INVALID_TIMESTAMP
        transactional = batch(b"v", producer_id=1, producer_epoch=0, base_sequence=0, attributes=0x10)
        assert refused(partition, transactional) == ErrorCode.INVALID_TXN_STATE
        assert partition.end_offset == 0

    with_room(scenario)


def test_old_timestamps_are_refused_where_the_topic_says_so(with_room):
    async def scenario(room):
        partition = await room.partition(TopicConfig(message_timestamp_before_max_ms=1000))
        assert refused(partition, batch(b"v", timestamp_ms=NOW - 1001)) == ErrorCode.INVALID_TIMESTAMP
        partition.append(batch(b"v", timestamp_ms=NOW - 1000))

    with_room(scenario)


def test_a_compacted_topic_names_the_records_without_a_key(with_room):
    async def scenario(room):
        partition = await room.partition(TopicConfig(cleanup_policy=frozenset({"compact"})))
        records = memoryview(build_batch([(b"k", b"1"), (None, b"2"), (None, b"3")], timestamp_ms=NOW))
        with pytest.raises(RecordError) as caught:
            partition.append(records)
        assert caught.value.code == ErrorCode.INVALID_RECORD
        assert [index for index, _ in caught.value.record_errors] == [1, 2]

    with_room(scenario)


def test_log_append_time_replaces_the_producers(with_room, when_committed):
    async def scenario(room):
        partition = await room.partition(TopicConfig(message_timestamp_type="LogAppendTime"))
        appended = partition.append(batch(b"v", timestamp_ms=5))
        assert appended.append_time_ms == NOW
        await when_committed(partition, 1)
        header = parse_header(partition.read(0, 1, 0).read())
        assert (header.max_timestamp, header.log_append_time) == (NOW, True)

    with_room(scenario)


def test_compression_type_of_the_topic_wins(with_room, when_committed):
    async def scenario(room):
        partition = await room.partition(TopicConfig(compression_type="zstd"))
        partition.append(idempotent(3, 0))
        await when_committed(partition, 3)
        data = partition.read(0, 1, 0).read()
        assert parse_header(data).codec == 4
        assert [record.value for record in iter_records(data)] == [b"v"] * 3

    with_room(scenario)


def test_a_duplicate_is_answered_with_the_first_offset_even_in_flight(with_room, when_committed):
    async def scenario(room):
        partition = await room.partition()
        first = partition.append(idempotent(2, 0))
        partition.append(idempotent(1, 2))
        assert partition.append(idempotent(2, 0)) == first
        assert partition.end_offset == 3
        order = []
        partition.when_committed(3, lambda code: order.append((3, code)))
        partition.when_committed(first.next_offset, lambda code: order.append((2, code)))
        await when_committed(partition, 3)
        assert order == [(2, 0), (3, 0)]
        assert refused(partition, idempotent(1, 4)) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
        partition.append(idempotent(1, 0, epoch=1))
        assert refused(partition, idempotent(1, 3)) == ErrorCode.INVALID_PRODUCER_EPOCH

    with_room(scenario)


def test_producers_survive_a_restart(with_room, when_committed):
    async def scenario(room):
        config = TopicConfig(segment_bytes=300)
        partition = await room.partition(config)
        for sequence in range(0, 20, 2):
            partition.append(idempotent(2, sequence))
        await when_committed(partition, 20)
        await room.reopen()
        partition = await room.partition(config)
        assert partition.high_watermark == 20
        assert partition.append(idempotent(2, 18)).base_offset == 18
        assert partition.append(idempotent(2, 10)).base_offset == 10
        assert refused(partition, idempotent(2, 8)) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
        assert partition.append(idempotent(1, 20)).base_offset == 20

    with_room(scenario)


def test_leader_epochs(with_room, when_committed):
    async def scenario(room):
        partition = await room.partition(leader_epoch=2)
        partition.append(batch(b"a"))
        await room.partition(leader_epoch=5)
        partition.append(batch(b"b"))
        await when_committed(partition, 2)
        assert partition.check_leader_epoch(-1) is None
        assert partition.check_leader_epoch(5) is None
        assert partition.check_leader_epoch(4) == ErrorCode.FENCED_LEADER_EPOCH
        assert partition.check_leader_epoch(6) == ErrorCode.UNKNOWN_LEADER_EPOCH
        assert partition.epoch_end_offset(2) == (2, 1)
        assert partition.epoch_end_offset(4) == (2, 1)
        assert partition.epoch_end_offset(5) == (5, 2)
        assert partition.epoch_end_offset(6) == (-1, -1)
        await room.partition(leader_epoch=8)
        assert partition.epoch_end_offset(7) == (5, 2)

    with_room(scenario)


def test_offsets_by_time(with_room, when_committed):
    async def scenario(room):
        partition = await room.partition()
        assert partition.list_offset(-3) == (-1, -1, -1)
        for minute in (1, 3, 2):
            partition.append(batch(b"v", timestamp_ms=NOW - 1_000_000 + minute))
        await when_committed(partition, 3)
        base = NOW - 1_000_000
        assert partition.list_offset(-1) == (3, -1, 0)
        assert partition.list_offset(-2) == (0, -1, 0)
        assert partition.list_offset(-3)[:2] == (1, base + 3)
        assert partition.list_offset(-4) == (0, -1, 0)
        assert partition.list_offset(-5) == (-1, -1, -1)
        assert partition.list_offset(-6) == (-1, -1, -1)
        assert partition.list_offset(base + 2)[:2] == (1, base + 3)
        assert partition.list_offset(base + 4) == (-1, -1, -1)
        with pytest.raises(PartitionError):
            partition.list_offset(-7)

    with_room(scenario)


def test_delete_records(with_room, when_committed):
    async def scenario(room):
        partition = await room.partition()
        for _ in range(4):
            partition.append(batch(b"v"))
        await when_committed(partition, 4)
        assert await partition.delete_records(2) == 2
        assert await partition.delete_records(1) == 2
        with pytest.raises(PartitionError) as caught:
            partition.read(1, 100, 0)
        assert caught.value.code == ErrorCode.OFFSET_OUT_OF_RANGE
        with pytest.raises(PartitionError):
            await partition.delete_records(5)
        assert await partition.delete_records(-1) == 4

    with_room(scenario)


def test_records_of_a_compacted_topic_cannot_be_deleted(with_room):
    async def scenario(room):
        partition = await room.partition(TopicConfig(cleanup_policy=frozenset({"compact"})))
        with pytest.raises(PartitionError) as caught:
            await partition.delete_records(0)
        assert caught.value.code == ErrorCode.POLICY_VIOLATION

    with_room(scenario)


def test_a_lost_append_fails_those_who_wait_and_is_forgotten(with_room):
    async def scenario(room):
        partition = await room.partition()
        appended = partition.append(idempotent(2, 0))
        codes = []
        partition.when_committed(appended.next_offset, codes.append)
        # What storage does when the disk is full: the log is back at its durable end.
        partition.log.on_durable = None
        partition.log.end_offset = 0
        partition._log_failed(partition.log, OSError())
        assert codes == [ErrorCode.KAFKA_STORAGE_ERROR]
        assert partition.producers.check(parse_header(idempotent(2, 0))) is None
        partition.log.end_offset = 2

    with_room(scenario)


def test_a_deleted_topic_fails_its_waiters_and_starts_afresh(with_room, when_committed):
    async def scenario(room):
        partition = await room.partition()
        partition.append(idempotent(2, 0))
        await when_committed(partition, 2)
        codes = []
        partition.append(idempotent(2, 2))
        partition.when_committed(4, codes.append)
        await room.manager.delete("t", 0, 1)
        assert codes in ([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION], [ErrorCode.NONE])
        assert room.manager.get("t", 0) is None
        assert room.manager.topic_name(partition.topic_id) is None
        again = await room.partition(log_id=2)
        assert again.end_offset == 0
        assert len(again.producers) == 0
        await asyncio.sleep(0)

    with_room(scenario)
