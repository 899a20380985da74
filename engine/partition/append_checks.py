"""What a produced batch must be before it gets an offset: wire's checks, then those that need the topic's config."""

from engine.base.clock import Clock
from engine.model.config_value import LONG_MAX
from engine.model.topic_config import TopicConfig
from engine.wire.error_codes import ErrorCode
from engine.wire.errors import RecordError
from engine.wire.record_batch import (
    BatchHeader,
    check_produce_batch,
    check_records,
    iter_records,
    parse_header,
    rebuild_batch,
)

CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
"""compression.type → codec bits; "producer" keeps what came."""

NO_KEY = "a compacted topic needs a key on every record"

_CODEC_MASK = 0x07

Batch = memoryview | bytearray


def check_batch(
    records: Batch | None, config: TopicConfig, produce_version: int, *, plain: bool, clock: Clock
) -> tuple[BatchHeader, Batch]:
    """Check one partition's records and return their header with the batch to append.

    The batch is `records` itself, or a recompressed copy when the topic's compression.type says so.
    `plain` spares the rarer checks where the topic's config cannot fail them. Raises `RecordError`.
    """
    header = check_produce_batch(records, max_bytes=config.max_message_bytes, produce_version=produce_version)
    assert records is not None
    _check_timestamps(header, config, clock)
    if plain:
        return header, records
    if config.compacted:
        check_records(records, key_required=NO_KEY)
    wanted = CODECS.get(config.compression_type)
    if wanted is not None and wanted != header.codec:
        return _recompress(header, records, wanted, config.max_message_bytes)
    return header, records


def _check_timestamps(header: BatchHeader, config: TopicConfig, clock: Clock) -> None:
    """Refuse times too far from now (KIP-937), by the batch's first and largest timestamp."""
    if config.message_timestamp_type != "CreateTime" or header.max_timestamp < 0:
        return
    now_ms = clock.wall_ms()
    if header.max_timestamp - now_ms > config.message_timestamp_after_max_ms:
        raise RecordError(
            ErrorCode.INVALID_TIMESTAMP,
            f"timestamp {header.max_timestamp} is more than {config.message_timestamp_after_max_ms} ms ahead",
        )
    before_max_ms = config.message_timestamp_before_max_ms
    if before_max_ms < LONG_MAX and now_ms - header.base_timestamp > before_max_ms:
        raise RecordError(
            ErrorCode.INVALID_TIMESTAMP,
            f"timestamp {header.base_timestamp} is more than {before_max_ms} ms old",
        )


def _recompress(
    header: BatchHeader, records: Batch, codec: int, max_message_bytes: int
) -> tuple[BatchHeader, Batch]:
    check_records(records)
    kept = list(iter_records(records))
    header.attributes = header.attributes & ~_CODEC_MASK | codec
    batch = rebuild_batch(header, kept)
    if len(batch) > max_message_bytes:
        raise RecordError(
            ErrorCode.MESSAGE_TOO_LARGE,
            f"batch of {len(batch)} bytes once recompressed, max.message.bytes is {max_message_bytes}",
        )
    return parse_header(batch), batch
