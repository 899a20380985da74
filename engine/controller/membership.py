"""Deciding who is in the cluster: registration, maintenance, decommission, removal."""

from engine.controller.brokers import Broker, BrokerRegistered, BrokerRemoved, BrokerStateSet
from engine.controller.commands import RegisterBroker, RemoveBroker, SetDecommission, SetMaintenance
from engine.controller.decision import Decision
from engine.controller.features import ClusterFounded
from engine.controller.records import Record
from engine.controller.state import ClusterState
from engine.model.ids import NodeId


def decide_register(state: ClusterState, command: RegisterBroker) -> Decision:
    """Found the cluster if there is none, give the broker its id, take its addresses."""
    known = state.brokers.by_uuid(command.host_uuid)
    node_id = command.node_id
    if known is not None:
        if node_id is not None and node_id != known.node_id:
            return _refused(
                f"node_id is configured as {node_id}, but this data directory belongs to node "
                f"{known.node_id}: set node_id to {known.node_id}, or start with an empty data directory"
            )
        node_id = known.node_id
    elif node_id is None:
        node_id = state.brokers.next_node_id
    elif NodeId(node_id) in state.brokers.by_id:
        return _refused(f"node_id {node_id} belongs to another broker of this cluster")
    elif node_id in state.brokers.removed:
        return _refused(f"node_id {node_id} belonged to a broker that was decommissioned: use another")
    broker = Broker(
        node_id=NodeId(node_id),
        host_uuid=command.host_uuid,
        host=command.host,
        rack=command.rack,
        endpoints=command.endpoints,
        rpc=command.rpc,
        draining=known is not None and known.draining,
        maintenance=known is not None and known.maintenance,
    )
    records: list[Record] = []
    cluster_uuid = state.features.cluster_uuid
    if cluster_uuid is None:
        cluster_uuid = command.cluster_uuid
        records.append(ClusterFounded(cluster_uuid=cluster_uuid))
    if known != broker:
        records.append(BrokerRegistered(broker=broker))
    return Decision(records=records, node_id=node_id, cluster_uuid=cluster_uuid)


def decide_maintenance(state: ClusterState, command: SetMaintenance) -> Decision:
    """One broker at a time, never the only one."""
    broker = state.brokers.by_id.get(NodeId(command.node_id))
    if broker is None:
        return _unknown(command.node_id)
    if command.enabled and len(state.brokers.by_id) == 1:
        return _refused("Maintenance mode may not be used on a single node cluster")
    others = [one.node_id for one in state.brokers.by_id.values() if one.maintenance and one is not broker]
    if command.enabled and others:
        return _refused(f"broker {others[0]} is in maintenance mode: one broker at a time")
    if broker.maintenance == command.enabled:
        return Decision(records=[])
    return Decision(
        records=[
            BrokerStateSet(node_id=broker.node_id, draining=broker.draining, maintenance=command.enabled)
        ]
    )


def decide_decommission(state: ClusterState, command: SetDecommission) -> Decision:
    """Never the last broker that stays. Asked again it changes nothing."""
    broker = state.brokers.by_id.get(NodeId(command.node_id))
    if broker is None:
        return _unknown(command.node_id)
    staying = [one for one in state.brokers.by_id.values() if not one.draining]
    if command.enabled and staying == [broker]:
        return _refused(f"broker {broker.node_id} is the last one that is not being decommissioned")
    if broker.draining == command.enabled:
        return Decision(records=[])
    records: list[Record] = [
        BrokerStateSet(node_id=broker.node_id, draining=command.enabled, maintenance=broker.maintenance)
    ]
    return Decision(records=records)


def decide_remove_broker(state: ClusterState, command: RemoveBroker) -> Decision:
    """Only one that is being decommissioned and holds no replica."""
    broker = state.brokers.by_id.get(NodeId(command.node_id))
    if broker is None:
        return _unknown(command.node_id)
    if not broker.draining:
        return _refused(f"broker {broker.node_id} is not being decommissioned")
    if state.topics.held_by(broker.node_id):
        return _refused(f"broker {broker.node_id} still holds replicas")
    return Decision(records=[BrokerRemoved(node_id=broker.node_id)])


def _refused(reason: str) -> Decision:
    return Decision(records=[], refusal=reason)


def _unknown(node_id: int) -> Decision:
    return Decision(records=[], refusal=f"broker with id {node_id} not found", unknown=True)
