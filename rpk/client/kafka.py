"""The Kafka seam: `connect(run)` gives a client; its methods speak in names, numbers and `rpk.client.model`.

Metadata is asked with our own codec (`wire`): commands that need no more start 130 ms sooner. Everything else is
encoded by kafka-python's message classes (`messages`), over the same connections, so that deadlines, retries
and diagnosis are the same for all. Not for threads: one client, one thread.
"""

from __future__ import annotations

import time

from rpk.client import wire
from rpk.client.connection import Connection
from rpk.client.deadline import Deadline
from rpk.client.kafka_errors import (
    NOT_CONTROLLER,
    UNKNOWN_TOPIC_OR_PARTITION,
    broker_error,
    error_name,
    unknown_topic,
)
from rpk.client.model import Broker, Metadata, Partition, Topic
from rpk.config.run import Run
from rpk.config.settings import Settings
from rpk.out.errors import OperationFailed, RpkError, TransientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from rpk.client.configs import Configs
    from rpk.client.groups import Groups
    from rpk.client.log_dirs import LogDirs
    from rpk.client.messages import Message
    from rpk.client.offsets import Offsets
    from rpk.client.topics import Topics

RETRY_PAUSE_S = 0.1
RETRY_PAUSE_MAX_S = 1.0


def connect(run: Run, *, timeout_s: float | None = None) -> KafkaClient:
    """A client for the run's settings; the first request dials. Use as a context manager.

    timeout_s: total time instead of the setting's, where `--timeout` does not say otherwise.
    """
    return KafkaClient(run.settings, Deadline(run.timeout_s(timeout_s)), debug=run.debug)


