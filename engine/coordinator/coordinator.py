"""The group coordinator of one shard: its public face.

Finds the offsets partition a group lives on, makes `__consumer_offsets` when the first group needs it, and answers
every request with a value: errors are part of the answers, nothing is raised. Lives on the shard's loop thread.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from uuid import UUID, uuid4

from engine.base.clock import Clock
from engine.base.errors import OperatingError, invariant
from engine.coordinator.config import GroupConfig
from engine.coordinator.errors import CoordinatorError
from engine.coordinator.messages import (
    FetchedOffsets,
    GroupDescription,
    GroupListing,
    GroupView,
    HeartbeatRequest,
    JoinRequest,
    JoinResponse,
    LeaveRequest,
    LeaveResponse,
    LeftMember,
    OffsetCommitRequest,
    PartitionErrors,
    Response,
    SyncRequest,
    SyncResponse,
)
from engine.coordinator.placement import partition_for
from engine.coordinator.ports import OffsetsTopic
from engine.coordinator.runtime import Phase, ShardRuntime
from engine.coordinator.shard import GroupShard
from engine.model.ids import TopicPartition
from engine.wire.error_codes import ErrorCode

_log = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")

LOAD_RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupListings:
    """Every group coordinated here; `error` is set when some partitions could not be asked."""

    error: ErrorCode
    groups: tuple[GroupListing, ...]


class GroupCoordinator:
    """Consumer groups and their offsets. Build it, `start` it, ask it; `close` it before the log beneath it."""

    def __init__(
        self,
        *,
        topic: OffsetsTopic,
        config: GroupConfig,
        clock: Clock,
        new_uuid: Callable[[], UUID] = uuid4,
        known_topics: Callable[[], Collection[str]] | None = None,
    ) -> None:
        """`known_topics`: names of all topics there are; offsets of others are dropped after loading."""
        self._topic = topic
        self._config = config
        self._clock = clock
        self._new_uuid = new_uuid
        self._known_topics = known_topics
        self._partition_count: int | None = None
        self._runtimes: dict[int, ShardRuntime] = {}
        self._loading: set[asyncio.Task[None]] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._creating = asyncio.Lock()
        self._closed = False
        self.on_failure: Callable[[Exception], None] | None = None
        """Called when a partition's coordinator stopped for a broken invariant: the shard should stop too."""

    # --- life ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Load the groups of every offsets partition there is, in the background. Needs the controller started."""
        if self._topic.partition_count() is not None:
            self._open_partitions()

    async def loaded(self) -> None:
        """Wait until everything that is being loaded is."""
        while self._loading:
            await asyncio.wait(set(self._loading))

    async def close(self) -> None:
        """Answer parked requests with NOT_COORDINATOR and finish the writes on their way."""
        self._closed = True
        for task in tuple(self._loading):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await asyncio.gather(*(runtime.close() for runtime in self._runtimes.values()), *self._closing)

    def partition_led(self, partition: int) -> None:
        """The broker leads an offsets partition now: load its groups."""
        if self._topic.partition_count() is not None:
            if self._partition_count is None:
                self._partition_count = self._topic.partition_count()
            self._open(partition)

    def partition_lost(self, partition: int) -> None:
        """It does no more: forget its groups; whoever waits is told to look for the new coordinator."""
        runtime = self._runtimes.pop(partition, None)
        if runtime is None:
            return
        task = asyncio.get_running_loop().create_task(runtime.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def configure(self, config: GroupConfig) -> None:
        """Use other limits and delays from here on."""
        self._config = config
        for runtime in self._runtimes.values():
            runtime.shard.configure(config)

    def _open_partitions(self) -> None:
        # Groups are placed by the count there was at the start: growing the topic would move them away from their
        # offsets, which is why Kafka forbids it too.
        if self._partition_count is None:
            self._partition_count = self._topic.partition_count()
        for partition in range(self._partition_count or 0):
            self._open(partition)

    def _open(self, partition: int) -> ShardRuntime | None:
        runtime = self._runtimes.get(partition)
        if runtime is not None or self._closed:
            return runtime
        log = self._topic.open(partition)
        if log is None:
            return None
        runtime = ShardRuntime(
            name=f"group coordinator {partition}",
            log=log,
            shard=GroupShard(self._config, self._clock, self._new_uuid),
            clock=self._clock,
            append_bytes_max=self._config.append_bytes_max,
            on_failure=self._failed,
        )
        self._runtimes[partition] = runtime
        task = asyncio.get_running_loop().create_task(self._load(partition, runtime))
        self._loading.add(task)
        task.add_done_callback(self._loading.discard)
        return runtime

    async def _load(self, partition: int, runtime: ShardRuntime) -> None:
        try:
            await runtime.load()
        except (OperatingError, OSError) as failure:
            _log.error("offsets partition %d cannot be loaded now: %s", partition, failure)
            await asyncio.sleep(LOAD_RETRY_SECONDS)
            # Forgotten, so that the next request for it tries again, from an empty table.
            if self._runtimes.get(partition) is runtime:
                del self._runtimes[partition]
            return
        if self._known_topics is not None:
            runtime.step(partial(runtime.shard.topics_present, tuple(self._known_topics())))

    def leadership_changed(self, partition: int, *, leads: bool) -> None:
        """Load the groups of a partition of the offsets topic that this broker leads now, or let them go."""
        if leads:
            if self._partition_count is None:
                self._partition_count = self._topic.partition_count()
            if self._partition_count is not None and partition < self._partition_count:
                self._open(partition)
            return
        runtime = self._runtimes.pop(partition, None)
        if runtime is not None and not self._closed:
            # It answers its members at once; the writes on their way fail by themselves.
            task = asyncio.get_running_loop().create_task(runtime.close())
            self._loading.add(task)
            task.add_done_callback(self._loading.discard)

    def _failed(self, failure: Exception) -> None:
        if self.on_failure is not None:
            self.on_failure(failure)

    # --- finding a group's partition -----------------------------------------------------------------------------

    def _find(self, group_id: str) -> ShardRuntime | None:
        """The runtime of a group; None while there is no offsets topic. Raises `CoordinatorError`."""
        if self._closed:
            raise CoordinatorError(ErrorCode.NOT_COORDINATOR)
        if self._partition_count is None:
            if self._topic.partition_count() is None:
                return None
            self._open_partitions()
        invariant(self._partition_count, "the offsets topic has partitions")
        runtime = self._open(partition_for(group_id, self._partition_count or 1))
        if runtime is None:
            raise CoordinatorError(ErrorCode.NOT_COORDINATOR)
        runtime.check_serving()
        return runtime

    async def _find_or_create(self, group_id: str) -> ShardRuntime:
        """The runtime of a group, on a new offsets topic if there is none. Raises `CoordinatorError`."""
        await self._have_topic()
        runtime = self._find(group_id)
        if runtime is None:
            raise CoordinatorError(ErrorCode.COORDINATOR_NOT_AVAILABLE, "there is no offsets topic")
        return runtime

    async def _have_topic(self) -> None:
        """Make the offsets topic if there is none. Raises `CoordinatorError`."""
        if self._topic.partition_count() is not None:
            return
        async with self._creating:
            try:
                await self._topic.create()
            except OperatingError as failure:
                raise CoordinatorError(ErrorCode.COORDINATOR_NOT_AVAILABLE, str(failure)) from failure
        self.start()
        await self.loaded()

    async def locate(self, group_id: str) -> int:
        """The partition of the offsets topic that the group lives on, wherever its leader is.

        Raises `CoordinatorError` while there is no such topic and none can be made.
        """
        if self._closed:
            raise CoordinatorError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
        await self._have_topic()
        count = self._partition_count or self._topic.partition_count()
        if not count:
            raise CoordinatorError(ErrorCode.COORDINATOR_NOT_AVAILABLE, "there is no offsets topic")
        return partition_for(group_id, count)

    async def find(self, group_id: str) -> ErrorCode:
        """FindCoordinator: NONE when this broker coordinates the group, else what to tell the client."""
        try:
            await self._find_or_create(group_id)
        except CoordinatorError as error:
            # A coordinator that is loading is still the one: the client is told so when it asks for more.
            if error.code is not ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
                return ErrorCode.COORDINATOR_NOT_AVAILABLE
        return ErrorCode.NONE

    # --- members -------------------------------------------------------------------------------------------------

    async def join(self, request: JoinRequest) -> JoinResponse:
        """JoinGroup; answers when the generation begins."""
        try:
            if not request.group_id:
                return JoinResponse(error=ErrorCode.INVALID_GROUP_ID, member_id=request.member_id)
            runtime = await self._find_or_create(request.group_id)
            return _expect(JoinResponse, await runtime.ask(lambda token: runtime.shard.join(token, request)))
        except CoordinatorError as error:
            return JoinResponse(error=error.code, member_id=request.member_id)

    async def sync(self, request: SyncRequest) -> SyncResponse:
        """SyncGroup; answers when the leader's assignment is stored."""
        try:
            runtime = self._find(request.group_id)
            if runtime is None:
                return SyncResponse(error=_unknown_member(request.group_id))
            return _expect(SyncResponse, await runtime.ask(lambda token: runtime.shard.sync(token, request)))
        except CoordinatorError as error:
            return SyncResponse(error=error.code)

    async def heartbeat(self, request: HeartbeatRequest) -> ErrorCode:
        """Heartbeat; never waits. While the groups load it is taken for granted, so that nobody rejoins for it."""
        try:
            runtime = self._find(request.group_id)
            if runtime is None:
                return _unknown_member(request.group_id)
            answer = await runtime.ask(lambda token: runtime.shard.heartbeat(token, request))
            return _expect(ErrorCode, answer)
        except CoordinatorError as error:
            if error.code is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
                return ErrorCode.NONE
            return error.code

    async def leave(self, request: LeaveRequest) -> LeaveResponse:
        """LeaveGroup; never waits."""
        try:
            runtime = self._find(request.group_id)
            if runtime is None:
                return _nobody_left(request)
            return _expect(
                LeaveResponse, await runtime.ask(lambda token: runtime.shard.leave(token, request))
            )
        except CoordinatorError as error:
            return LeaveResponse(error=error.code)

    # --- offsets -------------------------------------------------------------------------------------------------

    async def commit_offsets(self, request: OffsetCommitRequest) -> PartitionErrors:
        """OffsetCommit; answers when the offsets are stored. The caller has checked that the partitions exist."""
        try:
            runtime = await self._find_or_create(request.group_id)
            answer = await runtime.ask(lambda token: runtime.shard.commit(token, request))
            return _expect(PartitionErrors, answer)
        except CoordinatorError as error:
            return PartitionErrors(error=error.code)

    def fetch_offsets(
        self, group_id: str, partitions: Collection[TopicPartition] | None = None
    ) -> FetchedOffsets:
        """OffsetFetch: the partitions' committed offsets, or all (None). Unknown groups have none: no error."""
        try:
            runtime = self._find(group_id)
        except CoordinatorError as error:
            return FetchedOffsets(error=error.code)
        return runtime.shard.fetch(group_id, partitions) if runtime is not None else FetchedOffsets()

    async def delete_offsets(self, group_id: str, partitions: Collection[TopicPartition]) -> PartitionErrors:
        """OffsetDelete; answers when the tombstones are stored."""
        try:
            runtime = self._find(group_id)
            if runtime is None:
                return PartitionErrors(error=ErrorCode.GROUP_ID_NOT_FOUND)
            answer = await runtime.ask(
                lambda token: runtime.shard.delete_offsets(token, group_id, partitions)
            )
            return _expect(PartitionErrors, answer)
        except CoordinatorError as error:
            return PartitionErrors(error=error.code)

    # --- groups --------------------------------------------------------------------------------------------------

    def describe(self, group_id: str) -> GroupDescription:
        """DescribeGroups for one group; an unknown one is Dead with GROUP_ID_NOT_FOUND."""
        try:
            runtime = self._find(group_id)
        except CoordinatorError as error:
            return GroupDescription(group_id=group_id, error=error.code)
        if runtime is None:
            return GroupDescription(group_id=group_id, error=ErrorCode.GROUP_ID_NOT_FOUND)
        return runtime.shard.describe(group_id)

    def list(self) -> GroupListings:
        """ListGroups: every group coordinated here."""
        error = ErrorCode.NONE
        groups: list[GroupListing] = []
        for runtime in self._runtimes.values():
            if runtime.phase is Phase.LOADING:
                error = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
            elif runtime.phase is Phase.SERVING:
                groups.extend(runtime.shard.list())
        return GroupListings(error=error, groups=tuple(groups))

    async def delete_groups(self, group_ids: Sequence[str]) -> tuple[ErrorCode, ...]:
        """DeleteGroups, an answer a group, in order; each when its tombstones are stored."""
        return tuple(await asyncio.gather(*(self._delete_group(group_id) for group_id in group_ids)))

    async def _delete_group(self, group_id: str) -> ErrorCode:
        try:
            runtime = self._find(group_id)
            if runtime is None:
                return ErrorCode.GROUP_ID_NOT_FOUND
            answer = await runtime.ask(lambda token: runtime.shard.delete_group(token, group_id))
            return _expect(ErrorCode, answer)
        except CoordinatorError as error:
            return error.code

    # --- topics, metrics -----------------------------------------------------------------------------------------

    def topics_deleted(self, names: Collection[str]) -> None:
        """Offsets of these topics are to go; the controller says so after it has committed their deletion.

        Partitions still loading compare with `known_topics` when they are done.
        """
        for runtime in self._runtimes.values():
            if runtime.phase is Phase.SERVING:
                runtime.step(partial(runtime.shard.topics_deleted, names))

    def group_views(self) -> Iterator[GroupView]:
        """Every group with its members and offsets, for metrics; consume it without awaiting in between."""
        for runtime in self._runtimes.values():
            if runtime.phase is Phase.SERVING:
                yield from runtime.shard.views()

    @property
    def rebalances(self) -> int:
        """Generations begun since the start, for metrics."""
        return sum(runtime.shard.rebalances for runtime in self._runtimes.values())


def _unknown_member(group_id: str) -> ErrorCode:
    return ErrorCode.UNKNOWN_MEMBER_ID if group_id else ErrorCode.INVALID_GROUP_ID


def _nobody_left(request: LeaveRequest) -> LeaveResponse:
    if not request.group_id:
        return LeaveResponse(error=ErrorCode.INVALID_GROUP_ID)
    unknown = ErrorCode.UNKNOWN_MEMBER_ID
    return LeaveResponse(
        members=tuple(
            LeftMember(member_id=one.member_id, group_instance_id=one.group_instance_id, error=unknown)
            for one in request.members
        )
    )


def _expect(kind: type[_Answer], answer: Response) -> _Answer:
    """The answer as the kind its request gets."""
    invariant(isinstance(answer, kind), f"a {kind.__name__} was due, not {answer!r}")
    return answer  # type: ignore[return-value]  # narrowed by the invariant above
