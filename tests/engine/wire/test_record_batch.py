import contextlib
import subprocess
import sys

import pytest
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.wire.error_codes import ErrorCode
from engine.wire.errors import DecodeError, RecordError
from engine.wire.record_batch import (
    ABORT,
    COMMIT,
    CONTROL,
    HEADER_BYTES,
    LOG_APPEND_TIME,
    TRANSACTIONAL,
    BatchHeader,
    NewRecord,
    build_batch,
    build_control_batch,
    check_produce_batch,
    check_records,
    control_type,
    crc_matches,
    iter_headers,
    iter_records,
    parse_header,
    rebuild_batch,
    stamp,
    stamp_append_time,
)

CODECS = pytest.mark.parametrize("codec", range(5))
MODEST = settings(max_examples=25, deadline=None)
MAX_BYTES = 1 << 20

payloads = st.none() | st.binary(max_size=60)
headers = st.lists(st.tuples(st.text(max_size=8), payloads), max_size=3)
times = st.integers(0, 2**42)
new_records = st.lists(st.builds(NewRecord, payloads, payloads, headers, times), min_size=1, max_size=8)


@CODECS
@MODEST
@given(records=new_records, base_offset=st.integers(0, 2**50))
def test_round_trip(codec, records, base_offset):
    batch = build_batch(records, base_offset=base_offset, codec=codec, leader_epoch=3)
    header = check_produce_batch(batch, max_bytes=MAX_BYTES)
    assert (header.base_offset, header.leader_epoch, header.codec) == (base_offset, 3, codec)
    assert header.total_bytes == len(batch)
    assert header.next_offset == base_offset + len(records)
    assert header.max_timestamp == max(record.timestamp_ms for record in records)
    check_records(batch)
    for index, (record, new) in enumerate(zip(iter_records(batch), records, strict=True)):
        assert record.offset == base_offset + index
        assert (record.key, record.value, record.timestamp) == (new.key, new.value, new.timestamp_ms)
        assert list(record.headers) == new.headers
    assert rebuild_batch(header, iter_records(batch)) == batch


@CODECS
@MODEST
@given(records=new_records)
def test_aiokafka_reads_what_we_build(codec, records):
    batch = DefaultRecordBatch(bytes(build_batch(records, codec=codec, base_offset=7)))
    assert batch.validate_crc()
    found = [(r.offset - 7, r.timestamp, r.key, r.value, r.headers) for r in batch]
    assert found == [(i, r.timestamp_ms, r.key, r.value, r.headers) for i, r in enumerate(records)]


@CODECS
@MODEST
@given(records=new_records)
def test_we_read_what_aiokafka_builds(codec, records):
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=codec, is_transactional=0, producer_id=5, producer_epoch=1, base_sequence=9,
        batch_size=1 << 20,
    )  # fmt: skip
    for index, record in enumerate(records):
        builder.append(index, record.timestamp_ms, record.key, record.value, record.headers)
    batch = builder.build()
    header = check_produce_batch(batch, max_bytes=MAX_BYTES)
    assert (header.producer_id, header.producer_epoch, header.base_sequence) == (5, 1, 9)
    check_records(batch)
    found = [(r.timestamp, r.key, r.value, list(r.headers)) for r in iter_records(batch)]
    assert found == [(r.timestamp_ms, r.key, r.value, r.headers) for r in records]


def test_golden_batch():
    batch = build_batch([(b"k", b"v")], timestamp_ms=1_700_000_000_000)
    assert batch.hex() == (
        "0000000000000000" "0000003a" "ffffffff" "02" "CRC" "0000" "00000000" "0000018bcfe56800" "0000018bcfe56800"
        "ffffffffffffffff" "ffff" "ffffffff" "00000001" "10" "00" "00" "00" "02" "6b" "02" "76" "00"
    ).replace("CRC", batch[17:21].hex())  # fmt: skip
    assert parse_header(batch).crc == int.from_bytes(batch[17:21], "big")


def test_crc_is_castagnoli():
    from engine.wire.checksum import crc32c

    # RFC 3720, B.4
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E
    assert crc32c(bytes(16), crc32c(bytes(16))) == 0x8A9136AA


