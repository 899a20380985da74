"""What one partition remembers of its idempotent producers (KIP-98): epoch and the last five batches each.

`check` is asked before an append, `record` told after it; `record` is also what a scan of the log replays,
so memory and log cannot tell different stories. Pure: no clock, no I/O.

Snapshot layout, big-endian: version u8 (1), producer count u32, then for each producer
``producer_id i64, epoch i16, last_timestamp_ms i64, batch count u8`` and for each batch
``base_sequence i32, last_sequence i32, base_offset i64, next_offset i64, timestamp i64``.
"""

import struct
from collections import deque

# The module, not its names: its .pxd binds the same names to C when compiled.
import engine.wire.batch_header as batch_header
from engine.base.errors import OperatingError
from engine.wire.error_codes import ErrorCode
from engine.wire.errors import RecordError

REMEMBERED_BATCHES = 5
"""Clients keep at most this many requests in flight per connection while idempotence is on."""
PRODUCERS_MAX = 100_000
"""Producers one partition remembers; beyond it the one unheard of for longest is forgotten."""
SEQUENCE_MAX = 2**31 - 1

_SNAPSHOT_VERSION = 1
_HEAD = struct.Struct(">BI")
_PRODUCER = struct.Struct(">qhqB")
_BATCH = struct.Struct(">iiqqq")


class SnapshotError(OperatingError):
    """Bytes that are no producer snapshot; the state is rebuilt from the log instead."""


class RememberedBatch:
    """One appended batch of a producer."""

    __slots__ = ("base_offset", "base_sequence", "last_sequence", "next_offset", "timestamp")

    def __init__(
        self, base_sequence: int, last_sequence: int, base_offset: int, next_offset: int, timestamp: int
    ) -> None:
        self.base_sequence = base_sequence
        self.last_sequence = last_sequence
        self.base_offset = base_offset
        self.next_offset = next_offset
        self.timestamp = timestamp
        """Log append time in ms, or -1 where the topic keeps the producer's timestamps."""


class ProducerEntry:
    """One producer: its epoch, its last batches (oldest first), and when it was last heard of (wall ms)."""

    __slots__ = ("batches", "epoch", "last_timestamp_ms")

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.batches: deque[RememberedBatch] = deque(maxlen=REMEMBERED_BATCHES)
        self.last_timestamp_ms = -1


class ProducerStates:
    """All idempotent producers of one partition, least recently heard of first."""

    __slots__ = ("_entries", "_producers_max")

    def __init__(self, producers_max: int = PRODUCERS_MAX) -> None:
        self._entries: dict[int, ProducerEntry] = {}
        self._producers_max = producers_max

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, producer_id: int) -> ProducerEntry | None:
        """What is known of this producer."""
        return self._entries.get(producer_id)

    def items(self) -> list[tuple[int, ProducerEntry]]:
        """(producer id, entry) of each producer."""
        return list(self._entries.items())

    def check(self, header: batch_header.BatchHeader) -> RememberedBatch | None:
        """May this batch be appended? None: yes. A remembered batch: it was appended already, as that one.

        Raises `RecordError` INVALID_PRODUCER_EPOCH for a fenced producer and OUT_OF_ORDER_SEQUENCE_NUMBER
        for a gap. An unknown producer may start at any sequence, since its state may have expired.
        """
        entry = self._entries.get(header.producer_id)
        if entry is None:
            return None
        epoch = header.producer_epoch
        base_sequence = header.base_sequence
        if epoch == entry.epoch:
            batches = entry.batches
            if not batches:
                return None
            last: RememberedBatch = batches[-1]
            if base_sequence == (0 if last.last_sequence == SEQUENCE_MAX else last.last_sequence + 1):
                return None
            last_sequence = header.last_sequence
            for batch in batches:
                if batch.base_sequence == base_sequence and batch.last_sequence == last_sequence:
                    return batch
            raise RecordError(
                ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
                f"producer {header.producer_id} sent sequence {base_sequence} after {last.last_sequence}",
            )
        if epoch < entry.epoch:
            raise RecordError(
                ErrorCode.INVALID_PRODUCER_EPOCH,
                f"producer {header.producer_id} has epoch {epoch}, the current one is {entry.epoch}",
            )
        if base_sequence != 0:
            raise RecordError(
                ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
                f"producer {header.producer_id} began epoch {epoch} with sequence {base_sequence}, not 0",
            )
        return None

    def record(self, header: batch_header.BatchHeader, timestamp: int, now_ms: int) -> None:
        """Remember an appended batch; `header` has its final offset. `timestamp`: see `RememberedBatch`.

        `now_ms` is what `expire` measures silence from. A transaction marker carries no sequence: it only
        raises the epoch.
        """
        producer_id = header.producer_id
        entries = self._entries
        entry = entries.pop(producer_id, None)
        if entry is None:
            entry = ProducerEntry(header.producer_epoch)
            if len(entries) >= self._producers_max:
                del entries[next(iter(entries))]
        elif entry.epoch != header.producer_epoch:
            entry.epoch = header.producer_epoch
            entry.batches.clear()
        entries[producer_id] = entry
        entry.last_timestamp_ms = now_ms
        if not header.is_control:
            entry.batches.append(
                RememberedBatch(
                    header.base_sequence,
                    header.last_sequence,
                    header.base_offset,
                    header.next_offset,
                    timestamp,
                )
            )

    def truncate(self, end_offset: int) -> None:
        """The log lost everything from `end_offset` on: forget those batches, keep the epochs."""
        for entry in self._entries.values():
            batches = entry.batches
            while batches and batches[-1].next_offset > end_offset:
                batches.pop()

    def expire(self, before_ms: int) -> int:
        """Forget producers unheard of since `before_ms` (wall clock); returns how many."""
        gone = [
            producer_id for producer_id, entry in self._entries.items() if entry.last_timestamp_ms < before_ms
        ]
        for producer_id in gone:
            del self._entries[producer_id]
        return len(gone)

    def to_bytes(self) -> bytes:
        """The whole state as a snapshot."""
        out = [_HEAD.pack(_SNAPSHOT_VERSION, len(self._entries))]
        for producer_id, entry in self._entries.items():
            out.append(_PRODUCER.pack(producer_id, entry.epoch, entry.last_timestamp_ms, len(entry.batches)))
            out.extend(
                _BATCH.pack(
                    batch.base_sequence,
                    batch.last_sequence,
                    batch.base_offset,
                    batch.next_offset,
                    batch.timestamp,
                )
                for batch in entry.batches
            )
        return b"".join(out)

    @classmethod
    def from_bytes(cls, data: bytes, producers_max: int = PRODUCERS_MAX) -> "ProducerStates":
        """Restore a snapshot. Raises `SnapshotError`, and nothing else, for other bytes."""
        states = cls(producers_max)
        try:
            version, count = _HEAD.unpack_from(data, 0)
            if version != _SNAPSHOT_VERSION:
                raise SnapshotError(f"producer snapshot version {version} is not known")
            at = _HEAD.size
            for _ in range(count):
                producer_id, epoch, last_timestamp_ms, batches = _PRODUCER.unpack_from(data, at)
                at += _PRODUCER.size
                entry = ProducerEntry(epoch)
                entry.last_timestamp_ms = last_timestamp_ms
                for _ in range(batches):
                    entry.batches.append(RememberedBatch(*_BATCH.unpack_from(data, at)))
                    at += _BATCH.size
                states._entries[producer_id] = entry
        except struct.error as error:
            raise SnapshotError("a producer snapshot is cut short") from error
        if at != len(data):
            raise SnapshotError(f"{len(data) - at} bytes behind a producer snapshot")
        return states
