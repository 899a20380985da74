"""The running controller: one queue of commands, one writer, answers after commit.

Commands wait in a bounded queue. One task takes them in order: `decide`, append the records to the log, and only
when they are committed `replay` them, carry them out on this broker, and answer. So a command is decided on
everything before it, and nobody sees what might still be lost. If an append ends in doubt, the controller stops
taking commands rather than go on from a state the log may contradict.

Lives on the shard's loop thread. Reads (`topics`, `brokers`, …) are plain attribute reads of the committed state.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

from engine.base.errors import OperatingError, invariant
from engine.controller.backend import PartitionBackend
from engine.controller.brokers import Broker, Endpoint
from engine.controller.cluster_config import ClusterConfigChanged
from engine.controller.commands import (
    AllocateProducerIds,
    AlterTopicConfigs,
    Command,
    CreatePartitions,
    CreateTopics,
    DeleteTopics,
    NewPartitions,
    NewTopic,
    RegisterBroker,
    SetClusterConfig,
    SetFeatureLevel,
    TopicConfigChanges,
    TopicOutcome,
)
from engine.controller.decide import Decision, decide
from engine.controller.effects import Effects
from engine.controller.errors import (
    ControllerBusy,
    ControllerError,
    ControllerLogRefused,
    ControllerTimeout,
    ControllerUnavailable,
    RegistrationRefused,
)
from engine.controller.limits import Limits
from engine.controller.record_log import RecordLog
from engine.controller.records import Json, Record
from engine.controller.snapshot import parts_of
from engine.controller.state import CODEC, ClusterState
from engine.controller.topics import TopicCreated, TopicDeleted, TopicMetadata
from engine.model.ids import NO_NODE, NodeId, ProducerId, TopicId
from engine.model.topic_config import TopicConfig
from engine.model.topic_name import CONSUMER_OFFSETS
from engine.partition.record_log import AppendRefused
from engine.wire.error_codes import ErrorCode

logger = logging.getLogger(__name__)

QUEUE_COMMANDS_MAX = 1_000
"""Commands waiting; more are refused with `ControllerBusy`."""
TIMEOUT_MS_MIN = 1_000
"""A client that gives less time gets this much: an fsync on a busy disk may take that long."""
TIMEOUT_MS_DEFAULT = 30_000
TIMEOUT_MS_MAX = 300_000
APPEND_BYTES_MAX = 512 * 1024
"""Records of one command go to the log in batches of about this size; every prefix of them is a valid state."""
PRODUCER_ID_BLOCK = 1_000
"""Ids taken from the log at once (Kafka's ProducerIdsBlock)."""
SNAPSHOT_AFTER_RECORDS = 5_000
"""The log is cut back once it holds this many records and four times as many as its snapshot would."""

CONSUMER_OFFSETS_CONFIGS = (
    ("cleanup.policy", "compact"),
    ("compression.type", "producer"),
    ("segment.bytes", str(100 * 1024 * 1024)),
)


@dataclass(slots=True)
class _Job:
    command: Command
    answer: "asyncio.Future[Decision]"


class Controller:
    """The cluster's metadata. Build it, `start` it, ask it; `close` it before the log beneath it."""

    def __init__(
        self,
        *,
        log: RecordLog,
        backend: PartitionBackend,
        properties: Callable[[], Mapping[str, object]],
        new_uuid: Callable[[], UUID] = uuid4,
    ) -> None:
        """`properties`: effective cluster property values by name, asked again for each command."""
        self._log = log
        self._backend = backend
        self._properties = properties
        self._new_uuid = new_uuid
        self._state = ClusterState()
        self._queue: asyncio.Queue[_Job] = asyncio.Queue(QUEUE_COMMANDS_MAX)
        self._worker: asyncio.Task[None] | None = None
        self._refusing: str | None = "the controller has not started"
        self._effects = Effects(state=self._state, backend=backend, node_id=NO_NODE, properties=properties)
        self._records_in_log = 0
        self._ids = range(0)
        self._ids_lock = asyncio.Lock()
        self.node_id: NodeId = NO_NODE
        """This broker's id; known once started."""
        self.epoch = 0
        """Grows with every change a Metadata answer could show; not kept over restarts."""
        self.on_topics_deleted: list[Callable[[Sequence[TopicMetadata]], None]] = []
        """Called after the commit, before the answer."""
        self.on_cluster_config: list[Callable[[Mapping[str, Json], int], None]] = []
        """Called with all values set and their version: once while starting, and after each change, before
        topics take their defaults from `properties` again."""
        self.on_failure: Callable[[Exception], None] | None = None
        """Called when the controller stopped for a broken invariant: the shard should stop too."""

    # ---- reading

    @property
    def topics(self) -> Mapping[str, TopicMetadata]:
        """Every topic by name, in order of creation. Do not keep it over an await: ask again."""
        return self._state.topics.by_name

    @property
    def topic_by_id(self) -> Mapping[TopicId, TopicMetadata]:
        """Every topic by id."""
        return self._state.topics.by_id

    @property
    def brokers(self) -> Mapping[NodeId, Broker]:
        """Every registered broker by node id."""
        return self._state.brokers.by_id

    @property
    def controller_id(self) -> NodeId:
        """The broker that decides: this one."""
        return self.node_id

    @property
    def cluster_uuid(self) -> UUID:
        """The cluster's identity, from its first start on."""
        found = self._state.features.cluster_uuid
        invariant(found is not None, "the cluster is founded when the controller starts")
        return found or UUID(int=0)

    @property
    def cluster_id(self) -> str:
        """The identity as clients see it."""
        return str(self.cluster_uuid)

    @property
    def cluster_config(self) -> Mapping[str, Json]:
        """The cluster properties that were set, as JSON values."""
        return MappingProxyType(self._state.config.values)

    @property
    def cluster_config_version(self) -> int:
        """Grows by one with each change of cluster properties; 0 before the first."""
        return self._state.config.version

    @property
    def features(self) -> Mapping[str, int]:
        """Feature levels that are on."""
        return MappingProxyType(self._state.features.levels)

    @property
    def unready(self) -> frozenset[int] | set[int]:
        """Log ids of partitions that are committed but not served yet: their leader is not available."""
        return self._effects.unready

    @property
    def limits(self) -> Limits:
        """Defaults and bounds for topics, as the cluster properties stand."""
        return Limits.of(self._properties())

    def topic_config(self, topic: TopicMetadata) -> TopicConfig:
        """The topic's effective configs."""
        return self._effects.topic_config(topic)

    # ---- starting and stopping

    async def start(
        self,
        *,
        host_uuid: UUID,
        node_id: int | None,
        host: str,
        rack: str | None,
        endpoints: Sequence[Endpoint],
    ) -> None:
        """Replay the log, register this broker, open its partitions, then take commands.

        `host_uuid` is the data directory's identity; `node_id` as configured, None to be given one; `host` the
        failure domain. Raises `UnknownRecord`, `RegistrationRefused`, or what the log raises.
        """
        for _offset, key, value, _timestamp in self._log.replay():
            self._state.replay(CODEC.decode(key, value))
            self._records_in_log += 1
        if self._state.config.version:
            self._announce_config()
        registration = RegisterBroker(
            host_uuid=host_uuid,
            node_id=node_id,
            host=host,
            rack=rack,
            endpoints=tuple(endpoints),
            cluster_uuid=self._new_uuid(),
        )
        decision = decide(self._state, registration, self.limits)
        if decision.refusal is not None:
            raise RegistrationRefused(decision.refusal)
        await self._commit(decision.records)
        self.node_id = NodeId(decision.node_id)
        self._effects = Effects(
            state=self._state, backend=self._backend, node_id=self.node_id, properties=self._properties
        )
        await self._effects.reconcile()
        await self._maybe_snapshot()
        self.epoch += 1
        self._refusing = None
        self._worker = asyncio.get_running_loop().create_task(self._work(), name="controller")

    async def close(self) -> None:
        """Refuse what waits and what comes; the command being carried out is finished first."""
        self._refusing = "the broker is shutting down"
        while not self._queue.empty():
            self._refuse(self._queue.get_nowait())
        worker, self._worker = self._worker, None
        if worker is None:
            return
        loop = asyncio.get_running_loop()
        last = _Job(command=CreateTopics(topics=()), answer=loop.create_future())
        self._queue.put_nowait(last)
        waiting: set[asyncio.Future[Any]] = {last.answer, worker}
        await asyncio.wait(waiting, timeout=TIMEOUT_MS_DEFAULT / 1000, return_when=asyncio.FIRST_COMPLETED)
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker

    # ---- asking

    async def create_topics(
        self,
        topics: Sequence[NewTopic],
        *,
        validate_only: bool = False,
        timeout_ms: int = TIMEOUT_MS_DEFAULT,
    ) -> list[TopicOutcome]:
        """Create topics; `NewTopic.topic_id` is given here. Raises `ControllerError`."""
        fresh = tuple(replace(topic, topic_id=self._new_uuid()) for topic in topics)
        command = CreateTopics(topics=fresh, validate_only=validate_only)
        return (await self._submit(command, timeout_ms)).topics

    async def ensure_internal_topic(
        self, name: str, *, timeout_ms: int = TIMEOUT_MS_DEFAULT
    ) -> TopicMetadata:
        """The engine's own topic `name`, created if it is not there. Raises `ControllerError`."""
        found = self.topics.get(name)
        if found is not None:
            return found
        invariant(name == CONSUMER_OFFSETS, f"no recipe for internal topic {name}")
        topic = NewTopic(
            name=name,
            topic_id=self._new_uuid(),
            partitions=self.limits.group_topic_partitions,
            configs=CONSUMER_OFFSETS_CONFIGS,
        )
        decision = await self._submit(CreateTopics(topics=(topic,), internal=True), timeout_ms)
        found = self.topics.get(name)
        if found is None:
            raise ControllerUnavailable(f"cannot create {name}: {decision.topics[0].message}")
        return found

    async def delete_topics(
        self, targets: Sequence[str | UUID], *, timeout_ms: int = TIMEOUT_MS_DEFAULT
    ) -> list[TopicOutcome]:
        """Delete topics by name or id. Raises `ControllerError`."""
        return (await self._submit(DeleteTopics(targets=tuple(targets)), timeout_ms)).topics

    async def create_partitions(
        self,
        topics: Sequence[NewPartitions],
        *,
        validate_only: bool = False,
        timeout_ms: int = TIMEOUT_MS_DEFAULT,
    ) -> list[TopicOutcome]:
        """Grow topics. Raises `ControllerError`."""
        command = CreatePartitions(topics=tuple(topics), validate_only=validate_only)
        return (await self._submit(command, timeout_ms)).topics

    async def alter_topic_configs(
        self,
        topics: Sequence[TopicConfigChanges],
        *,
        validate_only: bool = False,
        timeout_ms: int = TIMEOUT_MS_DEFAULT,
    ) -> list[TopicOutcome]:
        """Change topics' configs; partitions obey them when this returns. Raises `ControllerError`."""
        command = AlterTopicConfigs(topics=tuple(topics), validate_only=validate_only)
        return (await self._submit(command, timeout_ms)).topics

    async def set_cluster_config(
        self,
        upserts: Mapping[str, Json],
        removes: Sequence[str] = (),
        *,
        timeout_ms: int = TIMEOUT_MS_DEFAULT,
    ) -> int:
        """Set and unset cluster properties (values validated by the caller); the version after it.

        Raises `ControllerError`.
        """
        command = SetClusterConfig(upserts=dict(upserts), removes=tuple(removes))
        return (await self._submit(command, timeout_ms)).version

    async def set_feature_level(self, name: str, level: int, *, timeout_ms: int = TIMEOUT_MS_DEFAULT) -> None:
        """Turn a feature on or off. Raises `ControllerError`."""
        await self._submit(SetFeatureLevel(name=name, level=level), timeout_ms)

    async def allocate_producer_ids(
        self, count: int = PRODUCER_ID_BLOCK, *, timeout_ms: int = TIMEOUT_MS_DEFAULT
    ) -> range:
        """A block of producer ids nobody else has or will have. Raises `ControllerError`."""
        command = AllocateProducerIds(node_id=self.node_id, count=count)
        decision = await self._submit(command, timeout_ms)
        if decision.refusal is not None:
            raise ControllerError(decision.refusal)
        return range(decision.first_id, decision.first_id + count)

    async def next_producer_id(self) -> ProducerId:
        """One producer id nobody else has or will have. Raises `ControllerError`."""
        async with self._ids_lock:
            if not self._ids:
                self._ids = await self.allocate_producer_ids()
            taken, self._ids = self._ids[0], self._ids[1:]
            return ProducerId(taken)

    # ---- the one writer

    async def _submit(self, command: Command, timeout_ms: int) -> Decision:
        if self._refusing is not None:
            raise ControllerUnavailable(self._refusing)
        job = _Job(command=command, answer=asyncio.get_running_loop().create_future())
        try:
            self._queue.put_nowait(job)
        except asyncio.QueueFull:
            raise ControllerBusy(f"the controller has {QUEUE_COMMANDS_MAX} commands waiting") from None
        seconds = min(max(timeout_ms, TIMEOUT_MS_MIN), TIMEOUT_MS_MAX) / 1000
        try:
            return await asyncio.wait_for(job.answer, seconds)
        except TimeoutError:
            raise ControllerTimeout(f"the controller did not finish within {seconds:g} s") from None

    def _refuse(self, job: _Job) -> None:
        if not job.answer.done():
            job.answer.set_exception(ControllerUnavailable(self._refusing or "the controller stopped"))

    async def _work(self) -> None:
        while True:
            job = await self._queue.get()
            if job.answer.done():
                continue  # its deadline passed while it waited
            try:
                decision = await self._carry_out(job.command)
                if not job.answer.done():
                    job.answer.set_result(decision)
                await self._maybe_snapshot()
            except ControllerError as error:
                if not job.answer.done():
                    job.answer.set_exception(error)
            except asyncio.CancelledError:
                self._refuse(job)
                raise
            except Exception as error:  # noqa: BLE001 - a broken invariant: stop deciding, tell the shard
                self._fail(error, job)
                return

    def _fail(self, error: Exception, job: _Job) -> None:
        logger.critical("the controller failed", exc_info=error)
        self._refusing = "the controller failed"
        self._refuse(job)
        while not self._queue.empty():
            self._refuse(self._queue.get_nowait())
        if self.on_failure is not None:
            self.on_failure(error)

    async def _carry_out(self, command: Command) -> Decision:
        decision = decide(self._state, command, self.limits)
        if not decision.records:
            return decision
        failures = await self._commit(decision.records)
        if not failures:
            return decision
        undo = [
            TopicDeleted(topic_id=record.topic_id)
            for record in decision.records
            if isinstance(record, TopicCreated) and record.topic_id in failures
        ]
        if undo:
            await self._commit(undo)
        outcomes = [
            outcome
            if outcome.topic_id not in failures or isinstance(command, DeleteTopics)
            else replace(
                outcome, error=ErrorCode.KAFKA_STORAGE_ERROR, message=failures[outcome.topic_id], topic=None
            )
            for outcome in decision.topics
        ]
        return replace(decision, topics=outcomes)

    async def _commit(self, records: Sequence[Record]) -> dict[UUID | None, str]:
        """Write, then replay, then carry out; what could not be carried out, by topic id."""
        failures: dict[UUID | None, str] = {}
        batch: list[tuple[bytes | None, bytes | None]] = []
        begun = used = 0
        for index, record in enumerate(records):
            batch.append(CODEC.encode(record))
            used += len(batch[-1][1] or b"")
            if used < APPEND_BYTES_MAX and index + 1 < len(records):
                continue
            await self._append(batch)
            await self._apply(records[begun : index + 1], failures)
            batch, used, begun = [], 0, index + 1
        return failures

    async def _append(self, batch: list[tuple[bytes | None, bytes | None]]) -> int:
        try:
            last = await self._log.append(batch)
        except AppendRefused as error:
            raise ControllerLogRefused(f"cannot write the controller log: {error}") from error
        except OperatingError as error:
            # The records may be in the log or not: deciding on could contradict them after a restart.
            self._refusing = f"the controller log failed: {error}"
            logger.critical("%s; no metadata changes until the broker is restarted", self._refusing)
            raise ControllerUnavailable(self._refusing) from error
        self._records_in_log += len(batch)
        return last

    async def _apply(self, records: Sequence[Record], failures: dict[UUID | None, str]) -> None:
        gone: dict[UUID, TopicMetadata] = {}
        for record in records:
            if isinstance(record, TopicDeleted):
                gone[record.topic_id] = self._state.topics.by_id[TopicId(record.topic_id)]
            self._effects.announce(record)
            self._state.replay(record)
        self.epoch += 1
        if any(isinstance(record, ClusterConfigChanged) for record in records):
            self._announce_config()
        if gone:
            for deleted in self.on_topics_deleted:
                deleted(list(gone.values()))
        for record in records:
            topic_id = getattr(record, "topic_id", None)
            failure = await self._effects.carry_out(record, gone.get(topic_id) if topic_id else None)
            if failure is not None:
                failures[topic_id] = failure
        self.epoch += 1

    def _announce_config(self) -> None:
        for changed in self.on_cluster_config:
            changed(self.cluster_config, self.cluster_config_version)

    async def _maybe_snapshot(self) -> None:
        if self._records_in_log < SNAPSHOT_AFTER_RECORDS:
            return
        records = list(self._state.snapshot())
        if self._records_in_log < 4 * len(records):
            return
        parts = parts_of(records, CODEC)
        try:
            first = None
            for part in parts:
                last = await self._append([CODEC.encode(part)])
                first = last if first is None else first
            if first is not None:
                await self._log.trim_prefix(first)
        except OperatingError as error:
            logger.warning("no snapshot of the controller log now: %s", error)
            return
        self._records_in_log = len(parts)
