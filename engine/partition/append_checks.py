"""What a produced batch must be before it gets an offset: wire's checks, then those that need the topic's config.

Hot: compiled where a C compiler is (`append_checks.pxd`).
"""

# The module, not its names: its .pxd binds the same names to C when compiled.
import engine.wire.batch_header as batch_header
from engine.model.config_value import LONG_MAX
from engine.model.topic_config import TopicConfig
from engine.wire.error_codes import ErrorCode
from engine.wire.errors import RecordError
from engine.wire.record_batch import check_records, iter_records, rebuild_batch

CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
"""compression.type → codec bits; "producer" keeps what came."""
KEEP_CODEC = -1

NO_KEY = "a compacted topic needs a key on every record"

_CODEC_MASK = 0x07

Batch = memoryview | bytearray


class BatchRules:
    """What one topic's config asks of a batch, made once for each config."""

    __slots__ = (
        "after_max_ms",
        "before_max_ms",
        "codec",
        "compacted",
        "create_time",
        "max_message_bytes",
        "plain",
    )

    def __init__(self, config: TopicConfig) -> None:
        self.max_message_bytes = config.max_message_bytes
        self.create_time = config.message_timestamp_type == "CreateTime"
        """Whether the producer's timestamps are kept, and therefore checked."""
        self.after_max_ms = config.message_timestamp_after_max_ms
        self.before_max_ms = config.message_timestamp_before_max_ms
        self.compacted = config.compacted
        self.codec = CODECS.get(config.compression_type, KEEP_CODEC)
        self.plain = not self.compacted and self.codec == KEEP_CODEC
        """Nothing beyond header, CRC and timestamps is looked at."""


def check_batch(
    records: Batch | None, rules: BatchRules, produce_version: int, now_ms: int
) -> tuple[batch_header.BatchHeader, Batch]:
    """Check one partition's records and return their header with the batch to append.

    The batch is `records` itself, or a recompressed copy when the topic's compression.type says so.
    `now_ms` is the wall clock. Raises `RecordError`.
    """
    header = batch_header.check_produce_batch(records, rules.max_message_bytes, produce_version)
    assert records is not None
    if rules.create_time and header.max_timestamp >= 0:
        ahead_ms = header.max_timestamp - now_ms
        if ahead_ms > rules.after_max_ms or (
            rules.before_max_ms < LONG_MAX and header.base_timestamp < now_ms - rules.before_max_ms
        ):
            raise _bad_timestamp(header, rules, ahead_ms)
    if rules.plain:
        return header, records
    if rules.compacted:
        check_records(records, key_required=NO_KEY)
    if rules.codec != KEEP_CODEC and rules.codec != header.codec:
        return _recompress(header, records, rules)
    return header, records


def _bad_timestamp(header: batch_header.BatchHeader, rules: BatchRules, ahead_ms: int) -> RecordError:
    """The batch's first or largest timestamp is too far from now (KIP-937)."""
    if ahead_ms > rules.after_max_ms:
        message = f"timestamp {header.max_timestamp} is more than {rules.after_max_ms} ms ahead"
    else:
        message = f"timestamp {header.base_timestamp} is more than {rules.before_max_ms} ms old"
    return RecordError(ErrorCode.INVALID_TIMESTAMP, message)


def _recompress(
    header: batch_header.BatchHeader, records: Batch, rules: BatchRules
) -> tuple[batch_header.BatchHeader, Batch]:
    check_records(records)
    kept = list(iter_records(records))
    header.attributes = header.attributes & ~_CODEC_MASK | rules.codec
    batch = rebuild_batch(header, kept)
    if len(batch) > rules.max_message_bytes:
        raise RecordError(
            ErrorCode.MESSAGE_TOO_LARGE,
            f"batch of {len(batch)} bytes once recompressed, max.message.bytes is {rules.max_message_bytes}",
        )
    return batch_header.parse_header(batch), batch
