"""One replica of one partition: what may be appended, what is committed, what may be read.

Shard-wide view, loop thread only. The storage room owns the bytes; here live the checks of an append, the
producers' state, the watermarks and those who wait for them. A partition of its own is always its leader, and its high
watermark is what the log holds durably. A replica of a Raft group leads when the group says so, appends through the
group, and its high watermark is the group's commit; while it follows it serves nobody.
"""

from typing import TYPE_CHECKING
from uuid import UUID

# Modules, not names: their .pxd files bind the same names to C when compiled.
import engine.partition.append_checks as append_checks
import engine.partition.commit_queue as commit_queue
import engine.partition.producer_state as producer_state
import engine.wire.batch_header as batch_header
from engine.base.clock import Clock
from engine.metrics.kafka import PartitionCounters
from engine.model.ids import LeaderEpoch, NodeId, TopicPartition
from engine.model.topic_config import TopicConfig
from engine.partition.commit_queue import CommitCallback
from engine.partition.errors import PartitionError
from engine.partition.recovery import restore_producers
from engine.partition.timestamps import ListedOffset, find_offset
from engine.raft.errors import RaftRefusal, TooMuchInFlight
from engine.storage.errors import OffsetOutOfRange, StorageError
from engine.wire.error_codes import ErrorCode
from engine.wire.errors import RecordError
from engine.wire.record_batch import stamp_append_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.partition.delayed_fetch import ParkedFetch
    from engine.raft.group import Group
    from engine.storage.log import Log
    from engine.storage.read_plan import LogRead

READ_UNCOMMITTED = 0
READ_COMMITTED = 1


