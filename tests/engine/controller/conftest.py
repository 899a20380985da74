"""Fakes the controller's tests share: a log in memory, a partition backend that remembers."""

from collections.abc import Iterator, Sequence
from uuid import UUID

import pytest

from engine.controller.backend import LocalReplica
from engine.controller.brokers import Broker, BrokerRegistered, Endpoint
from engine.controller.state import ClusterState
from engine.model.ids import NodeId


class MemoryLog:
    """A RecordLog in a list; `faults` are raised by the next appends, in order."""

    leading = True
    leader = 0

    def __init__(self) -> None:
        self.on_change = None
        self.start = 0
        self.records: list[tuple[bytes | None, bytes | None]] = []
        self.faults: list[Exception | None] = []
        self.appends = 0

    async def append(self, records: Sequence[tuple[bytes | None, bytes | None]]) -> int:
        self.appends += 1
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        self.records.extend(records)
        if self.on_change is not None:
            self.on_change()
        return self.start + len(self.records) - 1

    @property
    def committed(self) -> int:
        return self.start + len(self.records)

    @property
    def end(self) -> int:
        return self.committed

    def read(self, offset: int) -> Iterator[tuple[int, bytes | None, bytes | None, int]]:
        for index, (key, value) in enumerate(self.records[offset - self.start :], offset):
            yield index, key, value, 0

    async def trim_prefix(self, offset: int) -> None:
        del self.records[: offset - self.start]
        self.start = offset


class MemoryBackend:
    """A PartitionBackend that keeps what it was told; topics in `broken` cannot be opened."""

    def __init__(self) -> None:
        self.open: dict[int, LocalReplica] = {}
        self.logs: set[int] = set()
        self.configs: dict[str, object] = {}
        self.broken: set[str] = set()

    async def open_partition(self, replica, config) -> None:
        if replica.topic in self.broken:
            raise OSError(5, "no such luck")
        self.open[replica.log_id] = replica
        self.logs.add(replica.log_id)
        self.configs[replica.topic] = config

    async def delete_partition(self, replica) -> None:
        self.open.pop(replica.log_id, None)
        self.logs.discard(replica.log_id)

    def configure_topic(self, topic, config) -> None:
        self.configs[topic] = config

    def log_ids(self):
        return set(self.logs)

    async def delete_log(self, log_id) -> None:
        self.logs.discard(log_id)


def with_brokers(count: int = 1) -> ClusterState:
    """A state with that many brokers and nothing else."""
    state = ClusterState()
    for node in range(count):
        state.replay(
            BrokerRegistered(
                broker=Broker(
                    node_id=NodeId(node),
                    host_uuid=UUID(int=node + 1),
                    host=f"host-{node}",
                    rack=None,
                    endpoints=(Endpoint(name="kafka", host="localhost", port=9092 + node),),
                )
            )
        )
    return state


@pytest.fixture
def memory_log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def backend() -> MemoryBackend:
    return MemoryBackend()


@pytest.fixture
def brokers():
    return with_brokers