def test_the_checksum_does_not_import_its_package():
    code = "import sys, engine.wire.checksum; sys.exit('crc32c._cli' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_stamping_keeps_the_crc():
    batch = build_batch([(b"k", b"v"), (b"k", b"w")])
    frame = bytearray(b"xx") + batch
    stamp(memoryview(frame), 2, 1 << 40, 12)
    header = parse_header(frame, 2)
    assert (header.base_offset, header.leader_epoch, header.last_offset) == (1 << 40, 12, (1 << 40) + 1)
    assert crc_matches(frame, 2, header)


def test_append_time_is_every_records_time():
    batch = build_batch([NewRecord(b"k", b"v", (), 5), NewRecord(b"k", b"w", (), 9)])
    stamp_append_time(batch, 0, 1234)
    header = parse_header(batch)
    assert header.log_append_time
    assert header.max_timestamp == 1234
    assert crc_matches(batch, 0, header)
    assert [record.timestamp for record in iter_records(batch)] == [1234, 1234]


def test_compaction_keeps_offsets_and_producer():
    batch = build_batch(
        [(b"a", b"1"), (b"b", b"2"), (b"c", b"3")],
        base_offset=50,
        producer_id=4,
        producer_epoch=0,
        base_sequence=8,
    )
    header = parse_header(batch)
    smaller = rebuild_batch(header, [record for record in iter_records(batch) if record.key == b"b"])
    again = parse_header(smaller)
    assert (again.base_offset, again.last_offset, again.last_sequence) == (50, 52, 10)
    assert [(record.offset, record.key) for record in iter_records(smaller)] == [(51, b"b")]
    empty = rebuild_batch(header, [])
    assert parse_header(empty).last_offset == 52
    assert list(iter_records(empty)) == []


def test_sequences_wrap():
    batch = build_batch([(b"", b"")] * 3, producer_id=1, producer_epoch=0, base_sequence=2**31 - 2)
    assert parse_header(batch).last_sequence == 0
    assert parse_header(build_batch([(b"", b"")])).last_sequence == -1


def test_iter_headers_stops_before_a_torn_batch():
    one = build_batch([(b"a", b"1")])
    two = build_batch([(b"b", b"2")] * 5, base_offset=1)
    blob = bytes(one + two)
    assert [(at, header.base_offset) for at, header in iter_headers(blob)] == [(0, 0), (len(one), 1)]
    for cut in range(1, len(two) + 1):
        assert len(list(iter_headers(blob[:-cut]))) == 1
    with pytest.raises(DecodeError):
        list(iter_headers(blob + bytes(HEADER_BYTES)))


def test_control_batches():
    for control in (ABORT, COMMIT):
        batch = build_control_batch(
            control, producer_id=9, producer_epoch=2, coordinator_epoch=3, timestamp_ms=77
        )
        header = parse_header(batch)
        assert header.is_control
        assert header.is_transactional
        assert (header.producer_id, header.producer_epoch, header.record_count) == (9, 2, 1)
        assert control_type(batch) == control
    with pytest.raises(DecodeError):
        control_type(build_batch([(None, b"v")]))


def altered(at, value, size, *, batch=None, fix_crc=True):
    batch = build_batch([(b"k", b"v")] * 3) if batch is None else batch
    batch[at : at + size] = value.to_bytes(size, "big", signed=value < 0)
    if fix_crc:
        from engine.wire.checksum import crc32c

        batch[17:21] = crc32c(bytes(batch[21:])).to_bytes(4, "big")
    return batch


