"""Follows the controller log: every broker replays what is committed, then carries it out on its own partitions.

The leader's answers wait for this too, so a client that was told "done" finds it done. Until the broker knows its
node id only the state is kept up; `activate` then makes the broker's partitions follow.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from uuid import UUID

from engine.base.errors import OperatingError
from engine.controller.cluster_config import ClusterConfigChanged
from engine.controller.effects import Effects
from engine.controller.errors import ControllerUnavailable
from engine.controller.record_log import RecordLog
from engine.controller.records import Json, Record
from engine.controller.snapshot import SnapshotPart
from engine.controller.state import CODEC, ClusterState
from engine.controller.topics import TopicDeleted, TopicMetadata
from engine.model.ids import TopicId

logger = logging.getLogger(__name__)

BATCH_RECORDS_MAX = 500
"""Records applied before others on the loop get a turn."""


class Applier:
    """See the module. Loop thread only."""

    def __init__(self, *, log: RecordLog, state: ClusterState, changed: Callable[[], None]) -> None:
        """`changed` is called after each change of the state and after each that was carried out."""
        self._log = log
        self._state = state
        self._changed = changed
        self._effects: Effects | None = None
        self._lock = asyncio.Lock()
        self._news = asyncio.Event()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._snapshot_at: int | None = None
        self._skipped = False
        self._announced = 0
        self.applied = log.start
        """Offset of the next record to apply."""
        self.records_in_log = 0
        """Applied and not yet behind a snapshot."""
        self.failures: dict[UUID | None, str] = {}
        """What could not be carried out here, by topic id; cleared by the leader's worker, command by command."""
        self.on_records: list[Callable[[Sequence[Record]], None]] = []
        """Called once the records are replayed, before they are carried out."""
        self.on_topics_deleted: list[Callable[[Sequence[TopicMetadata]], None]] = []
        self.on_cluster_config: list[Callable[[Mapping[str, Json], int], None]] = []
        self.on_failure: Callable[[Exception], None] | None = None

    # ---- life

    def start(self) -> None:
        """Follow the log from now on."""
        self._task = asyncio.get_running_loop().create_task(self._follow(), name="controller applier")

    async def close(self) -> None:
        """Stop following."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        for _, future in self._waiting:
            future.cancel()
        self._waiting = []

    async def activate(self, effects: Effects) -> None:
        """Make this broker's partitions what the state says, and follow every record from here on."""
        async with self._lock:
            await effects.reconcile()
            self._effects = effects
            self._changed()

    def wake(self) -> None:
        """More may be committed."""
        self._news.set()

    async def wait(self, offset: int) -> None:
        """Return when all below `offset` is applied and carried out. The caller sets the deadline."""
        if self.applied >= offset:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((offset, future))
        self._news.set()
        await future

    async def catch_up(self) -> None:
        """Apply what is committed now. Raises `UnknownRecord` or what the log raises."""
        async with self._lock:
            while self.applied < self._log.committed:
                await self._apply_some()

    # ---- following

    async def _follow(self) -> None:
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                await self.catch_up()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            logger.critical("the controller log cannot be followed", exc_info=error)
            for _, future in self._waiting:
                if not future.done():
                    future.set_exception(ControllerUnavailable("the controller log cannot be followed"))
            self._waiting = []
            if self.on_failure is not None:
                self.on_failure(error)

    async def _apply_some(self) -> None:
        if self.applied < self._log.start:
            # The leader cut the log further than we had read: what follows is a snapshot.
            self.applied = self._log.start
            self._skipped = True
        read = list(islice(self._log.read(self.applied), BATCH_RECORDS_MAX))
        if not read:
            self._passed(self._log.committed)  # batches without records of ours
            return
        records = [CODEC.decode(key, value) for _, key, value, _ in read]
        await self._apply(records, [offset for offset, _, _, _ in read])
        self._passed(read[-1][0] + 1)

    def _passed(self, offset: int) -> None:
        self.applied = offset
        still = []
        for awaited, future in self._waiting:
            if awaited > offset:
                still.append((awaited, future))
            elif not future.done():
                future.set_result(None)
        self._waiting = still

    async def _apply(self, records: Sequence[Record], offsets: Sequence[int]) -> None:
        gone: dict[UUID, TopicMetadata] = {}
        trim: int | None = None
        for record, offset in zip(records, offsets, strict=True):
            if isinstance(record, TopicDeleted):
                gone[record.topic_id] = self._state.topics.by_id[TopicId(record.topic_id)]
            if self._effects is not None:
                self._effects.announce(record)
            self._state.replay(record)
            self.records_in_log += 1
            if isinstance(record, SnapshotPart):
                trim = self._note_part(record, offset) or trim
        self._changed()
        following = self._task is not None
        if following and any(isinstance(each, (ClusterConfigChanged, SnapshotPart)) for each in records):
            self.announce_config()
        for listener in self.on_records:
            listener(records)
        if gone:
            for deleted in self.on_topics_deleted:
                deleted(list(gone.values()))
        effects = self._effects
        if effects is not None:
            for record in records:
                topic_id = getattr(record, "topic_id", None)
                failure = await effects.carry_out(record, gone.get(topic_id) if topic_id else None)
                if failure is not None:
                    self.failures[topic_id] = failure
            if trim is not None and self._skipped:
                self._skipped = False
                await effects.reconcile()
            self._changed()
        if trim is not None:
            await self._cut(trim)

    def _note_part(self, part: SnapshotPart, offset: int) -> int | None:
        """Where a snapshot that is whole now begins, if anything lies before it."""
        if part.index == 0:
            self._snapshot_at = offset
        if part.index + 1 < part.count or self._snapshot_at is None:
            return None
        begin, self._snapshot_at = self._snapshot_at, None
        self.records_in_log = part.count
        return begin if begin > self._log.start else None

    async def _cut(self, offset: int) -> None:
        try:
            await self._log.trim_prefix(offset)
        except OperatingError as error:
            logger.warning("the controller log is not cut back now: %s", error)

    def announce_config(self) -> None:
        """Tell the listeners all cluster properties that are set."""
        config = self._state.config
        if config.version == self._announced:
            return
        self._announced = config.version
        for changed in self.on_cluster_config:
            changed(config.values, config.version)
