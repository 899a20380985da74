"""The record batch, version 2: one door to its header (`batch_header`) and its records (`records`)."""

from engine.wire.batch_header import (
    HEADER_BYTES,
    BatchHeader,
    check_produce_batch,
    crc_matches,
    iter_headers,
    parse_header,
    stamp,
    stamp_append_time,
)
from engine.wire.records import (
    NewRecord,
    Record,
    build_batch,
    build_control_batch,
    check_records,
    control_type,
    iter_records,
    rebuild_batch,
)

__all__ = [
    "HEADER_BYTES",
    "BatchHeader",
    "NewRecord",
    "Record",
    "build_batch",
    "build_control_batch",
    "check_produce_batch",
    "check_records",
    "control_type",
    "crc_matches",
    "iter_headers",
    "iter_records",
    "parse_header",
    "rebuild_batch",
    "stamp",
    "stamp_append_time",
]
