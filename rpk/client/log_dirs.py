"""Sizes of partitions on the disks of brokers (KIP-113)."""

from __future__ import annotations

from dataclasses import dataclass

from kafka.protocol.admin import DescribeLogDirsRequest

from rpk.client import messages
from rpk.client.kafka_errors import broker_error
from rpk.out.errors import RpkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rpk.client.kafka import KafkaClient


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaSize:
    """One replica in one directory; sizes in bytes."""

    topic: str
    partition: int
    size_bytes: int
    offset_lag: int
    is_future: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogDir:
    """One directory of one broker; total and usable bytes are -1 where the broker does not say."""

    broker: int
    directory: str
    replicas: tuple[ReplicaSize, ...]
    total_bytes: int
    usable_bytes: int
    error: RpkError | None = None


class LogDirs:
    """Requests about log directories."""

    def __init__(self, client: KafkaClient) -> None:
        self._client = client

    def describe(
        self, *, brokers: Sequence[int] | None = None, topics: Mapping[str, Sequence[int]] | None = None
    ) -> list[LogDir]:
        """Directories of the brokers (all without), with the replicas of those partitions (all without).

        A broker that cannot be asked is one LogDir with an error.
        """
        wanted = None
        if topics is not None:
            wanted = [
                DescribeLogDirsRequest.DescribableLogDirTopic(topic=topic, partitions=list(partitions))
                for topic, partitions in topics.items()
            ]
        found: list[LogDir] = []
        for broker in sorted(self._client.brokers()) if brokers is None else brokers:
            try:
                response = messages.call(self._client.node(broker), DescribeLogDirsRequest, 4, topics=wanted)
            except RpkError as error:
                found.append(_failed(broker, "", error))
                continue
            code = getattr(response, "error_code", 0)
            if code:
                found.append(
                    _failed(broker, "", broker_error(code, f"cannot describe log dirs of broker {broker}"))
                )
            found.extend(_directory(broker, item) for item in response.results)
        return found


def _failed(broker: int, directory: str, error: RpkError) -> LogDir:
    return LogDir(
        broker=broker, directory=directory, replicas=(), total_bytes=-1, usable_bytes=-1, error=error
    )


def _directory(broker: int, item: object) -> LogDir:
    directory = str(getattr(item, "log_dir", ""))
    code = getattr(item, "error_code", 0)
    if code:
        return _failed(broker, directory, broker_error(code, f"log dir {directory} of broker {broker}"))
    replicas = tuple(
        ReplicaSize(
            topic=topic.name,
            partition=partition.partition_index,
            size_bytes=partition.partition_size,
            offset_lag=partition.offset_lag,
            is_future=bool(partition.is_future_key),
        )
        for topic in getattr(item, "topics", ())
        for partition in topic.partitions
    )
    total, usable = getattr(item, "total_bytes", -1), getattr(item, "usable_bytes", -1)
    return LogDir(
        broker=broker,
        directory=directory,
        replicas=replicas,
        total_bytes=-1 if total is None else total,
        usable_bytes=-1 if usable is None else usable,
    )
