"""How a broker finds its cluster: goes on in the one it knows, joins one through a seed, or founds one with the others.

    knows a cluster (cluster_members file) ──► goes on; addresses come from the file, later from the brokers table
    no other seeds                         ──► founds one alone, if `empty_seed_starts_cluster`
    other seeds, itself among them         ──► asks the others until each has answered; if one knows a cluster: joins,
                                               else all of them found it, by the same rule and so with the same ids
    other seeds, itself not among them     ──► joins

Founders agree without a vote: each knows the list of seeds and has heard every seed's own node id, so each computes the
same ids. They are the first members of the controller's group; the first leader founds the cluster by writing its
uuid. A seed that comes late finds that the others know the cluster, joins, and is given the id the founders computed.
"""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from engine.controller.brokers import Endpoint
from engine.controller.commands import RegisterBroker
from engine.controller.decision import Decision
from engine.controller.errors import ControllerError, RegistrationRefused
from engine.controller.methods import ClusterMethod
from engine.controller.records import Json
from engine.controller.remote import decode_answer, registration
from engine.rpc.errors import HelloRefused, RpcError
from engine.storage.checked_file import read_whole, replace_file, seal, unseal
from engine.storage.disk import Disk
from engine.storage.errors import StorageError

if TYPE_CHECKING:
    from engine.rpc.frame import Payload
    from engine.rpc.network import RpcNetwork

logger = logging.getLogger(__name__)

FILE_NAME = "cluster_members"
_MAGIC = b"CLMB"
_VERSION = 1
ASK_TIMEOUT_MS = 2_000
JOIN_TIMEOUT_MS = 10_000
AGAIN_S = 0.1
AGAIN_S_MAX = 1.0
SAY_EVERY_S = 10.0
"""How often a wait is told about in the log."""

