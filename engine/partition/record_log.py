"""A log of records for the broker's own state machines (controller, coordinator) over one partition.

Appends of one turn of the loop leave as one batch, so that a hundred offset commits cost one.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence

from engine.base.clock import Clock
from engine.base.errors import OperatingError
from engine.partition.partition import Partition
from engine.wire.error_codes import ErrorCode
from engine.wire.errors import RecordError
from engine.wire.record_batch import build_batch, iter_records

BATCH_BYTES_MAX = 512 * 1024
"""A batch is closed once its keys and values reach this; one append is never split."""
WAITING_BYTES_MAX = 64 * 1024 * 1024
"""Appends beyond this are refused instead of queued."""

KeyValue = tuple[bytes | None, bytes | None]


class AppendFailed(OperatingError):
    """The records are not known to be committed; `code` is the partition's reason."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code


class AppendRefused(AppendFailed):
    """The records were not written at all; the same append may be tried again."""


ApplyRecord = Callable[[int, bytes | None, bytes | None, int], None]
"""Offset, key, value, timestamp in ms."""


class _Follower:
    """Applies what is committed."""

    __slots__ = ("_apply", "_next_offset", "_partition", "_reset")

    def __init__(self, partition: Partition, apply: ApplyRecord, reset: Callable[[], None]) -> None:
        self._partition = partition
        self._apply = apply
        self._reset = reset
        self._next_offset = partition.log_start_offset

    def committed(self, high_watermark: int) -> None:
        """All below `high_watermark` is committed."""
        partition = self._partition
        if high_watermark <= self._next_offset:
            return
        start = max(self._next_offset, partition.log_start_offset)
        self._next_offset = high_watermark
        for offset, key, value, timestamp in _records(partition, start, high_watermark):
            self._apply(offset, key, value, timestamp)

    def reset(self, start_offset: int) -> None:
        """The log begins anew."""
        self._next_offset = start_offset
        self._reset()


def _records(
    partition: Partition, start: int, upto: int
) -> Iterator[tuple[int, bytes | None, bytes | None, int]]:
    """Every record in [start, upto) without those of transactions' markers."""
    for header, batch in partition.log.batches(start, upto):
        if header.is_control:
            continue
        for record in iter_records(batch):
            if record.offset >= start:
                yield record.offset, record.key, record.value, record.timestamp


class _Append:
    __slots__ = ("done", "records", "size")

    def __init__(self, records: Sequence[KeyValue], done: "asyncio.Future[int]") -> None:
        self.records = records
        self.done = done
        self.size = sum(len(key or b"") + len(value or b"") for key, value in records)


class RecordLog:
    """Appends and replays the records of one partition. Loop thread only."""

    def __init__(self, partition: Partition, clock: Clock, loop: asyncio.AbstractEventLoop) -> None:
        self._partition = partition
        self._clock = clock
        self._loop = loop
        self._waiting: list[_Append] = []
        self._waiting_bytes = 0

    async def append(self, records: Sequence[KeyValue]) -> int:
        """Append `records` (at least one) together; return the offset of the last once they are committed.

        Raises `AppendRefused` when none of them was written, `AppendFailed` when they are not known to be committed.
        """
        if not records:
            raise ValueError("nothing to append")
        if self._waiting_bytes > WAITING_BYTES_MAX:
            raise AppendRefused(ErrorCode.KAFKA_STORAGE_ERROR, "too many records wait to be appended")
        append = _Append(records, self._loop.create_future())
        self._waiting_bytes += append.size
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(append)
        return await append.done

    def replay(self) -> Iterator[tuple[int, bytes | None, bytes | None, int]]:
        """Yield (offset, key, value, timestamp in ms) of every committed record, in order.

        Raises `engine.storage.errors.StorageError`, `DecodeError` or `OSError` when the log cannot be read.
        """
        partition = self._partition
        return _records(partition, partition.log_start_offset, partition.high_watermark)

    def follow(self, apply: ApplyRecord, reset: Callable[[], None]) -> None:
        """Call `apply` with each committed record, those there are now and all that come, in order and once.

        `reset` is called when the log went on without this replica, which was too far behind: whatever was applied is
        void, and `apply` begins anew at the log's start. On a leader a record is applied before the `append` it came
        from resolves. What `apply` raises is the caller's own defect and stops the shard.
        """
        follower = _Follower(self._partition, apply, reset)
        self._partition.on_commit = follower.committed
        self._partition.on_reset = follower.reset
        follower.committed(self._partition.high_watermark)

    @property
    def committed_offset(self) -> int:
        """All below is committed, as far as is known here."""
        return self._partition.high_watermark

    @property
    def leads(self) -> bool:
        """Whether `append` may be called here."""
        return self._partition.leads

    async def trim_prefix(self, offset: int) -> None:
        """Forget the records below `offset`, durably. Raises `PartitionError`."""
        await self._partition.trim_prefix(offset)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._waiting_bytes = 0
        group: list[_Append] = []
        size = 0
        for append in waiting:
            if append.done.done():  # cancelled before it was appended
                continue
            if group and size + append.size > BATCH_BYTES_MAX:
                self._append_group(group)
                group, size = [], 0
            group.append(append)
            size += append.size
        if group:
            self._append_group(group)

    def _append_group(self, group: list[_Append]) -> None:
        records = [record for append in group for record in append.records]
        batch = build_batch(records, timestamp_ms=self._clock.wall_ms())
        try:
            end = self._partition.append_internal(batch)
        except RecordError as error:
            for append in group:
                if not append.done.done():
                    append.done.set_exception(AppendRefused(error.code, error.message))
            return
        base_offset = end - len(records)

        def committed(code: ErrorCode) -> None:
            offset = base_offset
            for append in group:
                offset += len(append.records)
                if append.done.done():
                    continue
                if code:
                    append.done.set_exception(AppendFailed(code, f"offset {offset - 1} was not committed"))
                else:
                    append.done.set_result(offset - 1)

        self._partition.when_committed_here(end, committed)