class Appended:
    """Where a produced batch is, now or since an earlier try."""

    __slots__ = ("append_time_ms", "base_offset", "next_offset")

    def __init__(self, base_offset: int, next_offset: int, append_time_ms: int) -> None:
        self.base_offset = base_offset
        self.next_offset = next_offset
        """Committed once the high watermark reaches this."""
        self.append_time_ms = append_time_ms
        """-1 where the topic keeps the producer's timestamps."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Appended):
            return NotImplemented
        return (self.base_offset, self.next_offset, self.append_time_ms) == (
            other.base_offset,
            other.next_offset,
            other.append_time_ms,
        )

    def __hash__(self) -> int:
        return hash((self.base_offset, self.next_offset))


class Partition:
    """A replica over one `Log`; an `engine.raft.ports.GroupOwner` when it is one of several."""

    __slots__ = (
        "_clock",
        "_commits",
        "_durables",
        "_producers_stale",
        "_rules",
        "_while_leading",
        "config",
        "counters",
        "failed",
        "fetch_waiters",
        "group",
        "high_watermark",
        "leader_epoch",
        "leads",
        "log",
        "on_commit",
        "on_leadership",
        "on_reset",
        "open_transactions",
        "producers",
        "topic_id",
        "topic_partition",
    )

    def __init__(
        self,
        topic_partition: TopicPartition,
        topic_id: UUID,
        log: "Log",
        config: TopicConfig,
        *,
        leader_epoch: LeaderEpoch,
        clock: Clock,
        producers: producer_state.ProducerStates | None = None,
        replicated: bool = False,
    ) -> None:
        """`replicated`: it follows until the group it is handed to by `join` says otherwise."""
        self.topic_partition = topic_partition
        self.topic_id = topic_id
        self.log = log
        self.config = config
        self.leader_epoch = leader_epoch
        self.producers = producer_state.ProducerStates() if producers is None else producers
        self.group: Group | None = None
        """The Raft group it is a replica of; None: there is no other replica."""
        self.leads = not replicated
        """Whether it serves clients."""
        self.on_commit: Callable[[int], None] | None = None
        """Called with the high watermark when that rose, before those who wait for it."""
        self.on_leadership: Callable[[Partition], None] | None = None
        """Called when `leads` changed."""
        self.on_reset: Callable[[int], None] | None = None
        """Called when the log was emptied and goes on at an offset: this replica was too far behind."""
        self.high_watermark = log.start_offset if replicated else log.durable_offset
        """All below is committed: acknowledged and readable."""
        self.open_transactions: dict[int, int] = {}
        """Producer id → first offset of its open transaction."""
        self.fetch_waiters: dict[ParkedFetch, None] = {}
        """Owned by the purgatory: who to tell when there is more to read."""
        self.failed = False
        """The disk failed under the log, or the partition was closed; appends are refused."""
        self.counters = PartitionCounters()
        self._clock = clock
        self._commits = commit_queue.CommitQueue()
        self._durables = commit_queue.CommitQueue()
        self._while_leading = commit_queue.CommitQueue()
        self._producers_stale = False
        self.configure(config)
        if not replicated:
            log.on_durable = self._durable
            log.on_failure = self._log_failed
        log.take_snapshot = self.producers.to_bytes

    # Watermarks.

    @property
    def log_start_offset(self) -> int:
        """The first offset still kept."""
        return self.log.start_offset

    @property
    def end_offset(self) -> int:
        """The offset the next record gets."""
        return self.log.end_offset

    @property
    def last_stable_offset(self) -> int:
        """The high watermark, or the start of the oldest open transaction below it."""
        if self.open_transactions:
            return min(self.high_watermark, *self.open_transactions.values())
        return self.high_watermark

    def readable_upto(self, isolation: int) -> int:
        """The offset a consumer of this isolation level reads to."""
        return self.last_stable_offset if isolation == READ_COMMITTED else self.high_watermark

    def when_committed(self, offset: int, callback: CommitCallback) -> None:
        """Call back with NONE when all below `offset` is committed (at once if it is), or with an error code."""
        if offset <= self.high_watermark:
            callback(ErrorCode.NONE)
        elif self.failed:
            callback(ErrorCode.KAFKA_STORAGE_ERROR)
        elif not self.leads:
            callback(ErrorCode.NOT_LEADER_OR_FOLLOWER)
        else:
            self._commits.add(offset, callback)

    def when_committed_here(self, offset: int, callback: CommitCallback) -> None:
        """As `when_committed`, but NOT_LEADER_OR_FOLLOWER as soon as this replica leads no more, known or not.

        For the broker's own state machines, which go on from what is committed whoever leads.
        """
        if offset > self.high_watermark and not self.failed and self.leads:
            self._while_leading.add(offset, callback)
        else:
            self.when_committed(offset, callback)

    def when_durable(self, offset: int, callback: CommitCallback) -> None:
        """The same for what is durable on this replica, committed or not (acks=1)."""
        if self.group is None:
            self.when_committed(offset, callback)
        elif offset <= self.log.durable_offset:
            callback(ErrorCode.NONE)
        elif self.failed:
            callback(ErrorCode.KAFKA_STORAGE_ERROR)
        elif not self.leads:
            callback(ErrorCode.NOT_LEADER_OR_FOLLOWER)
        else:
            self._durables.add(offset, callback)

    def _durable(self, log: "Log") -> None:
        committed = log.durable_offset
        if committed <= self.high_watermark:
            return
        self.high_watermark = committed
        if self.on_commit is not None:
            self.on_commit(committed)
        self._commits.advance(committed)
        self._while_leading.advance(committed)
        self._wake_fetches()

    def _wake_fetches(self) -> None:
        if self.fetch_waiters:
            for waiter in tuple(self.fetch_waiters):
                waiter.partition_changed(self)

    # Appends.

    def append(self, records: memoryview | bytearray | None, produce_version: int = 13) -> Appended:
        """Check one produced batch, give it its offset, append it; it is not committed yet.

        `records` is stamped in place and kept until it is flushed. A batch appended before (an idempotent
        producer's retry) is not appended again: its first offset is the answer. Raises `RecordError`.
        """
        if self.failed:
            raise RecordError(ErrorCode.KAFKA_STORAGE_ERROR, "the log is offline after a disk failure")
        if not self.leads:
            raise RecordError(ErrorCode.NOT_LEADER_OR_FOLLOWER, "this broker does not lead the partition")
        rules = self._rules
        now_ms = self._clock.wall_ms()
        header, batch = append_checks.check_batch(records, rules, produce_version, now_ms)
        has_producer = header.producer_id >= 0
        if has_producer:
            if header.attributes & batch_header.TRANSACTIONAL:
                raise RecordError(ErrorCode.INVALID_TXN_STATE, "the transaction was never begun here")
            known = self.producers.check(header)
            if known is not None:
                return Appended(known.base_offset, known.next_offset, known.timestamp)
        append_time_ms = -1
        if not rules.create_time:
            append_time_ms = now_ms
            stamp_append_time(batch, 0, append_time_ms)
            header = batch_header.parse_header(batch)
        base_offset = self.log.end_offset
        batch_header.stamp(batch, 0, base_offset, self.leader_epoch)
        header.base_offset = base_offset
        header.leader_epoch = self.leader_epoch
        self._append_to_log(batch, header)
        if has_producer:
            self.producers.record(header, append_time_ms, now_ms)
        counters = self.counters
        counters.produced_bytes += header.batch_length + 12
        counters.produced_records += header.record_count
        return Appended(base_offset, base_offset + header.last_offset_delta + 1, append_time_ms)

    def append_internal(self, batch: bytearray) -> int:
        """Append a batch the broker itself made; returns the offset behind it. Raises `RecordError`."""
        if self.failed:
            raise RecordError(ErrorCode.KAFKA_STORAGE_ERROR, "the log is offline after a disk failure")
        if not self.leads:
            raise RecordError(ErrorCode.NOT_LEADER_OR_FOLLOWER, "this broker does not lead the partition")
        batch_header.stamp(batch, 0, self.log.end_offset, self.leader_epoch)
        header = batch_header.parse_header(batch)
        self._append_to_log(batch, header)
        return header.next_offset

    def _append_to_log(self, batch: bytearray | memoryview, header: batch_header.BatchHeader) -> None:
        group = self.group
        if group is not None:
            refusal = group.refusal(len(batch))
            if refusal is not None:
                raise RecordError(_refusal_code(refusal), str(refusal))
        try:
            if group is None:
                self.log.append(batch, header)
            else:
                group.append(batch, header)
        except StorageError as error:
            raise RecordError(ErrorCode.KAFKA_STORAGE_ERROR, str(error)) from error

    # Reads.

    def check_leader_epoch(self, epoch: int) -> ErrorCode | None:
        """Compare the epoch a client believes in (-1: none) with ours (KIP-320)."""
        if epoch < 0 or epoch == self.leader_epoch:
            return None
        if epoch < self.leader_epoch:
            return ErrorCode.FENCED_LEADER_EPOCH
        return ErrorCode.UNKNOWN_LEADER_EPOCH

    def read(self, offset: int, max_bytes: int, isolation: int) -> "LogRead | None":
        """Committed whole batches from `offset`, the first one whatever its size (KIP-74); None if there are none.

        Raises `PartitionError` OFFSET_OUT_OF_RANGE or KAFKA_STORAGE_ERROR.
        """
        log = self.log
        upto = self.readable_upto(isolation)
        if log.start_offset <= offset < upto:
            try:
                return log.read(offset, max_bytes, upto)
            except OffsetOutOfRange as error:
                raise PartitionError(ErrorCode.OFFSET_OUT_OF_RANGE, str(error)) from error
            except (StorageError, OSError) as error:
                raise PartitionError(ErrorCode.KAFKA_STORAGE_ERROR, str(error)) from error
        if log.start_offset <= offset <= log.end_offset:
            return None
        raise PartitionError(
            ErrorCode.OFFSET_OUT_OF_RANGE,
            f"offset {offset} is outside {log.start_offset} to {log.end_offset}",
        )

    def list_offset(self, timestamp: int, isolation: int = READ_UNCOMMITTED) -> ListedOffset:
        """The offset for a timestamp in ms, or for one of Kafka's negative ones (-1 … -6); see `timestamps`.

        Raises `PartitionError`.
        """
        return find_offset(self, timestamp, isolation)

    def epoch_end_offset(self, epoch: int) -> tuple[int, int]:
        """(largest epoch ≤ `epoch`, its end offset); (-1, -1) when there is none (KIP-101, KIP-320)."""
        if epoch == self.leader_epoch:
            return epoch, self.log.end_offset
        if epoch < 0 or epoch > self.leader_epoch:
            return -1, -1
        latest = self.log.epochs.latest
        if epoch > latest >= 0:  # nothing was written since: the latest epoch goes on to the end
            return latest, self.log.end_offset
        return self.log.epoch_end_offset(epoch)

    async def delete_records(self, before_offset: int) -> int:
        """Forget all below `before_offset` (-1: the high watermark), durably; returns the new start offset.

        Raises `PartitionError` OFFSET_OUT_OF_RANGE, POLICY_VIOLATION or KAFKA_STORAGE_ERROR.
        """
        if before_offset == -1:
            before_offset = self.high_watermark
        if before_offset < 0 or before_offset > self.high_watermark:
            raise PartitionError(
                ErrorCode.OFFSET_OUT_OF_RANGE,
                f"offset {before_offset} is outside 0 to the high watermark {self.high_watermark}",
            )
        if not self.config.deletes:
            raise PartitionError(
                ErrorCode.POLICY_VIOLATION, "records are deleted only where cleanup.policy has delete"
            )
        await self.trim_prefix(before_offset)
        return self.log.start_offset

    async def trim_prefix(self, offset: int) -> None:
        """Forget all below `offset` ≤ the high watermark, whatever the cleanup policy. Raises `PartitionError`."""
        if offset <= self.log.start_offset:
            return
        try:
            await self.log.trim_prefix(offset)
        except (StorageError, OSError) as error:
            raise PartitionError(ErrorCode.KAFKA_STORAGE_ERROR, str(error)) from error
        self._wake_fetches()

    # Life.

    def configure(self, config: TopicConfig) -> None:
        """Obey `config` from now on."""
        self.config = config
        self._rules = append_checks.BatchRules(config)
        self.log.set_config(config)

    def expire_producers(self, older_than_ms: int) -> int:
        """Forget producers unheard of for `older_than_ms`; returns how many."""
        if not len(self.producers):
            return 0
        return self.producers.expire(self._clock.wall_ms() - older_than_ms)

    def close(self, code: ErrorCode = ErrorCode.NOT_LEADER_OR_FOLLOWER) -> None:
        """Stop serving: everyone who waits is told `code`, or finds the partition gone. A group is closed before."""
        self.failed = True
        self.log.on_durable = None
        self.log.on_failure = None
        self.log.take_snapshot = None
        self._tell_waiting(code)

    def _tell_waiting(self, code: ErrorCode) -> None:
        self._commits.fail(code)
        self._durables.fail(code)
        self._while_leading.fail(code)
        for waiter in tuple(self.fetch_waiters):
            waiter.wake()

    def _log_failed(self, log: "Log", error: StorageError) -> None:
        """Appends were lost (full or failing disk): forget them and tell those who wait for them."""
        self.failed = self.failed or log.failed is not None
        self.producers.truncate(log.end_offset)
        self._commits.fail(ErrorCode.KAFKA_STORAGE_ERROR)
        self._while_leading.fail(ErrorCode.KAFKA_STORAGE_ERROR)
        self._wake_fetches()

    # As a replica of a group (`engine.raft.ports.GroupOwner`).

    def join(self, group: "Group") -> None:
        """Follow and lead as `group` says from now on."""
        self.group = group
        self.high_watermark = max(self.high_watermark, group.high_watermark)

    def leave_solitude(self) -> None:
        """It is to get other replicas: serve nobody until it is elected."""
        self.leads = False
        self._tell_waiting(ErrorCode.NOT_LEADER_OR_FOLLOWER)
        if self.on_leadership is not None:
            self.on_leadership(self)

    def group_committed(self, high_watermark: int) -> None:
        """See `GroupOwner`."""
        if high_watermark <= self.high_watermark:
            return
        self.high_watermark = high_watermark
        if self.on_commit is not None:
            self.on_commit(high_watermark)
        self._commits.advance(high_watermark)
        self._while_leading.advance(high_watermark)
        self._wake_fetches()

    def group_durable(self, offset: int) -> None:
        """See `GroupOwner`."""
        self._durables.advance(offset)

    def group_appended(self, header: batch_header.BatchHeader) -> None:
        """See `GroupOwner`: what the leader's producers did is known here too."""
        if header.producer_id >= 0 and not self._producers_stale:
            append_time_ms = header.max_timestamp if header.log_append_time else -1
            self.producers.record(header, append_time_ms, self._clock.wall_ms())

    def group_cut(self, end_offset: int) -> None:
        """See `GroupOwner`.

        Those who wait for what is cut can be sure now that it was not written. The producers' windows have forgotten
        what came before the cut batches: they are read from the log again before this replica leads.
        """
        self._commits.cut(end_offset, ErrorCode.NOT_LEADER_OR_FOLLOWER)
        self._durables.cut(end_offset, ErrorCode.NOT_LEADER_OR_FOLLOWER)
        if len(self.producers):
            self._producers_stale = True
            self.log.take_snapshot = None

    def group_reset(self, start_offset: int) -> None:
        """See `GroupOwner`."""
        self._know_producers(producer_state.ProducerStates())
        if self.on_reset is not None:
            self.on_reset(start_offset)

    def group_leads(self, term: int) -> None:
        """See `GroupOwner`: serve clients."""
        if self._producers_stale:
            self.log.reload_snapshot()
            self._know_producers(restore_producers(self.log, self._clock))
        self.leader_epoch = LeaderEpoch(term)
        self.leads = True
        if self.on_leadership is not None:
            self.on_leadership(self)

    def _know_producers(self, producers: producer_state.ProducerStates) -> None:
        self.producers = producers
        self.log.take_snapshot = producers.to_bytes
        self._producers_stale = False

    def group_resigned(self) -> None:
        """See `GroupOwner`.

        What was appended is most likely the next leader's too. Clients take NOT_LEADER for "was not written", send again
        what was, and some of them under a new producer epoch, which makes it a duplicate. So those who wait are told
        once it is known: committed after all, cut, or their time is up.
        """
        self.leads = False
        self._while_leading.fail(ErrorCode.NOT_LEADER_OR_FOLLOWER)
        for waiter in tuple(self.fetch_waiters):
            waiter.wake()
        if self.on_leadership is not None:
            self.on_leadership(self)

    def group_leader_changed(self, leader: NodeId | None, term: int) -> None:
        """See `GroupOwner`."""
        self.leader_epoch = LeaderEpoch(max(term, self.leader_epoch))

    def group_failed(self, error: StorageError) -> None:
        """See `GroupOwner`."""
        self.failed = True
        self._tell_waiting(ErrorCode.KAFKA_STORAGE_ERROR)


def _refusal_code(refusal: RaftRefusal) -> ErrorCode:
    """What a client is told; every one of them is worth another try."""
    if isinstance(refusal, TooMuchInFlight):
        return ErrorCode.NOT_ENOUGH_REPLICAS
    return ErrorCode.NOT_LEADER_OR_FOLLOWER