REFUSED = {
    "none": (None, ErrorCode.INVALID_RECORD),
    "empty": (b"", ErrorCode.INVALID_RECORD),
    "short": (build_batch([(b"k", b"v")])[:60], ErrorCode.CORRUPT_MESSAGE),
    "cut": (build_batch([(b"k", b"v")])[:-1], ErrorCode.CORRUPT_MESSAGE),
    "two": (build_batch([(b"k", b"v")]) * 2, ErrorCode.INVALID_RECORD),
    "old magic": (altered(16, 1, 1), ErrorCode.INVALID_RECORD),
    "crc": (altered(17, 1, 4, fix_crc=False), ErrorCode.CORRUPT_MESSAGE),
    "negative length": (altered(8, -5, 4), ErrorCode.CORRUPT_MESSAGE),
    "tiny length": (altered(8, 10, 4), ErrorCode.CORRUPT_MESSAGE),
    "too large": (build_batch([(b"k", bytes(2000))]), ErrorCode.MESSAGE_TOO_LARGE),
    "codec": (altered(21, 5, 2), ErrorCode.INVALID_RECORD),
    "control": (altered(21, CONTROL, 2), ErrorCode.INVALID_RECORD),
    "append time": (altered(21, LOG_APPEND_TIME, 2), ErrorCode.INVALID_TIMESTAMP),
    "no producer": (altered(21, TRANSACTIONAL, 2), ErrorCode.INVALID_RECORD),
    "count": (altered(57, 2, 4), ErrorCode.INVALID_RECORD),
    "no records": (altered(57, 0, 4), ErrorCode.INVALID_RECORD),
    "delta": (altered(23, -1, 4), ErrorCode.INVALID_RECORD),
    "sequence": (build_batch([(b"k", b"v")], producer_id=3, producer_epoch=0), ErrorCode.INVALID_RECORD),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_the_code_kafka_gives(case):
    records, code = REFUSED[case]
    with pytest.raises(RecordError) as caught:
        check_produce_batch(records, max_bytes=1000)
    assert caught.value.code == code
    assert caught.value.message


def test_zstd_needs_produce_7():
    batch = build_batch([(b"k", b"v")], codec=4)
    assert check_produce_batch(batch, max_bytes=MAX_BYTES, produce_version=7).codec == 4
    with pytest.raises(RecordError) as caught:
        check_produce_batch(batch, max_bytes=MAX_BYTES, produce_version=6)
    assert caught.value.code == ErrorCode.UNSUPPORTED_COMPRESSION_TYPE


def test_null_keys_are_reported_by_index():
    batch = build_batch([(b"k", b"v"), (None, b"v"), (b"k", None), (None, None)])
    check_records(batch)
    with pytest.raises(RecordError) as caught:
        check_records(batch, key_required="compacted topics need a key")
    assert caught.value.code == ErrorCode.INVALID_RECORD
    assert [index for index, _ in caught.value.record_errors] == [1, 3]


def test_offset_gaps_from_a_producer_are_refused():
    batch = build_batch([(b"a", b"1"), (b"b", b"2"), (b"c", b"3")])
    header = parse_header(batch)
    gapped = rebuild_batch(header, [record for record in iter_records(batch) if record.key != b"b"])
    with pytest.raises(RecordError):
        check_records(gapped)


@CODECS
@settings(max_examples=60, deadline=None)
@given(records=new_records, data=st.data())
def test_damaged_batches_give_records_or_our_errors(codec, records, data):
    batch = build_batch(records, codec=codec)
    for _ in range(data.draw(st.integers(1, 6))):
        batch[data.draw(st.integers(0, len(batch) - 1))] = data.draw(st.integers(0, 255))
    del batch[data.draw(st.integers(0, len(batch))) :]
    with contextlib.suppress(RecordError):
        check_produce_batch(batch, max_bytes=MAX_BYTES)
    for read in (iter_records, iter_headers, control_type):
        with contextlib.suppress(DecodeError):
            result = read(batch)
            if not isinstance(result, int):
                list(result)
    with contextlib.suppress(RecordError, DecodeError):
        check_records(batch)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=150))
def test_any_bytes(data):
    with contextlib.suppress(RecordError):
        check_produce_batch(data, max_bytes=MAX_BYTES)
    with contextlib.suppress(DecodeError):
        list(iter_records(data))
    with contextlib.suppress(DecodeError):
        assert isinstance(parse_header(data), BatchHeader)
    with contextlib.suppress(DecodeError):
        list(iter_headers(data))
