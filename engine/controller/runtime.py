"""The running controller: one queue of commands, one writer, answers after commit.

Every broker keeps the whole state by following the log (`applier`). On the broker that leads it, commands wait in a
bounded queue and one task takes them in order: wait until all that is written is applied, `decide`, append, wait for
the applier, answer. So a command is decided on everything before it, and nobody sees what might still be lost. On the
other brokers a command goes to the leader (`remote`), and the answer waits until this broker has applied it too.

If an append ends in doubt for another reason than lost leadership, the controller stops taking commands rather than
go on from a state the log may contradict.

Lives on the shard's loop thread. Reads (`topics`, `brokers`, …) are plain attribute reads of the committed state.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID, uuid4

from engine.base.errors import OperatingError, invariant
from engine.controller.applier import Applier
from engine.controller.backend import PartitionBackend
from engine.controller.brokers import Broker, Endpoint
from engine.controller.commands import (
    AllocateProducerIds,
    AlterTopicConfigs,
    Command,
    CreatePartitions,
    CreateTopics,
    DeleteTopics,
    FinishMove,
    MoveOutcome,
    MoveReplicas,
    NewPartitions,
    NewTopic,
    RegisterBroker,
    RemoveBroker,
    ReplicaMove,
    SetClusterConfig,
    SetDecommission,
    SetFeatureLevel,
    SetMaintenance,
    TopicConfigChanges,
    TopicOutcome,
)
from engine.controller.decide import decide
from engine.controller.decision import Decision
from engine.controller.effects import Effects
from engine.controller.errors import (
    ControllerBusy,
    ControllerError,
    ControllerLogRefused,
    ControllerTimeout,
    ControllerUnavailable,
    LeadershipLost,
    NotController,
    Refused,
    RegistrationRefused,
)
from engine.controller.leaders import NOBODY, Leader, Leaders
from engine.controller.limits import Limits
from engine.controller.record_log import RecordLog
from engine.controller.records import Json, Record
from engine.controller.snapshot import parts_of
from engine.controller.state import CODEC, ClusterState
from engine.controller.topics import PartitionMetadata, TopicCreated, TopicDeleted, TopicMetadata
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
RETRY_S = 0.05
"""Between two tries to reach the broker that leads."""
LEADERS_WAIT_S_MAX = 5.0
"""How long an answer waits for new partitions to have leaders."""
SNAPSHOT_AFTER_RECORDS = 5_000
"""The log is cut back once it holds this many records and four times as many as its snapshot would."""

CONSUMER_OFFSETS_CONFIGS = (
    ("cleanup.policy", "compact"),
    ("compression.type", "producer"),
    ("segment.bytes", str(100 * 1024 * 1024)),
)


ASKED_ONCE = (CreateTopics, DeleteTopics, CreatePartitions)
"""Commands that are not sent again when it is not known whether they were carried out: the answer would be another."""
CLOSE_SECONDS_MAX = 10.0


@dataclass(slots=True)
class _Job:
    command: Command
    answer: "asyncio.Future[Decision]"


class Remote(Protocol):
    """How commands reach the controller where another broker leads it."""

    async def submit(self, leader: int, command: Command, timeout_ms: int) -> Decision:
        """Have `leader` carry it out.

        Raises `NotController` when it certainly was not carried out, another `ControllerError` when it may have been.
        """
        ...


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
        self._broken: str | None = None
        self._effects = Effects(state=self._state, backend=backend, node_id=NO_NODE, properties=properties)
        self._applier = Applier(log=log, state=self._state, changed=self.touch)
        self._applier.on_failure = self._failed
        self._was_leading = False
        self._ids = range(0)
        self._ids_lock = asyncio.Lock()
        self.node_id: NodeId = NO_NODE
        """This broker's id; known once started."""
        self.epoch = 0
        """Grows with every change a Metadata answer could show; not kept over restarts."""
        self.leaders = Leaders(self.touch)
        """Who leads which group, as far as this broker was told."""
        self.alive: Callable[[int], bool] = lambda node_id: node_id in self.brokers
        """Whether a broker was heard of lately."""
        self.remote: Remote | None = None
        """Set where there are other brokers."""
        self.on_topics_deleted = self._applier.on_topics_deleted
        """Called after the commit, before the answer."""
        self.on_cluster_config = self._applier.on_cluster_config
        """Called with all values set and their version: once while starting, and after each change, before
        topics take their defaults from `properties` again."""
        self.on_records = self._applier.on_records
        """Called with records that were committed and replayed."""
        self.on_leadership: list[Callable[[bool], None]] = []
        """Called with whether this broker leads the controller, when that changed."""
        self.on_failure: Callable[[Exception], None] | None = None
        """Called when the controller stopped for a broken invariant: the shard should stop too."""
        log.on_change = self._log_changed

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
        """The broker that decides; -1 while it is not known."""
        leader = self._log.leader
        return NodeId(self.node_id if leader < 0 and self._log.leading else leader)

    @property
    def leading(self) -> bool:
        """Whether this broker decides."""
        return self._log.leading

    @property
    def state(self) -> ClusterState:
        """All tables, for planning. Nobody but the log changes them."""
        return self._state

    @property
    def applied(self) -> int:
        """Offset behind the last record of the controller log that this broker has applied."""
        return self._applier.applied

    @property
    def committed(self) -> int:
        """Offset behind the last record that this broker knows to be committed."""
        return self._log.committed

    def touch(self) -> None:
        """Something that Metadata shows has changed."""
        self.epoch += 1

    def leader_of(self, partition: PartitionMetadata) -> Leader:
        """Who leads it now; `NOBODY` where that is not known, or where this broker cannot open it."""
        told = self.leaders.get(partition.log_id)
        if told is NOBODY and partition.holders == (self.node_id,):
            told = Leader(self.node_id, partition.leader_epoch, (self.node_id,))
        if told.node_id == self.node_id and partition.log_id in self.unready:
            return NOBODY
        return told

    @property
    def cluster_uuid(self) -> UUID:
        """The cluster's identity, from its first start on."""
        found = self._state.features.cluster_uuid
        invariant(found is not None, "the cluster is founded when the controller starts")
        return found or UUID(int=0)

    @property
    def cluster_id(self) -> str:
        """The identity as Kafka clients see it, spelled as Redpanda does; the Admin API shows the bare uuid."""
        return f"redpanda.{self.cluster_uuid}"

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
        rpc: Endpoint | None = None,
    ) -> None:
        """Replay the log, register this broker, open its partitions, then take commands.

        Where the cluster has several brokers this waits for the one that leads, as long as it takes.

        `host_uuid` is the data directory's identity; `node_id` as configured, None to be given one; `host` the
        failure domain. Raises `UnknownRecord`, `RegistrationRefused`, or what the log raises.
        """
        await self._applier.catch_up()
        self._applier.announce_config()
        self._applier.start()
        self._worker = asyncio.get_running_loop().create_task(self._work(), name="controller")
        registration = RegisterBroker(
            host_uuid=host_uuid,
            node_id=node_id,
            host=host,
            rack=rack,
            endpoints=tuple(endpoints),
            cluster_uuid=self._new_uuid(),
            rpc=rpc,
        )
        try:
            decision = await self._anywhere(registration, TIMEOUT_MS_MAX)
            if decision.refusal is not None:
                raise RegistrationRefused(decision.refusal)
        except BaseException:
            await self.close()
            raise
        self.node_id = NodeId(decision.node_id)
        self._effects = Effects(
            state=self._state, backend=self._backend, node_id=self.node_id, properties=self._properties
        )
        await self._applier.activate(self._effects)
        self._refusing = self._broken
        self._log_changed()

    async def close(self) -> None:
        """Refuse what waits and what comes; the command being carried out is finished first."""
        self._refusing = self._broken = "the broker is shutting down"
        while not self._queue.empty():
            self._refuse(self._queue.get_nowait())
        worker, self._worker = self._worker, None
        if worker is None:
            return
        loop = asyncio.get_running_loop()
        last = _Job(command=CreateTopics(topics=()), answer=loop.create_future())
        self._queue.put_nowait(last)
        waiting: set[asyncio.Future[Any]] = {last.answer, worker}
        await asyncio.wait(waiting, timeout=CLOSE_SECONDS_MAX, return_when=asyncio.FIRST_COMPLETED)
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker
        await self._applier.close()

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
        outcomes = (await self._submit(command, timeout_ms)).topics
        if not validate_only:
            await self._leaders_known([outcome.topic for outcome in outcomes if outcome.topic is not None])
        return outcomes

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
        await self._leaders_known([found])
        return found

    async def _leaders_known(self, topics: Sequence[TopicMetadata]) -> None:
        """Wait a while until every partition of `topics` has a leader: the next request will need it."""
        waiting = [partition for topic in topics for partition in topic.partitions]
        deadline = asyncio.get_running_loop().time() + LEADERS_WAIT_S_MAX
        while True:
            waiting = [
                partition
                for partition in waiting
                if self.leader_of(partition).node_id < 0 and partition.log_id not in self.unready
            ]
            if not waiting or asyncio.get_running_loop().time() > deadline:
                return
            await asyncio.sleep(0.01)

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

    async def set_maintenance(
        self, node_id: int, *, enabled: bool, timeout_ms: int = TIMEOUT_MS_DEFAULT
    ) -> None:
        """Begin or end a broker's maintenance mode. Raises `Refused` or another `ControllerError`."""
        await self._carried_out(SetMaintenance(node_id=node_id, enabled=enabled), timeout_ms)

    async def set_decommission(
        self, node_id: int, *, enabled: bool, timeout_ms: int = TIMEOUT_MS_DEFAULT
    ) -> None:
        """Begin or take back a decommission. Raises `Refused` or another `ControllerError`."""
        await self._carried_out(SetDecommission(node_id=node_id, enabled=enabled), timeout_ms)

    async def remove_broker(self, node_id: int, *, timeout_ms: int = TIMEOUT_MS_DEFAULT) -> None:
        """Forget a decommissioned broker. Raises `Refused` or another `ControllerError`."""
        await self._carried_out(RemoveBroker(node_id=node_id), timeout_ms)

    async def move_replicas(
        self, moves: Sequence[ReplicaMove], *, timeout_ms: int = TIMEOUT_MS_DEFAULT
    ) -> list[MoveOutcome]:
        """Begin moves, or take them back; an outcome a partition. Raises `ControllerError`."""
        return (await self._submit(MoveReplicas(moves=tuple(moves)), timeout_ms)).moves

    async def finish_move(
        self,
        topic_id: UUID,
        partition: int,
        replicas: Sequence[int],
        *,
        timeout_ms: int = TIMEOUT_MS_DEFAULT,
    ) -> None:
        """Note that the partition's group has these members now. Raises `ControllerError`."""
        command = FinishMove(topic_id=topic_id, partition=partition, replicas=tuple(replicas))
        await self._submit(command, timeout_ms)

    async def _carried_out(self, command: Command, timeout_ms: int) -> None:
        decision = await self._submit(command, timeout_ms)
        if decision.refusal is not None:
            raise Refused(decision.refusal, unknown=decision.unknown)

    # ---- to the broker that leads

    async def _submit(self, command: Command, timeout_ms: int) -> Decision:
        if self._refusing is not None:
            raise ControllerUnavailable(self._refusing)
        return await self._anywhere(command, timeout_ms)

    async def _anywhere(self, command: Command, timeout_ms: int) -> Decision:
        """Here or at the broker that leads, whoever that becomes before the deadline."""
        loop = asyncio.get_running_loop()
        milliseconds = min(max(timeout_ms, TIMEOUT_MS_MIN), TIMEOUT_MS_MAX)
        deadline = loop.time() + milliseconds / 1000
        while True:
            left_ms = max(int((deadline - loop.time()) * 1000), 1)
            leader = self._log.leader
            try:
                if self._log.leading:
                    return await self.submit_here(command, left_ms)
                if self.remote is None or leader == self.node_id:
                    raise NotController(self._broken or "no broker leads the controller")
                decision = await self.remote.submit(leader, command, left_ms)
                async with asyncio.timeout_at(deadline):
                    await self._applier.wait(decision.offset + 1)
                return decision
            except NotController:
                if loop.time() >= deadline or self._broken is not None:
                    raise
            except LeadershipLost:
                if isinstance(command, ASKED_ONCE) or loop.time() >= deadline:
                    raise
            except TimeoutError:
                raise ControllerTimeout(
                    f"the controller did not finish within {milliseconds / 1000:g} s"
                ) from None
            await asyncio.sleep(RETRY_S)

    async def admit(self, command: RegisterBroker, timeout_ms: int) -> Decision:
        """Register another broker, here or at the broker that leads. Raises `ControllerError`."""
        return await self._anywhere(command, timeout_ms)

    async def submit_here(self, command: Command, timeout_ms: int) -> Decision:
        """Carry it out if this broker leads. Raises `ControllerError`, `NotController` if it does not lead."""
        if self._broken is not None:
            raise ControllerUnavailable(self._broken)
        if not self._log.leading:
            raise NotController("this broker does not lead the controller")
        job = _Job(command=command, answer=asyncio.get_running_loop().create_future())
        try:
            self._queue.put_nowait(job)
        except asyncio.QueueFull:
            raise ControllerBusy(f"the controller has {QUEUE_COMMANDS_MAX} commands waiting") from None
        seconds = timeout_ms / 1000
        try:
            return await asyncio.wait_for(job.answer, seconds)
        except TimeoutError:
            raise ControllerTimeout(f"the controller did not finish within {seconds:g} s") from None

    def _refuse(self, job: _Job) -> None:
        if not job.answer.done():
            job.answer.set_exception(ControllerUnavailable(self._broken or "the controller stopped"))

    # ---- the one writer

    def _log_changed(self) -> None:
        self._applier.wake()
        leading = self._log.leading
        if leading != self._was_leading:
            self._was_leading = leading
            for listener in self.on_leadership:
                listener(leading)
        self.touch()

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
                self._failed(error)
                self._refuse(job)
                return

    def _failed(self, error: Exception) -> None:
        logger.critical("the controller failed", exc_info=error)
        self._refusing = self._broken = "the controller failed"
        while not self._queue.empty():
            self._refuse(self._queue.get_nowait())
        if self.on_failure is not None:
            self.on_failure(error)

    async def _carry_out(self, command: Command) -> Decision:
        if not self._log.leading:
            raise NotController("this broker does not lead the controller")
        await self._all_applied()
        decision = decide(self._state, command, self.limits)
        if decision.records:
            self._applier.failures.clear()
            await self._write(decision.records)
        failures = dict(self._applier.failures) if decision.records else {}
        decision = replace(decision, offset=self._applier.applied - 1)
        if not failures or len(self.brokers) > 1:
            return decision  # with other brokers the partition may well be served elsewhere
        undo = [
            TopicDeleted(topic_id=record.topic_id)
            for record in decision.records
            if isinstance(record, TopicCreated) and record.topic_id in failures
        ]
        if undo:
            await self._write(undo)
        outcomes = [
            outcome
            if outcome.topic_id not in failures or isinstance(command, DeleteTopics)
            else replace(
                outcome, error=ErrorCode.KAFKA_STORAGE_ERROR, message=failures[outcome.topic_id], topic=None
            )
            for outcome in decision.topics
        ]
        return replace(decision, topics=outcomes)

    async def _all_applied(self) -> None:
        """Wait until what earlier leaders wrote is committed and applied: only then is the state the whole truth."""
        end = self._log.end
        if self._applier.applied >= end:
            return
        try:
            async with asyncio.timeout(TIMEOUT_MS_DEFAULT / 1000):
                await self._applier.wait(end)
        except TimeoutError:
            raise NotController("the controller's log is not committed to its end yet") from None

    async def _write(self, records: Sequence[Record]) -> None:
        """Append, in pieces, and wait until this broker has carried it out."""
        batch: list[tuple[bytes | None, bytes | None]] = []
        used = 0
        for index, record in enumerate(records):
            batch.append(CODEC.encode(record))
            used += len(batch[-1][1] or b"")
            if used < APPEND_BYTES_MAX and index + 1 < len(records):
                continue
            last = await self._append(batch)
            await self._applier.wait(last + 1)
            batch, used = [], 0

    async def _append(self, batch: list[tuple[bytes | None, bytes | None]]) -> int:
        try:
            return await self._log.append(batch)
        except AppendRefused as error:
            if not self._log.leading:
                raise NotController("this broker does not lead the controller any more") from error
            raise ControllerLogRefused(f"cannot write the controller log: {error}") from error
        except OperatingError as error:
            if not self._log.leading:
                raise LeadershipLost("another broker leads the controller now; it may be done") from error
            # The records may be in the log or not: deciding on could contradict them after a restart.
            self._refusing = self._broken = f"the controller log failed: {error}"
            logger.critical("%s; no metadata changes until the broker is restarted", self._refusing)
            raise ControllerUnavailable(self._refusing) from error

    async def _maybe_snapshot(self) -> None:
        held = self._applier.records_in_log
        if held < SNAPSHOT_AFTER_RECORDS:
            return
        records = list(self._state.snapshot())
        if held < 4 * len(records):
            return
        try:
            for part in parts_of(records, CODEC):
                last = await self._append([CODEC.encode(part)])
            await self._applier.wait(last + 1)
        except OperatingError as error:
            logger.warning("no snapshot of the controller log now: %s", error)