class KafkaClient:
    """Connections to one cluster, opened as they are needed, all under one deadline."""

    def __init__(
        self, settings: Settings, deadline: Deadline, *, debug: Callable[[str], None] = lambda _: None
    ) -> None:
        self.settings = settings
        self.deadline = deadline
        self.debug = debug
        self._bootstrap: Connection | None = None
        self._nodes: dict[int, Connection] = {}
        self._brokers: dict[int, Broker] = {}
        self._controller_id = -1

    def __enter__(self) -> KafkaClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        for connection in (*self._nodes.values(), *((self._bootstrap,) if self._bootstrap else ())):
            connection.close()
        self._nodes.clear()
        self._bootstrap = None

    # -- areas, each loading kafka-python when first used -----------------------------------------------------------

    @property
    def topics(self) -> Topics:
        """Create, delete, grow topics; delete records."""
        from rpk.client.topics import Topics

        return Topics(self)

    @property
    def configs(self) -> Configs:
        """Describe and alter configurations."""
        from rpk.client.configs import Configs

        return Configs(self)

    @property
    def offsets(self) -> Offsets:
        """List offsets of partitions."""
        from rpk.client.offsets import Offsets

        return Offsets(self)

    @property
    def groups(self) -> Groups:
        """List, describe, delete groups and their offsets."""
        from rpk.client.groups import Groups

        return Groups(self)

    @property
    def log_dirs(self) -> LogDirs:
        """Sizes of partitions on disk."""
        from rpk.client.log_dirs import LogDirs

        return LogDirs(self)

    # -- metadata -----------------------------------------------------------------------------------------------------

    def metadata(self, topics: Sequence[str] | None = None, *, allow_auto_create: bool = False) -> Metadata:
        """Brokers and the named topics; None asks for all topics, () for none."""
        names = None if topics is None else list(topics)
        version, data = self.bootstrap().metadata(names, allow_auto_create=allow_auto_create)
        try:
            raw_brokers, cluster_id, controller_id, raw_topics = wire.parse_metadata(version, data)
        except wire.WireError as error:
            raise OperationFailed("the broker's metadata cannot be read", cause=str(error)) from error
        brokers = [Broker(node_id=a, host=b, port=c, rack=d) for a, b, c, d in raw_brokers]
        self._brokers = {broker.node_id: broker for broker in brokers}
        self._controller_id = controller_id
        found = [_topic(raw) for raw in raw_topics]
        return Metadata(
            cluster_id=cluster_id,
            controller_id=controller_id,
            brokers=tuple(sorted(brokers, key=lambda broker: broker.node_id)),
            topics=tuple(sorted(found, key=lambda topic: topic.name)),
        )

    def named_topics(self, names: Sequence[str]) -> list[Topic]:
        """The topics of those names, in their order, each once.

        Raises NotFound, with the nearest name there is, for the first that does not exist.
        """
        wanted = list(dict.fromkeys(names))
        found = {topic.name: topic for topic in self.metadata(wanted).topics}
        for name in wanted:
            topic = found.get(name)
            if topic is None or (topic.error is not None and topic.error.code == UNKNOWN_TOPIC_OR_PARTITION):
                raise unknown_topic(name, [each.name for each in self.metadata().topics])
            if topic.error is not None:
                raise topic.error
        return [found[name] for name in wanted]

    def brokers(self) -> dict[int, Broker]:
        """Brokers by id, asked once."""
        if not self._brokers:
            self.metadata(())
        return self._brokers

    # -- connections --------------------------------------------------------------------------------------------------

    def bootstrap(self) -> Connection:
        """A connection to whichever seed answers first, in their order."""
        if self._bootstrap is not None:
            return self._bootstrap
        errors: list[RpkError] = []
        for address in self.settings.brokers:
            try:
                self._bootstrap = self._connection(address).open()
            except TransientError as error:
                errors.append(error)
                if self.deadline.over:
                    break
            else:
                return self._bootstrap
        first = errors[0]
        if len(errors) > 1:
            others = "; ".join(error.message for error in errors[1:])
            first.cause = f"{first.cause}; also: {others}" if first.cause else others
        raise first

    def node(self, node_id: int) -> Connection:
        """A connection to one broker at its advertised address."""
        connection = self._nodes.get(node_id)
        if connection is not None:
            return connection
        broker = self.brokers().get(node_id)
        if broker is None:
            raise TransientError(
                f"broker {node_id} is not in the cluster's metadata", name="BROKER_NOT_AVAILABLE"
            )
        bootstrap = self.bootstrap()
        try:
            connection = self._connection(broker.address).open()
        except TransientError as error:
            from rpk.client.diagnose import advertised_error

            if broker.address == bootstrap.address or self.deadline.over:
                raise
            raise advertised_error(node_id, broker.address, bootstrap.address, error) from error
        self._nodes[node_id] = connection
        return connection

    def controller(self) -> Connection:
        """A connection to the controller; any broker where the cluster names none."""
        self.brokers()
        return self.node(self._controller_id) if self._controller_id in self._brokers else self.bootstrap()

    def forget(self, node_id: int | None = None) -> None:
        """Drop what is known about where things are, and one connection that is broken."""
        if node_id is not None and (broken := self._nodes.pop(node_id, None)) is not None:
            broken.close()
        self._brokers = {}

    def retry(self, attempt: Callable[[], RpkError | None], what: str) -> None:
        """Call `attempt` until it returns None or an error that is not retryable, or time is up; raises that error."""
        pause_s = RETRY_PAUSE_S
        while True:
            error = attempt()
            if error is None:
                return
            if not error.retryable or self.deadline.left_s() <= pause_s:
                raise error
            self.debug(f"{what}: {error.cause or error.message}; trying again in {pause_s:g}s")
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, RETRY_PAUSE_MAX_S)
            self.forget()

    def call_controller(
        self, request: type, highest: int, error_codes: Callable[[Message], Sequence[int]], **fields: Message
    ) -> Message:
        """Send to the controller; once more to the new one when it has moved."""
        from rpk.client import messages

        response = messages.call(self.controller(), request, highest, **fields)
        if NOT_CONTROLLER in error_codes(response):
            self.forget()
            response = messages.call(self.controller(), request, highest, **fields)
        return response

    def _connection(self, address: str) -> Connection:
        settings = self.settings
        return Connection(
            address,
            tls=settings.kafka_tls,
            sasl=settings.sasl,
            client_id=settings.client_id,
            dial_timeout_s=settings.dial_timeout_s,
            deadline=self.deadline,
            debug=self.debug,
        )


def _topic(raw: wire.RawTopic) -> Topic:
    code, name, topic_id, internal, partitions = raw
    return Topic(
        name=name or "",
        topic_id="" if topic_id == bytes(16) else topic_id.hex(),
        internal=internal,
        partitions=tuple(
            sorted((_partition(name or "", item) for item in partitions), key=lambda p: p.index)
        ),
        error=broker_error(code, _topic_problem(code, name or "")) if code else None,
    )


def _topic_problem(code: int, name: str) -> str:
    return (
        f"topic {name} does not exist"
        if code == UNKNOWN_TOPIC_OR_PARTITION
        else f"cannot look at topic {name}"
    )


def _partition(topic: str, raw: wire.RawPartition) -> Partition:
    code, index, leader, epoch, replicas, in_sync, offline = raw
    return Partition(
        index=index,
        leader=leader,
        leader_epoch=epoch,
        replicas=tuple(replicas),
        in_sync=tuple(in_sync),
        offline=tuple(offline),
        error=broker_error(code, f"partition {topic}/{index}") if code else None,
    )


__all__ = ["KafkaClient", "connect", "error_name"]
