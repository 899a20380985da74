"""One broker among the others: its network, its Raft groups, who is alive, and the controller over all of it.

Built bottom-up by `shard`: listen → find the cluster → groups → controller's log → gossip → controller → caretakers.
A broker alone does all of this too, only without groups: it becomes a group of one when the first other broker joins.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from engine.base.clock import Clock
from engine.base.errors import OperatingError
from engine.config.node_config import NodeConfig
from engine.controller.balancer import plan_moves
from engine.controller.brokers import BrokerRegistered, BrokerRemoved, Endpoint
from engine.controller.caretaker import Caretaker
from engine.controller.commands import RegisterBroker
from engine.controller.errors import ControllerUnavailable
from engine.controller.formation import Formation, HostPort, Membership, rpc_endpoint
from engine.controller.gossip import Gossip, Report
from engine.controller.methods import ClusterMethod
from engine.controller.partition_room import (
    ControllerLog,
    PartitionRoom,
    join_group,
    open_controller_log,
    was_in_group,
)
from engine.controller.quorum import BadQuorum, Quorum, decode_quorum, encode_quorum, quorum_of
from engine.controller.records import Record
from engine.controller.remote import RemoteController
from engine.controller.replicas import Replicas
from engine.controller.runtime import Controller
from engine.model.ids import NodeId
from engine.partition.manager import CONTROLLER_LOG_ID, PartitionManager
from engine.partition.partition import Partition
from engine.raft.driver import GroupManager
from engine.raft.group import Group
from engine.rpc.errors import RpcError
from engine.rpc.hello import NO_UUID, Identity
from engine.rpc.network import RpcNetwork
from engine.storage.disk import Disk
from engine.storage.storage import Storage

logger = logging.getLogger(__name__)

VOTERS_AT_FIRST_MAX = 5
FIRST_LEADER_TRIES = 30
FIRST_LEADER_PAUSE_S = 0.1
GROUP_OF_ONE_SECONDS_MAX = 5.0
RESIGN_SECONDS_MAX = 2.0
TRANSFER_TIMEOUT_MS = 2_000
GOODBYE_S = 3.0
"""How long a broker that was removed is still talked to."""
LOOK_FOR_PEERS_S = 1.0
"""Between two rounds of asking the seeds where brokers are that cannot be reached."""


class Cluster:
    """See the module. `start` it once, `stop` it once; the rooms exist from `start` on."""

    network: RpcNetwork
    groups: GroupManager
    partitions: PartitionManager
    controller: Controller
    gossip: Gossip
    replicas: Replicas
    caretaker: Caretaker
    log: ControllerLog

    def __init__(
        self,
        config: NodeConfig,
        *,
        host_uuid: UUID,
        host: str,
        storage: Storage,
        disk: Disk,
        clock: Clock,
        properties: Callable[[], Mapping[str, object]],
        report: Callable[[], Report],
        room: type[PartitionRoom],
    ) -> None:
        self._config = config
        self._host_uuid = host_uuid
        self._host = host
        self._storage = storage
        self._disk = disk
        self._clock = clock
        self._properties = properties
        self._report = report
        self._room = room
        self._own: HostPort = (config.advertised_rpc_api.host, config.advertised_rpc_api.port)
        self._endpoints = tuple(
            Endpoint(name=entry.name, host=entry.address.host, port=entry.address.port)
            for entry in config.advertised_kafka_api
        )
        self._formation: Formation | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._grouping = asyncio.Lock()
        self._stopping = False

    # ---- starting

    async def build(self, directory: Path) -> None:
        """Find the cluster and build the rooms; the controller is not started yet. Raises `OperatingError`, OSError."""
        loop = asyncio.get_running_loop()
        config = self._config
        self.network = RpcNetwork(loop, identity=Identity(host_uuid=self._host_uuid))
        seeds = [(seed.host, seed.port) for seed in config.seed_servers]
        formation = self._formation = Formation(
            self.network,
            self._disk,
            directory,
            host_uuid=self._host_uuid,
            node_id=config.node_id,
            own=self._own,
            seeds=seeds,
        )
        formation.serve()
        await self._listen(alone=not [seed for seed in seeds if seed != self._own])
        known = await formation.find(self._registration())
        node_id = NodeId(known.node_id)
        self.network.identity = Identity(
            node_id=node_id, cluster_uuid=known.cluster_uuid or NO_UUID, host_uuid=self._host_uuid
        )
        for peer, (host, port) in known.peers.items():
            self._know(peer, host, port)
        self.groups = GroupManager(node=node_id, storage=self._storage, network=self.network, loop=loop)
        self.network.on_down.append(self.groups.node_lost)
        self.network.on_up.append(self.groups.node_back)
        self.groups.on_leader_changed.append(self._leader_changed)
        self.partitions = PartitionManager(self._storage, self._clock, self.groups)
        await self._build_controller(loop, known)
        self.groups.start()

    async def _build_controller(self, loop: asyncio.AbstractEventLoop, known: Membership) -> None:
        replicated = known.founders != (known.node_id,) or was_in_group(self._storage, CONTROLLER_LOG_ID)
        self.log = open_controller_log(self._storage, self._clock, loop, replicated=replicated)
        room = self._room(self.partitions, self._storage)
        self.controller = Controller(log=self.log, backend=room, properties=self._properties)
        self.controller.node_id = NodeId(known.node_id)
        self.partitions.is_known = self._is_known
        if replicated:
            await join_group(
                self.log,
                self.groups,
                voters=known.founders[:VOTERS_AT_FIRST_MAX],
                learners=known.founders[VOTERS_AT_FIRST_MAX:],
            )
        remote = self.controller.remote = RemoteController(self.network)
        remote.before_join = self._be_a_group
        remote.serve(self.controller)
        self.gossip = Gossip(
            self.network,
            self._clock,
            node_id=known.node_id,
            leaders=self.controller.leaders,
            report=self._reported,
            changed=self.controller.touch,
        )
        self.controller.alive = self.gossip.alive
        self.gossip.start()
        self.gossip.set_others(known.peers)
        self.replicas = room.replicas = Replicas(
            self.controller, self.partitions, self.groups, self.gossip, self._controller_partition
        )
        self.caretaker = Caretaker(
            self.controller, self.gossip, self._controller_partition, self.transfer, self._properties
        )
        self._spawn(self._look_for_peers())
        self.network.on_request(ClusterMethod.TRANSFER, self._asked_to_transfer)
        self.network.on_request(ClusterMethod.REBALANCE, self._asked_to_rebalance)
        self.network.on_request(ClusterMethod.QUORUM, self._asked_for_quorum)
        self.controller.on_records.append(self._records)
        if replicated and known.founders and known.node_id == known.founders[0]:
            self._spawn(self._stand_first())

    async def start(self) -> None:
        """Start the controller: returns when this broker is registered and its partitions are open."""
        self.replicas.start()
        self.caretaker.start()
        command = self._registration()
        await self.controller.start(
            host_uuid=command.host_uuid,
            node_id=command.node_id,
            host=command.host,
            rack=command.rack,
            endpoints=command.endpoints,
            rpc=command.rpc,
        )
        self._remember()

    async def _listen(self, *, alone: bool) -> None:
        address = self._config.rpc_server
        try:
            await self.network.start(address.host, address.port)
        except OSError as error:
            if not alone:
                raise
            logger.warning("%s; no other broker can join this one", error.strerror)

    def _registration(self) -> RegisterBroker:
        return RegisterBroker(
            host_uuid=self._host_uuid,
            node_id=self._config.node_id,
            host=self._host,
            rack=self._config.rack,
            endpoints=self._endpoints,
            cluster_uuid=uuid4(),
            rpc=rpc_endpoint(self._own),
        )

    async def _stand_first(self) -> None:
        """The first founder stands for the controller at once: waiting for a timeout would cost the start a second."""
        for _ in range(FIRST_LEADER_TRIES):
            group = self.log.partition.group
            if group is None or group.leader is not None or self._stopping:
                return
            group.campaign()
            await asyncio.sleep(FIRST_LEADER_PAUSE_S)

    async def _be_a_group(self) -> None:
        """Let the controller's log of a broker alone become a group of one, which others can join."""
        async with self._grouping:
            partition = self.log.partition
            if partition.group is not None:
                return
            node_id = self.controller.node_id
            logger.info("another broker joins: the controller's log becomes a Raft group")
            await join_group(self.log, self.groups, voters=(node_id,))
            group = partition.group
            if group is not None:
                group.campaign()
            deadline = asyncio.get_running_loop().time() + GROUP_OF_ONE_SECONDS_MAX
            while not partition.leads:
                if asyncio.get_running_loop().time() > deadline:
                    raise ControllerUnavailable("the controller's log could not become a Raft group")
                await asyncio.sleep(0.01)

    # ---- while it runs

    async def _look_for_peers(self) -> None:
        """Brokers whose addresses changed while this one was down are found through the seeds."""
        formation = self._formation
        while formation is not None:
            await asyncio.sleep(LOOK_FOR_PEERS_S)
            removed = self.controller.state.brokers.removed
            lost = [
                node for node in self.network.peers() if not self.network.is_up(node) and node not in removed
            ]
            if lost:
                for node_id, (host, port) in (await formation.addresses()).items():
                    if node_id in lost:
                        self._know(node_id, host, port)

    def _controller_partition(self) -> Partition:
        return self.log.partition

    def _leader_changed(self, group: Group) -> None:
        if group.group_id == CONTROLLER_LOG_ID:
            self.log.leader_changed()

    def _is_known(self, topic: str, index: int) -> bool:
        found = self.controller.topics.get(topic)
        return found is not None and 0 <= index < len(found.partitions)

    def _reported(self) -> Report:
        report = self._report()
        return replace(report, drain=self.replicas.drain) if hasattr(self, "replicas") else report

    def _know(self, node_id: int, host: str, port: int) -> None:
        if node_id != self.network.identity.node_id:
            self.network.set_peer(node_id, host, port)

    def _records(self, records: Sequence[Record]) -> None:
        if any(isinstance(record, (BrokerRegistered, BrokerRemoved)) for record in records):
            self._spawn(self._brokers_changed())

    async def _brokers_changed(self) -> None:
        brokers = dict(self.controller.brokers)
        for node_id, broker in brokers.items():
            if broker.rpc is not None:
                self._know(node_id, broker.rpc.host, broker.rpc.port)
        # Founders that have not registered yet are no strangers.
        removed = set(self.controller.state.brokers.removed)
        self.gossip.set_others({*brokers, *self.network.peers()} - removed)
        self._remember()
        if self.controller.node_id in removed:
            logger.warning("this broker was decommissioned: it holds nothing any more and can be stopped")
        if removed & set(self.network.peers()):
            await asyncio.sleep(GOODBYE_S)  # it is still to hear that it was removed
            for gone in removed:
                self.network.remove_peer(gone)

    def _remember(self) -> None:
        """Keep what is needed to find the others after a restart."""
        formation, known = self._formation, self._formation.known if self._formation is not None else None
        if formation is None or known is None:
            return
        state = self.controller.state
        uuid = state.features.cluster_uuid
        peers = {
            int(node_id): (broker.rpc.host, broker.rpc.port)
            for node_id, broker in self.controller.brokers.items()
            if broker.rpc is not None and node_id != self.controller.node_id
        }
        fresh = Membership(
            node_id=int(self.controller.node_id),
            founders=known.founders,
            cluster_uuid=uuid,
            peers={
                node_id: address
                for node_id, address in {**known.peers, **peers}.items()
                if node_id not in state.brokers.removed
            },
            by_uuid=known.by_uuid,
        )
        if uuid is not None:
            self.network.identity = Identity(
                node_id=self.controller.node_id, cluster_uuid=uuid, host_uuid=self._host_uuid
            )
        if fresh != known:
            formation.known = fresh
            save = partial(formation.save, fresh)
            self._storage.spawn(lambda: self._storage.in_background(save))

    # ---- leaderships

    async def transfer(self, log_id: int, leader: int, target: int | None) -> str | None:
        """Have `leader` hand a leadership over, wherever it is; why not, or None."""
        if leader == self.controller.node_id:
            return self.replicas.transfer(log_id, target)
        payload = f"{log_id} {-1 if target is None else target}".encode()
        try:
            answer = await self.network.call(
                leader, ClusterMethod.TRANSFER, (payload,), timeout_ms=TRANSFER_TIMEOUT_MS
            )
        except RpcError as error:
            return str(error)
        return bytes(answer).decode(errors="replace") or None

    async def _asked_to_transfer(self, _sender: int, payload: memoryview) -> tuple[bytes]:
        try:
            log_id, target = (int(word) for word in bytes(payload).split())
        except ValueError:
            return (b"that is no request",)
        why = self.replicas.transfer(log_id, None if target < 0 else target)
        return ((why or "").encode(),)

    def stuck(self) -> Sequence[tuple[str, int]]:
        """(topic, partition) of leaving brokers for which there is nowhere to go, as things stand now."""
        state = self.controller.state
        if not any(broker.draining for broker in state.brokers.by_id.values()):
            return ()
        alive = [node for node in state.brokers.by_id if self.gossip.alive(node)]
        return plan_moves(state, alive, even=False).stuck

    async def rebalance(self) -> str | None:
        """Have the broker that leads the controller spread the replicas; why not, or None."""
        leader = int(self.controller.controller_id)
        if leader == self.controller.node_id:
            self.caretaker.even = True
            return None
        try:
            await self.network.call(leader, ClusterMethod.REBALANCE, (b"",), timeout_ms=TRANSFER_TIMEOUT_MS)
        except RpcError as error:
            return str(error)
        return None

    async def _asked_to_rebalance(self, _sender: int, _payload: memoryview) -> tuple[bytes]:
        self.caretaker.even = True
        return (b"",)

    async def quorum(self) -> Quorum | None:
        """The controller's group as its leader sees it; None when there is none, or it does not answer."""
        leader = int(self.controller.controller_id)
        if leader == self.controller.node_id:
            return quorum_of(self.log.partition, leader)
        try:
            answer = await self.network.call(
                leader, ClusterMethod.QUORUM, (b"",), timeout_ms=TRANSFER_TIMEOUT_MS
            )
            return decode_quorum(answer)
        except (RpcError, BadQuorum):
            return None

    async def _asked_for_quorum(self, _sender: int, _payload: memoryview) -> tuple[bytes]:
        return (encode_quorum(quorum_of(self.log.partition, int(self.controller.node_id))),)

    # ---- stopping

    async def resign(self) -> None:
        """Hand leaderships over while clients are still served, so that none of them waits for an election."""
        self._stopping = True
        if hasattr(self, "replicas") and len(self.controller.brokers) > 1:
            with suppress(OperatingError):
                await self.replicas.resign(RESIGN_SECONDS_MAX)

    async def stop_controller(self) -> None:
        """Stop deciding, planning and talking."""
        for room in ("caretaker", "replicas", "controller", "gossip"):
            if hasattr(self, room):
                await getattr(self, room).close()
        for task in tuple(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def stop_groups(self) -> None:
        """Leave all groups, close the partitions, then the network."""
        if hasattr(self, "groups"):
            await self.groups.close()
        if hasattr(self, "partitions"):
            self.partitions.close()
        if hasattr(self, "network"):
            await self.network.close()

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def disk_report(directory: Path) -> tuple[int, int]:
    """(free, total) bytes of the file system; zeros when it cannot be asked."""
    try:
        found = os.statvfs(directory)
    except OSError:
        return 0, 0
    return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
