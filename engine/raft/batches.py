"""Batches on their way between two logs: cut out of a run's bytes, and checked, since they come from outside; pure."""

from engine.raft.entries import Run
from engine.wire.batch_header import (
    HEADER_BYTES,
    LOG_OVERHEAD_BYTES,
    MAGIC,
    BatchHeader,
    crc_matches,
    parse_header,
)
from engine.wire.records import build_batch, rebuild_batch

Buffer = bytes | bytearray | memoryview
Batches = list[tuple[BatchHeader, memoryview]]

_DELTA_MAX = 2**31 - 1


def split_run(payload: memoryview, run: Run) -> Batches | None:
    """The whole batches of `run`, which `payload` must be exactly; None when it is anything else."""
    found = split(payload, run.base_offset)
    if not found or len(payload) != run.bytes:
        return None
    if found[-1][0].next_offset != run.next_offset or any(
        header.leader_epoch != run.term for header, _ in found
    ):
        return None
    return found


def split(payload: memoryview, offset_min: int) -> Batches | None:
    """Whole batches with intact checksums, one behind the other from `offset_min` on; None if there is anything else."""
    found: Batches = []
    at = 0
    while at < len(payload):
        if len(payload) - at < HEADER_BYTES:
            return None
        header = parse_header(payload, at)
        size = header.batch_length + LOG_OVERHEAD_BYTES
        if (
            header.magic != MAGIC
            or size < HEADER_BYTES
            or at + size > len(payload)
            or header.base_offset < offset_min
            or header.last_offset_delta < 0
            or not crc_matches(payload, at, header)
        ):
            return None
        found.append((header, payload[at : at + size]))
        offset_min = header.next_offset
        at += size
    return found


def filler(base_offset: int, next_offset: int, term: int) -> list[bytearray]:
    """Batches without records for offsets that compaction left empty, so that a follower's log ends where ours does."""
    fillers = []
    while base_offset < next_offset:
        header = parse_header(build_batch([(None, None)], base_offset=base_offset, leader_epoch=term))
        header.last_offset_delta = min(next_offset - base_offset - 1, _DELTA_MAX)
        header.base_timestamp = header.max_timestamp = -1
        batch = rebuild_batch(header, [])
        fillers.append(batch)
        base_offset = parse_header(batch).next_offset
    return fillers
