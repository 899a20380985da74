"""The brokers table: who is in the cluster, where clients reach it, and which host it runs on.

A broker keeps its node id over restarts because its host uuid (a file in its data directory) names it. Node ids
are never reused, not even of a broker that left.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from uuid import UUID

from engine.controller.records import Json, Record, RecordKind, boolean, integer, integers, items, string
from engine.model.ids import NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An advertised address: clients that came in on the listener `name` are told this one."""

    name: str
    host: str
    port: int

    def to_json(self) -> dict[str, Json]:
        """See `Record`."""
        return {"name": self.name, "host": self.host, "port": self.port}

    @classmethod
    def from_json(cls, body: object) -> "Endpoint":
        """Inverse of `to_json`."""
        if not isinstance(body, dict):
            raise TypeError("an endpoint is an object")
        return cls(name=string(body["name"]), host=string(body["host"]), port=integer(body["port"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """One broker as it last registered."""

    node_id: NodeId
    host_uuid: UUID
    """The data directory's identity; shards of one host share the failure domain, not this."""
    host: str
    """Failure domain below the rack: replicas of a partition avoid sharing it."""
    rack: str | None
    endpoints: tuple[Endpoint, ...]
    rpc: Endpoint | None = None
    """Where other brokers reach it; None of a broker that never was in a cluster of several."""
    draining: bool = False
    """Being decommissioned: its replicas move away, then it leaves."""
    maintenance: bool = False
    """Hands its leaderships over and takes none."""

    def endpoint(self, listener: str) -> Endpoint | None:
        """Where clients of that listener reach this broker."""
        return next((item for item in self.endpoints if item.name == listener), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerRegistered:
    """A broker joined, or came back with other addresses."""

    broker: Broker

    def to_json(self) -> dict[str, Json]:
        """See `Record`."""
        broker = self.broker
        return {
            "node": broker.node_id,
            "uuid": broker.host_uuid.hex,
            "host": broker.host,
            "rack": broker.rack,
            "endpoints": [endpoint.to_json() for endpoint in broker.endpoints],
            "rpc": None if broker.rpc is None else broker.rpc.to_json(),
            "draining": broker.draining,
            "maintenance": broker.maintenance,
        }

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "BrokerRegistered":
        """Inverse of `to_json`."""
        rack, rpc = body["rack"], body.get("rpc")
        return cls(
            broker=Broker(
                node_id=NodeId(integer(body["node"])),
                host_uuid=UUID(hex=string(body["uuid"])),
                host=string(body["host"]),
                rack=None if rack is None else string(rack),
                endpoints=tuple(Endpoint.from_json(item) for item in items(body["endpoints"])),
                rpc=None if rpc is None else Endpoint.from_json(rpc),
                draining=body.get("draining") is True,
                maintenance=body.get("maintenance") is True,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerStateSet:
    """An operator takes a broker out of service, or puts it back."""

    node_id: int
    draining: bool
    maintenance: bool

    def to_json(self) -> dict[str, Json]:
        """See `Record`."""
        return {"node": self.node_id, "draining": self.draining, "maintenance": self.maintenance}

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "BrokerStateSet":
        """Inverse of `to_json`."""
        return cls(
            node_id=integer(body["node"]),
            draining=boolean(body["draining"]),
            maintenance=boolean(body["maintenance"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerRemoved:
    """A decommissioned broker left; its id is not given again."""

    node_id: int

    def to_json(self) -> dict[str, Json]:
        """See `Record`."""
        return {"node": self.node_id}

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "BrokerRemoved":
        """Inverse of `to_json`."""
        return cls(node_id=integer(body["node"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeIdsUsed:
    """Node ids below `next_node_id` were handed out. Only snapshots need it."""

    next_node_id: int
    removed: tuple[int, ...] = ()
    """Ids of brokers that left."""

    def to_json(self) -> dict[str, Json]:
        """See `Record`."""
        return {"next": self.next_node_id, "removed": list(self.removed)}

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "NodeIdsUsed":
        """Inverse of `to_json`."""
        return cls(next_node_id=integer(body["next"]), removed=integers(body.get("removed", [])))


KINDS = (
    RecordKind(
        name="broker_registered", version=2, type=BrokerRegistered, from_json=BrokerRegistered.from_json
    ),
    RecordKind(name="broker_state", version=1, type=BrokerStateSet, from_json=BrokerStateSet.from_json),
    RecordKind(name="broker_removed", version=1, type=BrokerRemoved, from_json=BrokerRemoved.from_json),
    RecordKind(name="node_ids", version=2, type=NodeIdsUsed, from_json=NodeIdsUsed.from_json),
)


@dataclass(slots=True)
class Brokers:
    """The table. Only `replay` changes it."""

    by_id: dict[NodeId, Broker] = field(default_factory=dict)
    next_node_id: int = 0
    removed: set[int] = field(default_factory=set)
    """Ids of brokers that left."""

    def by_uuid(self, host_uuid: UUID) -> Broker | None:
        """The broker whose data directory that is."""
        return next((broker for broker in self.by_id.values() if broker.host_uuid == host_uuid), None)

    def replay(self, record: Record) -> bool:
        """Apply one record; False if it is not this table's."""
        match record:
            case BrokerRegistered():
                self.by_id[record.broker.node_id] = record.broker
                self.next_node_id = max(self.next_node_id, record.broker.node_id + 1)
            case BrokerStateSet():
                node_id = NodeId(record.node_id)
                self.by_id[node_id] = replace(
                    self.by_id[node_id], draining=record.draining, maintenance=record.maintenance
                )
            case BrokerRemoved():
                del self.by_id[NodeId(record.node_id)]
                self.removed.add(record.node_id)
            case NodeIdsUsed():
                self.next_node_id = max(self.next_node_id, record.next_node_id)
                self.removed.update(record.removed)
            case _:
                return False
        return True

    def snapshot(self) -> Iterator[Record]:
        """Records that rebuild this table from nothing."""
        yield NodeIdsUsed(next_node_id=self.next_node_id, removed=tuple(sorted(self.removed)))
        for broker in self.by_id.values():
            yield BrokerRegistered(broker=broker)