HostPort = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What a broker knows of its cluster before it has read the controller log."""

    node_id: int
    founders: tuple[int, ...] = ()
    """First members of the controller's group, if this broker is one of those who found the cluster; else empty."""
    cluster_uuid: UUID | None = None
    peers: Mapping[int, HostPort] = field(default_factory=dict)
    """Where other brokers' rpc listeners are."""
    by_uuid: Mapping[UUID, int] = field(default_factory=dict)
    """Ids the founders computed, by host uuid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seed:
    """What a seed said about itself."""

    host_uuid: UUID
    node_id: int | None
    cluster_uuid: UUID | None
    seeds: frozenset[str]
    by_uuid: Mapping[UUID, int]
    id: int | None = None
    """The node id it has, configured or given; None while it has none."""


class Formation:
    """See the module. `find` once; answers WHO from `serve` on."""

    def __init__(
        self,
        network: "RpcNetwork",
        disk: Disk,
        directory: Path,
        *,
        host_uuid: UUID,
        node_id: int | None,
        own: HostPort,
        seeds: Sequence[HostPort],
    ) -> None:
        """`own`: where the other brokers reach this one; `node_id`: as configured."""
        self._network = network
        self._disk = disk
        self._path = str(directory / FILE_NAME)
        self._host_uuid = host_uuid
        self._node_id = node_id
        self._own = own
        self._seeds = list(dict.fromkeys(seeds))
        self._others = [seed for seed in self._seeds if seed != own]
        self.known: Membership | None = None
        """Once found."""

    def serve(self) -> None:
        """Answer those who ask who we are."""
        self._network.on_request(ClusterMethod.WHO, self._who)

    # ---- the file

    def load(self) -> Membership | None:
        """What was known when the broker last ran. Raises `StorageError` for a damaged file, OSError."""
        data = read_whole(self._disk, self._path)
        if data is None:
            return None
        try:
            body = json.loads(bytes(unseal(_MAGIC, _VERSION, data, self._path)))
            cluster = body["cluster"]
            return Membership(
                node_id=int(body["node"]),
                founders=tuple(int(node) for node in body["founders"]),
                cluster_uuid=None if cluster is None else UUID(cluster),
                peers={int(node): (str(host), int(port)) for node, host, port in body["peers"]},
                by_uuid={UUID(uuid): int(node) for uuid, node in body["ids"].items()},
            )
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(f"{self._path} holds what this version cannot read: {error!r}") from error

    def save(self, known: Membership) -> None:
        """Remember `known`, durably. Raises OSError."""
        body: dict[str, Json] = {
            "node": known.node_id,
            "founders": list(known.founders),
            "cluster": None if known.cluster_uuid is None else known.cluster_uuid.hex,
            "peers": [[node, host, port] for node, (host, port) in sorted(known.peers.items())],
            "ids": {uuid.hex: node for uuid, node in known.by_uuid.items()},
        }
        sealed = seal(_MAGIC, _VERSION, json.dumps(body, separators=(",", ":")).encode())
        replace_file(self._disk, self._path, sealed)
        self.known = known

    # ---- finding

    async def find(self, command: RegisterBroker) -> Membership:
        """The cluster this broker belongs to; waits for other seeds as long as it takes.

        `command`: this broker's registration. Raises `RegistrationRefused`, `StorageError`, OSError.
        """
        known = self.load()
        if known is None:
            if not self._others:
                node_id = self._node_id if self._node_id is not None else 0
                known = Membership(node_id=node_id, founders=(node_id,))
            elif self._own in self._seeds:
                known = await self._found_or_join(command)
            else:
                known = await self._join(command)
            self.save(known)
        self.known = known
        return known

    async def _found_or_join(self, command: RegisterBroker) -> Membership:
        answers: dict[HostPort, _Seed] = {}
        wait = _Wait()
        while True:
            found = await asyncio.gather(*(self._ask(seed) for seed in self._others))
            answers = {seed: said for seed, said in zip(self._others, found, strict=True) if said is not None}
            if any(said.cluster_uuid is not None for said in answers.values()):
                return await self._join(command)
            if len(answers) == len(self._others):
                return self._founded(answers)
            missing = [f"{host}:{port}" for host, port in self._others if (host, port) not in answers]
            await wait.again(f"waiting for {', '.join(missing)} to found a cluster together")

    def _founded(self, answers: Mapping[HostPort, _Seed]) -> Membership:
        ours = frozenset(_shown(seed) for seed in self._seeds)
        for seed, said in answers.items():
            if said.seeds != ours:
                raise RegistrationRefused(
                    f"seed_servers is {sorted(ours)} here and {sorted(said.seeds)} on {_shown(seed)}: "
                    "give all seeds the same list"
                )
        configured = {seed: said.node_id for seed, said in answers.items()}
        configured[self._own] = self._node_id
        given = [node_id for node_id in configured.values() if node_id is not None]
        if len(set(given)) != len(given):
            raise RegistrationRefused(f"two seeds are configured with the same node_id: {sorted(given)}")
        ids: dict[HostPort, int] = {}
        free = (node_id for node_id in range(len(self._seeds) + len(given)) if node_id not in given)
        # The same order on every seed, whatever the order in its own list.
        for seed in sorted(self._seeds):
            node_id = configured[seed]
            ids[seed] = next(free) if node_id is None else node_id
        uuids = {seed: said.host_uuid for seed, said in answers.items()} | {self._own: self._host_uuid}
        logger.info("founding a cluster: %s", {_shown(seed): node for seed, node in ids.items()})
        return Membership(
            node_id=ids[self._own],
            founders=tuple(sorted(ids.values())),
            peers={node: seed for seed, node in ids.items() if seed != self._own},
            by_uuid={uuids[seed]: node for seed, node in ids.items()},
        )

    async def _join(self, command: RegisterBroker) -> Membership:
        wait = _Wait()
        while True:
            for seed in self._others:
                said = await self._ask(seed)
                if said is None or said.cluster_uuid is None:
                    continue
                if self._node_id is None and self._host_uuid in said.by_uuid:
                    command = _with_id(command, said.by_uuid[self._host_uuid])
                decision = await self._register(seed, command)
                if decision is None:
                    continue
                if decision.refusal is not None:
                    raise RegistrationRefused(decision.refusal)
                logger.info("joined cluster %s as node %d", decision.cluster_uuid, decision.node_id)
                # A founder that comes late is a first member of the controller's group all the same: no change of
                # the members will ever tell it who the others are.
                is_founder = self._host_uuid in said.by_uuid
                return Membership(
                    node_id=decision.node_id,
                    founders=tuple(sorted(said.by_uuid.values())) if is_founder else (),
                    cluster_uuid=decision.cluster_uuid,
                    peers={node: at for node, at in self._heard.items() if node != decision.node_id},
                    by_uuid=said.by_uuid if is_founder else {},
                )
            await wait.again("waiting for a seed server that knows a cluster")

    async def _register(self, seed: HostPort, command: RegisterBroker) -> Decision | None:
        payload = registration(command, JOIN_TIMEOUT_MS)
        try:
            answer = await self._network.call_address(
                *seed, ClusterMethod.JOIN, payload, timeout_ms=JOIN_TIMEOUT_MS + ASK_TIMEOUT_MS
            )
            return decode_answer(answer)
        except (RpcError, ControllerError) as error:
            logger.info("%s does not take the registration now: %s", _shown(seed), error)
            return None

    _heard: Mapping[int, HostPort] = {}
    """Brokers' addresses as the last seed asked knew them."""

    async def addresses(self) -> Mapping[int, HostPort]:
        """Where the seeds that answer, and belong to this cluster, listen: by node id."""
        known = self.known
        found: dict[int, HostPort] = {}
        for seed in self._others:
            try:
                said = await self._ask(seed)
            except RegistrationRefused:
                continue
            if said is None or said.id is None or known is None:
                continue
            if None in {said.cluster_uuid, known.cluster_uuid} or said.cluster_uuid == known.cluster_uuid:
                found[said.id] = seed
        return found

    # ---- who are you

    async def _ask(self, seed: HostPort) -> _Seed | None:
        payload = json.dumps({"uuid": self._host_uuid.hex}).encode()
        try:
            answer = await self._network.call_address(
                *seed, ClusterMethod.WHO, (payload,), timeout_ms=ASK_TIMEOUT_MS
            )
            body = json.loads(bytes(answer))
            cluster = body["cluster"]
            node_id = body["node"]
            self._heard = {int(node): (str(host), int(port)) for node, host, port in body["peers"]}
            return _Seed(
                host_uuid=UUID(body["uuid"]),
                node_id=None if node_id is None else int(node_id),
                cluster_uuid=None if cluster is None else UUID(cluster),
                seeds=frozenset(str(item) for item in body["seeds"]),
                by_uuid={UUID(uuid): int(node) for uuid, node in body["ids"].items()},
                id=None if body.get("id") is None else int(body["id"]),
            )
        except HelloRefused as error:
            raise RegistrationRefused(f"{_shown(seed)} refuses this broker: {error}") from error
        except RpcError as error:
            logger.debug("%s does not answer: %s", _shown(seed), error)
        except (ValueError, KeyError, TypeError) as error:
            logger.warning("%s answers what makes no sense: %r", _shown(seed), error)
        return None

    async def _who(self, _sender: int, _payload: memoryview) -> "Payload":
        known = self.known
        peers: dict[int, HostPort] = dict(known.peers) if known is not None else {}
        if known is not None:
            peers[known.node_id] = self._own
        body: dict[str, Json] = {
            "uuid": self._host_uuid.hex,
            "node": self._node_id,
            "id": None if known is None else known.node_id,
            "cluster": known.cluster_uuid.hex
            if known is not None and known.cluster_uuid is not None
            else None,
            "seeds": [*sorted(_shown(seed) for seed in self._seeds)],
            "ids": {uuid.hex: node for uuid, node in known.by_uuid.items()} if known is not None else {},
            "peers": [[node, host, port] for node, (host, port) in sorted(peers.items())],
        }
        return (json.dumps(body).encode(),)


class _Wait:
    """Waits a little longer each time, and says now and then what for."""

    def __init__(self) -> None:
        self._seconds = AGAIN_S
        self._said_at = -SAY_EVERY_S

    async def again(self, why: str) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._said_at >= SAY_EVERY_S:
            self._said_at = now
            logger.info("%s", why)
        await asyncio.sleep(self._seconds)
        self._seconds = min(self._seconds * 1.5, AGAIN_S_MAX)


def rpc_endpoint(address: HostPort) -> Endpoint:
    """The address as the brokers table keeps it."""
    return Endpoint(name="rpc", host=address[0], port=address[1])


def _with_id(command: RegisterBroker, node_id: int) -> RegisterBroker:
    return RegisterBroker(
        host_uuid=command.host_uuid,
        node_id=node_id,
        host=command.host,
        rack=command.rack,
        endpoints=command.endpoints,
        cluster_uuid=command.cluster_uuid,
        rpc=command.rpc,
    )


def _shown(seed: HostPort) -> str:
    return f"{seed[0]}:{seed[1]}"
